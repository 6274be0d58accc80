"""How do profit, cash and size of a firm move in a quarter? A firm keeps part of its profit, repays its loans, and moves to its
best size as fast as skill in growing and its own cash allow (WP 5703, sections II and IV).
"""

from typing import Any

from model.compiling import equation
from model.events import QUARTER
from model.mechanisms.knowledge import learn
from model.mechanisms.production import best_profit, optimal_workers, years_step

# A debt so small that it is settled (wage-years).
FORGIVEN = 0.01


@equation
def surplus(profit: float, potential: float, fixed: float) -> float:
    """What a firm earns and could earn, over its fixed cost.

    Formula: s = (pi + pi*) / (2 F_k)
    """
    return 0.5 * (profit + potential) / fixed


@equation
def kept_cash(p: Any, firm: Any, profit: float, fixed: float) -> float:
    """Cash at the quarter's end before any growth (wage-years); what exceeds the reserve is consumed.

    Formula: x' = min(x + dt (r pi+ - pi- - i B) - B dt/term, 4 F_k + l)
    """
    flow = p.finance_retention * profit if profit > 0.0 else profit
    service = firm.debt * (p.credit_rate * QUARTER + QUARTER / p.credit_term)
    return min(firm.cash + flow * QUARTER - service, p.finance_reserve * fixed + firm.workers)


@equation
def wanted_growth(p: Any, workers: float, workers_best: float) -> float:
    """Workers that a firm would add in a quarter had it the cash (negative: it would shrink).

    Formula: min(1, psi dt)(l* - l), at most 0.25 l + 0.5
    """
    return min(years_step(p.growth_speed) * (workers_best - workers), p.growth_step * workers + 0.5)


@equation
def grow(p: Any, s: Any, cluster: Any, rung: Any, firm: Any) -> None:
    """Move one firm through the quarter: profit, cash, workers, knowledge."""
    revenue = cluster.base_price * rung.price * firm.output
    profit = revenue - firm.workers - rung.fixed_cost
    firm.workers_best = optimal_workers(p, s, rung.log_price, firm.log_efficiency)
    firm.surplus = surplus(profit, best_profit(p, firm.workers_best, rung.fixed_cost), rung.fixed_cost)
    firm.cash = kept_cash(p, firm, profit, rung.fixed_cost)
    repaid = firm.debt * QUARTER / p.credit_term
    firm.debt -= repaid
    cluster.repaid += repaid
    if firm.debt < FORGIVEN:
        firm.debt = 0.0
    wanted = wanted_growth(p, firm.workers, firm.workers_best)
    firm.constraint = 0.0
    if wanted > 0.0:
        added = min(wanted, max(0.0, firm.cash / rung.outlay))
        firm.constraint = 1.0 - added / wanted
        firm.cash -= added * rung.outlay
        firm.workers += added
    else:
        lost = max(wanted, 1.0 - firm.workers)
        firm.cash -= p.growth_recovery * lost * rung.outlay
        firm.workers += lost
    learn(p, s, cluster, firm, profit)
