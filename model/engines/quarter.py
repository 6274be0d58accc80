"""What happens in a quarter, step by step, for both engines: what is done before any event, and what each event does."""

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, step
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
from model.lanes import CACHED, MIXED, block_count, fetch_all, firm_at, stand
from model.mechanisms.agglomeration import build_ladder, count, gather
from model.mechanisms.clocks import (
    run_attempt,
    run_breach,
    run_entry_clock,
    run_exit,
    run_loan,
    run_poaching,
    run_relocation,
    run_spin_off,
    run_succession,
)
from model.mechanisms.credit import lend
from model.mechanisms.entry import enter, initiate
from model.mechanisms.exit import leave
from model.mechanisms.growth import move_block
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
from model.sums import empty, total
from model.world import World


@step
def begin(w: World) -> None:
    """Set up the ladder and found the cluster."""
    build_ladder(w)
    initiate(w)


@step
def open_quarter(w: World, row: NDArray[np.float64]) -> None:
    """Government acts, shared things are counted, the market clears, the row is written."""
    govern(w)
    open_market(w)
    value(w)
    record(w, row)


@step
def open_market(w: World) -> None:
    """Count what is shared, clear the market, and work out how it presses on each rung."""
    count(w)
    gather(w)
    supply(w)
    clear(w)
    press(w)


@step
def move_firms(w: World) -> None:
    """Firms earn, grow and learn."""
    laid = MIXED
    empty(w.sums.repaid)
    for b in range(block_count(w.cluster.rows)):
        laid = stand(w.firms, b, w.ladder, w.beside, laid)
        move_block(w, b)
    w.cluster.repaid += total(w.sums.repaid)


@step
def run_one_clock(w: World, mechanism: int) -> None:
    """Run one mechanism's clocks through the quarter."""
    if mechanism == ENTRY:
        run_entry_clock(w)
        return
    laid = MIXED
    for b in range(block_count(w.cluster.rows)):
        laid = stand(w.firms, b, w.ladder, w.beside, laid)
        if mechanism == EXIT:
            run_exit(w, b)
        elif mechanism == SPIN_OFF:
            run_spin_off(w, b)
        elif mechanism == ATTEMPT:
            run_attempt(w, b)
        elif mechanism == RELOCATION:
            run_relocation(w, b)
        elif mechanism == LOAN:
            run_loan(w, b)
        elif mechanism == SUCCESSION:
            run_succession(w, b)
        elif mechanism == BREACH:
            run_breach(w, b)
        else:
            run_poaching(w, b)


@step
def move_firms_and_clocks(w: World) -> None:
    """Do the two above for all clocks, block by block: nothing that a firm does here touches another's hazard."""
    laid = MIXED
    empty(w.sums.repaid)
    for b in range(block_count(w.cluster.rows)):
        laid = stand(w.firms, b, w.ladder, w.beside, laid)
        if w.cluster.rows > CACHED:
            fetch_all(w.firms, b + 1)
        move_block(w, b)
        run_exit(w, b)
        run_spin_off(w, b)
        run_attempt(w, b)
        run_relocation(w, b)
        run_loan(w, b)
        run_succession(w, b)
        run_breach(w, b)
        run_poaching(w, b)
    w.cluster.repaid += total(w.sums.repaid)
    run_entry_clock(w)


@step
def happen(w: World, mechanism: int, firm: int, time: float, number: int) -> None:
    """Let one event happen; ``number`` is which strike of its clock it is. The dead do nothing more."""
    if mechanism == ENTRY:
        enter(w, time, number)
    elif firm_at(w.firms, firm).alive == 0:
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
