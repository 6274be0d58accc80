"""Does the model reproduce what can be solved by hand? With all else switched off, against the closed form.

Statistics are rejected at ``Z`` standard errors or at ``FALSE_ALARM``: a right model fails one test in a million, had its seed
been chosen at random.
"""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from model.engines.quarter import open_market
from model.events import EVENTS
from model.mechanisms.agglomeration import gather
from model.mechanisms.credit import constrained_share
from model.mechanisms.growth import grow, kept_cash
from model.mechanisms.knowledge import recognition_gain, trust_gain
from model.mechanisms.production import best_profit, break_even_price, fixed_cost, optimal_workers
from tests.model.worlds import add_firm, aside_of, column, compiled, given, small_world

Z = 4.9
FALSE_ALARM = 1e-6
# Nobody is born, dies, grows, attempts or inherits, and every firm sells at one price that makes any firm rich.
STILL = {
    "entry_intensity": 0.0, "entry_floor": 0.0, "spin_off_rate": 0.0, "exit_base": 0.0, "exit_floor": 0.0, "exit_ceiling": 0.0,
    "growth_speed": 0.0, "attempt_rate": 0.0, "succession_rate": 0.0, "luck_sd": 0.0, "finance_retention": 1.0,
}
RICH = {"import_price": 1e6, "market": 1e15}


def still(changes, **setting):
    return given(9, changes={**STILL, **changes}, **{**RICH, **setting})


def test_exit_at_a_constant_hazard_is_exponential():
    hazard, founders = 0.5, 4000
    what = still({"exit_base": hazard, "exit_ceiling": hazard, "exit_profit_response": 0.0}, founders=founders, quarters=60)
    panel, log, _, _ = compiled(what)
    times = log["time"][np.isin(log["event"], [EVENTS.index("exit"), EVENTS.index("merger")])]
    horizon = 15.0
    within = stats.truncexpon(b=hazard * horizon, scale=1.0 / hazard)
    assert stats.kstest(times, within.cdf).pvalue > FALSE_ALARM
    for row in (4, 12, 28):
        alive = math.exp(-hazard * row / 4.0)
        error = math.sqrt(founders * alive * (1.0 - alive))
        assert abs(column(panel, "firms")[row] - founders * alive) < Z * error


def test_spin_offs_at_a_constant_hazard_are_a_yule_process():
    """Within a quarter newborns rest, so the mean is (1 + b dt)^n instead of its limit e^(b t)."""
    rate, founders, quarters, seeds = 0.3, 40, 40, 60
    changes = {"spin_off_rate": rate / math.sqrt(0.3), "spin_off_lag": 1e-9}
    what = still(changes, founders=founders, quarters=quarters, scale=7.0)
    firms = np.array([column(compiled(what, seed)[0], "firms")[-1] for seed in range(seeds)])
    growth, periods = 1.0 + rate / 4.0, quarters - 1
    mean = founders * growth**periods
    variance = founders * growth ** (periods - 1) * (growth**periods - 1.0)
    assert abs(firms.mean() - mean) < Z * math.sqrt(variance / seeds)
    assert mean == pytest.approx(founders * math.exp(rate * periods / 4.0), rel=0.12)
    chi_square = (seeds - 1) * firms.var(ddof=1) / variance
    assert stats.chi2.cdf(chi_square, seeds - 1) > FALSE_ALARM
    assert stats.chi2.sf(chi_square, seeds - 1) > FALSE_ALARM


def test_entry_at_a_constant_hazard_is_a_poisson_process():
    what = still({"entry_floor": 30.0}, founders=0.0, quarters=200)
    _, log, _, _ = compiled(what)
    times = log["time"][log["event"] == EVENTS.index("entry")]
    assert abs(len(times) - 1500) < Z * math.sqrt(1500.0)
    assert stats.kstest(np.diff(times), stats.expon(scale=1 / 30.0).cdf).pvalue > FALSE_ALARM


@pytest.mark.parametrize("scale", [2.0, 7.0, 80.0])
def test_a_standard_firm_breaks_even_at_the_minimum_scale(scale):
    w = small_world(scale=scale)
    base, span = break_even_price(w.p, w.s), w.p.production_span

    def profit(workers, price=1.0):
        return base * price * workers**span - workers - fixed_cost(w.p, w.s, 0.0)

    assert profit(scale) == pytest.approx(0.0, abs=1e-12 * scale)
    assert optimal_workers(w.p, w.s, 0.0, 0.0) == pytest.approx(scale, rel=1e-14)
    assert profit(0.9 * scale) < 0.0 > profit(1.1 * scale)
    for price in (0.8, 1.3):
        numerical = optimize.minimize_scalar(
            lambda workers, price: -profit(workers, price),
            args=(price,), bounds=(0.01, 40 * scale), method="bounded", options={"xatol": 1e-9 * scale},
        )
        best = scale * price ** (1.0 / (1.0 - span))
        assert numerical.x == pytest.approx(best, rel=1e-5)
        assert best_profit(w.p, best, fixed_cost(w.p, w.s, 0.0)) == pytest.approx(-numerical.fun, rel=1e-9, abs=1e-9)


def test_a_rung_multiplies_best_size_and_sunk_cost():
    w = small_world()
    gain = math.exp(w.ladder[2].log_gain / (1.0 - w.p.production_span))
    assert gain == pytest.approx(w.p.production_rung_size**2)
    sunk = w.ladder[2].fixed_cost / w.ladder[0].fixed_cost
    assert sunk == pytest.approx(w.p.production_rung_size ** (2 * w.p.production_sunk_share))
    assert w.ladder[3].place_cost == pytest.approx(w.p.finance_outlay * w.p.finance_outlay_rung**3)


def test_one_quarter_of_a_firm_by_hand():
    w = small_world({"learning_spillover": 0.0})
    firm = add_firm(w, workers=5.0, cash=0.3)
    open_market(w)
    p = w.p
    profit = w.cluster.base_price * w.cluster.price * firm.output - 5.0 - w.ladder[0].fixed_cost
    assert firm.output == pytest.approx(math.exp(firm.log_efficiency) * 5.0**p.production_span)
    cash = 0.3 + 0.25 * p.finance_retention * profit
    assert kept_cash(p, firm, profit, w.ladder[0].fixed_cost) == pytest.approx(cash)
    aside = aside_of(w, firm)
    grow(p, w.s, w.cluster, aside, firm)
    wanted = min(0.25 * p.growth_speed * (firm.workers_best - 5.0), p.growth_step * 5.0 + 0.5)
    added = min(wanted, cash / p.finance_outlay)
    assert firm.workers == pytest.approx(5.0 + added)
    assert firm.cash == pytest.approx(cash - added * p.finance_outlay)
    assert constrained_share(aside.wanted, aside.added) == pytest.approx(1.0 - added / wanted)
    potential = best_profit(p, firm.workers_best, w.ladder[0].fixed_cost)
    assert aside.surplus == pytest.approx(0.5 * (profit + potential) / w.ladder[0].fixed_cost)


def test_gathering_and_forgetting_are_euler_steps():
    w = small_world()
    cluster, p = w.cluster, w.p
    cluster.tick, cluster.workers, cluster.discouragement, cluster.awareness = 1, 200.0, 3.0, 0.9
    for _ in range(8):
        gather(w)
    target = p.trader_ratio * 200.0
    assert cluster.traders == pytest.approx(target * (1.0 - (1.0 - 0.25 * p.trader_speed) ** 8))
    assert cluster.discouragement == pytest.approx(3.0 * (1.0 - 0.25 * p.attempt_discouragement_decay) ** 8)
    faded = (1.0 - 0.25 * p.awareness_decay) ** 8
    assert cluster.awareness == pytest.approx(p.awareness_start + (0.9 - p.awareness_start) * faded)


def test_recognition_and_trust_approach_their_rest():
    p = small_world().p
    rest = p.recognition_rate / (p.recognition_rate + p.brand_theft * 0.5)
    assert recognition_gain(p, rest, 0.0, 0.5) == pytest.approx(0.0, abs=1e-15)
    assert recognition_gain(p, rest - 0.1, 0.0, 0.5) > 0.0 > recognition_gain(p, rest + 0.1, 0.0, 0.5)
    assert trust_gain(p, 1.0, 0.7) == 0.0 < trust_gain(p, 0.4, 0.7)


def test_a_firm_with_cash_and_a_fixed_price_comes_to_its_best_size():
    constant = {"learning_spillover": 0.0, "luck_sd": 0.0, "agglomeration_elasticity": 0.0}
    w = small_world(constant, market=1e12, import_price=1.2)
    firm = add_firm(w, cash=1e6)
    for tick in range(120):
        w.cluster.tick = tick
        open_market(w)
        aside = aside_of(w, firm)
        grow(w.p, w.s, w.cluster, aside, firm)
    assert firm.workers == pytest.approx(firm.workers_best, rel=1e-4)
    assert constrained_share(aside.wanted, aside.added) == 0.0
