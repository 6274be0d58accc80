"""What do the case files say, as arrays? One ``Table`` and one row of covariates for each cluster."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from calibration.observation import DATES, EXPORT_WORDS, FIGURES, IMPROVEMENT_WORDS, STATEMENTS, ErrorModel, Table
from model.arrays import Floats
from model.schema import Case


class _Figure(Protocol):
    @property
    def middle(self) -> float: ...
    @property
    def sd(self) -> float: ...


def _cell(figure: _Figure | None, logs: bool) -> tuple[float, float, float]:
    if figure is None:
        return np.nan, np.nan, 0.0
    value = np.log(figure.middle) if logs else figure.middle
    return float(value), figure.sd, float(getattr(figure, "selection_bias", 0.0))


def table(case: Case, errors: ErrorModel) -> Table:
    """Return the figures of a case: its last date first, then the first of its earlier dates."""
    value, sd, bias = np.full((3, DATES, len(FIGURES)), np.nan)
    said = np.full((DATES, len(STATEMENTS)), -1, np.int64)
    bias[:] = 0.0
    founding = next((seen for seen in case.observations if seen.schooling is not None), None)
    for date, seen in enumerate([case.observations[-1], *case.observations[:-1][:1]]):
        schooling = None if seen is founding and not errors.score_founding_schooling else seen.schooling
        cells = [_cell(seen.firms, True), _cell(seen.workers_per_firm, True), _cell(schooling, False)]
        value[date], sd[date], bias[date] = np.array(cells).T
        if seen.improvement is not None and (date == 0 or seen.improvement != "not_listed"):
            # The paper's list speaks of clusters as last seen: being absent from it says nothing of an earlier date.
            said[date, 0] = IMPROVEMENT_WORDS[seen.improvement]
        if seen.exports is not None:
            said[date, 1] = EXPORT_WORDS[seen.exports.level]
    return Table(value, sd, bias, said)


def covariates(cases: Sequence[Case]) -> Floats:
    """Return what sets the clusters apart before they are simulated, shape (cases, covariates), each of the order of one."""
    rows = []
    for case in cases:
        start, last = case.start, case.observations[-1].time
        rows.append(
            (
                case.covariates.region == "asia",
                case.covariates.heavy_product,
                case.origin.group == 2,
                case.origin.group == 3,
                case.covariates.quota_buyers,
                (last - start.mode - 30.0) / 15.0,
                (start.high - start.low) / 20.0,
                (last - 2000.0) / 15.0,
            )
        )
    return np.array(rows, np.float64)
