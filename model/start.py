"""How does a history begin? With an empty cluster, room for a few firms, and programmes that have not yet opened."""

import mmap
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, Final

# Numba is imported there first, where its complaints about settings of other programs are silenced.
from model.compiling import step

# isort: split
import numpy as np
from numba import literal_unroll
from numpy.typing import NDArray

from model.fields import CLUSTER_FIELDS, PROGRAMME_FIELDS, Field
from model.lanes import block_count
from model.peers import table_size
from model.state import BESIDE, BLOCK, CLUSTER, DUE, GROUP, LADDER, LOG, RUNGS, SUMS, records
from model.world import World, due_max, rows_max

# Room of a history's event log, before it is known how long it gets.
LINES_AT_FIRST: Final = 1 << 17

PAGE: Final = 4096
# A loop over so many names is compiled at once: the time that the compiler takes grows faster than their number.
UNROLLED: Final = 20


def first_values(fields: Iterable[Field]) -> Callable[[Any], None]:
    """Return a step that sets the fields of a record to the first values of their rows; fields without one stay as they are."""
    by_value: dict[float, list[str]] = {}
    for field in fields:
        if field.first is not None:
            by_value.setdefault(field.first, []).append(field.name)
    parts = [(names[k : k + UNROLLED], value) for value, names in by_value.items() for k in range(0, len(names), UNROLLED)]
    return reduce(_both, [_setter(tuple(names), value) for names, value in parts])


def _setter(names: tuple[str, ...], value: float) -> Callable[[Any], None]:
    @step
    def set_fields(record: Any) -> None:
        for name in literal_unroll(names):
            record[name] = value

    return set_fields


def _both(first: Callable[[Any], None], second: Callable[[Any], None]) -> Callable[[Any], None]:
    @step
    def set_both(record: Any) -> None:
        first(record)
        second(record)

    return set_both


begin_cluster = first_values(CLUSTER_FIELDS)
begin_programme = first_values(PROGRAMME_FIELDS)


@step
def reset(w: World, programmes: NDArray[Any]) -> None:
    """Clear a world for its next history; programmes, shape (m,), are copied unopened."""
    begin_cluster(w.cluster)
    for j in range(len(programmes)):
        plan(w, j, programmes[j])


@step
def plan(w: World, j: int, programme: Any) -> None:
    """Put a programme on the timeline, unopened."""
    w.programmes[j] = programme
    begin_programme(w.programmes[j])


def reserve(*wanted: tuple[int, Any]) -> list[NDArray[Any]]:
    """Return zeroed arrays, one for each pair of a length and a dtype; only what is written takes memory."""
    sizes = [-(-max(1, count) * np.dtype(kind).itemsize // PAGE) * PAGE for count, kind in wanted]
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_NORESERVE} if hasattr(mmap, "MAP_NORESERVE") else {}
    room = mmap.mmap(-1, sum(sizes), **flags)
    starts = [sum(sizes[:position]) for position in range(len(sizes))]
    arrays = [np.frombuffer(room, kind, count, start) for (count, kind), start in zip(wanted, starts, strict=True)]
    return [array if array.dtype.names is None else array.view(np.recarray) for array in arrays]


def room_for_firms(firms: int, programmes: int) -> dict[str, Any]:
    """Return those arrays of a world, by name, whose length follows from the largest number of firms and from the programmes."""
    rows, dues = rows_max(firms, programmes), due_max(firms)
    wanted = {
        "firms": (block_count(rows), BLOCK),
        "beside": (GROUP, BESIDE),
        "sums": (1, SUMS),
        "table": (table_size(2 * rows), np.int32),
        "table_improved": (table_size(2 * rows), np.int32),
        "due": (dues, DUE),
        "keys": (max(rows, dues), np.float64),
        "order": (max(rows, dues), np.int64),
        "heads": (max(rows, dues), np.int64),
        "graves": (rows, np.int64),
    }
    room = dict(zip(wanted, reserve(*wanted.values()), strict=True))
    return {**room, "sums": room["sums"][0]}


def new_world(
    params: Any, setting: Any, programmes: NDArray[Any], seed: int, log_lines: int = 0, cluster: NDArray[Any] | None = None
) -> World:
    """Return a world ready to begin.

    Parameters
    ----------
    params, setting : one record each of ``PARAMS`` and ``SETTING``
    programmes : PROGRAMME records, shape (m,)
        History and policy; copied.
    seed : int
        Key of every draw, with the setting's case.
    log_lines : int
        Room of the event log; further lines are counted, not kept.
    cluster : CLUSTER record (1,), optional
        Where the world's record lies; in memory of its own if not given.
    """
    w = World(
        p=params,
        s=setting,
        cluster=(records(CLUSTER, 1) if cluster is None else cluster)[0],
        ladder=records(LADDER, RUNGS),
        programmes=records(programmes.dtype, len(programmes)),
        log=records(LOG, log_lines),
        seed=np.uint64(seed),
        case=np.uint64(setting.case),
        **room_for_firms(int(setting.firms_max), len(programmes)),
    )
    reset(w, programmes.view(np.recarray))
    return w
