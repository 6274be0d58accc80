"""When does each event fall? Every firm has an internal clock for every mechanism: it runs at the mechanism's hazard and strikes
when it has used up an exponential draw (modified next-reaction method, Anderson 2007); hazards are constant in a quarter.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation
from model.events import (
    ATTEMPT,
    BREACH,
    ENTRY,
    EXIT,
    LOAN,
    QUARTER,
    RELOCATION,
    SPIN_OFF,
    SUCCESSION,
)
from model.mechanisms.credit import firm_loan_hazard
from model.mechanisms.entry import entrant_surplus, entry_hazard
from model.mechanisms.exit import firm_exit_hazard
from model.mechanisms.improvement import firm_attempt_hazard
from model.mechanisms.knowledge import breach_hazard
from model.mechanisms.poaching import poaching_hazard
from model.mechanisms.relocation import firm_relocation_hazard
from model.mechanisms.spin_off import spin_off_hazard
from model.mechanisms.succession import succession_hazard
from model.randomness import exponential
from model.world import World, due_max


@equation(forceinline=True)
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
        return succession_hazard(p, cluster.time - firm.born, firm.heir)
    if mechanism == BREACH:
        return breach_hazard(p, firm.trust, cluster.enforcement) if firm.rung > 0 else 0.0
    return poaching_hazard(p, firm.trained) if firm.trained > 0.0 else 0.0


@equation
def strikes_often(mechanism: int) -> bool:
    """Whether a clock may strike more than once in a quarter; the others rest until the next quarter once they have struck."""
    return mechanism in (SPIN_OFF, ATTEMPT)


@equation
def set_due(w: World, time: float, mechanism: int, lineage: int, firm: int, number: int) -> None:
    """Note an event that falls in this quarter; ``number`` is which strike of its clock it is."""
    k = w.cluster.due
    if k >= due_max(w.cluster.rows):
        w.cluster.exhausted = 1
        return
    due = w.due[k]
    due.time = time
    due.mechanism = mechanism
    due.lineage = lineage
    due.firm = firm
    due.number = number
    w.cluster.due = k + 1


@equation(forceinline=True)
def ticks_on(firm: Any, mechanism: int, rate: float) -> bool:
    """Run a clock through the quarter if it does not strike, and say whether it did not.

    Like the hazards it takes records only: to hand over the whole world for every clock costs more than the clock.
    """
    residual = firm.residual[mechanism]
    if rate * QUARTER < residual:
        firm.residual[mechanism] = residual - rate * QUARTER
        return True
    return False


@equation
def strike(w: World, firm: Any, i: int, mechanism: int, rate: float) -> None:
    """Set due the events of a clock that strikes in this quarter."""
    left = QUARTER
    residual = firm.residual[mechanism]
    while rate * left >= residual:
        left -= residual / rate
        firm.count[mechanism] += 1
        set_due(w, w.cluster.time + (QUARTER - left), mechanism, firm.lineage, i, int(firm.count[mechanism]))
        residual = exponential(w.seed, w.case, firm.lineage, mechanism, int(firm.count[mechanism]))
        if not strikes_often(mechanism):
            left = 0.0
            break
    firm.residual[mechanism] = residual - rate * left


@equation
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


@equation
def in_order(w: World) -> NDArray[np.int64]:
    """Return the positions of the quarter's events in order of (time, mechanism, lineage)."""
    number = w.cluster.due
    times = np.empty(number, np.float64)
    for k in range(number):
        times[k] = w.due[k].time
    order = np.argsort(times)
    for k in range(1, number):
        j = k
        while j > 0 and comes_before(w, order[j], order[j - 1]):
            order[j], order[j - 1] = order[j - 1], order[j]
            j -= 1
    return order


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
