"""What happens in a quarter, step by step, for both engines: what is done before any event, and what each event does."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from model.clock import Clock
from model.compiling import equation, step
from model.events import ENTRY, QUARTER
from model.lanes import block_count, firm_at, stand
from model.mechanisms.agglomeration import build_ladder, count, gather
from model.mechanisms.birth import wind_up
from model.mechanisms.clocks import ALL, run_clocks, run_entry_clock
from model.mechanisms.credit import repay_blocks
from model.mechanisms.entry import initiate
from model.mechanisms.growth import move_blocks
from model.mechanisms.improvement import press
from model.mechanisms.knowledge import learn_blocks
from model.mechanisms.ledger import book_growth, book_learning, close_books, open_books
from model.mechanisms.luck import draw_luck
from model.mechanisms.market import clear
from model.mechanisms.production import supply
from model.mechanisms.programmes import govern
from model.mechanisms.valuation import value
from model.observe import record
from model.state import GROUP
from model.world import World, bury

Dispatch = Callable[[World, int, int, float, int], None]


@step
def begin(w: World) -> None:
    """Set up the ladder and found the cluster."""
    build_ladder(w)
    initiate(w)


@step
def open_quarter(w: World, row: NDArray[np.float64]) -> None:
    """The last quarter is valued, government acts, shared things are counted, the market clears, the row is written."""
    value(w)
    govern(w)
    open_market(w)
    record(w, row)


@step
def open_market(w: World) -> None:
    """Count what is shared, clear the market, and work out how it presses on each rung."""
    count(w)
    gather(w)
    draw_luck(w)
    supply(w)
    clear(w)
    press(w)


@step
def move_group(w: World, first: int, last: int) -> None:
    """Let the firms of a group of blocks repay, earn, grow and learn, and book what they earn and pay."""
    stand(w.firms, first, last, w.ladder, w.beside)
    repay_blocks(w, first, last)
    move_blocks(w, first, last)
    book_growth(w, first, last)
    learn_blocks(w, first, last)
    book_learning(w, first, last)


@step
def move_firms_and_clocks(w: World) -> None:
    """Firms earn, grow and learn, and their clocks run, group by group: nothing that one does touches another's hazard."""
    wind_up(w)
    w.cluster.due = 0
    open_books(w)
    blocks = block_count(w.cluster.rows)
    for first in range(0, blocks, GROUP):
        last = min(first + GROUP, blocks)
        move_group(w, first, last)
        run_clocks(w, first, last)
    close_books(w)
    run_entry_clock(w)


@step
def close_quarter(w: World) -> None:
    """Those founded in the quarter start their clocks, and the dead leave."""
    wind_up(w)
    bury(w)


def event_of(clocks: Sequence[Clock]) -> Dispatch:
    """Return the step that lets an event of one of these clocks happen: it finds the clock by its number, in halves of halves."""
    if len(clocks) == 1:
        act = clocks[0].happen

        @step
        def happen_here(w: World, mechanism: int, firm: int, time: float, number: int) -> None:
            act(w, firm, time, number)

        return happen_here
    middle = clocks[len(clocks) // 2].number
    before, after = event_of(clocks[: len(clocks) // 2]), event_of(clocks[len(clocks) // 2 :])

    @step
    def happen_there(w: World, mechanism: int, firm: int, time: float, number: int) -> None:
        if mechanism < middle:
            before(w, mechanism, firm, time, number)
        else:
            after(w, mechanism, firm, time, number)

    return happen_there


let_happen = event_of(ALL)


@step
def happen(w: World, mechanism: int, firm: int, time: float, number: int) -> None:
    """Let one event happen; ``number`` is which strike of its clock it is. The dead do nothing more."""
    if mechanism == ENTRY or firm_at(w.firms, firm).alive == 1:
        let_happen(w, mechanism, firm, time, number)


@equation
def tick_time(tick: int) -> float:
    """Time of a tick (years)."""
    return tick * QUARTER
