"""Does the market clear? In every regime what is made is sold, at prices that no seller or buyer could better.

The oracle knows demand alone: it nests two bracketing searches, where the model has closed forms and Newton's method.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from scipy import integrate, optimize

from model.mechanisms.market import (
    basic_weight,
    clear,
    clearing,
    consumer_surplus,
    export_demand,
    home_expenditure,
    import_ceiling,
    improved_ceiling,
    log_demand,
    log_growth,
    log_index,
    share_and_index,
    world_price,
)
from model.world import World
from tests.model.worlds import small_world

LOG = st.floats(-6.0, 6.0)
# Log prices are compared to this.
CLOSE = 1e-10
# Log prices between which the oracle looks; real ones lie far inside.
LOWEST = -80.0


def cleared(plain: float, better: float, demand: float = 100.0, reach: float = 100.0, changes: dict[str, float] | None = None,
            **setting: float) -> World:  # fmt: skip
    """A market at time 0 in which basic and improved goods are made in these quantities (quality units).

    ``demand`` is home demand at the price 1, and ``reach`` export demand at the world price.
    """
    w = small_world(changes, **{"import_price": 1.5, "world_price": 0.9, **setting})
    w.s.market = demand * w.cluster.base_price
    w.s.reach = reach * w.cluster.base_price * w.s.world_price
    w.ladder[0].output, w.ladder[1].output = plain, better
    w.cluster.output = plain + better
    clear(w)
    return w


def demands(w: World, log_basic: float, log_improved: float) -> tuple[float, float]:
    """Home demand for basic and for improved goods at two log prices, written out anew."""
    p, time = w.p, w.cluster.time
    weight, level = basic_weight(p, w.s, time), home_expenditure(p, w.s, time) / w.cluster.base_price
    sigma = p.market_substitution
    index = -np.logaddexp(math.log(weight) - sigma * log_basic, math.log(1.0 - weight) - sigma * log_improved) / sigma

    def taken(share: float, log_price: float) -> float:
        return float(level * share * np.exp(-(1.0 + sigma) * (log_price - index) - p.market_elasticity * index))

    return taken(weight, log_basic), taken(1.0 - weight, log_improved)


def root(excess: Any, low: float, high: float) -> float:
    return float(optimize.brentq(excess, low, high, xtol=1e-13, rtol=1e-14, maxiter=400))


def oracle(w: World) -> tuple[float, float, float]:
    """Log prices of basic and improved goods and exports, by bracketing searches on demand alone."""
    p, plain, better = w.p, float(w.ladder[0].output), float(w.ladder[1].output)
    world = math.log(world_price(p, w.s, w.cluster.time))
    top, top_improved = math.log(w.cluster.ceiling), math.log(w.cluster.ceiling_export)
    reach = export_demand(p, w.s, w.cluster.time, w.cluster.base_price, math.exp(world))

    def basic(log_improved: float) -> float:
        if plain == 0.0 or demands(w, top, log_improved)[0] >= plain:
            return top
        return root(lambda x: demands(w, x, log_improved)[0] - plain, LOWEST, top)

    def abroad(log_improved: float) -> float:
        """The world takes any quantity up to its reach at the world price, and more below; nothing above."""
        return reach * math.exp(-p.market_export_elasticity * (log_improved - world)) if log_improved <= world else 0.0

    def spare(log_improved: float) -> float:
        """What is left when home and foreign buyers have taken what they want."""
        return better - demands(w, basic(log_improved), log_improved)[1] - abroad(log_improved)

    def unsold_at_home(log_improved: float) -> float:
        return better - demands(w, basic(log_improved), log_improved)[1]

    if better == 0.0 or unsold_at_home(top_improved) <= 0.0:
        return basic(top_improved), top_improved, 0.0
    if unsold_at_home(world) <= 0.0 or top_improved < world:
        price = root(unsold_at_home, LOWEST, top_improved)
        return basic(price), price, 0.0
    if spare(world) <= 0.0:
        return basic(world), world, unsold_at_home(world)
    price = root(spare, LOWEST, world)
    return basic(price), price, abroad(price)


def assert_cleared(w: World) -> None:
    """No seller and no buyer could do better, and what is made is sold, but for what imports compete away."""
    c, p = w.cluster, w.p
    better, world = float(c.output - w.ladder[0].output), float(c.world_price)
    plain_wanted, better_wanted = demands(w, c.log_price, c.log_price_export)
    assert c.price <= c.ceiling * (1.0 + CLOSE), "buyers would turn to imports of basic goods"
    assert c.price_export <= c.ceiling_export * (1.0 + CLOSE), "buyers would turn to imports of improved goods"
    if c.price < c.ceiling * (1.0 - CLOSE):
        assert math.log(plain_wanted / w.ladder[0].output) == pytest.approx(0.0, abs=CLOSE)
    else:
        assert plain_wanted >= w.ladder[0].output * (1.0 - CLOSE), "more is sold at home than is wanted"
    assert 0.0 <= c.exported <= better
    if c.exported > 0.0:
        reach = export_demand(p, w.s, c.time, c.base_price, world)
        wanted_abroad = reach * math.exp(-p.market_export_elasticity * (c.log_price_export - math.log(world)))
        assert c.price_export <= world * (1.0 + CLOSE), "the world can buy elsewhere"
        assert c.exported <= wanted_abroad * (1.0 + CLOSE), "more is sold abroad than is wanted"
        if c.price_export < world * (1.0 - CLOSE):
            assert c.exported == pytest.approx(wanted_abroad, rel=CLOSE)
        assert better - c.exported == pytest.approx(better_wanted, rel=1e-8, abs=CLOSE * better), "what stays is taken at home"
    elif better > 0.0:
        assert c.price_export >= world * (1.0 - CLOSE), "sellers would rather sell abroad"
        if c.price_export < c.ceiling_export * (1.0 - CLOSE):
            assert math.log(better_wanted / better) == pytest.approx(0.0, abs=CLOSE)
        else:
            assert better_wanted >= better * (1.0 - CLOSE)


@pytest.mark.parametrize(
    ("plain", "better", "regime"),
    [
        (10.0, 1.0, "both scarce: imports set both prices"),
        (300.0, 1.0, "basic goods plenty, improved scarce"),
        (1.0, 30.0, "basic goods scarce, improved plenty"),
        (300.0, 30.0, "both plenty, some exported"),
        (300.0, 400.0, "the world does not take all at its price"),
        (1.0, 900.0, "the same, and basic goods at their ceiling"),
        (300.0, 0.0, "all basic"),
        (0.0, 300.0, "all improved"),
        (0.0, 0.5, "all improved, and scarce"),
        (0.0, 0.0, "nothing is made"),
    ],
)  # fmt: skip
def test_every_regime_clears_as_the_oracle_says(plain: float, better: float, regime: str) -> None:
    w = cleared(plain, better)
    assert_cleared(w)
    log_basic, log_improved, exported = oracle(w)
    assert (w.cluster.log_price, w.cluster.log_price_export) == pytest.approx((log_basic, log_improved), abs=CLOSE), regime
    assert w.cluster.exported == pytest.approx(exported, rel=1e-8, abs=1e-9), regime


@drawn(
    LOG, LOG, LOG, st.floats(0.6, 1.4), st.floats(0.6, 2.0), st.floats(0.4, 3.0), st.floats(0.3, 8.0), st.floats(0.05, 0.95)
)
def test_every_market_clears(
    plain: float, better: float, reach: float, world: float, ceiling: float, elasticity: float, sigma: float, weight: float
) -> None:
    changes = {"market_elasticity": elasticity, "market_substitution": sigma, "market_basic_share": weight}
    made = 100.0 * math.exp(plain), 100.0 * math.exp(better)
    w = cleared(*made, 100.0, 100.0 * math.exp(reach), changes, world_price=world, import_price=ceiling)
    assert_cleared(w)
    log_basic, log_improved, exported = oracle(w)
    assert (w.cluster.log_price, w.cluster.log_price_export) == pytest.approx((log_basic, log_improved), abs=CLOSE)
    assert w.cluster.exported == pytest.approx(exported, rel=1e-8, abs=1e-8 * made[1])


def test_while_the_world_takes_all_improved_goods_never_sell_below_the_world_price() -> None:
    prices = [cleared(300.0, better, reach=1e9).cluster.price_export for better in (1.0, 10.0, 100.0, 1e4, 1e6)]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > prices[-1] == pytest.approx(0.9, rel=1e-12)


def test_nothing_made_sells_at_the_prices_of_imports() -> None:
    w = cleared(0.0, 0.0)
    assert (w.cluster.price, w.cluster.price_export) == pytest.approx((w.cluster.ceiling, w.cluster.ceiling_export), rel=1e-14)
    assert (w.cluster.exported, w.cluster.sales) == (0.0, 0.0)


def test_where_goods_are_one_kind_the_price_is_that_of_plain_demand() -> None:
    w = cleared(250.0, 0.0, changes={"market_basic_share": 1.0 - 1e-12, "market_elasticity": 1.3})
    assert w.cluster.price == pytest.approx((100.0 / 250.0) ** (1.0 / 1.3), rel=1e-9)


@drawn(LOG, LOG, st.floats(1.01, 5.0), st.booleans())
def test_more_of_one_kind_raises_neither_price(plain: float, better: float, more: float, basic: bool) -> None:
    """The two kinds are gross substitutes where the elasticity of substitution is above that of demand, as here."""
    before = cleared(100.0 * math.exp(plain), 100.0 * math.exp(better)).cluster
    factors = (more, 1.0) if basic else (1.0, more)
    after = cleared(100.0 * math.exp(plain) * factors[0], 100.0 * math.exp(better) * factors[1]).cluster
    assert after.log_price <= before.log_price + CLOSE
    assert after.log_price_export <= before.log_price_export + CLOSE
    if not basic:
        assert after.exported >= before.exported * (1.0 - 1e-9)


def test_the_slope_of_exports_is_that_of_a_market_which_answers() -> None:
    """Beyond the reach at the world price, a little more output lowers the price as the numerical slope of demand says."""
    w = cleared(300.0, 400.0)
    here = cleared(300.0, 400.0 * math.exp(1e-5)).cluster.log_price_export - w.cluster.log_price_export
    there = oracle(cleared(300.0, 400.0 * math.exp(1e-5)))[1] - oracle(w)[1]
    assert here == pytest.approx(there, rel=1e-5)
    assert here < 0.0


@drawn(LOG, LOG, st.floats(-1.0, 1.0))
def test_a_price_found_takes_the_quantity(level: float, quantity: float, log_other: float) -> None:
    p = small_world().p
    for weight in (0.02, 0.5, 0.98):
        of_kind = level + math.log(weight)
        price = clearing(p, of_kind, weight, log_other, quantity, log_other)
        index = log_index(p, weight, price, log_other)
        assert log_demand(p, of_kind, price, index) == pytest.approx(quantity, abs=CLOSE)


# The share of what either kind of goods has at equal prices, and guesses far beyond any price, on both sides.
WEIGHTS = (0.02, 0.5, 0.98)
GUESSES = (-40.0, -15.0, -3.0, 0.0, 3.0, 15.0, 40.0)


@drawn(LOG, LOG, st.floats(-1.0, 1.0), st.floats(0.4, 3.0), st.floats(0.3, 8.0))
def test_a_search_from_any_guess_finds_the_same_price(
    level: float, quantity: float, log_other: float, elasticity: float, sigma: float
) -> None:
    p = small_world({"market_elasticity": elasticity, "market_substitution": sigma}).p
    for weight in WEIGHTS:
        found = [clearing(p, level, weight, log_other, quantity, guess) for guess in GUESSES]
        assert found == pytest.approx([found[3]] * len(found), abs=CLOSE)
        assert log_demand(p, level, found[0], log_index(p, weight, found[0], log_other)) == pytest.approx(quantity, abs=CLOSE)


@drawn(LOG, LOG, st.floats(-1.0, 1.0), st.sampled_from(WEIGHTS))
def test_a_search_from_the_price_itself_stays_there(level: float, quantity: float, log_other: float, weight: float) -> None:
    p = small_world().p
    price = clearing(p, level, weight, log_other, quantity, 0.0)
    assert clearing(p, level, weight, log_other, quantity, price) == pytest.approx(price, abs=1e-14)


MADE = ((300.0, 30.0), (300.0, 400.0), (1.0, 900.0), (300.0, 0.0), (0.0, 300.0), (10.0, 1.0))


@pytest.mark.parametrize(("plain", "better"), MADE)
@pytest.mark.parametrize("last", [(-20.0, -20.0), (20.0, 20.0), (-20.0, 20.0), (20.0, -20.0)])
def test_last_quarters_prices_decide_about_none(plain: float, better: float, last: tuple[float, float]) -> None:
    w = cleared(plain, better)
    before = w.cluster.log_price, w.cluster.log_price_export, w.cluster.exported
    w.cluster.log_price, w.cluster.log_price_export = last
    clear(w)
    after = w.cluster.log_price, w.cluster.log_price_export, w.cluster.exported
    assert after == pytest.approx(before, rel=CLOSE, abs=CLOSE)


@drawn(LOG, LOG, st.floats(0.3, 8.0), st.floats(0.05, 0.95))
def test_a_share_and_the_index_are_those_of_expenditure(own: float, other: float, sigma: float, weight: float) -> None:
    p = small_world({"market_substitution": sigma}).p
    share, index = share_and_index(p, weight, own, other)
    ours, theirs = weight * math.exp(-sigma * own), (1.0 - weight) * math.exp(-sigma * other)
    assert share == pytest.approx(ours / (ours + theirs), rel=1e-12)
    assert index == pytest.approx(-math.log(ours + theirs) / sigma, abs=1e-11)
    assert share_and_index(p, 1.0 - weight, other, own) == pytest.approx((1.0 - share, index), abs=1e-11)


def test_sales_and_profits_are_those_of_the_rungs() -> None:
    w = cleared(300.0, 50.0)
    w.ladder[0].workers, w.ladder[0].firms, w.ladder[1].workers, w.ladder[1].firms = 60.0, 6.0, 30.0, 1.0
    w.cluster.firms = 7.0
    clear(w)
    base = w.cluster.base_price
    sales = base * (300.0 * w.cluster.price + 50.0 * w.cluster.price_export)
    costs = 90.0 + 6.0 * w.ladder[0].fixed_cost + w.ladder[1].fixed_cost
    assert w.cluster.sales == pytest.approx(sales, rel=1e-14)
    assert w.cluster.profits == pytest.approx(sales - costs, rel=1e-12)
    assert w.cluster.exporters == float(w.cluster.exported > 0.0) == 1.0


def test_the_ceiling_drops_at_a_shock_and_recovers() -> None:
    w = small_world({"market_redesign": 0.1}, shock_time=10.0, shock_price=0.8)
    ceilings = np.array([import_ceiling(w.p, w.s, time, 0.0) for time in (0.0, 9.99, 10.0, 20.0, 40.0)])
    regained = 1.0 - np.exp(-0.1 * np.array([0.0, 10.0, 30.0]))
    np.testing.assert_allclose(ceilings, [1.5, 1.5, *(0.8 + 0.7 * regained)], atol=1e-12)
    assert import_ceiling(w.p, w.s, 0.0, 0.2) == pytest.approx(1.2 * 1.5)


def test_the_world_price_falls_for_all_and_trade_costs_and_protection_stand_above_it() -> None:
    w = small_world({"market_world_fall": 0.02, "market_trade_cost": 0.25})
    assert world_price(w.p, w.s, 30.0) == pytest.approx(0.9 * math.exp(-0.6))
    assert improved_ceiling(w.p, 0.9, 0.0) == pytest.approx(1.25 * 0.9)
    assert improved_ceiling(w.p, 0.9, 0.1) == pytest.approx(1.1 * improved_ceiling(w.p, 0.9, 0.0))


def test_demand_grows_fast_at_first_and_slowly_in_the_end_and_leaves_basic_goods_behind() -> None:
    changes = {"market_growth_fading": 0.05, "market_growth_last": 0.01, "market_basic_fall": 0.5}
    w = small_world(changes, growth=0.04)

    def slope(time: float) -> float:
        return (log_growth(w.p, 0.04, time + 1e-4) - log_growth(w.p, 0.04, time)) / 1e-4

    assert slope(0.0) == pytest.approx(0.05, rel=1e-4)
    assert slope(200.0) == pytest.approx(0.01, rel=1e-2)
    grown = home_expenditure(w.p, w.s, 30.0) / home_expenditure(w.p, w.s, 0.0)
    assert basic_weight(w.p, w.s, 0.0) == w.p.market_basic_share
    assert basic_weight(w.p, w.s, 30.0) == pytest.approx(w.p.market_basic_share * grown**-0.5)
    poorer = small_world(changes, growth=-0.1)
    assert basic_weight(poorer.p, poorer.s, 30.0) == poorer.p.market_basic_share


@drawn(opening=st.floats(-0.7, 0.7), index=st.floats(-2.0, 0.7))
def test_surplus_is_continuous_where_the_elasticity_is_one(opening: float, index: float) -> None:
    def surplus(elasticity: float) -> float:
        return float(consumer_surplus(small_world({"market_elasticity": elasticity}).p, 10.0, opening, index))

    exact = 10.0 * (opening - index)
    assert surplus(1.0) == pytest.approx(exact, rel=1e-12, abs=1e-12)
    for gap in (-1e-5, -5e-7, 5e-7, 1e-5):
        assert surplus(1.0 + gap) == pytest.approx(exact, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("elasticity", [0.5, 1.0, 2.2])
@pytest.mark.parametrize("basic_first", [True, False])
def test_surplus_is_the_area_under_demand(elasticity: float, basic_first: bool) -> None:
    """First one price falls, then the other: the areas left of both demands add up to the surplus, whatever the order."""
    w = cleared(300.0, 50.0, changes={"market_elasticity": elasticity})
    start, end = (math.log(1.5), math.log(1.17)), (math.log(0.6), math.log(0.8))
    corner = (end[0], start[1]) if basic_first else (start[0], end[1])

    def area(first: tuple[float, float], last: tuple[float, float]) -> float:
        k = 0 if first[0] != last[0] else 1

        def taken(price: float) -> float:
            other = first[1 - k]
            return demands(w, *((math.log(price), other) if k == 0 else (other, math.log(price))))[k]

        return float(integrate.quad(taken, math.exp(last[k]), math.exp(first[k]), epsabs=0.0, epsrel=1e-11)[0])

    weight = basic_weight(w.p, w.s, 0.0)
    indices = [log_index(w.p, weight, *prices) for prices in (start, end)]
    surplus = consumer_surplus(w.p, home_expenditure(w.p, w.s, 0.0) / w.cluster.base_price, *indices)
    assert surplus == pytest.approx(area(start, corner) + area(corner, end), rel=1e-9)
