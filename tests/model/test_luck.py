"""Is luck what the equation says? Its spread and memory among many firms, size, and that firms hire by what lasts.

Statistics are rejected at ``Z`` standard errors: a right model fails one of them in a million.
"""

import math

import numpy as np
import pytest

from model.engines.quarter import open_market
from model.lanes import firm_at
from model.mechanisms.luck import SIZE_BASE, YEAR, draw_luck, expected_efficiency, luck_spread, next_luck
from model.mechanisms.production import optimal_workers
from model.world import World
from tests.model.worlds import add_firm, column, compiled, given, move_firms, small_world

Z = 4.9
FIRMS, YEARS = 400, 40


def years_of_luck(w: World, workers: float, years: int = YEARS) -> np.ndarray:
    """Luck of firms that keep their size, shape (years, FIRMS)."""
    for _ in range(FIRMS):
        add_firm(w, workers=workers)
    lucks = np.zeros((years, FIRMS))
    for year in range(years):
        w.cluster.tick = YEAR * (year + 1)
        draw_luck(w)
        lucks[year] = [firm_at(w.firms, i).luck for i in range(FIRMS)]
    return lucks


@pytest.mark.parametrize("reversion", [0.2, 0.7])
def test_spread_and_memory_are_those_stated(reversion: float) -> None:
    w = small_world({"luck_sd": 0.25, "luck_reversion": reversion})
    memory = 1.0 - reversion
    lucks = years_of_luck(w, 5.0)
    # The sum of squares of an autoregression has this many times the variance that independent draws would give it.
    inflation = (1.0 + memory**2) / (1.0 - memory**2)
    error = math.sqrt(2.0 * inflation / lucks.size)
    assert lucks.var() / 0.25**2 == pytest.approx(1.0, abs=Z * error)
    assert abs(lucks.mean()) < Z * 0.25 * math.sqrt((1.0 + memory) / (1.0 - memory) / lucks.size)
    seen = float((lucks[1:] * lucks[:-1]).sum() / (lucks[:-1] ** 2).sum())
    assert seen == pytest.approx(memory, abs=Z * math.sqrt((1.0 - memory**2) / lucks[1:].size))


def test_entrants_are_as_lucky_as_the_rest() -> None:
    w = small_world({"luck_sd": 0.25})
    luck = np.array([add_firm(w).luck for _ in range(FIRMS)])
    assert luck.std() == pytest.approx(0.25, abs=Z * 0.25 / math.sqrt(2.0 * FIRMS))


def test_the_luck_of_large_firms_evens_out() -> None:
    p = small_world({"luck_sd": 0.25, "luck_size": 0.2}).p
    assert luck_spread(p, 2.0) == luck_spread(p, SIZE_BASE) == 0.25
    assert luck_spread(p, 32.0 * SIZE_BASE) == pytest.approx(0.25 / 2.0)
    small, large = (years_of_luck(small_world({"luck_reversion": 1.0}), workers).std() for workers in (5.0, 320.0))
    stated = luck_spread(small_world().p, 320.0) / luck_spread(small_world().p, 5.0)
    assert large / small == pytest.approx(stated, rel=Z / math.sqrt(FIRMS * YEARS))


def test_luck_changes_with_the_year_alone() -> None:
    w = small_world()
    firm = add_firm(w)
    for tick in (0, 1, 2, 3, 5):
        before = float(firm.luck)
        w.cluster.tick = tick
        draw_luck(w)
        assert firm.luck == before
    w.cluster.tick = 4
    draw_luck(w)
    assert firm.luck != before


def test_a_firm_hires_by_what_lasts() -> None:
    w = small_world({"learning_spillover": 0.0}, market=1e9)
    lucky, plain = add_firm(w, luck=0.3, cash=1e4), add_firm(w, luck=0.0, cash=1e4)
    open_market(w)
    assert lucky.log_efficiency - plain.log_efficiency == pytest.approx(0.3)
    assert lucky.output > plain.output
    move_firms(w)
    lasting = (1.0 - w.p.luck_reversion) * 0.3 / (1.0 - w.p.production_span)
    assert math.log(lucky.workers_best / plain.workers_best) == pytest.approx(lasting)
    expected = expected_efficiency(w.p, lucky.log_efficiency, lucky.luck)
    assert lucky.workers_best == pytest.approx(optimal_workers(w.p, w.s, w.cluster.log_price, expected))
    passing = small_world({"luck_reversion": 1.0})
    assert expected_efficiency(passing.p, 1.3, 0.3) == pytest.approx(1.0), "luck that is gone next year hires nobody"
    assert next_luck(passing.p, 0.3, 0.25, 0.0) == 0.0


def test_the_same_firm_has_the_same_luck_under_another_policy() -> None:
    """Luck of the year, without memory and whatever the size, of firms that are older than a year in both worlds."""
    changes = {"luck_size": 0.0, "luck_reversion": 1.0}
    lucks, workers = [], []
    for policy in ("status-quo", "training"):
        what = given(9, policy, changes, {"market": -1.0}, quarters=80, decision=8.0, site_works=1.0)
        panel, _, firms, _ = compiled(what, 3)
        older = firms[firms.born < 19.0]
        lucks.append({int(firm.lineage): float(firm.luck) for firm in older})
        workers.append(column(panel, "workers")[-1])
    both = lucks[0].keys() & lucks[1].keys()
    assert len(both) > 20
    assert workers[0] != workers[1], "the policy does something"
    assert [lucks[0][lineage] for lineage in both] == [lucks[1][lineage] for lineage in both]
