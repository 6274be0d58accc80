"""How are very many histories run at once? In chunks, from threads, into arrays made beforehand: the kernel holds no lock of the
interpreter, a chunk's size never changes a result, and memory does not grow with the number of histories.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiling import kernel, prepare
from model.cores import granted_cores
from model.engines.compiled_engine import run_history
from model.errors import InputError
from model.forks import Past, fork_tick, go_on, keep, room_for
from model.observe import COLUMNS
from model.start import new_world, reset
from model.state import CLUSTER, records
from model.world import World

# The most histories of one call to the kernel, and calls for each thread, so that none is long idle at the end.
CHUNK: Final = 64
CALLS: Final = 4
EXHAUSTED: Final = COLUMNS.index("exhausted")


class Bench(NamedTuple):
    """What a thread works on, one history after another."""

    world: World
    cluster: NDArray[Any]
    past: Past
    panel: NDArray[np.float64]


def new_bench(params: Any, largest: Any, longest: int, programmes: NDArray[Any]) -> Bench:
    """Return room for the largest and longest history of a batch."""
    cluster = records(CLUSTER, 1)
    world = new_world(params, largest, programmes, 0, cluster=cluster)
    return Bench(world, cluster, room_for(world), np.empty((longest + 1, len(COLUMNS))))


@kernel
def run_chunk(
    bench: Bench,
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: NDArray[np.uint64],
    programmes: NDArray[Any],
    ends: NDArray[np.int64],
    shared: int,
    ticks: NDArray[np.int64],
    out: NDArray[np.float64],
    halt: NDArray[np.uint8],
) -> None:
    """Run the histories of one chunk under each policy and keep the rows asked for.

    The programmes of policy q end before ``ends[q]``, and begin with the ``shared`` ones of history. What is kept after ``halt``
    (1,) was set means nothing.
    """
    w, panel, lines = bench.world, bench.panel, bench.world.programmes
    for j in range(len(seeds)):
        if halt[0] != 0:
            return
        s, going = settings[j], True
        # Of several policies the first leg is the past that all share; one alone needs no fork.
        fork = fork_tick(s) if len(ends) > 1 else 0
        for leg in range(0 if fork > 0 else 1, len(ends) + 1):
            q = max(leg - 1, 0)
            asked = programmes[ends[q - 1] if q > 0 else 0 : ends[q]]
            w = World(
                params[j], s, w.cluster, w.firms, w.beside, w.ladder, w.sums, w.table, lines[: len(asked)], w.due, w.keys,
                w.order, w.heads, w.graves, w.log, seeds[j], s.case,
            )  # fmt: skip
            if leg == 0 or fork == 0:
                reset(w, asked)
            elif going:
                go_on(w, bench.cluster, bench.past, asked, shared)
            first, last = (0, fork) if leg == 0 else (fork, s.quarters + 1)
            reached = going and run_history(w, panel, halt, first, last)
            if leg == 0:
                going = reached
                keep(w, bench.past)
            else:
                for k in range(ticks.shape[1]):
                    if ticks[j, k] >= 0 and ticks[j, k] <= w.cluster.tick:
                        for column in range(out.shape[3]):
                            out[q, j, k, column] = panel[ticks[j, k], column]
                    out[q, j, k, EXHAUSTED] = w.cluster.exhausted


def simulate_many(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: NDArray[np.uint64],
    programmes: NDArray[Any],
    ticks: NDArray[np.int64],
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Run many histories under one policy and return the panel rows asked for, (n, k, len(COLUMNS)).

    As ``simulate_policies``, of which it is the case of one policy; ``programmes`` are its records, shape (m,).
    """
    rows: NDArray[np.float64] = simulate_policies(params, settings, seeds, [programmes], ticks, threads, progress)[0]
    return rows


def simulate_policies(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: NDArray[np.uint64],
    policies: Sequence[NDArray[Any]],
    ticks: NDArray[np.int64],
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Run many histories under each of several policies; what lies before the decision is simulated once.

    Parameters
    ----------
    params, settings, seeds : PARAMS and SETTING records and uint64, shape (n,) each
        A history runs for its setting's ``quarters``.
    policies : PROGRAMME records, one array a policy
        The same for all histories; each begins with the programmes of history.
    ticks : int64, shape (n, k)
        Quarters (0 is the start) whose rows are kept.
    threads : int, optional
        Threads; every core granted when not given. The bits do not depend on it, nor on which policies keep each other company.
    progress : callable, optional
        Called with the number of histories that a chunk has finished.

    Returns
    -------
    float64, shape (policies, n, k, len(COLUMNS))
        Rows in the units of ``model.observe.UNITS``; NaN beyond a history's end; ``exhausted`` is 1 in every row of a history
        that was stopped for its size.

    Raises
    ------
    InputError : if the first dimensions differ, or policies do not share their history
    """
    count = len(seeds)
    if not len(params) == len(settings) == len(ticks) == count:
        raise InputError("simulate_many: params, settings, seeds and ticks differ in length; give one of each a history")
    out = np.full((len(policies), count, ticks.shape[1], len(COLUMNS)), np.nan)
    if count > 0 and len(policies) > 0:
        lines, ends = np.concatenate(policies), np.cumsum([len(one) for one in policies])
        given = [np.ascontiguousarray(a).view(np.recarray) for a in (params, settings, lines)]
        batch = _Batch(given[0], given[1], seeds, given[2], ends, _shared(policies), ticks)
        _fill(out, batch, threads or granted_cores(), progress or _unheard)
    return out


class _Batch(NamedTuple):
    """What is run; ``programmes`` of policy q end before ``ends[q]`` and begin with ``shared`` ones of history."""

    params: NDArray[Any]
    settings: NDArray[Any]
    seeds: NDArray[np.uint64]
    programmes: NDArray[Any]
    ends: NDArray[np.int64]
    shared: int
    ticks: NDArray[np.int64]


def _shared(policies: Sequence[NDArray[Any]]) -> int:
    """Return how many programmes of history come first in all policies."""
    histories = [one[one["of_history"] == 1] for one in policies]
    shared = len(histories[0])
    for policy, history in zip(policies, histories, strict=True):
        if policy[:shared].tobytes() != histories[0].tobytes() or len(history) != shared:
            raise InputError("simulate_policies: policies differ in their programmes of history; give each the same, first")
    return shared


def _unheard(done: int) -> None:
    """Tell nobody."""


def _fill(out: NDArray[np.float64], batch: _Batch, threads: int, progress: Callable[[int], None]) -> None:
    """Run chunks in threads, each of which keeps a bench for itself."""
    settings, count = batch.settings, len(batch.seeds)
    largest, longest = settings[np.argmax(settings["firms_max"])], int(settings["quarters"].max())
    size = max(1, min(CHUNK, count // (CALLS * threads)))
    halt = np.zeros(1, np.uint8)
    spare: list[Bench] = []

    def run_part(start: int) -> None:
        part = slice(start, start + size)
        try:
            bench = spare.pop()
        except IndexError:
            bench = new_bench(batch.params[0], largest, longest, batch.programmes)
        given = (
            bench, batch.params[part], settings[part], batch.seeds[part], batch.programmes, batch.ends, batch.shared,
            batch.ticks[part], out[:, part], halt,
        )  # fmt: skip
        prepare(run_chunk, *given)
        run_chunk(*given)
        spare.append(bench)
        progress(len(batch.seeds[part]))

    in_threads(run_part, range(0, count, size), threads, halt)


def in_threads(work: Callable[[int], None], starts: Iterable[int], threads: int, halt: NDArray[np.uint8]) -> None:
    """Call ``work`` with every start; on an interrupt ``halt`` is set, at which work under way ends, and the rest is dropped."""
    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in pool.map(work, starts):
                pass
        except BaseException:
            halt[0] = 1
            pool.shutdown(cancel_futures=True)
            raise
