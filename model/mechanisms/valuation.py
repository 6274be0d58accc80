"""What is a history worth? Profits, home buyers' surplus, sales, wages and public cost from the decision date on, discounted to
it; credit is charged as what is lost (WP 5703, sections IV-V).
"""

from model.arithmetic import exp, log
from model.compiling import equation, step
from model.events import QUARTER
from model.mechanisms.market import (
    basic_weight,
    consumer_surplus,
    home_expenditure,
    improved_ceiling,
    log_index,
    world_price,
)
from model.state import CREDIT
from model.world import NOT_FINITE, World


@equation
def discount_factor(rate: float, years: float) -> float:
    """Worth at the decision date of one wage-year some years later.

    Formula: e^(-delta t)
    """
    return exp(-rate * years)


@equation
def net_cost_so_far(w: World) -> float:
    """Public spending so far but for loan funds, of which only losses count (wage-years)."""
    cost = w.cluster.loan_losses + w.cluster.own_spending
    for j in range(len(w.programmes)):
        if w.programmes[j].kind != CREDIT:
            cost += w.programmes[j].spent
    return cost


@equation
def opening_index(w: World) -> float:
    """Log price index of home buyers if they had imports at their opening prices alone, with today's tastes."""
    p, s = w.p, w.s
    improved = log(improved_ceiling(p, world_price(p, s, 0.0), 0.0))
    return log_index(p, basic_weight(p, s, w.cluster.time), log(s.import_price), improved)


@step
def value(w: World) -> None:
    """Add the quarter's worth to the discounted sums, once the decision date has come; cost is what came since the last row."""
    cluster, s = w.cluster, w.s
    if cluster.exhausted == NOT_FINITE:
        return
    cost_before = cluster.net_cost
    cluster.net_cost = net_cost_so_far(w)
    if cluster.time < s.decision:
        return
    factor = discount_factor(s.discount, cluster.time - s.decision)
    expenditure = home_expenditure(w.p, s, cluster.time)
    opening = opening_index(w)
    cluster.value_profit += factor * QUARTER * cluster.profits
    cluster.value_sales += factor * QUARTER * cluster.sales
    cluster.value_wages += factor * QUARTER * cluster.workers
    cluster.value_surplus += factor * QUARTER * consumer_surplus(w.p, expenditure, opening, cluster.log_index)
    cluster.value_cost += factor * (cluster.net_cost - cost_before)
