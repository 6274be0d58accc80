"""When does a firm leave? Exits fall with what a firm earns and could earn; the insolvent go at once; in some exits a better firm
takes over the workers (WP 5703, section IV).
"""

from typing import Any

from model.arithmetic import clipped, exp
from model.clock import ONCE, Clock, Conditions, uncounted
from model.compiling import equation, step
from model.events import EXIT, LOG_DEFAULT, LOG_EXIT, LOG_MERGER, OUTCOME
from model.lanes import CACHED, fetch_fourth, fetcher_at, firm_at, has, places, strikes, vacate
from model.mechanisms.finance import own_share
from model.mechanisms.knowledge import training_survival
from model.mechanisms.ledger import book, lose, pay
from model.peers import seeker, unseat
from model.randomness import uniform
from model.state import CONNECTED, LANES
from model.world import World, firms_above, note

# Improved firms whom a leaving firm asks to take over its workers, and the key of their draws, apart from those of other peers.
SUITORS = 4
SUITOR = 16


@equation
def exit_hazard(p: Any, surplus: float, cash: float, fixed: float, log_survival: float) -> float:
    """Exit hazard of one firm (1/year): trained firms exit less unless they are insolvent.

    Formula: x0 e^(-chi s) R^min(1, m_T/g_T), s within [-1.5, 3], at least x_min, at most x_max; x_max when cash < -F_k
    """
    hazard = p.exit_base * exp(log_survival - p.exit_profit_response * clipped(surplus, -1.5, 3.0))
    return p.exit_ceiling if cash < -fixed else min(p.exit_ceiling, max(p.exit_floor, hazard))


@equation
def firm_exit_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Exit hazard of a firm as it stands: connected borrowers default more.

    Formula: h = exit hazard * (d if connected and in debt)
    """
    p, survival = conditions.p, training_survival(conditions.cluster, firm.trained)
    hazard = exit_hazard(p, aside.surplus, firm.cash, aside.fixed_cost, survival)
    return hazard * p.credit_capture_default if (has(firm, CONNECTED) == 1) & (firm.debt > 0.0) else hazard


@equation
def can_take_over(w: World, buyer: int, seller: int) -> bool:
    """Whether a firm is better, and large and rich enough, to take over another's workers.

    Formula: k_j > k_i, l*_j > l_i + l_j, cash_j >= price of the places
    """
    better, leaving = firm_at(w.firms, buyer), firm_at(w.firms, seller)
    if better.alive == 0 or better.rung <= leaving.rung:
        return False
    if better.workers_best <= better.workers + leaving.workers:
        return False
    return bool(better.cash >= takeover_price(w, better, leaving.workers))


@equation
def takeover_price(w: World, buyer: Any, workers: float) -> float:
    """Cash that a buyer pays for work places: half of what it would pay for new ones (wage-years).

    Formula: kappa_k (1 - lambda r) l/2
    """
    return 0.5 * w.ladder[buyer.rung].outlay * own_share(w.p, w.s, buyer.recognition) * workers


@step
def leave(w: World, i: int, time: float) -> None:
    """A firm leaves; debt outstanding is a default; a suitor may take over its workers."""
    firm = firm_at(w.firms, i)
    cluster = w.cluster
    firm.alive = 0
    unseat(w.table, cluster.seats, w.firms, i)
    if firm.rung > 0:
        unseat(w.table_improved, cluster.seats_improved, w.firms, i)
    cluster.exits += 1.0
    w.ladder[firm.rung].firms -= 1.0
    if firm.debt > 0.0:
        cluster.defaults += 1.0
        lose(w, firm.debt)
        note(w, time, LOG_DEFAULT, firm.lineage, 0, firm.debt)
    buyer = suitor(w, i)
    if buyer >= 0:
        merge(w, buyer, i, time)
    else:
        note(w, time, LOG_EXIT, firm.lineage, 0, firm.workers)
    vacate(w.firms, i)
    w.graves[cluster.dead] = i
    cluster.dead += 1


@equation
def accepts(given: tuple[World, int], buyer: int) -> bool:
    """Whether a firm takes over the workers of the leaver in question."""
    w, seller = given
    return can_take_over(w, buyer, seller)


@step
def fetch_suitor(given: tuple[World, int], index: int) -> None:
    """Ask for what decides whether a firm takes over, where firms outgrow the processor's caches."""
    w = given[0]
    if w.cluster.rows > CACHED:
        fetch_buyer(w.firms, index // LANES, index % LANES)


fetch_buyer = fetcher_at(places("marks", "rung", "workers", "recognition", "cash", "workers_best"))
seek_suitor = seeker(accepts, fetch_suitor)


@step
def suitor(w: World, i: int) -> int:
    """Return the firm that takes over a leaver's workers, or -1: the leaver asks some of those who have improved."""
    lineage = firm_at(w.firms, i).lineage
    # Where no firm stands on a higher rung, none can take over. Most exits happen then, and draws would cost more than the exit.
    if firms_above(w, int(firm_at(w.firms, i).rung)) == 0.0:
        return -1
    if uniform(w.seed, w.case, lineage, OUTCOME, strikes(w.firms, i, EXIT)) < w.p.exit_merger_share:
        table, seats = w.table_improved, w.cluster.seats_improved
        return seek_suitor((w, i), table, seats, w.seed, w.case, lineage, SUITOR, SUITORS)
    return -1


@step
def merge(w: World, buyer: int, seller: int, time: float) -> None:
    """The buyer takes over the seller's workers and pays for their places."""
    better, leaving = firm_at(w.firms, buyer), firm_at(w.firms, seller)
    taken = leaving.workers
    price = takeover_price(w, better, taken)
    better.workers += taken
    pay(w, better, -price)
    book(w, leaving, price)
    w.cluster.mergers += 1.0
    note(w, time, LOG_MERGER, leaving.lineage, better.lineage, taken)


CLOCK = Clock("exit", firm_exit_hazard, uncounted(leave), repeats=ONCE, fetch=fetch_fourth)
