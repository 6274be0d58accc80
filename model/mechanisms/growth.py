"""How do profit, cash and size of a firm move in a quarter? A firm keeps part of its profit and moves to its best size as fast as
skill in growing and its own cash allow (WP 5703, sections II and IV).
"""

from typing import Any

from model.compiling import equation, step
from model.events import QUARTER
from model.lanes import CACHED, fetch_first, fetch_second, kept, lane_of
from model.mechanisms.finance import borne_loss, own_share
from model.mechanisms.luck import expected_efficiency
from model.mechanisms.market import is_improved
from model.mechanisms.production import best_profit, optimal_workers, years_step
from model.state import LANES
from model.world import World


@equation
def surplus(profit: float, potential: float, per_fixed: float) -> float:
    """What a firm earns and could earn, over its fixed cost.

    Formula: s = (pi + pi*) / (2 F_k)
    """
    return 0.5 * (profit + potential) * per_fixed


@equation
def kept_cash(p: Any, firm: Any, profit: float, fixed: float) -> float:
    """Cash at the quarter's end before any growth (wage-years); what exceeds the reserve is consumed.

    Formula: x' = min(x + dt (r pi+ - (pi- - b)+), 4 F_k + l)
    """
    flow = p.finance_retention * profit if profit > 0.0 else borne_loss(p, profit)
    return min(firm.cash + flow * QUARTER, p.finance_reserve * fixed + firm.workers)


@equation
def wanted_growth(p: Any, workers: float, workers_best: float) -> float:
    """Workers that a firm would add in a quarter had it the cash (negative: it would shrink).

    Formula: min(1, psi dt)(l* - l), at most 0.25 l + 0.5
    """
    return min(years_step(p.growth_speed) * (workers_best - workers), p.growth_step * workers + 0.5)


@step
def grow(p: Any, s: Any, cluster: Any, aside: Any, firm: Any) -> None:
    """Move one firm through the quarter: cash and workers."""
    workers, fixed, improved = firm.workers, aside.fixed_cost, is_improved(firm.rung)
    price = cluster.price_export if improved else cluster.price
    log_price = cluster.log_price_export if improved else cluster.log_price
    outlay = aside.outlay * own_share(p, s, firm.recognition)
    profit = cluster.base_price * price * firm.output - workers - fixed
    workers_best = optimal_workers(p, s, log_price, expected_efficiency(p, firm.log_efficiency, firm.luck))
    cash = kept_cash(p, firm, profit, fixed)
    wanted = wanted_growth(p, workers, workers_best)
    grows = wanted > 0.0
    added = min(wanted, max(0.0, cash / outlay))
    lost = max(wanted, 1.0 - workers)
    firm.workers_best = workers_best
    firm.cash = cash - (added * outlay if grows else p.growth_recovery * lost * outlay)
    firm.workers = workers + (added if grows else lost)
    aside.profit = profit
    aside.surplus = surplus(profit, best_profit(p, workers_best, fixed), aside.per_fixed)
    aside.wanted = wanted
    aside.added = added if grows else lost


@step
def move_blocks(w: World, first: int, last: int) -> None:
    """Let the firms of a group of blocks earn and grow."""
    p, s, cluster, firms, beside = kept(w.p), kept(w.s), kept(w.cluster), w.firms, w.beside
    ahead = last - first if cluster.rows > CACHED else 0
    for b in range(first, last):
        if ahead > 0:
            fetch_first(firms, b + ahead)
            fetch_second(firms, b + ahead)
        for lane in range(LANES):
            grow(p, s, cluster, lane_of(beside, b - first, lane), lane_of(firms, b, lane))
