"""What is a history worth? Real resources from the decision date on, discounted to it, in the columns of those who gain and pay;
fees, grants, loans and defaults move between columns and cancel, but for the cost of raising public funds (WP 5703, IV-V).
"""

from typing import Any

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
def workers_gain(p: Any, workers: float) -> float:
    """What workers earn beyond what they would earn elsewhere (wage-years a year).

    Formula: (1 - w') L
    """
    return (1.0 - p.value_next_wage) * workers


@equation
def funds_burden(p: Any, flow: float) -> float:
    """What the treasury's flow means to those who are taxed: a wage-year raised costs them more (wage-years).

    Formula: lambda x
    """
    return p.value_funds_cost * flow


@equation
def opening_index(w: World, time: float) -> float:
    """Log price index of home buyers if they had imports at their opening prices alone, with the tastes of a time (years)."""
    p, s = w.p, w.s
    improved = log(improved_ceiling(p, world_price(p, s, 0.0), 0.0))
    return log_index(p, basic_weight(p, s, time), log(s.import_price), improved)


@step
def count_money(w: World) -> None:
    """Count the budgets that programmes were granted, and what of them is gone or still lent (wage-years)."""
    cluster = w.cluster
    granted = cluster.own_spending + cluster.own_lending
    spent = cluster.own_spending + (cluster.outstanding - cluster.cofinanced) + cluster.loan_losses
    for j in range(len(w.programmes)):
        granted += w.programmes[j].granted
        spent += w.programmes[j].spent if w.programmes[j].kind != CREDIT else 0.0
    cluster.granted, cluster.spent = granted, spent


@step
def value(w: World) -> None:
    """Add the worth of the quarter that has just ended to the discounted sums, if it began at the decision date or later."""
    cluster = w.cluster
    if cluster.exhausted == NOT_FINITE:
        return
    began, spent_before = cluster.time - QUARTER, cluster.spent
    count_money(w)
    if began >= w.s.decision:
        add_quarter(w, began, cluster.spent - spent_before)
    cluster.flow_old, cluster.flow_new, cluster.flow_advanced, cluster.flow_captured = 0.0, 0.0, 0.0, 0.0


@step
def add_quarter(w: World, began: float, spent: float) -> None:
    """Add a quarter's flows, discounted from its middle; prices and workers are those of its market."""
    cluster, p = w.cluster, w.p
    factor = discount_factor(w.s.discount, began + 0.5 * QUARTER - w.s.decision)
    surplus = consumer_surplus(p, home_expenditure(p, w.s, began), opening_index(w, began), cluster.log_index)
    cluster.owners_old += factor * cluster.flow_old
    cluster.owners_new += factor * cluster.flow_new
    cluster.buyers += factor * (QUARTER * surplus + cluster.flow_advanced)
    cluster.workers_gain += factor * QUARTER * workers_gain(p, cluster.workers)
    cluster.treasury += factor * funds_burden(p, cluster.interest - spent)
    cluster.captured += factor * cluster.flow_captured
    cluster.value_wages += factor * QUARTER * cluster.workers
