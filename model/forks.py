"""How do policies and futures of luck share one past? The state at the decision is kept, and each goes on from a copy of it.

Before the decision no policy does anything: what history has in common is simulated once, and each future alone. A future has
luck of its own, the same for all policies: from the decision on its draws have another key. What was left of exponential draws is
drawn anew, which the past says nothing about; the first future keeps the history's own key and draws.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, step
from model.engines.quarter import tick_time
from model.events import ENTRY, FIRM_CLOCKS, FUTURE
from model.lanes import UNDRAWN, block_count
from model.randomness import exponential, word
from model.start import plan, reserve
from model.state import ALIVE, BLOCK, CLUSTER, LADDER, LANES, RUNGS, records
from model.world import World


class Past(NamedTuple):
    """What was kept of a world: room for all that a quarter hands on to the next."""

    cluster: NDArray[Any]
    firms: NDArray[Any]
    ladder: NDArray[Any]
    table: NDArray[np.int32]
    table_improved: NDArray[np.int32]
    programmes: NDArray[Any]


def room_for(w: World) -> Past:
    """Return room for the state of a world, of which only what is written takes memory."""
    firms, table, improved = reserve((len(w.firms), BLOCK), (len(w.table), np.int32), (len(w.table_improved), np.int32))
    return Past(
        records(CLUSTER, 1),
        firms,
        records(LADDER, RUNGS),
        table,
        improved,
        records(w.programmes.dtype, len(w.programmes)),
    )


@equation
def fork_tick(s: Any) -> int:
    """Return the quarter in which a policy may first act: the first that begins at the decision or later, if one does."""
    tick = 0
    while tick <= s.quarters and tick_time(tick) < s.decision:
        tick += 1
    return tick


@step
def keep(w: World, past: Past) -> None:
    """Keep the state at a quarter's start."""
    past.cluster[0] = w.cluster
    copy_firms(w.cluster, w, past)
    for j in range(len(w.programmes)):
        past.programmes[j] = w.programmes[j]


@step
def forget_luck(w: World) -> None:
    """Let every clock that runs draw anew, with the keys of the world as they are now."""
    cluster = w.cluster
    for row in range(cluster.rows):
        block, lane = w.firms[row // LANES], row % LANES
        for clock in range(FIRM_CLOCKS):
            block.residual[clock, lane] = UNDRAWN if block.marks[lane] & ALIVE != 0 else block.residual[clock, lane]
    cluster.entry_residual = exponential(w.seed, w.case, 0, ENTRY, int(cluster.entry_count))


@step
def go_on(w: World, clusters: NDArray[Any], past: Past, programmes: NDArray[Any], shared: int, future: int = 0) -> None:
    """Return to the state kept, with a policy's own programmes after the ``shared`` ones of history, in a future's luck.

    ``clusters`` (1,) is the array whose record is the world's.
    """
    clusters[0] = past.cluster[0]
    copy_firms(w.cluster, past, w)
    for j in range(shared):
        w.programmes[j] = past.programmes[j]
    for j in range(shared, len(programmes)):
        plan(w, j, programmes[j])
    if future > 0:
        forget_luck(w)


@equation
def future_seed(seed: int, case: int, future: int) -> int:
    """Return the key of a future's draws: the history's own for the first."""
    return seed if future == 0 else word(seed, case, 0, FUTURE, future)


@step
def copy_firms(cluster: Any, source: Any, target: Any) -> None:
    """Copy the firms of a cluster, their seats, and the rungs on which they stand."""
    for b in range(block_count(cluster.rows)):
        target.firms[b] = source.firms[b]
    for k in range(cluster.seats):
        target.table[k] = source.table[k]
    for k in range(cluster.seats_improved):
        target.table_improved[k] = source.table_improved[k]
    for k in range(len(source.ladder)):
        target.ladder[k] = source.ladder[k]
