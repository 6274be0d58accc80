"""Does the model draw the paper's Figure 1? The shakeout after improvement, the trap without it, and sane levels on the way.

Bands are wide: they lie around the targets of ``benchmarks.shape`` and say where a change of the model breaks the figure, not
where a number moved. A row fails if its estimate lies beyond its band by more than ``Z`` Monte Carlo errors. Where the truth lies
within the band, that happens with a probability of at most ``FALSE_ALARM`` a row, and below 1e-4 for all rows together.
"""

import math

import pytest
from scipy import stats

from benchmarks.shape import Row, measure

FALSE_ALARM = 1e-6
Z = float(stats.norm.isf(FALSE_ALARM))
HISTORIES, EXPERIMENTS, SEED = 40, 60, 20261
# Row of the table, and the least and largest value of the truth.
BANDS = {
    "30 years on: firms <= .8 of peak, more workers and output, heavy": (0.5, 1.0),
    "30 years on: firms <= .8 of peak, more workers and output, light": (0.5, 1.0),
    "firms 10 years on over their peak, median, heavy": (0.2, 1.0),
    "firms 10 years on over their peak, median, light": (0.2, 1.0),
    "firms 30 years on over their peak, median, heavy": (0.05, 0.7),
    "firms 30 years on over their peak, median, light": (0.05, 0.7),
    "of these still in survival at 40": (0.5, 1.0),
    "unimproved at 20, still unimproved at 40": (0.5, 1.0),
    "success of first movers": (0.01, 0.4),
    "success with 20 or more improved firms": (0.3, 1.0),
    "success with 20 or more less that of first movers": (0.0, 1.0),
    "exits a year, 20 years after t*": (0.03, 0.15),
    "exits a year, unimproved at 30": (0.03, 0.15),
    "rise of mean skill from year 5 to 45 without IPM, SD": (-0.4, 0.4),
    "stopped at the calibration's bound by the last figure": (0.0, 0.02),
}
NEVER = (
    "quarters with an opportunity of arbitrage in improved goods",
    "imports cheaper than exporters are paid, 20 years after t*",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """The table's rows, by what they measure."""
    return {row.what: row for row in measure(HISTORIES, SEED, experiments=EXPERIMENTS).rows}


@pytest.mark.parametrize("column", ["prior", "default"])
@pytest.mark.parametrize("what", BANDS)
def test_a_row_of_the_table_lies_in_its_band(rows: dict[str, Row], what: str, column: str) -> None:
    estimate, (low, high) = getattr(rows[what], column), BANDS[what]
    assert not isinstance(estimate, str), f"{what}: {estimate}"
    assert estimate.histories > 1
    assert math.isfinite(estimate.value + estimate.error)
    assert low - Z * estimate.error <= estimate.value <= high + Z * estimate.error, f"{what}: {estimate}"


@pytest.mark.parametrize("column", ["prior", "default"])
@pytest.mark.parametrize("what", NEVER)
def test_nobody_can_ever_buy_here_and_sell_there(rows: dict[str, Row], what: str, column: str) -> None:
    estimate = getattr(rows[what], column)
    assert not isinstance(estimate, str), f"{what}: {estimate}"
    assert (estimate.value, estimate.histories > 0) == (0.0, True)
