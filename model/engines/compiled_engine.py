"""How does a history run as fast as the machine allows? The same steps as the SimPy engine, in one compiled loop."""

import numpy as np
from numpy.typing import NDArray

from model.compiling import kernel, step
from model.engines.quarter import begin, close_quarter, happen, move_firms_and_clocks, open_quarter, tick_time
from model.lanes import CACHED, fetch_lane
from model.mechanisms.clocks import put_in_order
from model.state import LANES
from model.world import World

# So many events before its own a firm's memory is asked for.
AHEAD = 4


@step
def fetch_later(w: World, k: int) -> None:
    """Ask for the memory of a firm some events before its turn, where firms outgrow the processor's caches."""
    if w.cluster.rows > CACHED and k + AHEAD < w.cluster.due:
        later = w.due[w.order[k + AHEAD]].firm
        fetch_lane(w.firms, later // LANES, later % LANES)


@step
def run_events(w: World) -> None:
    """Let the quarter's events happen in order."""
    put_in_order(w)
    for k in range(w.cluster.due):
        fetch_later(w, k)
        due = w.due[w.order[k]]
        happen(w, due.mechanism, due.firm, due.time, due.number)


@kernel
def run_history(w: World, panel: NDArray[np.float64], halt: NDArray[np.uint8], first: int, last: int) -> bool:
    """Run one history from a quarter to before another; return whether it got there.

    It gets no further than the end of its setting, or than the quarter in which it is stopped. Rows of the panel
    beyond stay as they are. Once ``halt`` (1,) is set it ends within a quarter.
    """
    if first == 0:
        begin(w)
    for tick in range(first, last):
        if halt[0] != 0:
            return False
        w.cluster.tick = tick
        w.cluster.time = tick_time(tick)
        open_quarter(w, panel[tick])
        if tick == w.s.quarters or w.cluster.exhausted != 0:
            return False
        move_firms_and_clocks(w)
        if w.cluster.exhausted != 0:
            return False
        run_events(w)
        close_quarter(w)
    return True
