"""When does a firm leave? Exits fall with what a firm earns and could earn; the insolvent go at once; in some exits a better firm
takes over the workers (WP 5703, section IV).
"""

from typing import Any

from model.arithmetic import exp
from model.compiling import equation
from model.events import EXIT, LOG_DEFAULT, LOG_EXIT, LOG_MERGER, OUTCOME
from model.mechanisms.knowledge import training_survival
from model.peers import draw, unseat
from model.randomness import uniform
from model.world import World, note

# Candidates whom a leaving firm asks to take over its workers.
SUITORS = 6


@equation
def exit_hazard(p: Any, surplus: float, cash: float, fixed: float) -> float:
    """Exit hazard of one firm (1/year).

    Formula: x0 e^(-chi s), s within [-1.5, 3], at least x_min, at most x_max; x_max when cash < -F_k
    """
    if cash < -fixed:
        return p.exit_ceiling
    hazard = p.exit_base * exp(-p.exit_profit_response * min(3.0, max(-1.5, surplus)))
    return min(p.exit_ceiling, max(p.exit_floor, hazard))


@equation
def firm_exit_hazard(p: Any, rung: Any, firm: Any) -> float:
    """Exit hazard of a firm as it stands: trained firms exit less, connected borrowers default more.

    Formula: h = exit hazard * R^m_T * (d if connected and in debt)
    """
    hazard = exit_hazard(p, firm.surplus, firm.cash, rung.fixed_cost)
    if firm.trained > 0.0:
        hazard *= training_survival(p, firm.trained)
    if firm.connected == 1 and firm.debt > 0.0:
        hazard *= p.credit_capture_default
    return hazard


@equation
def can_take_over(w: World, buyer: int, seller: int) -> bool:
    """Whether a firm is better, and large and rich enough, to take over another's workers.

    Formula: k_j > k_i, l*_j > l_i + l_j, cash_j >= outlay_j l_i / 2
    """
    better, leaving = w.firms[buyer], w.firms[seller]
    if better.alive == 0 or better.rung <= leaving.rung:
        return False
    if better.workers_best <= better.workers + leaving.workers:
        return False
    return bool(better.cash >= 0.5 * w.ladder[better.rung].outlay * leaving.workers)


@equation
def leave(w: World, i: int, time: float) -> None:
    """A firm leaves; debt outstanding is a default; a suitor may take over its workers."""
    firm = w.firms[i]
    cluster = w.cluster
    firm.alive = 0
    unseat(w.table, w.firms, i)
    cluster.exits += 1.0
    if firm.debt > 0.0:
        cluster.defaults += 1.0
        cluster.loan_losses += firm.debt
        note(w, time, LOG_DEFAULT, firm.lineage, 0, firm.debt)
    number = int(firm.count[EXIT])
    if uniform(w.seed, w.case, firm.lineage, OUTCOME, number) < w.p.exit_merger_share:
        for k in range(SUITORS):
            buyer = draw(w.table, cluster.seats, w.seed, w.case, firm.lineage, 16 + k)
            if buyer >= 0 and can_take_over(w, buyer, i):
                merge(w, buyer, i, time)
                return
    note(w, time, LOG_EXIT, firm.lineage, 0, firm.workers)


@equation
def merge(w: World, buyer: int, seller: int, time: float) -> None:
    """The buyer takes over the seller's workers and pays half the outlay of their places."""
    taken = w.firms[seller].workers
    w.firms[buyer].workers += taken
    w.firms[buyer].cash -= 0.5 * w.ladder[w.firms[buyer].rung].outlay * taken
    w.cluster.mergers += 1.0
    note(w, time, LOG_MERGER, w.firms[seller].lineage, w.firms[buyer].lineage, taken)
