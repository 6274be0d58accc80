"""How does a finished run become one page? It is read into a view, and the view fills in the templates beside this file.

The page asks nothing of the network: style, drawings and text are in it, and whatever a user wrote is escaped.
"""

from pathlib import Path

from execution.writing import write_text
from studies.page.rendering import rendered
from studies.page.schematic import schematic
from studies.report.answer import GAINING, grid, headline, on_the_horizon, percent, take_off
from studies.report.coverage import coverage, statements
from studies.report.data import RunView
from studies.report.decided import decided, dollars, measurements, ordered, turning
from studies.report.policies import alternatives, chances_of_best, compared, contrasts
from studies.report.propositions import propositions
from studies.report.ranking import APART
from studies.report.sections import cards, learned, provenance


def page(run: RunView) -> str:
    """Return the whole report as one HTML document."""
    comparison, shown = compared(run), grid(run)
    return rendered(
        "report/templates/report.html",
        run=run,
        grid=shown,
        headline=None if shown is None else headline(shown),
        take_off=None if shown is None else take_off(run, shown),
        horizons=[] if shown is None else on_the_horizon(run, shown),
        decided=[] if shown is None else decided(run, shown),
        order=ordered(run),
        measurements=[] if shown is None else measurements(run, shown),
        turning=None if shown is None else turning(run, shown),
        schematic=schematic(),
        cards=cards(run),
        learned=learned(run),
        coverage=coverage(run),
        statements=statements(run),
        comparison=comparison,
        chances=chances_of_best(run, comparison) if comparison else None,
        contrasts=contrasts(run),
        alternatives=alternatives(run),
        propositions=propositions(run),
        provenance=provenance(run),
        apart=APART,
        losing=1 - GAINING,
        percent=percent,
        dollars=dollars,
    )


def write_report(run: RunView, path: Path) -> Path:
    """Write the report to ``path`` and return it."""
    write_text(path, page(run))
    return path
