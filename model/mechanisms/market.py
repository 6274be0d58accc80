"""What do goods sell for? Home buyers choose between basic goods and improved ones, and imports bound the price of each.
Improved goods are exported at the world price, and below it where demand abroad does not take them all (WP 5703, III-IV).
"""

import math
from typing import Any

from model.arithmetic import exp, log
from model.compiling import equation, step
from model.world import World, stop_unfinite

# Newton steps at most, and the step in logs at which a price is found: what is left after it is of its square.
STEPS = 24
FOUND = 1e-9


@equation
def import_ceiling(p: Any, s: Any, time: float, protection: float) -> float:
    """Price of imported basic goods (units of p0).

    After an import shock it falls to the shock's price and recovers as firms change their designs.
    Formula: p_m; after t_s: p_s + (p_m - p_s)+ (1 - e^(-d (t - t_s))); times (1 + protection)
    """
    ceiling = s.import_price
    if time >= s.shock_time and ceiling > s.shock_price:
        regained = 1.0 - exp(-p.market_redesign * (time - s.shock_time))
        ceiling = s.shock_price + (ceiling - s.shock_price) * regained
    return ceiling * (1.0 + protection)


@equation
def world_price(p: Any, s: Any, time: float) -> float:
    """World price of improved goods net of trade cost (units of p0), which falls as producers elsewhere advance.

    Formula: w(t) = w e^(-f_w t)
    """
    return s.world_price * exp(-p.market_world_fall * time)


@equation
def improved_ceiling(p: Any, world: float, protection: float) -> float:
    """Price of imported improved goods (units of p0): the world price and the cost of trade, twice; below it none is sold.

    Formula: max(w, (1 + m) w (1 + protection))
    """
    return max(world, (1.0 + p.market_trade_cost) * world * (1.0 + protection))


@equation
def log_growth(p: Any, rate: float, time: float) -> float:
    """Log growth of demand, in wage units, since the cluster's start: fast at first, slow in the end.

    Formula: g (1 - e^(-f t))/f + g_1 t
    """
    return rate * (1.0 - exp(-p.market_growth_fading * time)) / p.market_growth_fading + p.market_growth_last * time


@equation
def home_expenditure(p: Any, s: Any, time: float) -> float:
    """Home expenditure at the price 1 (wage-years a year).

    Formula: X(t) = X e^G(t)
    """
    return s.market * exp(log_growth(p, s.growth, time))


@equation
def export_demand(p: Any, s: Any, time: float, base: float, world: float) -> float:
    """Export demand at the world price (units a year).

    Formula: X_e = X_x e^G_x(t) / (p0 w)
    """
    return s.reach * exp(log_growth(p, p.market_export_growth, time)) / (base * world)


@equation
def basic_weight(p: Any, s: Any, time: float) -> float:
    """Weight of basic goods in home demand, which falls as incomes grow.

    Formula: a(t) = a0 (X(t)/X)^-x
    """
    return p.market_basic_share * exp(-p.market_basic_fall * max(0.0, log_growth(p, s.growth, time)))


@equation
def is_improved(rung: float) -> bool:
    """Whether the goods of a rung are improved, so that they may be exported.

    Formula: k >= 1
    """
    return bool(rung >= 1.0)


@equation
def share_and_index(p: Any, weight: float, log_own: float, log_other: float) -> tuple[float, float]:
    """Share of one kind of goods in home expenditure, given its weight, and the log price index of home buyers.

    Buyers substitute with elasticity s = 1 + sigma; p and q are the prices of this kind and of the other.

    Formula: b = a p^-sigma/(a p^-sigma + (1-a) q^-sigma), ln P = -ln(a p^-sigma + (1-a) q^-sigma)/sigma
    """
    own = weight * exp(-p.market_substitution * (log_own - log_other))
    both = own + (1.0 - weight)
    return own / both, log_other - log(both) / p.market_substitution


@equation
def log_index(p: Any, basic: float, log_basic: float, log_improved: float) -> float:
    """Log price index of home buyers, given the weight of basic goods.

    Formula: ln P = -ln(a p_0^-sigma + (1-a) p_1^-sigma)/sigma
    """
    return share_and_index(p, basic, log_basic, log_improved)[1]


@equation
def log_demand(p: Any, log_level: float, log_price: float, index: float) -> float:
    """Log home demand for goods of one kind (units a year); the level is that of all demand times the kind's weight.

    Formula: ln D + ln a - s (ln p - ln P) - eta ln P
    """
    return log_level - (1.0 + p.market_substitution) * (log_price - index) - p.market_elasticity * index


@equation
def clearing(p: Any, log_level: float, weight: float, log_other: float, log_quantity: float, guess: float) -> float:
    """Log price at which home buyers take a quantity of one kind of goods, given the price of the other kind.

    The level is that of all demand times the kind's weight. The log of demand bends one way in the log price, so that the search
    ends from any guess whose powers are finite numbers; from last quarter's price it takes a step or two.

    Formula: D a (p/P)^-s P^-eta = Q, by Newton's method in logs
    """
    spread = 1.0 + p.market_substitution - p.market_elasticity
    price = guess
    for _ in range(STEPS):
        share, index = share_and_index(p, weight, price, log_other)
        slope = spread * share - (1.0 + p.market_substitution)
        step_size = (log_demand(p, log_level, price, index) - log_quantity) / slope
        price -= step_size
        if abs(step_size) < FOUND:
            break
    return price


@step
def clear(w: World) -> None:
    """Find the prices of basic and improved goods, and what is sold where."""
    cluster, p, s = w.cluster, w.p, w.s
    base = cluster.base_price
    cluster.world_price = world = world_price(p, s, cluster.time)
    cluster.ceiling = import_ceiling(p, s, cluster.time, cluster.protection)
    cluster.ceiling_export = improved_ceiling(p, world, cluster.protection)
    basic = basic_weight(p, s, cluster.time)
    demand = home_expenditure(p, s, cluster.time) / base
    last = cluster.log_price_export
    clear_home(w, demand, basic)
    cluster.exported = 0.0
    if cluster.output > w.ladder[0].output and cluster.log_price_export < log(world):
        export(w, demand, basic, log(world), export_demand(p, s, cluster.time, base, world), last)
    cluster.price, cluster.price_export = exp(cluster.log_price), exp(cluster.log_price_export)
    cluster.log_index = log_index(p, basic, cluster.log_price, cluster.log_price_export)
    settle(w, base)


@step
def clear_home(w: World, demand: float, basic: float) -> None:
    """Find both home prices as if nothing were exported; imports take over where a price would exceed theirs."""
    cluster, p = w.cluster, w.p
    plain, better = w.ladder[0].output, cluster.output - w.ladder[0].output
    top, top_improved = log(cluster.ceiling), log(cluster.ceiling_export)
    if plain > 0.0 and better > 0.0:
        gap = log(basic * better / ((1.0 - basic) * plain)) / (1.0 + p.market_substitution)
        index = log_index(p, basic, gap, 0.0)
        sold = (log((1.0 - basic) * demand / better) + (1.0 + p.market_substitution) * index) / p.market_elasticity
        cluster.log_price_export = sold - index
        cluster.log_price = cluster.log_price_export + gap
        if cluster.log_price_export > top_improved:
            cluster.log_price_export = top_improved
            clear_basic(w, demand, basic)
        if cluster.log_price >= top:
            cluster.log_price = top
            clear_improved(w, demand, basic)
        return
    # One kind is imported: its price is that of imports.
    guess, guess_improved = min(top, cluster.log_price), min(top_improved, cluster.log_price_export)
    cluster.log_price, cluster.log_price_export = top, top_improved
    if plain > 0.0:
        cluster.log_price = guess
        clear_basic(w, demand, basic)
    elif better > 0.0:
        cluster.log_price_export = guess_improved
        clear_improved(w, demand, basic)


@step
def clear_basic(w: World, demand: float, basic: float) -> None:
    """Find the price of basic goods, given that of improved ones, from a guess that stands in its place."""
    cluster, plain, top = w.cluster, w.ladder[0].output, log(w.cluster.ceiling)
    if plain > 0.0:
        guess, level = cluster.log_price, log(basic * demand)
        cluster.log_price = min(top, clearing(w.p, level, basic, cluster.log_price_export, log(plain), guess))
    else:
        cluster.log_price = top


@step
def clear_improved(w: World, demand: float, basic: float) -> None:
    """Find the home price of improved goods, given that of basic ones, from a guess that stands in its place."""
    cluster, weight, better = w.cluster, 1.0 - basic, w.cluster.output - w.ladder[0].output
    guess, level = cluster.log_price_export, log(weight * demand)
    price = clearing(w.p, level, weight, cluster.log_price, log(better), guess)
    cluster.log_price_export = min(log(cluster.ceiling_export), price)


@step
def export(w: World, demand: float, basic: float, world: float, reach: float, last: float) -> None:
    """Sell abroad what home buyers do not take at the world price; where the world does not take it all, the price falls.

    ``world`` is the log of the world price, ``last`` that of the last quarter's price of improved goods.

    Formula: D_1(p_1) + X_e (p_1/w)^-eta_x = Q_1 for p_1 <= w, by Newton's method in logs
    """
    cluster, p = w.cluster, w.p
    better, least, level = cluster.output - w.ladder[0].output, cluster.log_price_export, log((1.0 - basic) * demand)
    cluster.log_price_export = world
    clear_basic(w, demand, basic)
    index = log_index(p, basic, cluster.log_price, world)
    cluster.exported = max(0.0, better - exp(log_demand(p, level, world, index)))
    if cluster.exported <= reach:
        return
    cluster.log_price_export = min(world, max(least, last))
    clear_basic(w, demand, basic)
    for _ in range(STEPS):
        share, index = share_and_index(p, basic, cluster.log_price, cluster.log_price_export)
        taken = exp(log_demand(p, level, cluster.log_price_export, index))
        cluster.exported = reach * exp(-p.market_export_elasticity * (cluster.log_price_export - world))
        slope = taken * home_slope(w, share) - cluster.exported * p.market_export_elasticity
        step_size = log((taken + cluster.exported) / better) * (taken + cluster.exported) / slope
        before = cluster.log_price_export
        cluster.log_price_export = min(world, max(least, before - step_size))
        clear_basic(w, demand, basic)
        if abs(cluster.log_price_export - before) < FOUND:
            break
    cluster.exported = min(better, reach * exp(-p.market_export_elasticity * (cluster.log_price_export - world)))


@equation
def home_slope(w: World, share: float) -> float:
    """Elasticity of home demand for improved goods to their price; the price of basic goods moves along unless imports set it.

    Formula: -s + (s - eta)(1 - b + b dx/dy), dx/dy = (s - eta)(1-b)/(s - (s - eta) b), b the share of basic goods
    """
    cluster, p = w.cluster, w.p
    spread = 1.0 + p.market_substitution - p.market_elasticity
    follows = 0.0
    if cluster.log_price < log(cluster.ceiling) and w.ladder[0].output > 0.0:
        follows = spread * (1.0 - share) / (1.0 + p.market_substitution - spread * share)
    return spread * (1.0 - share + share * follows) - (1.0 + p.market_substitution)


@step
def settle(w: World, base: float) -> None:
    """Work out sales, profits and the mean profit over fixed cost, rung by rung."""
    cluster = w.cluster
    sales = costs = profitability = exporters = 0.0
    for k in range(len(w.ladder)):
        rung = w.ladder[k]
        improved = is_improved(k)
        rung.price = cluster.price_export if improved else cluster.price
        rung.log_price = cluster.log_price_export if improved else cluster.log_price
        if improved and cluster.exported > 0.0:
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
    known = abs(cluster.managerial_capital) + abs(cluster.trained_mean) + cluster.schooling + cluster.traders
    return bool(known + cluster.workers + cluster.sales + abs(cluster.profits) + abs(cluster.profitability) < math.inf)


@equation
def consumer_surplus(p: Any, expenditure: float, opening: float, index: float) -> float:
    """What home buyers gain over imports at their opening prices (wage-years a year), from log price indices.

    Formula: X (P_m^(1-eta) - P^(1-eta))/(1-eta), X ln(P_m/P) at eta = 1
    """
    gap = 1.0 - p.market_elasticity
    if abs(gap) < 1e-6:
        return expenditure * (opening - index)
    return expenditure * (exp(gap * opening) - exp(gap * index)) / gap
