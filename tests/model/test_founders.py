"""Whom does the pool outside give to the cluster? Founders differ by schooling and chance, and not by what incumbents know."""

import math

import numpy as np
import pytest
from scipy import stats

from model.engines.quarter import open_market
from model.lanes import firm_at
from model.mechanisms.agglomeration import thickness
from model.mechanisms.birth import entry_cash, entry_size, found, outsiders_skill, schooled_skill
from model.mechanisms.entry import enter, entrant_surplus, small_profit
from model.mechanisms.finance import share_after_suppliers
from model.mechanisms.improvement import press
from model.mechanisms.knowledge import learn
from model.mechanisms.production import best_profit, break_even_price, fixed_cost
from model.world import World
from tests.model.worlds import add_firm, aside_of, move_firms, small_world

Z = 4.9
FALSE_ALARM = 1e-6
ENTRANTS = 400


def entrants(w: World, number: int = ENTRANTS) -> list[int]:
    """Rows of so many entrants."""
    return [enter(w, 0.0, k) for k in range(1, number + 1)]


def test_entrants_know_what_outsiders_know_whatever_incumbents_do() -> None:
    skills = []
    for incumbents, trained in ((0.0, 0.0), (3.0, 0.0), (0.0, 3.0)):
        w = small_world({"entry_connected": 0.0}, schooling=12.0)
        for _ in range(30):
            add_firm(w, skill=incumbents, trained=trained)
        open_market(w)
        assert w.cluster.managerial_capital == pytest.approx(incumbents + trained)
        rows = entrants(w)
        skills.append(np.array([firm_at(w.firms, row).skill for row in rows]))
        assert {float(firm_at(w.firms, row).trained) for row in rows} == {0.0}
    assert (skills[0] == skills[1]).all()
    assert (skills[0] == skills[2]).all()
    mean = outsiders_skill(w.p, w.s, 0.0)
    spread = math.hypot(w.p.entry_skill_sd, w.p.entry_schooling_skill * w.p.entry_schooling_sd)
    assert mean == pytest.approx(2.0 * w.p.entry_schooling_skill)
    assert skills[0].mean() == pytest.approx(mean, abs=Z * spread / math.sqrt(ENTRANTS))
    assert skills[0].std() == pytest.approx(spread, rel=Z / math.sqrt(2.0 * ENTRANTS))


def test_schooling_counts_absolutely() -> None:
    """Two clusters whose schooling differs by four years differ by four years' worth of skill, founder by founder."""
    low, high = (small_world(schooling=schooling) for schooling in (9.0, 13.0))
    gaps = [
        firm_at(high.firms, one).skill - firm_at(low.firms, other).skill
        for one, other in zip(entrants(high, 40), entrants(low, 40), strict=True)
    ]
    assert gaps == pytest.approx([4.0 * low.p.entry_schooling_skill] * 40)
    assert schooled_skill(low.p, 10.0) == 0.0


def test_training_fades_from_the_cluster_as_the_decay_says() -> None:
    """Founders carry no ratchet: as entrants come and training fades, the cluster falls back to the skill of an untrained one."""
    gaps: list[list[float]] = []
    for trained in (1.0, 0.0):
        w = small_world({"learning_spillover": 0.04, "learning_private_training": 0.0})
        for _ in range(20):
            add_firm(w, trained=trained)
        means = []
        for tick in range(80):
            w.cluster.tick, w.cluster.time = tick, tick / 4.0
            if tick % 8 == 7:
                enter(w, w.cluster.time, tick)
            open_market(w)
            means.append(float(w.cluster.managerial_capital) * float(w.cluster.firms))
            move_firms(w)
        gaps.append(means)
    stock = np.array(gaps[0]) - np.array(gaps[1])
    kept = (1.0 - 0.25 * w.p.training_decay) ** np.arange(80)
    # A firm compares itself with the mean before either fades: where all know the same, nobody learns.
    assert stock[:8] == pytest.approx(20.0 * kept[:8], rel=1e-12), "before any newcomer the stock only fades"
    assert stock[-1] < 20.0 * math.exp(-0.5 * w.p.training_decay * 20.0), "learning by newcomers cannot keep it up"


@pytest.mark.parametrize("spillover", [0.0, 1.0])
def test_only_what_was_taught_spills_over_into_the_stock_that_fades(spillover: float) -> None:
    w = small_world({"learning_spillover": 0.2, "awareness_start": 0.0}, spillover=spillover)
    taught, able, plain = add_firm(w, trained=2.0), add_firm(w, skill=3.0), add_firm(w)
    open_market(w)
    move_firms(w)
    decay = 1.0 - 0.25 * w.p.training_decay
    learnt = 0.25 * 0.2 * 2.0 / 3.0 * spillover
    assert (able.skill, plain.skill) == (3.0, 0.0), "nobody learns from the able, and nothing is learnt for good"
    assert (able.trained, plain.trained) == pytest.approx((decay * learnt, decay * learnt)), "what is learnt fades from then on"
    assert taught.trained == pytest.approx(2.0 * decay)


@pytest.mark.parametrize(("workers", "profit", "buys"), [(4.0, 0.082, True), (4.0, 0.08, False), (100.0, 0.22, False)])
def test_private_training_is_paid_for_by_who_earns_its_price(workers: float, profit: float, buys: bool) -> None:
    """At full awareness .05 SD a year at 1.5 wage-years an SD, 2 % more for each worker: .081 for four, .225 for a hundred."""
    w = small_world({"awareness_start": 1.0, "learning_spillover": 0.0, "learning_private_price": 1.5})
    firm = add_firm(w, workers=workers)
    cash = float(firm.cash)
    learn(w.p, w.s, w.cluster, aside_of(w, firm, profit=profit), firm)
    assert firm.pending == pytest.approx(0.25 * 0.05 if buys else 0.0)
    assert cash - firm.cash == pytest.approx(0.25 * 0.081 if buys else 0.0)


def test_the_taught_pass_on_no_more_than_the_mean() -> None:
    w = small_world({"learning_spillover": 4.0, "training_decay": 0.0, "awareness_start": 0.0})
    add_firm(w, trained=1.0)
    plain = add_firm(w)
    open_market(w)
    move_firms(w)
    assert plain.trained == pytest.approx(0.5)


def test_founders_begin_with_cash_spread_about_the_fixed_cost_and_larger_on_a_rung() -> None:
    w = small_world({"spin_off_inheritance": 0.0, "entry_cash_sd": 1.0})
    cash = np.array([firm_at(w.firms, row).cash for row in entrants(w)])
    median = w.p.entry_cash * w.ladder[0].fixed_cost
    assert stats.kstest(np.log(cash / median), stats.norm(0.0, 1.0).cdf).pvalue > FALSE_ALARM
    assert entry_cash(w.p, 2.0, 0.0) == 2.0 * w.p.entry_cash
    ratio = w.ladder[1].fixed_cost / w.ladder[0].fixed_cost
    low, high = (firm_at(w.firms, found(w, 0.0, 9, 0.0, 0.0, rung)) for rung in (0, 1))
    assert low.workers == pytest.approx(min(w.p.entry_workers, 5.0))
    assert high.workers == pytest.approx(low.workers * ratio)
    assert high.cash == pytest.approx(low.cash * ratio), "the same founder"
    assert entry_size(w.p, small_world(scale=1.0).s, 1.0) == 1.0


def test_outsiders_count_with_a_small_start() -> None:
    w = small_world(market=400.0)
    add_firm(w)
    open_market(w)
    p, fixed = w.p, float(w.ladder[0].fixed_cost)
    base, span = break_even_price(p, w.s), p.production_span
    best = 20.0
    efficiency = (best / w.s.scale) ** (1.0 - span)
    by_hand = base * efficiency * 3.0**span - 3.0 - fixed
    assert small_profit(p, 3.0, best, fixed) == pytest.approx(by_hand)
    assert small_profit(p, best, best, fixed) == pytest.approx(best_profit(p, best, fixed))
    assert fixed == fixed_cost(p, w.s, 0.0)
    before = entrant_surplus(w)
    hoped = small_profit(p, 3.0, w.cluster.newcomer_workers, fixed) + best_profit(p, w.cluster.newcomer_workers, fixed)
    left = share_after_suppliers(p, thickness(p, w.cluster.traders))
    assert before == pytest.approx(hoped / (2.0 * fixed * left), rel=1e-13)
    w.ladder[0].log_price += 0.1
    press(w)
    dearer = entrant_surplus(w)
    assert dearer > before
    larger = small_world({"entry_workers": 5.0}, market=400.0)
    add_firm(larger, workers=w.p.entry_workers, luck=float(firm_at(w.firms, 0).luck))
    open_market(larger)
    larger.ladder[0].log_price = w.ladder[0].log_price
    press(larger)
    assert entrant_surplus(larger) > dearer, "a larger start forgoes less"
