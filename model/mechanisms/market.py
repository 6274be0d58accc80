"""What do goods sell for? Home demand meets the cluster's supply under the ceiling of imports and of rivals elsewhere, and the
world price is a ceiling and an outlet for improved goods (WP 5703, section IV and Figure 1).
"""

import math
from typing import Any

from model.arithmetic import exp, log
from model.compiling import equation, step
from model.world import World, stop_unfinite

# Halvings of the log price interval: 2^-40 of an interval of at most 40 is below 1e-10.
BISECTIONS = 40


@equation
def import_ceiling(p: Any, s: Any, time: float, protection: float) -> float:
    """Highest home price, set by imports and rivals beyond the cluster (units of p0).

    After an import shock the ceiling falls to the shock's price and recovers as firms change their designs.
    Formula: p_m(t) = p_m e^(-rho t); after t_s: p_s + (p_m(t) - p_s)+ (1 - e^(-d (t - t_s))); times (1 + protection)
    """
    ceiling = s.import_price * exp(-p.market_rivalry * time)
    if time >= s.shock_time and ceiling > s.shock_price:
        regained = 1.0 - exp(-p.market_redesign * (time - s.shock_time))
        ceiling = s.shock_price + (ceiling - s.shock_price) * regained
    return ceiling * (1.0 + protection)


@equation
def home_demand(s: Any, time: float, base: float) -> float:
    """Home demand at the price 1 (units of quality-adjusted output a year).

    Formula: D0 = X e^(g t) / p0
    """
    return s.market * exp(s.growth * time) / base


@equation
def export_demand(p: Any, s: Any, time: float, base: float) -> float:
    """Export demand at the world price (units a year).

    Formula: X_e = X_x e^(g_x t) / (p0 w)
    """
    return s.reach * exp(p.market_export_growth * time) / (base * s.world_price)


@equation
def sells_abroad(p: Any, rung: float) -> bool:
    """Whether goods of a rung may be exported.

    Formula: k >= k_x
    """
    return bool(rung >= p.market_export_rung)


@equation
def price_for(demand: float, quantity: float, elasticity: float) -> float:
    """Price at which isoelastic demand takes a quantity.

    Formula: p = (D/Q)^(1/eta)
    """
    return exp((log(demand) - log(quantity)) / elasticity)


@equation
def common_price(p: Any, demand: float, reach: float, world: float, quantity: float) -> float:
    """Price below the world price at which home and export demand together take a quantity.

    Formula: D0 p^-eta + X_e (p/w)^-eta_x = Q, by bisection in logs
    """
    high = log(world)
    low = high - 20.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        taken = demand * exp(-p.market_elasticity * middle)
        taken += reach * exp(-p.market_export_elasticity * (middle - log(world)))
        if taken > quantity:
            low = middle
        else:
            high = middle
    return exp(0.5 * (low + high))


@step
def clear(w: World) -> None:
    """Find the home price and the exporters' price, and what is sold where."""
    cluster = w.cluster
    p, s = w.p, w.s
    base = cluster.base_price
    demand = home_demand(s, cluster.time, base)
    reach = export_demand(p, s, cluster.time, base)
    cluster.ceiling = import_ceiling(p, s, cluster.time, cluster.protection)
    world = s.world_price
    abroad = 0.0
    for k in range(len(w.ladder)):
        if sells_abroad(p, k):
            abroad += w.ladder[k].output
    home = cluster.output - abroad
    price = cluster.ceiling
    if cluster.output > 0.0:
        price = min(cluster.ceiling, price_for(demand, cluster.output, p.market_elasticity))
    cluster.price = price
    cluster.price_export = price
    cluster.exported = 0.0
    if abroad > 0.0 and price < world:
        export(w, demand, reach, home, abroad)
    cluster.log_price = log(cluster.price)
    cluster.log_price_export = log(cluster.price_export)
    settle(w, base)


@step
def export(w: World, demand: float, reach: float, home: float, abroad: float) -> None:
    """Split sales between home and abroad once the home price would fall below the world price.

    Formula: exporters sell all abroad at p_x = w min(1, (X_e/Q_x)^(1/eta_x)) if p_x >= p_home; else at w with the rest abroad;
    else at one price, w or below, and no higher than imports
    """
    p = w.p
    cluster = w.cluster
    world = w.s.world_price
    away = price_for(reach, abroad, p.market_export_elasticity) * world
    if w.s.outlet_only == 0.0:
        away = min(away, world)
    left = cluster.ceiling
    if home > 0.0:
        left = min(left, price_for(demand, home, p.market_elasticity))
    if away >= left:
        cluster.price = left
        cluster.price_export = away
        cluster.exported = abroad
        return
    at_world = demand * exp(-p.market_elasticity * log(world))
    price = world
    if at_world + reach < cluster.output:
        price = common_price(p, demand, reach, world, cluster.output)
    sold_abroad = cluster.output - demand * exp(-p.market_elasticity * log(price))
    if price > cluster.ceiling:
        price = cluster.ceiling
        sold_abroad = reach * exp(-p.market_export_elasticity * (log(price) - log(world)))
    cluster.price = price
    cluster.price_export = price
    cluster.exported = min(abroad, max(0.0, sold_abroad))


@step
def settle(w: World, base: float) -> None:
    """Work out sales, profits and the mean profit over fixed cost, rung by rung."""
    cluster = w.cluster
    sales = costs = profitability = exporters = 0.0
    for k in range(len(w.ladder)):
        rung = w.ladder[k]
        exporting = sells_abroad(w.p, k)
        rung.price = cluster.price_export if exporting else cluster.price
        rung.log_price = cluster.log_price_export if exporting else cluster.log_price
        if exporting and cluster.exported > 0.0:
            exporters += rung.firms
        revenue = base * rung.price * rung.output
        cost = rung.workers + rung.fixed_cost * rung.firms
        sales += revenue
        costs += cost
        profitability += (revenue - cost) / rung.fixed_cost
    cluster.sales = sales
    cluster.profits = sales - costs
    cluster.profitability = profitability / cluster.firms if cluster.firms > 0.0 else 0.0
    cluster.margin = cluster.profits / sales if sales > 0.0 else 0.0
    cluster.exporters = exporters
    if not is_settled(cluster):
        stop_unfinite(cluster)


@equation
def is_settled(cluster: Any) -> bool:
    """Whether what firms know, sell and earn are finite numbers."""
    known = abs(cluster.managerial_capital) + abs(cluster.skill_top) + cluster.schooling + cluster.traders
    return bool(known + cluster.workers + cluster.sales + abs(cluster.profits) + abs(cluster.profitability) < math.inf)


@equation
def consumer_surplus(p: Any, expenditure: float, ceiling: float, price: float) -> float:
    """Home buyers' gain beside the opening import price (wage-years a year).

    Formula: X (p_m^(1-eta) - p^(1-eta))/(1-eta), X ln(p_m/p) at eta = 1
    """
    gap = 1.0 - p.market_elasticity
    if abs(gap) < 1e-6:
        return expenditure * (log(ceiling) - log(price))
    return expenditure * (exp(gap * log(ceiling)) - exp(gap * log(price))) / gap
