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
from model.lanes import MIXED, block_count, firm_at, kept, stand
from model.mechanisms.agglomeration import build_ladder, count, gather
from model.mechanisms.clocks import run_clock, run_entry_clock
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
    v = World(kept(w.p), kept(w.s), kept(w.cluster), *w[3:])
    laid = MIXED
    for b in range(block_count(v.cluster.rows)):
        laid = stand(v.firms, b, v.ladder, v.beside, laid)
        move_block(w, v, b)


@step
def run_one_clock(w: World, mechanism: int) -> None:
    """Run one mechanism's clocks through the quarter."""
    if mechanism == ENTRY:
        run_entry_clock(w)
        return
    v = World(kept(w.p), kept(w.s), kept(w.cluster), *w[3:])
    laid = MIXED
    for b in range(block_count(v.cluster.rows)):
        laid = stand(v.firms, b, v.ladder, v.beside, laid)
        run_clock(w, v, b, mechanism)


@step
def move_firms_and_clocks(w: World) -> None:
    """Do the two above for all clocks, block by block: nothing that a firm does here touches another's hazard."""
    v = World(kept(w.p), kept(w.s), kept(w.cluster), *w[3:])
    laid = MIXED
    for b in range(block_count(v.cluster.rows)):
        laid = stand(v.firms, b, v.ladder, v.beside, laid)
        move_block(w, v, b)
        run_clock(w, v, b, EXIT)
        run_clock(w, v, b, SPIN_OFF)
        run_clock(w, v, b, ATTEMPT)
        run_clock(w, v, b, RELOCATION)
        run_clock(w, v, b, LOAN)
        run_clock(w, v, b, SUCCESSION)
        run_clock(w, v, b, BREACH)
        run_clock(w, v, b, POACHING)
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
