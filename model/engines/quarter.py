"""What happens in a quarter, step by step, for both engines: what is done before any event, and what each event does."""

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation
from model.events import (
    ATTEMPT,
    BREACH,
    ENTRY,
    EXIT,
    LOAN,
    POACHING,
    QUARTER,
    RELOCATION,
    SPIN_OFF,
    SUCCESSION,
)
from model.mechanisms.agglomeration import build_ladder, count, gather
from model.mechanisms.clocks import hazard_of, run_entry_clock, strike, ticks_on
from model.mechanisms.credit import lend
from model.mechanisms.entry import enter, initiate
from model.mechanisms.exit import leave
from model.mechanisms.growth import grow
from model.mechanisms.improvement import attempt, press
from model.mechanisms.knowledge import break_trust
from model.mechanisms.market import clear
from model.mechanisms.poaching import lose_staff
from model.mechanisms.production import supply
from model.mechanisms.programmes import govern
from model.mechanisms.relocation import relocate
from model.mechanisms.spin_off import spin_off
from model.mechanisms.succession import succeed
from model.mechanisms.valuation import value
from model.observe import record
from model.world import World


@equation
def begin(w: World) -> None:
    """Set up the ladder and found the cluster."""
    build_ladder(w)
    initiate(w)


@equation
def open_quarter(w: World, row: NDArray[np.float64]) -> None:
    """Government acts, shared things are counted, the market clears, the row is written."""
    govern(w)
    open_market(w)
    value(w)
    record(w, row)


@equation
def open_market(w: World) -> None:
    """Count what is shared, clear the market, and work out how it presses on each rung."""
    count(w)
    gather(w)
    supply(w)
    clear(w)
    press(w)


@equation
def move_firms(w: World) -> None:
    """Firms earn, grow and learn."""
    p, s, cluster, firms, ladder = w.p, w.s, w.cluster, w.firms, w.ladder
    for i in range(cluster.rows):
        firm = firms[i]
        grow(p, s, cluster, ladder[firm.rung], firm)


@equation
def run_one_clock(w: World, mechanism: int) -> None:
    """Run one mechanism's clocks through the quarter."""
    if mechanism == ENTRY:
        run_entry_clock(w)
        return
    p, s, cluster, firms, ladder, seed, case = w.p, w.s, w.cluster, w.firms, w.ladder, w.seed, w.case
    for i in range(cluster.rows):
        firm = firms[i]
        rate = hazard_of(p, s, cluster, ladder[firm.rung], firm, mechanism, seed, case)
        if not ticks_on(firm, mechanism, rate):
            strike(w, firm, i, mechanism, rate)


@equation
def move_firms_and_clocks(w: World) -> None:
    """Do the two above for all clocks in one pass over the firms: nothing that a firm does here touches another's hazard."""
    p, s, cluster, firms, ladder, seed, case = w.p, w.s, w.cluster, w.firms, w.ladder, w.seed, w.case
    for i in range(cluster.rows):
        firm = firms[i]
        rung = ladder[firm.rung]
        grow(p, s, cluster, rung, firm)
        rate = hazard_of(p, s, cluster, rung, firm, EXIT, seed, case)
        if not ticks_on(firm, EXIT, rate):
            strike(w, firm, i, EXIT, rate)
        rate = hazard_of(p, s, cluster, rung, firm, SPIN_OFF, seed, case)
        if not ticks_on(firm, SPIN_OFF, rate):
            strike(w, firm, i, SPIN_OFF, rate)
        rate = hazard_of(p, s, cluster, rung, firm, ATTEMPT, seed, case)
        if not ticks_on(firm, ATTEMPT, rate):
            strike(w, firm, i, ATTEMPT, rate)
        rate = hazard_of(p, s, cluster, rung, firm, RELOCATION, seed, case)
        if not ticks_on(firm, RELOCATION, rate):
            strike(w, firm, i, RELOCATION, rate)
        rate = hazard_of(p, s, cluster, rung, firm, LOAN, seed, case)
        if not ticks_on(firm, LOAN, rate):
            strike(w, firm, i, LOAN, rate)
        rate = hazard_of(p, s, cluster, rung, firm, SUCCESSION, seed, case)
        if not ticks_on(firm, SUCCESSION, rate):
            strike(w, firm, i, SUCCESSION, rate)
        rate = hazard_of(p, s, cluster, rung, firm, BREACH, seed, case)
        if not ticks_on(firm, BREACH, rate):
            strike(w, firm, i, BREACH, rate)
        rate = hazard_of(p, s, cluster, rung, firm, POACHING, seed, case)
        if not ticks_on(firm, POACHING, rate):
            strike(w, firm, i, POACHING, rate)
    run_entry_clock(w)


@equation
def happen(w: World, mechanism: int, firm: int, time: float, number: int) -> None:
    """Let one event happen; ``number`` is which strike of its clock it is. The dead do nothing more."""
    if mechanism == ENTRY:
        enter(w, time, number)
    elif w.firms[firm].alive == 0:
        return
    elif mechanism == EXIT:
        leave(w, firm, time)
    elif mechanism == SPIN_OFF:
        spin_off(w, firm, time, number)
    elif mechanism == ATTEMPT:
        attempt(w, firm, time, number)
    elif mechanism == RELOCATION:
        relocate(w, firm, time)
    elif mechanism == LOAN:
        lend(w, firm, time)
    elif mechanism == SUCCESSION:
        succeed(w, firm, time)
    elif mechanism == BREACH:
        break_trust(w, firm, time)
    elif mechanism == POACHING:
        lose_staff(w, firm, time, number)


@equation
def tick_time(tick: int) -> float:
    """Time of a tick (years)."""
    return tick * QUARTER
