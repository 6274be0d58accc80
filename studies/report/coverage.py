"""How is Table 2 set beside its predictive distribution? Ranks of its figures, how many lie inside, and its statements."""

from typing import NamedTuple

import numpy as np

from studies.numbers import amount
from studies.page.figures import ranks
from studies.page.svg import Canvas
from studies.report.data import RunView, Statement
from studies.taught.coverage import Covered


class Inside(NamedTuple):
    """How many of one kind of figure lie in their bands, how wide a band is at the median (a ratio, NaN if unknown), and how many
    bands are narrower than those of the other clusters' figures alone.
    """

    figure: str
    inside: int
    total: int
    width: float
    narrower: int


class Coverage(NamedTuple):
    """The figures of Table 2, counted by kind, with the drawing of their ranks."""

    kinds: list[Inside]
    drawing: Canvas

    @property
    def inside(self) -> int:
        """Return how many figures lie in their bands."""
        return sum(kind.inside for kind in self.kinds)


class Statements(NamedTuple):
    """What the paper states, one row a cluster and one column a kind of statement; None where the paper is silent."""

    kinds: list[str]
    rows: list[tuple[str, list[Statement | None]]]


def coverage(run: RunView) -> Coverage | None:
    """Return Table 2 beside its posterior predictive distribution, or None where the run holds none."""
    if not run.covered:
        return None
    names = list(dict.fromkeys(cell.figure for cell in run.covered))
    kinds = [_inside(name, [cell for cell in run.covered if cell.figure == name]) for name in names]
    return Coverage(kinds, _drawing(run.covered, names))


def _inside(figure: str, cells: list[Covered]) -> Inside:
    widths = [cell.width for cell in cells if np.isfinite(cell.width)]
    width = float(np.median(widths)) if widths else float("nan")
    return Inside(figure, sum(cell.inside for cell in cells), len(cells), width, sum(cell.beside < 1 for cell in cells))


def _drawing(covered: tuple[Covered, ...], names: list[str]) -> Canvas:
    cases = list(dict.fromkeys(cell.case for cell in covered))
    shares = np.full((len(cases), len(names)), np.nan)
    tips = [["" for _ in names] for _ in cases]
    for cell in covered:
        row, column = cases.index(cell.case), names.index(cell.figure)
        shares[row, column] = cell.rank
        band = f"{amount(cell.low)} to {amount(cell.high)}"
        tips[row][column] = f"{cell.case}, {cell.figure}: observed {amount(cell.observed)}, predicted {band}"
    return ranks(cases, names, shares, tips)


def statements(run: RunView) -> Statements:
    """Return the paper's statements in the order in which the run holds them."""
    said = {(row.case, row.figure): row for row in run.statements}
    kinds = list(dict.fromkeys(row.figure for row in run.statements))
    cases = dict.fromkeys(row.case for row in run.statements)
    return Statements(kinds, [(case, [said.get((case, kind)) for kind in kinds]) for case in cases])
