"""How does a history begin? With an empty cluster, room for a few firms, and programmes that have not yet opened."""

import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.compiling import step
from model.lanes import block_count
from model.peers import table_size
from model.state import BESIDE, BLOCK, CLUSTER, DUE, GROUP, LADDER, LOG, RUNGS, SUMS, records
from model.world import World, due_max, rows_max

# Room of a history's event log, before it is known how long it gets.
LINES_AT_FIRST: Final = 1 << 17

PAGE: Final = 4096


@step
def reset(w: World, programmes: NDArray[Any]) -> None:
    """Clear a world for its next history; programmes are copied unopened."""
    c = w.cluster
    c.tick = c.rows = c.wound = c.dead = c.logged = c.transitioned = c.exhausted = c.due = c.entry_count = 0
    c.seats = 16
    c.time = c.firms = c.workers = c.core_workers = c.improved_firms = c.improved_workers = 0.0
    c.zone_firms = c.exporters = c.schooling = c.managerial_capital = c.skill_top = 0.0
    c.traders = c.awareness = c.discouragement = c.access = c.enforcement = c.imitators = 0.0
    c.price = c.price_export = c.log_price = c.log_price_export = c.ceiling = c.exported = 0.0
    c.congestion = c.log_agglomeration = c.output = c.sales = c.profits = c.profitability = c.margin = 0.0
    c.zone_space = c.zone_trained = c.fund = c.repaid = c.credit_trained = c.captured = 0.0
    c.market_place = c.protection = c.strain = c.wage_bill = c.public_cost = c.loan_losses = c.net_cost = 0.0
    c.entrants = c.spin_offs = c.exits = c.mergers = c.attempts = c.successes = 0.0
    c.relocations = c.loans = c.defaults = c.trained = 0.0
    c.value_profit = c.value_surplus = c.value_sales = c.value_cost = c.value_wages = 0.0
    c.entry_residual = 0.0
    for j in range(len(programmes)):
        plan(w, j, programmes[j])


@step
def plan(w: World, j: int, programme: Any) -> None:
    """Put a programme on the timeline, unopened."""
    w.programmes[j] = programme
    w.programmes[j].opened = -1.0
    w.programmes[j].granted = 0.0
    w.programmes[j].spent = 0.0
    w.programmes[j].invited = 0.0


def reserve(*wanted: tuple[int, Any]) -> list[NDArray[Any]]:
    """Return arrays of so many records of such dtypes, zeroed, of which only the parts that are written take memory."""
    sizes = [-(-max(1, count) * np.dtype(kind).itemsize // PAGE) * PAGE for count, kind in wanted]
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_NORESERVE} if hasattr(mmap, "MAP_NORESERVE") else {}
    room = mmap.mmap(-1, sum(sizes), **flags)
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
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
