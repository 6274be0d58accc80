"""What does the report say of the fit? Table 2 beside its predictive distribution, and what cannot be fitted."""

from typing import Final

import numpy as np

from studies.numbers import amount, share
from studies.page.figures import ranks
from studies.page.html import figure, folded, paragraph, table
from studies.report.data import Covered, RunView, Statement
from studies.report.words import heading

CAPTION: Final = (
    "Each dot is a figure of Table 2, placed at its rank in the model's predictive distribution: left, the model "
    "expects more; right, less. Shaded: central 90 %. Orange: outside. Source: this run; observed figures from Tables "
    "1-2 of Otsuka and Sonobe (2011)."
)
UNFITTED: Final = "Clusters that the model cannot fit, and figures outside their bands"


def coverage(run: RunView) -> str:
    """Return Table 2 beside the posterior predictive distribution."""
    text = heading(run, "coverage", "Does the model reproduce Table 2?")
    if not run.covered:
        return text + paragraph("This run holds no posterior predictive figures yet.")
    text += paragraph(_summary(run.covered)) + _ranks(run.covered) + _statements(run.statements)
    text += f"<h3>{UNFITTED}</h3>"
    if run.unfitted:
        return text + table(("Cluster", "What fails"), run.unfitted)
    return text + paragraph("None is flagged by this run's rules.")


def _summary(covered: tuple[Covered, ...]) -> str:
    parts = []
    for name in dict.fromkeys(cell.figure for cell in covered):
        cells = [cell for cell in covered if cell.figure == name]
        widths = [cell.width for cell in cells if np.isfinite(cell.width)]
        width = f", bands {amount(float(np.median(widths)), 2)}-fold wide at the median" if widths else ""
        parts.append(f"{name} {sum(cell.inside for cell in cells)} of {len(cells)}{width}")
    inside = sum(cell.inside for cell in covered)
    return (
        f"{inside} of {len(covered)} figures lie in the central 90 % of their predictive distribution "
        f"({'; '.join(parts)}). Coverage alone is weak evidence: a band that spans a factor of ten is easily hit. The "
        "predictive distribution is that of a fresh cluster, whose market and luck the figure did not choose, and "
        "contains the error of the table's figures."
    )


def _ranks(covered: tuple[Covered, ...]) -> str:
    names = list(dict.fromkeys(cell.figure for cell in covered))
    cases = list(dict.fromkeys(cell.case for cell in covered))
    places = np.full((len(cases), len(names)), np.nan)
    tips = [["" for _ in names] for _ in cases]
    for cell in covered:
        row, column = cases.index(cell.case), names.index(cell.figure)
        places[row, column] = cell.rank
        tips[row][column] = f"{cell.case}, {cell.figure}: observed {amount(cell.observed)}, predicted {_band(cell)}"
    rows = [(c.case, c.figure, amount(c.observed), amount(c.middle), _band(c), amount(c.rank, 2)) for c in covered]
    head = ("Cluster", "Figure", "Observed", "Predicted median", "Predicted 90 %", "Rank")
    numbers = folded("All numbers", table(head, rows, frozenset({2, 3, 5})))
    return figure(ranks(cases, names, places, tips), CAPTION, wide=True) + numbers


def _band(cell: Covered) -> str:
    return f"{amount(cell.low)} to {amount(cell.high)}"


def _statements(statements: tuple[Statement, ...]) -> str:
    """Return one line a cluster: each statement with the chance that the model gives to its being made."""
    if not statements:
        return ""
    names = list(dict.fromkeys(row.figure for row in statements))
    said = {(row.case, row.figure): f"{row.said} ({share(row.chance)})" for row in statements}
    rows = [(case, *(said.get((case, name), "") for name in names)) for case in dict.fromkeys(row.case for row in statements)]
    head = ("Cluster", *(f"{name}, as the paper has it (the model's chance of that)" for name in names))
    return "<h3>Statements of the paper</h3>" + table(head, rows)
