"""Everything one history reads and writes, in one named tuple that both engines pass around.

The arrays of firms, seats, due events and the log grow between quarters (never while events run), by whole replacement.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation
from model.peers import rebuild, table_size
from model.state import empty_due, empty_firms, empty_log

# Firms that one programme may bring in within a quarter.
INVITED_MAX = 8


Room = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]


class World(NamedTuple):
    """One history: what it is given (``p``, ``s``, ``seed``, ``case``) and its state."""

    p: Any
    s: Any
    cluster: Any
    firms: NDArray[Any]
    ladder: NDArray[Any]
    table: NDArray[np.int32]
    programmes: NDArray[Any]
    due: NDArray[Any]
    log: NDArray[Any]
    seed: Any
    case: Any


@equation
def due_max(rows: int) -> int:
    """Return how many events may fall in one quarter; a history with more is stopped, whatever room its arrays have."""
    return 6 * rows + 4096


@equation
def with_room(w: World, births: int, lines: int) -> Room:
    """Return firms, seats, due events and log with room for so many births and lines; a log of length 0 stays off."""
    firms, due, log, table = w.firms, w.due, w.log, w.table
    rows = w.cluster.rows
    if rows + births > len(firms):
        firms = empty_firms(2 * (rows + births))
        firms[:rows] = w.firms[:rows]
    if due_max(rows + births) > len(due):
        due = empty_due(2 * due_max(rows + births))
        due[: w.cluster.due] = w.due[: w.cluster.due]
    if len(log) > 0 and w.cluster.logged + lines > len(log):
        log = empty_log(2 * (w.cluster.logged + lines))
        log[: w.cluster.logged] = w.log[: w.cluster.logged]
    if 2 * (rows + births) > len(table):
        table = np.empty(table_size(2 * (rows + births)), np.int32)
        table[: w.cluster.seats] = w.table[: w.cluster.seats]
    return firms, table, due, log


@equation
def with_room_for_government(w: World) -> Room:
    """Return the same with room for a quarter's programmes: each may bring firms in, open, and serve every firm."""
    programmes = len(w.programmes)
    births = INVITED_MAX * programmes
    return with_room(w, births, programmes * (w.cluster.rows + births + 1))


@equation
def note(w: World, time: float, event: int, firm: int, other: int, detail: float) -> None:
    """Write one line of the event log, if it is kept."""
    if len(w.log) > 0:
        line = w.log[w.cluster.logged]
        line.time = time
        line.event = event
        line.firm = firm
        line.other = other
        line.detail = detail
        w.cluster.logged += 1


@equation
def bury(w: World) -> None:
    """Close the ranks over the dead, keeping the order of birth; all keep their seats unless the table is too wide."""
    firms, table = w.firms, w.table
    kept = 0
    for i in range(w.cluster.rows):
        if firms[i].alive == 1:
            if kept < i:
                firms[kept] = firms[i]
                table[firms[kept].slot] = kept
            kept += 1
    w.cluster.rows = kept
    if kept > w.s.firms_max:
        w.cluster.exhausted = 1
    if 8 * kept < w.cluster.seats and w.cluster.seats > table_size(0):
        reseat(w)


@equation
def reseat(w: World) -> None:
    """Seat every firm anew where the table has become too tight or too wide for their number."""
    w.cluster.seats = table_size(w.cluster.rows)
    rebuild(w.table, w.cluster.seats, w.firms, w.cluster.rows)
