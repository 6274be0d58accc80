"""Does the market clear? In every regime what is made is sold, at prices that no seller or buyer could better."""

import math

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from model.mechanisms.market import clear, common_price, consumer_surplus, export_demand, home_demand, import_ceiling, price_for
from tests.model.worlds import small_world

LOG = st.floats(-6.0, 6.0)


def cleared(home, abroad, demand=100.0, reach=100.0, world=0.9, ceiling=1.5, elasticity=1.1):
    """A market in which firms of rungs 0 and 1 make so much; demand and reach in quality units at the prices 1 and world."""
    changes = {"market_elasticity": elasticity, "market_rivalry": 0.0}
    w = small_world(changes, import_price=ceiling, world_price=world)
    w.s.market = demand * w.cluster.base_price
    w.s.reach = reach * w.cluster.base_price * world
    w.ladder[0].output, w.ladder[1].output = home, abroad
    w.cluster.output = home + abroad
    clear(w)
    return w


def wanted(w):
    """Demand at home and abroad at the prices found."""
    p, base = w.p, w.cluster.base_price
    at_home = home_demand(w.s, 0.0, base) * math.exp(-p.market_elasticity * math.log(w.cluster.price))
    reach = export_demand(p, w.s, 0.0, base)
    return at_home, reach * math.exp(-p.market_export_elasticity * math.log(w.cluster.price_export / w.s.world_price))


def assert_cleared(w):
    c = w.cluster
    at_home, away = wanted(w)
    made_for_export = w.ladder[1].output
    sold_at_home = c.output - c.exported
    tolerance = 1e-7 * (1.0 + c.output)
    assert 0.0 <= c.exported <= made_for_export * (1.0 + 1e-12)
    assert c.price <= c.ceiling * (1.0 + 1e-9), "buyers would turn to imports"
    assert sold_at_home <= at_home + tolerance, "more is sold at home than is wanted"
    if c.price < c.ceiling * (1.0 - 1e-9):
        assert sold_at_home == pytest.approx(at_home, rel=1e-6, abs=tolerance)
    if c.exported > 0.0:
        assert c.exported <= away + tolerance, "more is sold abroad than is wanted"
        if c.price_export < w.s.world_price * (1.0 - 1e-9):
            assert c.exported == pytest.approx(away, rel=1e-6, abs=tolerance)
        assert c.price_export >= c.price * (1.0 - 1e-9), "exporters would rather sell at home"
        assert c.price_export <= w.s.world_price * (1.0 + 1e-9)
    if c.price_export < c.price * (1.0 - 1e-9):
        assert c.exported == 0.0


def test_regime_1_nobody_can_export():
    w = cleared(home=200.0, abroad=0.0)
    assert_cleared(w)
    assert w.cluster.exported == 0.0
    assert w.cluster.price == pytest.approx((100.0 / 200.0) ** (1 / 1.1))


def test_regime_2_scarce_goods_sell_at_the_ceiling():
    w = cleared(home=10.0, abroad=5.0)
    assert_cleared(w)
    assert (w.cluster.price, w.cluster.exported) == (w.cluster.ceiling, 0.0)


def test_regime_3_exporters_sell_all_abroad():
    w = cleared(home=200.0, abroad=50.0)
    assert_cleared(w)
    assert w.cluster.exported == 50.0
    assert w.cluster.price_export == w.s.world_price > w.cluster.price


def test_regime_4_exporters_serve_both_at_the_world_price():
    w = cleared(home=20.0, abroad=150.0)
    assert_cleared(w)
    assert w.cluster.price == w.cluster.price_export == w.s.world_price
    assert 0.0 < w.cluster.exported < 100.0


def test_regime_5_both_markets_are_full_and_share_a_price():
    w = cleared(home=20.0, abroad=400.0)
    assert_cleared(w)
    assert w.cluster.price == w.cluster.price_export < w.s.world_price


def test_regime_6_exporters_beyond_their_reach_undercut_abroad_alone():
    w = cleared(home=500.0, abroad=150.0)
    assert_cleared(w)
    assert w.cluster.price < w.cluster.price_export < w.s.world_price


def test_imports_cap_the_price_of_exporters_who_sell_at_home_too():
    w = cleared(home=20.0, abroad=300.0, demand=300.0, ceiling=0.7)
    assert_cleared(w)
    assert w.cluster.price == w.cluster.price_export == pytest.approx(0.7)


@drawn(home=LOG, abroad=LOG, reach=LOG, world=st.floats(0.6, 1.4), ceiling=st.floats(0.6, 2.0), elasticity=st.floats(0.4, 3.0))
def test_every_market_clears(home, abroad, reach, world, ceiling, elasticity):
    w = cleared(100 * math.exp(home), 100 * math.exp(abroad), 100.0, 100 * math.exp(reach), world, ceiling, elasticity)
    assert_cleared(w)


@drawn(demand=LOG, reach=LOG, world=st.floats(0.6, 1.4), more=st.floats(1.01, 100.0))
def test_the_common_price_takes_the_quantity(demand, reach, world, more):
    p = small_world().p
    demand, reach = math.exp(demand), math.exp(reach)
    quantity = more * (demand * world**-p.market_elasticity + reach)
    price = common_price(p, demand, reach, world, quantity)
    taken = demand * price**-p.market_elasticity + reach * (price / world) ** -p.market_export_elasticity
    assert taken == pytest.approx(quantity, rel=1e-8)
    assert price < world


def test_sales_and_profits_are_those_of_the_rungs():
    w = cleared(home=200.0, abroad=50.0)
    w.ladder[0].workers, w.ladder[0].firms, w.ladder[1].workers, w.ladder[1].firms = 60.0, 6.0, 30.0, 1.0
    w.cluster.firms = 7.0
    clear(w)
    base = w.cluster.base_price
    sales = base * (200.0 * w.cluster.price + 50.0 * w.cluster.price_export)
    costs = 90.0 + 6.0 * w.ladder[0].fixed_cost + w.ladder[1].fixed_cost
    assert w.cluster.sales == pytest.approx(sales, rel=1e-14)
    assert w.cluster.profits == pytest.approx(sales - costs, rel=1e-12)
    assert w.cluster.exporters == 1.0


def test_prices_fall_with_quantity_at_the_elasticity_stated():
    assert price_for(100.0, 100.0, 1.3) == 1.0
    assert math.log(price_for(100.0, 200.0, 1.3)) == pytest.approx(-math.log(2.0) / 1.3)


def test_the_ceiling_falls_with_rivals_drops_at_a_shock_and_recovers():
    w = small_world({"market_rivalry": 0.02, "market_redesign": 0.1}, shock_time=10.0, shock_price=0.8)

    def ceiling(time):
        return import_ceiling(w.p, w.s, time, 0.0)

    assert ceiling(0.0) == 1.5
    assert ceiling(9.99) == pytest.approx(1.5 * math.exp(-0.02 * 9.99))
    assert ceiling(10.0) == pytest.approx(0.8)
    years = np.arange(10.0, 40.0)
    free = 1.5 * np.exp(-0.02 * years)
    regained = (np.array([ceiling(year) for year in years]) - 0.8) / (free - 0.8)
    above = free > 0.8
    np.testing.assert_allclose(regained[above], 1.0 - np.exp(-0.1 * (years[above] - 10.0)), atol=1e-12)


@drawn(ceiling=st.floats(0.5, 2.0), price=st.floats(0.1, 2.0))
def test_surplus_is_continuous_where_the_elasticity_is_one(ceiling, price):
    def surplus(elasticity):
        return consumer_surplus(small_world({"market_elasticity": elasticity}).p, 10.0, ceiling, price)

    exact = 10.0 * math.log(ceiling / price)
    assert surplus(1.0) == pytest.approx(exact, rel=1e-12, abs=1e-12)
    for gap in (-1e-5, -5e-7, 5e-7, 1e-5):
        assert surplus(1.0 + gap) == pytest.approx(exact, rel=1e-4, abs=1e-6)


@drawn(elasticity=st.floats(0.3, 3.0), price=st.floats(0.2, 1.4))
def test_surplus_is_the_area_under_demand(elasticity, price):
    prices = np.linspace(price, 1.5, 4001)
    area = np.trapezoid(7.0 * prices**-elasticity, prices)
    assert consumer_surplus(small_world({"market_elasticity": elasticity}).p, 7.0, 1.5, price) == pytest.approx(area, rel=1e-4)
