"""Everything one history reads and writes, in one named tuple that both engines pass around.

Its arrays have room for the largest history from the start, of which only what is written takes memory: nothing moves or grows
while a history runs, but for the event log of a single one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, step
from model.lanes import block_count, firm_at, move_firm, vacate
from model.peers import rebuild, table_size
from model.state import LANES

# Firms that one programme may bring in within a quarter.
INVITED_MAX = 8
# The dead are buried when they are more than one in so many.
CROWDED = 8


class World(NamedTuple):
    """One history: what it is given (``p``, ``s``, ``seed``, ``case``) and its state.

    ``firms`` are blocks of rows (``model.lanes``); ``beside`` is scratch for the block at work; ``keys``, ``order`` and ``heads``
    are scratch for putting in order.
    """

    p: Any
    s: Any
    cluster: Any
    firms: NDArray[Any]
    beside: NDArray[Any]
    ladder: NDArray[Any]
    table: NDArray[np.int32]
    programmes: NDArray[Any]
    due: NDArray[Any]
    keys: NDArray[np.float64]
    order: NDArray[np.int64]
    heads: NDArray[np.int64]
    log: NDArray[Any]
    seed: Any
    case: Any


@equation
def due_max(firms: int) -> int:
    """Return how many events may fall in one quarter; a history with more is stopped."""
    return 6 * firms + 4096


@equation
def rows_max(firms: int, programmes: int) -> int:
    """Return how many rows a history needs that is stopped beyond so many firms: the dead and the newly born have rows too."""
    return firms + firms // (CROWDED - 1) + LANES + due_max(firms) + INVITED_MAX * programmes


@step
def note(w: World, time: float, event: int, firm: int, other: int, detail: float) -> None:
    """Write one line of the event log, if there is room; lines are counted in any case."""
    if w.cluster.logged < len(w.log):
        line = w.log[w.cluster.logged]
        line.time = time
        line.event = event
        line.firm = firm
        line.other = other
        line.detail = detail
    w.cluster.logged += 1


@step
def bury(w: World) -> None:
    """End the quarter for the dead: close the ranks over them, keeping the order of birth, once they are many."""
    cluster = w.cluster
    if CROWDED * (cluster.rows - cluster.living) > cluster.rows:
        close_ranks(w)
    cluster.dead = 0
    if cluster.living > w.s.firms_max:
        cluster.exhausted = 1
    if 8 * cluster.living < cluster.seats and cluster.seats > table_size(0):
        reseat(w)


@step
def close_ranks(w: World) -> None:
    """Move the living into the rows of the dead; all keep their seats."""
    firms, rows = w.firms, w.cluster.rows
    kept = 0
    for i in range(rows):
        if firm_at(firms, i).alive == 1:
            if kept < i:
                move_firm(firms, i, kept)
                w.table[firms[kept // LANES].slot[kept % LANES]] = kept
            kept += 1
    for i in range(kept, LANES * block_count(rows)):
        vacate(firms, i)
    w.cluster.rows = kept


@step
def reseat(w: World) -> None:
    """Seat every firm anew where the table has become too tight or too wide for their number."""
    w.cluster.seats = table_size(w.cluster.living + w.cluster.dead)
    rebuild(w.table, w.cluster.seats, w.firms, w.cluster.rows)
