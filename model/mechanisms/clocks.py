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
    POACHING,
    QUARTER,
    RELOCATION,
    SPIN_OFF,
    SUCCESSION,
)
from model.lanes import UNDRAWN, has, kept, lane_of
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
from model.state import ALIVE, COUNT_MAX, HEIR, LANES
from model.world import World, due_max


@equation
def hazard_of(p: Any, s: Any, cluster: Any, rung: Any, firm: Any, mechanism: int, seed: int, case: int) -> float:
    """Hazard a year of one of a firm's clocks."""
    if mechanism == EXIT:
        return firm_exit_hazard(p, rung, firm)
    if mechanism == SPIN_OFF:
        return spin_off_hazard(p, firm.workers, firm.surplus, cluster.time - firm.born)
    if mechanism == ATTEMPT:
        return firm_attempt_hazard(p, s, cluster, rung, firm)
    if mechanism == RELOCATION:
        return firm_relocation_hazard(p, cluster, firm)
    if mechanism == LOAN:
        return firm_loan_hazard(p, cluster, rung, firm, seed, case)
    if mechanism == SUCCESSION:
        return succession_hazard(p, cluster.time - firm.born, has(firm, HEIR))
    if mechanism == BREACH:
        return breach_hazard(p, firm.trust, cluster.enforcement) if firm.rung > 0 else 0.0
    return poaching_hazard(p, firm.trained)


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
def rests(cluster: Any, beside: Any, mechanism: int) -> bool:
    """Whether no clock of a mechanism can run in a block: nothing to move to, to borrow, to break or to lose."""
    if mechanism == RELOCATION:
        return bool(cluster.zone_space < PLOT_MIN)
    if mechanism == LOAN:
        return bool(cluster.fund <= FUND_MIN)
    if mechanism == BREACH:
        return bool(beside.improved == 0)
    return bool(beside.trained == 0) if mechanism == POACHING else False


def clock(mechanism: int) -> Callable[[World, int], None]:
    """Return what runs one mechanism's clocks of a block through the quarter; what its firms' rungs share lies in ``w.beside``.

    A function for each mechanism, since a compiler that knows which one it is makes a better loop.
    """

    @step
    def run_clock(w: World, b: int) -> None:
        if rests(w.cluster, w.beside[0], mechanism):
            return
        p, s, cluster, seed, case = kept(w.p), kept(w.s), kept(w.cluster), w.seed, w.case
        firms, beside = w.firms, w.beside
        block, rates = firms[b], beside[0].rate
        striking = 0
        for lane in range(LANES):
            firm, rung = lane_of(firms, b, lane), lane_of(beside, 0, lane)
            rates[lane] = hazard_of(p, s, cluster, rung, firm, mechanism, seed, case)
        for lane in range(LANES):
            firm, rate = lane_of(firms, b, lane), rates[lane]
            left = block.residual[mechanism, lane]
            spent = rate * QUARTER
            # A clock that never ran has no draw yet: it is looked at as if it struck.
            strikes = (spent >= left) & (rate > 0.0) & (has(firm, ALIVE) == 1)
            block.residual[mechanism, lane] = left if strikes else left - spent
            rates[lane] = rate if strikes else 0.0
            striking += 1 if strikes else 0
        lane = 0
        while striking > 0:
            if rates[lane] > 0.0:
                strike(w, LANES * b + lane, mechanism, rates[lane])
                striking -= 1
            lane += 1

    return run_clock


(
    run_exit, run_spin_off, run_attempt, run_relocation, run_loan, run_succession, run_breach, run_poaching,
) = (clock(mechanism) for mechanism in range(FIRM_CLOCKS))  # fmt: skip


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
