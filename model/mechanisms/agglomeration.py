"""What does a cluster give to its firms, and what does it take? Traders and part-suppliers gather and raise productivity, the
community enforces contracts while goods are alike, and the core grows crowded (WP 5703, sections III-IV).
"""

from typing import Any

from model.arithmetic import exp, log
from model.compiling import equation, step
from model.lanes import CACHED, MIXED, block_count, fetch_counted, has, lane_of
from model.mechanisms.finance import outlay, share_after_suppliers
from model.mechanisms.production import (
    best_profit,
    break_even_price,
    fixed_cost,
    optimal_workers,
    rung_log_gain,
    skill_slope,
    years_step,
)
from model.state import ALIVE, IN_ZONE, LANES
from model.sums import add_by_rung, empty, empty_by_rung, total
from model.world import World

# A short course that brings less than this (SD) counts as one that brings as much: some draws of its gain are near zero.
SMALLEST_GAIN = 0.01


@equation
def thickness(p: Any, traders: float) -> float:
    """Log thickness of the cluster's traders, part-suppliers and other human resources.

    Formula: ln(1 + T/T0)
    """
    return log(1.0 + traders / p.trader_scale)


@equation
def attracted_traders(p: Any, workers: float, market_place: float) -> float:
    """Traders and part-suppliers that the cluster attracts in the long run (persons).

    Formula: T* = tau L (1 + m M)
    """
    return p.trader_ratio * workers * (1.0 + p.market_place_traders * market_place)


@equation
def enforcement(p: Any, improved_share: float) -> float:
    """How far the community enforces contracts: fully while goods are alike, less as they differ.

    Formula: E = 1/(1 + f_E L(k >= 1)/L)
    """
    return 1.0 / (1.0 + p.enforcement_fading * improved_share)


@equation
def log_agglomeration(p: Any, thick: float, enforced: float, market_place: float) -> float:
    """Log productivity that every firm owes to the cluster, given its log thickness.

    Formula: h ln(1 + T/T0) - e (1-E) + mu M
    """
    gain = p.agglomeration_elasticity * thick
    return gain - p.enforcement_cost * (1.0 - enforced) + p.market_place_effect * market_place


@equation
def crowding(core_workers: float, capacity: float) -> float:
    """Log crowding of the core.

    Formula: ln(1 + L_core/K)
    """
    return log(1.0 + core_workers / capacity)


@step
def count(w: World) -> None:
    """Count firms and workers, what they know on average, and each rung's numbers."""
    cluster, ladder, firms = w.cluster, w.ladder, w.cluster.rows
    add_up(w)
    cluster.firms = firms
    cluster.improved_firms = firms - ladder[0].firms
    cluster.improved_workers = 0.0
    for k in range(len(ladder)):
        ladder[k].workers = total(w.sums.workers[k]) if ladder[k].firms > 0.0 else 0.0
        cluster.improved_workers += ladder[k].workers if k > 0 else 0.0
    cluster.workers = ladder[0].workers + cluster.improved_workers
    cluster.core_workers = total(w.sums.core)
    cluster.zone_firms = total(w.sums.zone)
    skill, trained = total(w.sums.skill), total(w.sums.trained)
    if firms > 0:
        # Standards keep a part of those who could copy a brand from it.
        cluster.imitators = ladder[0].firms / firms * (1.0 - cluster.standards)
        cluster.schooling = total(w.sums.schooling) / firms
        cluster.managerial_capital = (skill + trained) / firms
        cluster.trained_mean = trained / firms
    above = 0.0
    for j in range(len(ladder)):
        k = len(ladder) - 1 - j
        above += ladder[k].firms
        ladder[k].above = above


@step
def add_up(w: World) -> None:
    """Add up what is counted of the living, block by block, and note where all firms of a block stand on one rung."""
    firms, sums = w.firms, w.sums
    empty_by_rung(sums.workers, w.ladder)
    for column in (sums.core, sums.schooling, sums.skill, sums.trained, sums.zone):
        empty(column)
    # This column is free at this step: what stands in it is worked out anew when firms grow.
    workers = w.beside[0].wanted
    for b in range(block_count(w.cluster.rows)):
        if w.cluster.rows > CACHED:
            fetch_counted(firms, b + 1)
        rungs, apart = firms[b].rung, 0
        for lane in range(LANES):
            # Added, and not joined by "or", of which the compiler would make a chain of jumps.
            apart += rungs[lane] ^ rungs[0]
            firm = lane_of(firms, b, lane)
            alive = has(firm, ALIVE) == 1
            # All are read before any condition: the compiler would else store by condition, which some processors do very slowly.
            employed, schooling, skill, trained = firm.workers, firm.schooling, firm.skill, firm.trained
            size = employed if alive else 0.0
            workers[lane] = size
            sums.core[lane] += size if has(firm, IN_ZONE) == 0 else 0.0
            sums.schooling[lane] += schooling if alive else 0.0
            sums.skill[lane] += skill if alive else 0.0
            sums.trained[lane] += trained if alive else 0.0
            sums.zone[lane] += 1.0 if has(firm, IN_ZONE) == 1 else 0.0
        firms[b].common_rung = rungs[0] if apart == 0 else MIXED
        add_by_rung(sums.workers, workers, rungs, firms[b].common_rung, w.ladder)


@step
def gather(w: World) -> None:
    """Let traders gather, failures be forgotten and awareness fade; work out what firms gain, and the outlay left to them."""
    cluster = w.cluster
    p = w.p
    if cluster.tick > 0:
        target = attracted_traders(p, cluster.workers, cluster.market_place)
        cluster.traders += years_step(p.trader_speed) * (target - cluster.traders)
        cluster.discouragement -= years_step(p.attempt_discouragement_decay) * cluster.discouragement
        cluster.awareness += years_step(p.awareness_decay) * (p.awareness_start - cluster.awareness)
    share = cluster.improved_workers / cluster.workers if cluster.workers > 0.0 else 0.0
    cluster.enforcement = enforcement(p, share)
    cluster.thickness = thickness(p, cluster.traders)
    cluster.log_agglomeration = log_agglomeration(p, cluster.thickness, cluster.enforcement, cluster.market_place)
    cluster.log_agglomeration += cluster.utilities
    cluster.congestion = crowding(cluster.core_workers, w.s.capacity * (1.0 + cluster.zoned))
    cluster.suppliers_leave = share_after_suppliers(p, cluster.thickness)
    for k in range(len(w.ladder)):
        w.ladder[k].outlay = w.ladder[k].place_cost * cluster.suppliers_leave


@equation
def standard_workers(w: World, rung: int, skill: float) -> float:
    """Best size of a standard firm of a rung: management as given, full recognition (workers)."""
    efficiency = w.cluster.log_agglomeration - w.p.congestion_elasticity * w.cluster.congestion
    efficiency += w.cluster.skill_slope * skill + w.ladder[rung].log_gain
    return optimal_workers(w.p, w.s, w.ladder[rung].log_price, efficiency)


@equation
def standard_surplus(w: World, rung: int, workers_best: float) -> float:
    """Profit of a standard firm of a rung at its best size, over fixed cost.

    Formula: s_k = pi*_k / F_k
    """
    return best_profit(w.p, workers_best, w.ladder[rung].fixed_cost) * w.ladder[rung].per_fixed


@step
def build_ladder(w: World) -> None:
    """Work out what a history never changes: the standard price and each rung's costs and gains."""
    p = w.p
    w.cluster.base_price = break_even_price(p, w.s)
    w.cluster.skill_slope = skill_slope(p)
    w.cluster.gain_cost = exp(p.production_sunk_share * log(p.production_rung_size)) - 1.0
    w.cluster.log_training_exit = log(p.training_exit)
    w.cluster.courses_per_sd = 1.0 / max(SMALLEST_GAIN, p.training_gain)
    for k in range(len(w.ladder)):
        rung = w.ladder[k]
        rung.firms = 0.0
        rung.fixed_cost = fixed_cost(p, w.s, float(k))
        rung.place_cost = outlay(p, float(k))
        rung.log_gain = rung_log_gain(p, float(k))
        rung.per_fixed = 1.0 / rung.fixed_cost
