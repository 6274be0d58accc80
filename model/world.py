"""Everything one history reads and writes, in one named tuple that both engines pass around.

Its arrays have room for the largest history from the start, of which only what is written takes memory: nothing moves or grows
while a history runs, but for the event log of a single one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, step
from model.lanes import firm_at, move_firm, vacate
from model.peers import EMPTY, rebuild, seat, seat_again, table_size

# Firms that one programme may bring in within a quarter.
INVITED_MAX = 8
# Why a history was stopped: it had too many firms or events, or a number that is not finite.
TOO_LARGE = 1
NOT_FINITE = 2


class World(NamedTuple):
    """One history: what it is given (``p``, ``s``, ``seed``, ``case``) and its state.

    ``firms`` are blocks of rows (``model.lanes``); ``graves`` are the rows of those who died in the quarter. Scratch: ``beside``
    for the block at work, ``sums`` for what is added up, ``keys``, ``order`` and ``heads`` for putting in order.
    """

    p: Any
    s: Any
    cluster: Any
    firms: NDArray[Any]
    beside: NDArray[Any]
    ladder: NDArray[Any]
    sums: Any
    table: NDArray[np.int32]
    table_improved: NDArray[np.int32]
    programmes: NDArray[Any]
    due: NDArray[Any]
    keys: NDArray[np.float64]
    order: NDArray[np.int64]
    heads: NDArray[np.int64]
    graves: NDArray[np.int64]
    log: NDArray[Any]
    seed: Any
    case: Any


@equation
def due_max(firms: int) -> int:
    """Return how many events may fall in one quarter; a history with more is stopped."""
    return 6 * firms + 4096


@equation
def rows_max(firms: int, programmes: int) -> int:
    """Return how many rows a history needs that is stopped beyond so many firms, a quarter's births counted."""
    return firms + due_max(firms) + INVITED_MAX * programmes


@step
def stop_unfinite(cluster: Any) -> None:
    """Stop a history because a hazard or its state is not finite: nothing that follows from such a number has a meaning."""
    cluster.exhausted = NOT_FINITE


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
    """End the quarter for the dead: the last firms take their rows, and keep their seats."""
    cluster, firms = w.cluster, w.firms
    for k in range(cluster.dead):
        drop_dead_ends(w)
        row, last = w.graves[k], cluster.rows - 1
        if row < last:
            move_firm(firms, last, row)
            firm = firm_at(firms, row)
            seat_again(w.table, cluster.seats, firm.lineage, last, row)
            if firm.rung > 0:
                seat_again(w.table_improved, cluster.seats_improved, firm.lineage, last, row)
            vacate(firms, last)
            cluster.rows = last
    drop_dead_ends(w)
    cluster.dead = 0
    cluster.wound = cluster.rows
    if cluster.rows > w.s.firms_max:
        cluster.exhausted = TOO_LARGE
    if 8 * cluster.rows < cluster.seats and cluster.seats > table_size(0):
        reseat(w)
    if 8 * firms_above(w, 0) < cluster.seats_improved and cluster.seats_improved > table_size(0):
        reseat_improved(w)


@step
def drop_dead_ends(w: World) -> None:
    """Give up the last rows as far as they are the dead's."""
    while w.cluster.rows > 0 and firm_at(w.firms, w.cluster.rows - 1).alive == 0:
        w.cluster.rows -= 1


@equation
def firms_above(w: World, rung: int) -> float:
    """Number of firms that stand higher than the given rung; firms founded in this quarter count."""
    above = 0.0
    for k in range(rung + 1, len(w.ladder)):
        above += w.ladder[k].firms
    return above


@step
def empty_tables(w: World) -> None:
    """Empty the tables from which firms are drawn, as a history finds them."""
    for k in range(w.cluster.seats):
        w.table[k] = EMPTY
    for k in range(w.cluster.seats_improved):
        w.table_improved[k] = EMPTY


@step
def take_seat(w: World, i: int) -> None:
    """Seat a new firm, whose rung is already counted; where a table becomes too tight, all are seated anew in a larger one."""
    cluster = w.cluster
    if 4 * cluster.rows > 3 * cluster.seats:
        reseat(w)
    else:
        seat(w.table, cluster.seats, w.firms, i)
    if firm_at(w.firms, i).rung > 0:
        take_improved_seat(w, i)


@step
def take_improved_seat(w: World, i: int) -> None:
    """Seat a firm among the improved, of whom it is already counted."""
    cluster = w.cluster
    if 4 * firms_above(w, 0) > 3 * cluster.seats_improved:
        reseat_improved(w)
    else:
        seat(w.table_improved, cluster.seats_improved, w.firms, i)


@step
def reseat(w: World) -> None:
    """Seat every firm anew where the table has become too tight or too wide for their number."""
    w.cluster.seats = table_size(w.cluster.rows)
    rebuild(w.table, w.cluster.seats, w.firms, w.cluster.rows)


@step
def reseat_improved(w: World) -> None:
    """Seat every improved firm anew, as ``reseat`` does all."""
    w.cluster.seats_improved = table_size(int(firms_above(w, 0)))
    rebuild(w.table_improved, w.cluster.seats_improved, w.firms, w.cluster.rows, 1)
