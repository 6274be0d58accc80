"""Each number that a panel shows, on panels made by hand whose numbers are known."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.shape import rows
from benchmarks.shape.estimates import share
from benchmarks.shape.paths import FEATURES, Features, MissingError, Paths, features_of
from model.observe import COLUMNS, EXPANSION, SURVIVAL
from model.world import TOO_LARGE

YEARS = np.arange(0, 80.25, 0.25)
Course = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def step(date: float, before: float, after: float) -> NDArray[np.float64]:
    """A course that changes at a date."""
    return np.where(date > YEARS, before, after)


def path(**courses: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """A panel of one history, shape (1, rows, columns): 100 firms of ten workers in a quiet cluster, but for the courses."""
    quiet: dict[str, NDArray[np.float64] | float] = {
        "time": YEARS, "firms": 100.0, "workers": 1000.0, "output": 1000.0, "sales": 1000.0, "profits": 100.0,
        "phase": float(EXPANSION), "price": 1.0, "price_export": 1.0,
    }  # fmt: skip
    panel = np.zeros((1, len(YEARS), len(COLUMNS)))
    for name, course in {**quiet, **courses}.items():
        panel[0, :, COLUMNS.index(name)] = course
    return panel


def seen(*panels: NDArray[np.float64]) -> Features:
    return features_of(Paths(np.concatenate(panels)))


# A transition in year 30. Firms fall from 100 to 30 over the next twenty years, while workers and output double; the margin falls
# from .3 to .02 before it and is .2 afterwards; exports begin in year 33.
FALLING = np.clip(100.0 - 3.5 * (YEARS - 30.0), 30.0, 100.0)
SHAKEOUT = path(
    firms=FALLING, workers=step(40.0, 1000.0, 2000.0), output=step(40.0, 1000.0, 2000.0),
    improved_workers=step(30.0, 0.0, 900.0), improved_firms=step(29.0, 0.0, 10.0),
    profits=np.where(YEARS <= 24.0, 300.0, np.where(YEARS <= 30.0, 20.0, 200.0)), exported=step(33.0, 0.0, 500.0),
    exits=step(29.0, 0.0, 2.0), mergers=step(29.0, 0.0, 0.5),
)  # fmt: skip
# The same date of transition, after which firms double; the margin rises before it and falls afterwards; exports come first.
BOOM = path(
    firms=step(35.0, 100.0, 200.0), workers=step(35.0, 1000.0, 2000.0), output=step(35.0, 1000.0, 2000.0),
    improved_workers=step(30.0, 0.0, 1900.0), improved_firms=step(29.0, 0.0, 10.0),
    profits=np.where(YEARS <= 24.0, 20.0, np.where(YEARS <= 30.0, 300.0, 100.0)), exported=step(10.0, 0.0, 500.0),
    exits=step(29.0, 0.0, 2.0),
)  # fmt: skip
TRAP = path(phase=float(SURVIVAL), attempts=step(5.0, 0.0, 1.0), managerial_capital=0.01 * YEARS)
ESCAPE = path(
    phase=np.where(YEARS < 30.0, float(SURVIVAL), float(EXPANSION)), improved_workers=step(30.0, 0.0, 900.0),
    attempts=step(5.0, 0.0, 1.0), managerial_capital=0.01 * YEARS,
)  # fmt: skip


def test_a_shakeout_is_solid_and_a_boom_is_not() -> None:
    f = seen(SHAKEOUT, BOOM)
    assert rows.solid(f).tolist() == [1.0, 0.0]
    assert f["transition"].tolist() == [30.0, 30.0]
    assert share(rows.solid(seen(SHAKEOUT, SHAKEOUT))).value == 1.0


@pytest.mark.parametrize("held", ["workers", "output"])
def test_a_shakeout_in_which_workers_or_output_do_not_grow_is_not_solid(held: str) -> None:
    panel = SHAKEOUT.copy()
    panel[0, :, COLUMNS.index(held)] = 1000.0
    assert rows.solid(seen(panel)).tolist() == [0.0]


def test_firms_kept_are_over_the_peak_until_ten_years_after() -> None:
    f = seen(SHAKEOUT, BOOM)
    np.testing.assert_allclose(f["kept_10"], [0.65, 1.0])
    np.testing.assert_allclose(f["kept_30"], [0.3, 1.0])


def test_margins_fall_before_and_recover_after() -> None:
    f = seen(SHAKEOUT, BOOM)
    assert rows.below(f["margin_before"], f["margin_boom"]).tolist() == [1.0, 0.0]
    assert rows.below(f["margin_before"], f["margin_after"]).tolist() == [1.0, 0.0]


def test_exports_follow_or_precede() -> None:
    f = seen(SHAKEOUT, BOOM, TRAP)
    np.testing.assert_equal(rows.follows(f["transition"], f["export_date"]), [1.0, 0.0, np.nan])


def test_mergers_and_exits_are_those_of_the_shakeout_alone() -> None:
    f = seen(SHAKEOUT)
    # From 28 to 45 exits come in the rows from 29.0 to 45.0: 65 quarters.
    assert (f["shakeout_exits"][0], f["shakeout_mergers"][0]) == (130.0, 32.5)


def test_a_trap_lasts_and_an_escape_does_not() -> None:
    f = seen(TRAP, ESCAPE)
    about = Features({**f, "africa": np.ones(2), "access": np.zeros(2)})
    assert rows.still(about, "survival").tolist() == [1.0, 0.0]
    assert rows.still(about, "unimproved").tolist() == [1.0, 0.0]
    elsewhere = Features({**f, "africa": np.zeros(2), "access": np.zeros(2)})
    assert np.isnan(rows.still(elsewhere, "survival")).all()


def test_attempts_of_histories_that_never_improve() -> None:
    np.testing.assert_equal(rows.never(seen(TRAP, ESCAPE)), [301.0, np.nan])


def test_success_is_told_apart_by_the_firms_improved_before() -> None:
    panel = path(improved_firms=np.minimum(np.floor(YEARS * 4.0), 30.0), attempts=2.0, successes=1.0)
    f = seen(panel)
    # Row q tells of a quarter that began with q - 1 improved firms; the row at the start tells of none.
    assert [f[f"attempts_{least}"][0] for least in (0, 1, 5, 20)] == [2.0, 8.0, 30.0, 2.0 * (320 - 20)]
    assert rows.success(f, 5).value == 0.5


def test_drift_is_that_of_clusters_which_do_not_improve() -> None:
    np.testing.assert_allclose(seen(TRAP, ESCAPE)["drift"], [0.4, np.nan])


def test_a_transition_too_late_for_thirty_years_says_nothing() -> None:
    f = seen(path(improved_workers=step(60.0, 0.0, 900.0)))
    assert np.isnan(rows.solid(f)).all()
    assert f["kept_10"].tolist() == [1.0]
    assert np.isnan(f["kept_30"]).all()


def stopped(panel: NDArray[np.float64], year: float) -> NDArray[np.float64]:
    """The panel as a batch writes it where a history is stopped for its size."""
    short = panel.copy()
    short[0, year < YEARS] = np.nan
    short[0, :, COLUMNS.index("exhausted")] = TOO_LARGE
    return short


def test_a_history_stopped_for_its_size_keeps_its_firms() -> None:
    f = seen(stopped(BOOM, 45.0))
    assert rows.solid(f).tolist() == [0.0]
    assert f["kept_30"].tolist() == [1.0]
    assert f["exhausted"].tolist() == [1.0]
    # Of what needs years that were not simulated, nothing is said.
    assert np.isnan(f["survival_40"]).tolist() == [False]
    assert np.isnan(seen(stopped(BOOM, 35.0))["survival_40"]).all()


def test_a_transition_by_forty_is_unknown_where_a_history_was_stopped_before() -> None:
    f = seen(stopped(TRAP, 20.0), stopped(BOOM, 35.0), TRAP)
    np.testing.assert_equal(rows.early(f), [np.nan, 1.0, 0.0])


def test_arbitrage_is_counted_where_money_is_left_on_the_table() -> None:
    dearer = path(exported=500.0, world_price=1.0, price_export=step(40.0, 1.0, 1.1))
    missed = path(exported=0.0, improved_firms=5.0, world_price=1.0, price_export=step(40.0, 1.0, 0.9))
    content = path(exported=500.0, world_price=1.0, price_export=1.0)
    f = seen(dearer, missed, content)
    assert f["arbitrage_rows"].tolist() == [161.0, 161.0, 0.0]
    assert f["rows"].tolist() == [321.0, 321.0, 321.0]


def test_a_missing_column_leaves_out_what_reads_it_and_says_so() -> None:
    columns = [name for name in COLUMNS if name != "mergers"]
    f = features_of(Paths(np.delete(SHAKEOUT, COLUMNS.index("mergers"), axis=2), columns))
    assert set(FEATURES) - set(f) == {"shakeout_mergers"}
    with pytest.raises(MissingError, match="mergers"):
        f["shakeout_mergers"]
