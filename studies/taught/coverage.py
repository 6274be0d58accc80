"""How do the figures of Table 2 lie in what the posterior predicts? Each with its band and its rank."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model.config import Case

FIGURES: Final = {
    "log_firms": ("firms", "firms", True),
    "log_workers_per_firm": ("workers per firm", "workers", True),
    "schooling": ("schooling", "years", False),
}


@dataclass(frozen=True)
class Covered:
    """One figure of Table 2 beside its posterior predictive distribution; ``rank`` is the share of the latter below it.

    ``beside`` is the width of the band over that which the other clusters' figures alone give (in logs, or in years).
    """

    case: str
    figure: str
    observed: float
    low: float
    middle: float
    high: float
    rank: float
    unit: str
    beside: float = float("nan")

    @property
    def inside(self) -> bool:
        """Tell whether the figure lies in the central 90 %."""
        return 0.05 <= self.rank <= 0.95

    @property
    def width(self) -> float:
        """Return the upper bound over the lower (of figures on a ratio scale)."""
        return self.high / self.low if self.low > 0 else float("nan")


def title(case: Case) -> str:
    """Return a cluster's number and title."""
    return f"{case.number} {case.title}" if case.number else case.title


def row_title(case: Case, date: int) -> str:
    """Return the title of a row of Table 2; a cluster that has two rows has the year in the later one."""
    if date == 0:
        return title(case)
    year = case.observations[0].year
    return f"{title(case)}, {f'{year[0]}-{year[1]}' if isinstance(year, tuple) else year}"


def covered(checks: dict[str, Any], cases: list[Case]) -> tuple[Covered, ...]:
    """Return every figure of Table 2 beside its predictive distribution.

    Parameters
    ----------
    checks : what ``checks.json`` of a calibration holds
    cases : the clusters of the calibration, in its order
    """
    from calibration.left_out import population_widths
    from calibration.observation import FIGURES as COLUMNS
    from calibration.observation import ErrorModel
    from calibration.tables import table

    by_name, cells = {case.name: case for case in cases}, []
    widths = population_widths([table(case, ErrorModel(score_founding_schooling=True)) for case in cases])
    for row in checks["coverage"]:
        name, unit, logs = FIGURES[row["figure"]]
        values = [
            np.nan if row[key] is None else (float(np.exp(row[key])) if logs else float(row[key]))
            for key in ("observed", "low", "middle", "high")
        ]
        observed, low, middle, high = values
        rank = np.nan if row["rank"] is None else float(row["rank"])
        whose = list(by_name).index(row["case"]), row["date"], COLUMNS.index(row["figure"])
        beside = np.nan if row["high"] is None else (row["high"] - row["low"]) / float(widths[whose])
        whole = row_title(by_name[row["case"]], row["date"])
        cells.append(Covered(whole, name, observed, low, middle, high, rank, unit, beside))
    return tuple(cells)
