"""How does a history run as fast as the machine allows? The same steps as the SimPy engine, in one compiled loop."""

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, kernel
from model.engines.quarter import begin, happen, move_firms_and_clocks, open_quarter, tick_time
from model.mechanisms.clocks import in_order
from model.world import Room, World, bury, with_room, with_room_for_government


@equation
def run_events(w: World) -> None:
    """Let the quarter's events happen in order."""
    for k in in_order(w):
        due = w.due[k]
        happen(w, due.mechanism, due.firm, due.time, due.number)


@kernel
def run_history(w: World, panel: NDArray[np.float64]) -> Room:
    """Run one history and return its arrays, which may have grown; rows of the panel beyond its end stay as they are."""
    founders = int(w.s.founders)
    firms, table, due, log = with_room(w, founders, founders)
    w = World(w.p, w.s, w.cluster, firms, w.ladder, table, w.programmes, due, log, w.seed, w.case)
    begin(w)
    for tick in range(w.s.quarters + 1):
        w.cluster.tick = tick
        w.cluster.time = tick_time(tick)
        firms, table, due, log = with_room_for_government(w)
        w = World(w.p, w.s, w.cluster, firms, w.ladder, table, w.programmes, due, log, w.seed, w.case)
        open_quarter(w, panel[tick])
        if tick == w.s.quarters or w.cluster.exhausted == 1:
            break
        w.cluster.due = 0
        move_firms_and_clocks(w)
        if w.cluster.exhausted == 1:
            break
        firms, table, due, log = with_room(w, w.cluster.due, 3 * w.cluster.due)
        w = World(w.p, w.s, w.cluster, firms, w.ladder, table, w.programmes, due, log, w.seed, w.case)
        run_events(w)
        bury(w)
    return w.firms, w.table, w.due, w.log
