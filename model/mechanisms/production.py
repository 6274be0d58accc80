"""What does a firm make, and at what fixed cost? Output rises with workers to the span of control, scaled by what the firm
knows and where it stands; each rung of improvement multiplies best size and sunk cost (WP 5703, sections III-IV).

Prices are in units of the standard break-even price p0 = l_min^(1-gamma)/gamma, at which a firm of rung 0 and average
management breaks even with l_min workers.
"""

from typing import Any

from model.arithmetic import exp, log
from model.compiling import equation, step
from model.events import QUARTER
from model.lanes import CACHED, block_count, fetch_supplied, has, kept, lane_of, whole_number
from model.state import ALIVE, IN_ZONE, LANES, TRADER
from model.sums import add_by_rung, empty_by_rung, total
from model.world import World


@equation
def fixed_cost(p: Any, s: Any, rung: float) -> float:
    """Fixed cost of a firm on a rung (wage-years a year).

    Formula: F_k = l_min (1-gamma)/gamma * Lambda^(omega k)
    """
    sunk = exp(p.production_sunk_share * log(p.production_rung_size) * rung)
    return s.scale * (1.0 - p.production_span) / p.production_span * sunk


@equation
def break_even_price(p: Any, s: Any) -> float:
    """Standard break-even price p0 (wage-years per unit of quality-adjusted output).

    Formula: p0 = l_min^(1-gamma) / gamma
    """
    return exp((1.0 - p.production_span) * log(s.scale)) / p.production_span


@equation
def recognised_quality(p: Any, recognition: float, trust: float) -> float:
    """Share of a rung's gain that buyers pay for: the cost side in full, quality as far as buyers see it and parts allow.

    Formula: q = c + (1-c) r (o + (1-o) tau)
    """
    parts = p.production_own_parts + (1.0 - p.production_own_parts) * trust
    return p.production_cost_side + (1.0 - p.production_cost_side) * recognition * parts


@equation
def skill_slope(p: Any) -> float:
    """Log productivity of one SD of managerial capital.

    Formula: phi = (1-gamma) Phi
    """
    return (1.0 - p.production_span) * p.production_skill_size


@equation
def rung_log_gain(p: Any, rung: float) -> float:
    """Log productivity of standing on a rung when quality is fully recognised.

    Formula: lambda_k = (1-gamma) k ln(Lambda)
    """
    return (1.0 - p.production_span) * rung * log(p.production_rung_size)


@equation
def optimal_workers(p: Any, s: Any, log_price: float, log_efficiency: float) -> float:
    """Best number of workers at a price (workers, the owner counted).

    Formula: l* = l_min (p a)^(1/(1-gamma)), between 1 and the largest size
    """
    size = s.scale * exp((log_price + log_efficiency) * (1.0 / (1.0 - p.production_span)))
    return min(max(size, 1.0), p.production_workers_max)


@equation
def best_profit(p: Any, workers_best: float, fixed: float) -> float:
    """Profit at the best size (wage-years a year).

    Formula: pi* = l* (1/gamma - 1) - F_k
    """
    return workers_best * (1.0 / p.production_span - 1.0) - fixed


@equation
def material_loss(p: Any, s: Any, time: float) -> float:
    """Log productivity lost to the surge of material prices, phased in over five years (WP 5703, section II).

    Formula: mu min(1, (t - t_m)/5)+
    """
    return p.market_material_share * min(1.0, max(0.0, (time - s.material_time) / 5.0))


@step
def supply(w: World) -> None:
    """Work out every firm's efficiency a and output a l^gamma, and each rung's sums."""
    p, cluster, firms, ladder = kept(w.p), kept(w.cluster), w.firms, w.ladder
    common = cluster.log_agglomeration - material_loss(p, w.s, cluster.time)
    empty_by_rung(w.sums.output, ladder)
    for b in range(block_count(cluster.rows)):
        if cluster.rows > CACHED:
            fetch_supplied(firms, b + 1)
        for lane in range(LANES):
            firm = lane_of(firms, b, lane)
            firm.log_efficiency = log_efficiency(p, cluster, firm, common)
        # Short loops, one logarithm or exponential each, keep more of the processor at work than one long loop.
        for lane in range(LANES):
            firm = lane_of(firms, b, lane)
            firm.output = firm.log_efficiency + p.production_span * log(firm.workers)
        for lane in range(LANES):
            firm = lane_of(firms, b, lane)
            firm.output = exp(firm.output) if has(firm, ALIVE) == 1 else 0.0
        add_by_rung(w.sums.output, firms[b].output, firms[b].rung, firms[b].common_rung, ladder)
    w.cluster.output = 0.0
    for k in range(len(ladder)):
        ladder[k].output = total(w.sums.output[k]) if ladder[k].firms > 0.0 else 0.0
        w.cluster.output += ladder[k].output


@equation
def log_efficiency(p: Any, cluster: Any, firm: Any, common: float) -> float:
    """Log efficiency of a firm: what all share, what it knows, what buyers see of its rung, its luck, and where it stands.

    Formula: ln a = h + phi m + lambda_k q + a_t trader + eps - theta c ln(1+L/K) - materials
    """
    quality = recognised_quality(p, firm.recognition, firm.trust)
    efficiency = common + cluster.skill_slope * (firm.skill + firm.trained) + rung_log_gain(p, whole_number(firm.rung)) * quality
    efficiency += (p.entry_trader_advantage if has(firm, TRADER) == 1 else 0.0) + firm.luck
    crowded = efficiency - p.congestion_elasticity * cluster.congestion * centrality(p, cluster.time - firm.born)
    return efficiency if has(firm, IN_ZONE) == 1 else crowded


@equation
def centrality(p: Any, age: float) -> float:
    """How congested a firm's place is, beside the core's average: the oldest firms sit in the centre (WP 5703, section IV).

    Formula: 1 - c/2 + c age/(age + a)
    """
    return 1.0 - 0.5 * p.congestion_centre + p.congestion_centre * age / (age + p.congestion_centre_age)


@equation
def years_step(rate: float) -> float:
    """Share of a gap that closes in a quarter at a yearly rate, never more than all of it.

    Formula: min(1, rate dt)
    """
    return min(1.0, rate * QUARTER)
