"""How does a finished run become one page? It is read into a view, and the view fills in the templates beside this file.

The page asks nothing of the network: style, drawings and text are in it, and whatever a user wrote is escaped.
"""

from pathlib import Path

from execution.writing import write_text
from studies.page.rendering import rendered
from studies.page.schematic import schematic
from studies.report.coverage import coverage, statements
from studies.report.data import RunView
from studies.report.policies import alternatives, chances_of_best, compared, contrasts
from studies.report.propositions import propositions
from studies.report.ranking import APART, CLEAR
from studies.report.sections import answer, cards, learned, provenance


def page(run: RunView) -> str:
    """Return the whole report as one HTML document."""
    comparison = compared(run)
    return rendered(
        "report/templates/report.html",
        run=run,
        answer=answer(run),
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
        clear=CLEAR,
    )


def write_report(run: RunView, path: Path) -> Path:
    """Write the report to ``path`` and return it."""
    write_text(path, page(run))
    return path
