"""What firms show one by one, on firms made by hand; and what pairs of histories differ in."""

import numpy as np
import pytest

from benchmarks.shape.draws import Plan, ask, unhelped
from benchmarks.shape.experiments import Gift, average, earned, gains, giver, loans, micro_gift, trained_effect
from benchmarks.shape.firms import Firms, begun, exit_rates, forked, growth_spread, living, profits, spread, together
from benchmarks.shape.paths import MissingError
from model.config import load_case, load_priors
from model.observe import COLUMNS
from tests.model.worlds import add_firm, small_world

PLAN = Plan((load_case(10),), load_priors(), 2)
TICK = 48


def firms(count: int = 20, **fields: object) -> Firms:
    """Firms of ten workers, born at 0, with lineages 1 to ``count``."""
    plain = {"workers": 10.0, "born": 0.0, "output": 20.0, "price": 1.0, "base_price": 1.0, "fixed_cost": 2.0, "cash": 0.0}
    made = {name: np.full(count, value) for name, value in plain.items()}
    made |= {"lineage": np.arange(1, count + 1, dtype=np.uint64)}
    return made | {name: np.asarray(value) for name, value in fields.items()}


def without(told: Firms, *indices: int) -> Firms:
    return {name: np.delete(values, indices) for name, values in told.items()}


def test_a_firm_is_read_from_its_lane_with_the_price_of_its_rung() -> None:
    w = small_world()
    for rung in (0, 1, 0):
        add_firm(w, rung=rung, workers=3.0 + rung)
    told = living(w)
    assert sorted(told["workers"].tolist()) == [3.0, 3.0, 4.0]
    assert told["fixed_cost"].tolist() == [w.ladder[rung].fixed_cost for rung in told["rung"]]
    assert (np.diff(told["lineage"].astype(np.float64)) > 0.0).all()


def test_profit_joins_the_workers_before_with_the_output_after() -> None:
    before, after = firms(3), without(firms(3, output=[20.0, 30.0, 40.0], workers=[99.0, 99.0, 99.0]), 1)
    alive, profit = profits(before, after)
    assert (alive.tolist(), profit.tolist()) == ([0, 2], [8.0, 28.0])


def test_a_field_that_firms_lack_is_named() -> None:
    lacking = firms()
    del lacking["price"]
    with pytest.raises(MissingError, match="price"):
        profits(firms(), lacking)
    told = together(iter([{"a": 1.0}, {}]))
    np.testing.assert_equal(told["a"], [1.0, np.nan])


def test_the_spread_of_growth_is_that_of_survivors_older_than_five() -> None:
    grown = np.where(np.arange(20) % 2 == 0, 10.0 * np.exp(0.2), 10.0 * np.exp(-0.2))
    first, last = firms(born=[0.0] * 16 + [18.0] * 4), without(firms(workers=[*grown[:16], 1e6, 1e6, 1e6, 1e6]), 0, 1)
    assert growth_spread(first, last, 20.0) == pytest.approx(0.2 * np.sqrt(14 / 13))
    assert np.isnan(growth_spread(without(first, *range(10)), last, 20.0))


def test_exit_rates_by_age_and_size() -> None:
    first = firms(born=[18.0] * 10 + [0.0] * 10, workers=[1.0] * 5 + [9.0] * 5 + [1.0] * 5 + [9.0] * 5)
    rates = exit_rates(first, without(first, 0, 1, 2, 10), 20.0)
    assert rates == {"exit_all": 0.2, "exit_young": 0.3, "exit_old": 0.1, "exit_small": 0.4, "exit_large": 0.0}
    assert np.isnan(exit_rates(without(first, *range(10)), first, 20.0)["exit_young"])


def test_the_spread_of_ninety_to_ten() -> None:
    assert spread(np.linspace(1.0, 2.0, 101)) == pytest.approx(1.9 / 1.1)
    assert np.isnan(spread(np.ones(5)))


def test_a_return_is_the_extra_profit_of_firms_alive_in_both() -> None:
    gift = Gift(np.array([1, 2, 3], np.uint64), np.array([2.0, 2.0, 2.0]))
    control = [firms(3), firms(3), without(firms(3), 1)]
    richer = [firms(3), firms(3, output=[21.0, 20.0, 20.0]), firms(3, output=[23.0, 20.0, 20.0])]
    np.testing.assert_allclose(earned(control, gift.lineages), [8.0, np.nan, 8.0])
    np.testing.assert_allclose(gains(control, richer, gift), [1.0, np.nan, 0.0])
    assert np.isnan(average(gains(control, richer, gift)))


def test_money_goes_to_whom_it_is_given() -> None:
    w = small_world()
    for workers in (2.0, 3.0, 8.0, 4.0):
        add_firm(w, workers=workers, cash=1.0)
    given = living(w)
    gift = Gift(given["lineage"][:2], np.array([0.5, 0.25]))
    giver(gift)(w)
    assert living(w)["cash"].tolist() == [1.5, 1.25, 1.0, 1.0]


def test_grants_are_for_micro_firms_and_loans_grow_with_workers() -> None:
    keys = np.arange(4000, dtype=np.uint64) << np.uint64(40)
    told = firms(4000, workers=np.tile([2.0, 4.0, 6.0, 8.0], 1000), lineage=keys)
    grant, loan = micro_gift(told), loans(told)
    assert set(np.unique(grant.amounts)) == {0.15}
    assert set((grant.lineages >> np.uint64(40)) % np.uint64(4)) <= {0, 1}
    np.testing.assert_equal(loan.amounts, told["workers"][np.isin(told["lineage"], loan.lineages)])


def test_two_futures_of_one_past_are_the_same_until_one_is_altered() -> None:
    asked = ask(PLAN, PLAN.cases[0], True, PLAN.chosen(history="off"))
    fork = forked(begun(asked, 0, TICK + 9), TICK)
    assert fork is not None
    first, second = fork.future(8), fork.future(8)
    assert all((one[name] == two[name]).all() for one, two in zip(first, second, strict=True) for name in one)
    gift = loans(first[0])
    altered = fork.future(8, giver(gift))
    assert (altered[0]["cash"] - first[0]["cash"]).sum() == pytest.approx(gift.amounts.sum())
    assert not all(np.array_equal(one["workers"], two["workers"]) for one, two in zip(first, altered, strict=True))


def test_firms_read_one_by_one_are_those_of_the_panel() -> None:
    told = unhelped(PLAN, True)
    fork = forked(begun(told.asked[0], 1, TICK + 9), TICK)
    assert fork is not None
    seen = fork.future(1)
    panel = fork.run.panel
    firms_then, workers_then = (panel[TICK, COLUMNS.index(name)] for name in ("firms", "workers"))
    assert len(seen[0]["workers"]) == firms_then == told.features["firms_12"][1]
    assert seen[0]["workers"].sum() == pytest.approx(workers_then)


def test_training_counts_where_neither_copy_has_improved() -> None:
    rows = np.zeros((2, 3, 2, len(COLUMNS)))
    rows[..., COLUMNS.index("firms")] = 10.0
    rows[..., COLUMNS.index("workers")] = 100.0
    rows[1, :, :, COLUMNS.index("managerial_capital")] = [[0.4, 0.1]] * 3
    rows[1, 1, 1, COLUMNS.index("improved_workers")] = 50.0
    rows[0, 2, 0, COLUMNS.index("firms")] = 0.0
    early, late = trained_effect(rows)
    np.testing.assert_allclose(early, [0.4, np.nan, np.nan])
    np.testing.assert_allclose(late, [0.1, np.nan, np.nan])
