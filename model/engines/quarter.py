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
from model.lanes import block_count, firm_at, stand
from model.mechanisms.agglomeration import build_ladder, count, gather
from model.mechanisms.birth import wind_up
from model.mechanisms.clocks import run_clocks, run_entry_clock
from model.mechanisms.credit import lend
from model.mechanisms.entry import enter, initiate
from model.mechanisms.exit import leave
from model.mechanisms.growth import move_blocks
from model.mechanisms.improvement import attempt, press
from model.mechanisms.knowledge import break_trust, learn_blocks
from model.mechanisms.market import clear
from model.mechanisms.poaching import lose_staff
from model.mechanisms.production import supply
from model.mechanisms.programmes import govern
from model.mechanisms.relocation import relocate
from model.mechanisms.spin_off import spin_off
from model.mechanisms.succession import succeed
from model.mechanisms.valuation import value
from model.observe import record
from model.state import GROUP
from model.sums import empty, total
from model.world import World, bury


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
def move_group(w: World, first: int, last: int) -> None:
    """Let the firms of a group of blocks earn, grow and learn."""
    stand(w.firms, first, last, w.ladder, w.beside)
    move_blocks(w, first, last)
    learn_blocks(w, first, last)


@step
def move_firms_and_clocks(w: World) -> None:
    """Firms earn, grow and learn, and their clocks run, group by group: nothing that one does touches another's hazard."""
    wind_up(w)
    w.cluster.due = 0
    empty(w.sums.repaid)
    blocks = block_count(w.cluster.rows)
    for first in range(0, blocks, GROUP):
        last = min(first + GROUP, blocks)
        move_group(w, first, last)
        run_clocks(w, first, last)
    w.cluster.repaid += total(w.sums.repaid)
    run_entry_clock(w)


@step
def close_quarter(w: World) -> None:
    """Those founded in the quarter start their clocks, and the dead leave."""
    wind_up(w)
    bury(w)


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
