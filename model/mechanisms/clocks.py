"""When does each event fall? Every firm has an internal clock for every mechanism: it runs at the mechanism's hazard and strikes
when it has used up an exponential draw (modified next-reaction method, Anderson 2007); hazards are constant in a quarter.
"""

from collections.abc import Callable
from typing import Any

from model.compiling import equation, step
from model.events import (
    ATTEMPT,
    BREACH,
    ENTRY,
    EXIT,
    FIRM_CLOCKS,
    LOAN,
    QUARTER,
    RELOCATION,
    SPIN_OFF,
    SUCCESSION,
)
from model.lanes import CACHED, UNDRAWN, fetch_fifth, fetch_fourth, fetch_nothing, has, kept, lane_of, lowest_bit
from model.mechanisms.credit import FUND_MIN, firm_loan_hazard
from model.mechanisms.entry import entrant_surplus, entry_hazard
from model.mechanisms.exit import firm_exit_hazard
from model.mechanisms.improvement import firm_attempt_hazard
from model.mechanisms.knowledge import breach_hazard
from model.mechanisms.poaching import poaching_hazard
from model.mechanisms.relocation import PLOT_MIN, firm_relocation_hazard
from model.mechanisms.spin_off import spin_off_hazard
from model.mechanisms.succession import succession_hazard
from model.ordering import order_by
from model.randomness import exponential
from model.state import COUNT_MAX, HEIR, LANES
from model.world import World, due_max


@equation
def hazard_of(p: Any, s: Any, cluster: Any, aside: Any, firm: Any, mechanism: int, seed: int, case: int) -> float:
    """Hazard a year of one of a firm's clocks; ``aside`` is what the quarter has worked out of it (``model.state.ASIDE``)."""
    if mechanism == EXIT:
        return firm_exit_hazard(p, cluster, aside, firm)
    if mechanism == SPIN_OFF:
        return spin_off_hazard(p, firm.workers, aside.surplus, cluster.time - firm.born)
    if mechanism == ATTEMPT:
        return firm_attempt_hazard(p, s, cluster, aside, firm)
    if mechanism == RELOCATION:
        return firm_relocation_hazard(p, cluster, firm)
    if mechanism == LOAN:
        return firm_loan_hazard(p, cluster, aside, firm, seed, case)
    if mechanism == SUCCESSION:
        return succession_hazard(p, cluster.time - firm.born, has(firm, HEIR))
    if mechanism == BREACH:
        return breach_hazard(p, firm.trust, cluster.enforcement)
    return poaching_hazard(p, aside.taught)


@equation
def strikes_often(mechanism: int) -> bool:
    """Whether a clock may strike more than once in a quarter; the others rest until the next quarter once they have struck."""
    return mechanism in (SPIN_OFF, ATTEMPT)


@step
def set_due(w: World, time: float, mechanism: int, lineage: int, firm: int, number: int) -> None:
    """Note an event that falls in this quarter; ``number`` is which strike of its clock it is."""
    k = w.cluster.due
    if k >= min(due_max(w.cluster.rows), len(w.due)):
        w.cluster.exhausted = 1
        return
    due = w.due[k]
    due.time = time
    due.mechanism = mechanism
    due.lineage = lineage
    due.firm = firm
    due.number = number
    w.cluster.due = k + 1


@equation
def rests(cluster: Any, mechanism: int) -> bool:
    """Whether no clock of a mechanism can run: nothing to move to, to borrow or to break."""
    if mechanism == RELOCATION:
        return bool(cluster.zone_space < PLOT_MIN)
    if mechanism == LOAN:
        return bool(cluster.fund <= FUND_MIN)
    return bool(cluster.improved_firms == 0.0) if mechanism == BREACH else False


def clock(mechanism: int) -> Callable[[World, int, int], None]:
    """Return what runs one mechanism's clocks of a group of blocks through the quarter and marks those that strike.

    A function for each mechanism, since a compiler that knows which one it is makes a better loop.
    """
    bit, fetch = 1 << mechanism, {EXIT: fetch_fourth, SPIN_OFF: fetch_fifth}.get(mechanism, fetch_nothing)

    @step
    def run_clock(w: World, first: int, last: int) -> None:
        if rests(w.cluster, mechanism):
            return
        p, s, cluster, seed, case = kept(w.p), kept(w.s), kept(w.cluster), w.seed, w.case
        firms, beside, ahead = w.firms, w.beside, last - first if cluster.rows > CACHED else 0
        for b in range(first, last):
            rates = beside[b - first].rate
            if ahead > 0:
                fetch(firms, b + ahead)
            for lane in range(LANES):
                firm, aside = lane_of(firms, b, lane), lane_of(beside, b - first, lane)
                rates[mechanism, lane] = hazard_of(p, s, cluster, aside, firm, mechanism, seed, case)
        for b in range(first, last):
            residual, rates, struck = firms[b].residual, beside[b - first].rate, beside[b - first].struck
            for lane in range(LANES):
                left, spent = residual[mechanism, lane], rates[mechanism, lane] * QUARTER
                strikes = spent >= left
                residual[mechanism, lane] = left if strikes else left - spent
                struck[lane] |= bit if strikes else 0

    return run_clock


(
    run_exit, run_spin_off, run_attempt, run_relocation, run_loan, run_succession, run_breach, run_poaching,
) = (clock(mechanism) for mechanism in range(FIRM_CLOCKS))  # fmt: skip


@step
def run_clocks(w: World, first: int, last: int) -> None:
    """Run all clocks of a group of blocks through the quarter, and set due what strikes."""
    for b in range(first, last):
        struck = w.beside[b - first].struck
        for lane in range(LANES):
            struck[lane] = 0
    run_exit(w, first, last)
    run_spin_off(w, first, last)
    run_attempt(w, first, last)
    run_relocation(w, first, last)
    run_loan(w, first, last)
    run_succession(w, first, last)
    run_breach(w, first, last)
    run_poaching(w, first, last)
    for b in range(first, last):
        struck, rates, striking = w.beside[b - first].struck, w.beside[b - first].rate, 0
        for lane in range(LANES):
            striking |= 1 << lane if struck[lane] != 0 else 0
        while striking != 0:
            lane = lowest_bit(striking)
            clocks = struck[lane]
            while clocks != 0:
                mechanism = lowest_bit(clocks)
                strike(w, LANES * b + lane, mechanism, rates[mechanism, lane])
                clocks &= clocks - 1
            striking &= striking - 1


@step
def strike(w: World, i: int, mechanism: int, rate: float) -> None:
    """Set due the events of a clock that strikes in this quarter."""
    block, lane = w.firms[i // LANES], i % LANES
    lineage = block.lineage[lane]
    number = int(block.count[mechanism, lane])
    left = QUARTER
    residual = block.residual[mechanism, lane]
    if residual == UNDRAWN:
        residual = exponential(w.seed, w.case, lineage, mechanism, number)
    while rate * left >= residual:
        left -= residual / rate
        number += 1
        set_due(w, w.cluster.time + (QUARTER - left), mechanism, lineage, i, number)
        if mechanism in (EXIT, SUCCESSION):
            left = 0.0  # such a clock strikes once
            break
        residual = exponential(w.seed, w.case, lineage, mechanism, number)
        if not strikes_often(mechanism):
            left = 0.0
            break
    if number > COUNT_MAX:
        w.cluster.exhausted = 1
        number = COUNT_MAX
    block.count[mechanism, lane] = number
    block.residual[mechanism, lane] = residual - rate * left


@step
def run_entry_clock(w: World) -> None:
    """Run the cluster's own clock of entry from outside through the quarter."""
    cluster = w.cluster
    rate = entry_hazard(w.p, cluster.firms, entrant_surplus(w))
    left = QUARTER
    residual = cluster.entry_residual
    while rate * left >= residual:
        left -= residual / rate
        cluster.entry_count += 1
        set_due(w, cluster.time + (QUARTER - left), ENTRY, 0, 0, int(cluster.entry_count))
        residual = exponential(w.seed, w.case, 0, ENTRY, int(cluster.entry_count))
    cluster.entry_residual = residual - rate * left


@step
def put_in_order(w: World) -> None:
    """Put the positions of the quarter's events into ``w.order``, by (time, mechanism, lineage)."""
    count = w.cluster.due
    for k in range(count):
        w.keys[k] = w.due[k].time
    order_by(w.keys, count, w.cluster.time, QUARTER, w.order, w.heads)
    order = w.order
    for k in range(1, count):
        j = k
        while j > 0 and comes_before(w, order[j], order[j - 1]):
            order[j], order[j - 1] = order[j - 1], order[j]
            j -= 1


@equation
def comes_before(w: World, a: int, b: int) -> bool:
    """Whether one event precedes another: by time, then mechanism, then lineage, then its number."""
    one, other = w.due[a], w.due[b]
    if one.time != other.time:
        return bool(one.time < other.time)
    if one.mechanism != other.mechanism:
        return bool(one.mechanism < other.mechanism)
    if one.lineage != other.lineage:
        return bool(one.lineage < other.lineage)
    return bool(one.number < other.number)
