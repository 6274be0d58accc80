"""How does a history begin? With an empty cluster, room for a few firms, and programmes that have not yet opened."""

import mmap
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, Final

import numpy as np
from numba import literal_unroll
from numpy.typing import NDArray

from model.compiling import step
from model.fields import CLUSTER_FIELDS, PROGRAMME_FIELDS, Field
from model.lanes import block_count
from model.peers import table_size
from model.state import BESIDE, BLOCK, CLUSTER, DUE, GROUP, LADDER, LOG, RUNGS, SUMS, records
from model.world import World, due_max, rows_max

# Room of a history's event log, before it is known how long it gets.
LINES_AT_FIRST: Final = 1 << 17

PAGE: Final = 4096


def first_values(fields: Iterable[Field]) -> Callable[[Any], None]:
    """Return a step that sets the fields of a record to the first values of their rows; fields without one stay as they are."""
    by_value: dict[float, list[str]] = {}
    for field in fields:
        if field.first is not None:
            by_value.setdefault(field.first, []).append(field.name)
    return reduce(_both, [_setter(tuple(names), value) for value, names in by_value.items()])


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
    """Return zeroed arrays, one for each pair of a number of records and their dtype; only what is written takes memory."""
    sizes = [-(-max(1, count) * np.dtype(kind).itemsize // PAGE) * PAGE for count, kind in wanted]
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_NORESERVE} if hasattr(mmap, "MAP_NORESERVE") else {}
    room = mmap.mmap(-1, sum(sizes), **flags)
    starts = [sum(sizes[:position]) for position in range(len(sizes))]
    return [np.frombuffer(room, kind, count, start) for (count, kind), start in zip(wanted, starts, strict=True)]


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
    firms = int(setting.firms_max)
    rows, dues = rows_max(firms, len(programmes)), due_max(firms)
    blocks, beside, sums, table, due, keys, order, heads, graves = reserve(
        (block_count(rows), BLOCK),
        (GROUP, BESIDE),
        (1, SUMS),
        (table_size(2 * rows), np.int32),
        (dues, DUE),
        (max(rows, dues), np.float64),
        (max(rows, dues), np.int64),
        (max(rows, dues), np.int64),
        (rows, np.int64),
    )
    w = World(
        params,
        setting,
        (records(CLUSTER, 1) if cluster is None else cluster)[0],
        blocks.view(np.recarray),
        beside.view(np.recarray),
        records(LADDER, RUNGS),
        sums.view(np.recarray)[0],
        table,
        records(programmes.dtype, len(programmes)),
        due.view(np.recarray),
        keys,
        order,
        heads,
        graves,
        records(LOG, log_lines),
        *(np.uint64(seed), np.uint64(setting.case)),
    )
    reset(w, programmes.view(np.recarray))
    return w
