"""Which firms move to an industrial zone? Those that congestion costs most beside the price of a move, the old in the crowded
centre, those led by heirs, and improved firms that would escape imitators (WP 5703, section IV).
"""

from typing import Any

from model.arithmetic import exp
from model.clock import Clock, Conditions, uncounted
from model.compiling import equation, step
from model.events import LOG_RELOCATION
from model.lanes import firm_at, has
from model.mechanisms.ledger import pay
from model.mechanisms.production import centrality
from model.state import HEIR, IN_ZONE, TAUGHT
from model.world import World, note

# The smallest plot (work places).
PLOT_MIN = 10.0


@equation
def relocation_gain(p: Any, workers_best: float, crowding: float, central: float) -> float:
    """Profit that a firm gains a year by leaving the congested core (wage-years a year).

    Formula: l* (1/gamma - 1)(e^(theta c ln(1+L/K)/(1-gamma)) - 1)
    """
    relief = exp(p.congestion_elasticity * crowding * central / (1.0 - p.production_span)) - 1.0
    return workers_best * (1.0 / p.production_span - 1.0) * relief


@equation
def relocation_cost(p: Any, workers: float) -> float:
    """Cost of a move (wage-years).

    Formula: c_0 + c_1 l
    """
    return p.relocation_cost + p.relocation_cost_worker * workers


@equation
def relocation_hazard(p: Any, gain: float, cost: float, heir: int, copied: float) -> float:
    """Relocation hazard of a firm that can pay for a move (1/year).

    Formula: rho_z min(3, H g/c - 1 + e n)+ (1 + heir bonus), n the share of firms that could copy an improved one
    """
    motive = p.relocation_years * gain / cost - 1.0 + p.relocation_escape * copied
    return p.relocation_rate * min(3.0, max(0.0, motive)) * (1.0 + p.relocation_heir * heir)


@equation
def needed_space(p: Any, workers: float) -> float:
    """Work places that a mover takes in a zone.

    Formula: max(10, z l)
    """
    return max(PLOT_MIN, p.relocation_space * workers)


@equation
def firm_relocation_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Relocation hazard of a firm as it stands: there must be room, and the means to pay."""
    p, cluster = conditions.p, conditions.cluster
    cost = relocation_cost(p, firm.workers)
    gain = relocation_gain(p, firm.workers_best, cluster.congestion, centrality(p, cluster.time - firm.born))
    copied = cluster.imitators if firm.rung > 0 else 0.0
    hazard = relocation_hazard(p, gain, cost, has(firm, HEIR), copied)
    barred = (has(firm, IN_ZONE) == 1) | ((cluster.zone_trained == 1.0) & (has(firm, TAUGHT) == 0))
    return 0.0 if barred | (cluster.zone_space < needed_space(p, firm.workers)) | (firm.cash < cost) else hazard


@equation
def no_plot_is_free(cluster: Any) -> bool:
    """Whether zones have no room for even the smallest mover."""
    return bool(cluster.zone_space < PLOT_MIN)


@step
def relocate(w: World, i: int, time: float) -> None:
    """A firm moves to the zone if there is still room and it can still pay."""
    firm = firm_at(w.firms, i)
    space = needed_space(w.p, firm.workers)
    cost = relocation_cost(w.p, firm.workers)
    if w.cluster.zone_space < space or firm.cash < cost:
        return
    w.cluster.zone_space -= space
    pay(w, firm, -cost)
    firm.in_zone = 1
    w.cluster.relocations += 1.0
    note(w, time, LOG_RELOCATION, firm.lineage, 0, firm.workers)


CLOCK = Clock("relocation", firm_relocation_hazard, uncounted(relocate), rests=no_plot_is_free)
