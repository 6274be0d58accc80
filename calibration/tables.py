"""What do the case files say, as arrays? One ``Table`` and one row of covariates for each cluster."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from calibration.observation import DATES, EXPORT_WORDS, FIGURES, IMPROVEMENT_WORDS, STATEMENTS, ErrorModel, Table
from model.arrays import Floats
from model.schema import Case


class _Figure(Protocol):
    """A figure of a case file: its middle value, and the standard error of what is scored."""

    @property
    def middle(self) -> float: ...
    @property
    def sd(self) -> float: ...


def _cell(figure: _Figure | None, logs: bool) -> tuple[float, float, float]:
    """Return value, standard error and selection bias of one figure, in logs where ``logs``; NaN where it is missing."""
    if figure is None:
        return np.nan, np.nan, 0.0
    value = np.log(figure.middle) if logs else figure.middle
    return float(value), figure.sd, float(getattr(figure, "selection_bias", 0.0))


def table(case: Case, errors: ErrorModel) -> Table:
    """Return a case's row of Tables 1-2: its last date of observation first, then the earliest one if there are several."""
    value, sd, bias = np.full((3, DATES, len(FIGURES)), np.nan)
    said = np.full((DATES, len(STATEMENTS)), -1, np.int64)
    bias[:] = 0.0
    founding = next((seen for seen in case.observations if seen.schooling is not None), None)
    for date, seen in enumerate([case.observations[-1], *case.observations[:-1][:1]]):
        schooling = None if seen is founding and not errors.score_founding_schooling else seen.schooling
        cells = [_cell(seen.firms, True), _cell(seen.workers_per_firm, True), _cell(schooling, False)]
        value[date], sd[date], bias[date] = np.array(cells).T
        if seen.improvement is not None and (date == 0 or seen.improvement != "not_listed"):
            # The paper's list speaks of clusters as last seen, so absence from it says nothing of an earlier date.
            said[date, 0] = IMPROVEMENT_WORDS[seen.improvement]
        if seen.exports is not None:
            said[date, 1] = EXPORT_WORDS[seen.exports.level]
    return Table(value, sd, bias, said)


def covariates(cases: Sequence[Case]) -> Floats:
    """Return what sets the clusters apart before they are simulated.

    Returns
    -------
    float64, shape (cases, 8)
        Indicators of Asia, of a heavy product, of origin group 2, of origin group 3 and of quota buyers; then the age at the
        last observation, the width of the start year's range, and the year of the last observation, each scaled to about one.
    """
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
