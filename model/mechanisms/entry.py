"""Who starts a cluster, and who follows from outside? Pioneers imitate, bring technology or return from training; visible profit
draws imitators, and a deeper division of labour makes entry cheaper (WP 5703, sections II-III).
"""

from typing import Any

from model.arithmetic import exp, log
from model.clock import OFTEN, Clock
from model.compiling import equation, step
from model.events import ENTRY, LOG_ENTRY, LOG_PIONEER
from model.lanes import firm_at
from model.mechanisms.birth import entry_size, found, newcomer, outsiders_skill
from model.peers import draw
from model.randomness import exponential
from model.world import TOO_LARGE, World, empty_tables, note

# Keys of births by the cluster itself: pioneers count from 0, entrants from here.
ENTRANT = 1 << 32


@equation
def attraction(surplus: float) -> float:
    """How much profit over fixed cost attracts founders.

    Formula: G(s) = s/(1+s) for s > 0, else 0
    """
    gain = max(0.0, surplus)
    return gain / (1.0 + gain)


@equation
def entry_hazard(p: Any, firms: float, surplus: float) -> float:
    """Entries from outside a year.

    Formula: n_e (N+1)^nu G(s_e) + n_0
    """
    return p.entry_intensity * exp(p.entry_visibility * log(firms + 1.0)) * attraction(surplus) + p.entry_floor


@equation
def entrant_surplus(w: World) -> float:
    """Profit over fixed cost that an outsider expects, who begins small; it counts for more where suppliers advance outlays.

    Formula: s_e = (pi(l_0) + pi*_0) / (2 F_0 c_e)
    """
    p, cluster, rung = w.p, w.cluster, w.ladder[0]
    small = small_profit(p, entry_size(p, w.s, 1.0), cluster.newcomer_workers, rung.fixed_cost)
    return 0.5 * (cluster.newcomer_surplus + small * rung.per_fixed) / cluster.suppliers_leave


@equation
def small_profit(p: Any, workers: float, workers_best: float, fixed: float) -> float:
    """Profit at a given size of a firm whose best size is known (wage-years a year).

    Formula: pi(l) = l (l*/l)^(1-gamma)/gamma - l - F
    """
    ratio = exp((1.0 - p.production_span) * log(workers_best / workers))
    return workers * (ratio / p.production_span - 1.0) - fixed


@equation
def cluster_entry_hazard(w: World) -> float:
    """Entries from outside a year, of the cluster as it stands."""
    return entry_hazard(w.p, w.cluster.firms, entrant_surplus(w))


@step
def initiate(w: World) -> None:
    """Found the cluster: its pioneers enter at time 0."""
    p, s, cluster = w.p, w.s, w.cluster
    empty_tables(w)
    cluster.awareness = p.awareness_start
    cluster.managerial_capital = s.founder_skill + outsiders_skill(p, s, 0.0)
    cluster.schooling = s.schooling
    cluster.entry_residual = exponential(w.seed, w.case, 0, ENTRY, 0)
    cluster.exhausted = TOO_LARGE if s.founders > s.firms_max else 0
    for j in range(int(min(s.founders, s.firms_max))):
        lineage, chance = newcomer(w, 0, j)
        found(w, 0.0, lineage, s.founder_skill, p.entry_skill_sd, 1 if chance < s.founder_rung else 0)
        cluster.entrants += 1.0
        note(w, 0.0, LOG_PIONEER, lineage, 0, 0.0)


@step
def enter(w: World, time: float, number: int) -> int:
    """An outsider founds a firm, at times by copying an incumbent's technology but for one rung; return its index."""
    lineage, chance = newcomer(w, 0, ENTRANT + number)
    rung = 0
    if chance < 0.5 * w.p.spin_off_inheritance:
        copied = draw(w.table, w.cluster.seats, w.seed, w.case, lineage, 0)
        if copied >= 0:
            rung = max(0, int(firm_at(w.firms, copied).rung) - 1)
    i = found(w, time, lineage, 0.0, w.p.entry_skill_sd, rung)
    w.cluster.entrants += 1.0
    note(w, time, LOG_ENTRY, lineage, 0, float(rung))
    return i


@step
def arrive(w: World, firm: int, time: float, number: int) -> None:
    """Let an outsider enter, as an event of the cluster's own clock, which belongs to no firm."""
    enter(w, time, number)


CLOCK = Clock("entry", cluster_entry_hazard, arrive, repeats=OFTEN)
