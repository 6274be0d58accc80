"""How are very many histories run at once? In chunks, by several threads, into arrays that are allocated once.

The kernel releases the interpreter's lock. The size of a chunk never changes a result, and working memory does not grow with the
number of histories.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arguments import seed_words
from model.arrays import Floats, Ints, Seeds
from model.calls import public
from model.compiling import address_of, kernel, prepare, step
from model.cores import granted_cores
from model.engines.compiled_engine import run_at, run_history
from model.errors import InputError
from model.forks import Past, fork_tick, future_seed, go_on, keep, room_for
from model.observe import COLUMNS
from model.start import new_world, reset
from model.state import CLUSTER, records
from model.world import World

# Largest number of histories in one call to the kernel.
CHUNK: Final = 64
# Least number of calls for each thread where there are enough histories: after few large calls, some threads would idle.
CALLS: Final = 4
EXHAUSTED: Final = COLUMNS.index("exhausted")


class Bench(NamedTuple):
    """Memory in which one thread runs its histories, one after another.

    ``panel`` has shape (longest + 1, len(COLUMNS)), ``history`` is the address of the loop that runs a history.
    """

    world: World
    cluster: NDArray[Any]
    past: Past
    panel: Floats
    history: int


def new_bench(params: Any, largest: Any, longest: int, programmes: NDArray[Any]) -> Bench:
    """Return a bench that is large enough for every history of a batch.

    Parameters
    ----------
    params, largest : one PARAMS record, and the SETTING record with the largest ``firms_max``
    longest : int
        Quarters of the longest history.
    programmes : PROGRAMME records of all policies, shape (m,)
    """
    cluster = records(CLUSTER, 1)
    world = new_world(params, largest, programmes, 0, cluster=cluster)
    panel = np.empty((longest + 1, len(COLUMNS)))
    history = address_of(run_history, world, panel, np.zeros(1, np.uint8), 0, 1)
    return Bench(world, cluster, room_for(world), panel, history)


@step
def _write_rows(out: Floats, ticks: Ints, panel: Floats, w: World) -> None:
    """Copy the rows of ``ticks`` (k,) that a history reached into ``out`` (k, columns), whose other rows stay as they are."""
    for k in range(len(ticks)):
        if ticks[k] >= 0 and ticks[k] <= w.cluster.tick:
            for column in range(out.shape[1]):
                out[k, column] = panel[ticks[k], column]
        out[k, EXHAUSTED] = w.cluster.exhausted


@kernel
def run_chunk(
    bench: Bench,
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: Seeds,
    programmes: NDArray[Any],
    ends: Ints,
    shared: int,
    ticks: Ints,
    out: Floats,
    halt: NDArray[np.uint8],
) -> None:
    """Run the n histories of a chunk under each policy; write rows of ``ticks`` to ``out`` (policies, n, futures, k, columns).
    ``_Batch`` explains the arguments. Another thread sets ``halt``, shape (1,), to stop the work; ``out`` is then incomplete.
    """
    w, panel, lines, futures = bench.world, bench.panel, bench.world.programmes, out.shape[2]
    for j in range(len(seeds)):
        if halt[0] != 0:
            return
        s, going = settings[j], True
        # Leg 0 simulates the past that all policies and futures share; a single policy with a single future needs no fork.
        fork = fork_tick(s) if len(ends) * futures > 1 else 0
        for leg in range(0 if fork > 0 else 1, len(ends) * futures + 1):
            q, future = max(leg - 1, 0) // futures, max(leg - 1, 0) % futures
            asked = programmes[ends[q - 1] if q > 0 else 0 : ends[q]]
            w = World(
                params[j], s, w.cluster, w.firms, w.beside, w.ladder, w.sums, w.table, w.table_improved,
                lines[: len(asked)], w.due, w.keys, w.order, w.heads, w.graves, w.log,
                future_seed(seeds[j], s.case, future), s.case,
            )  # fmt: skip
            if leg == 0 or fork == 0:
                reset(w, asked)
            elif going:
                go_on(w, bench.cluster, bench.past, asked, shared, future)
            reached = going and run_at(bench.history, w, panel, halt, fork * (leg > 0), fork if leg == 0 else s.quarters + 1)
            if leg == 0:
                going = reached
                keep(w, bench.past)
            else:
                _write_rows(out[q, j, future], ticks[j], panel, w)


@public
def simulate_many(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: Seeds,
    programmes: NDArray[Any],
    ticks: Ints,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Run many histories under one policy; return the panel rows of ``ticks``, float64, shape (n, k, len(COLUMNS)).

    ``programmes`` are the policy's PROGRAMME records, shape (m,). ``simulate_policies`` explains and checks all other arguments.
    """
    rows: Floats = simulate_policies(params, settings, seeds, [programmes], ticks, threads, progress)[0]
    return rows


@public
def simulate_policies(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: Seeds,
    policies: Sequence[NDArray[Any]],
    ticks: Ints,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Run many histories under each of several policies, in the luck that is their own; see ``simulate_futures``.

    Returns
    -------
    float64, shape (policies, n, k, len(COLUMNS))
    """
    rows: Floats = simulate_futures(params, settings, seeds, policies, ticks, 1, threads, progress)[:, :, 0]
    return rows


@public
def simulate_futures(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: Seeds,
    policies: Sequence[NDArray[Any]],
    ticks: Ints,
    futures: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Run many histories under several policies, and after the decision in several futures of luck (``model.forks``).

    Parameters
    ----------
    params, settings, seeds : PARAMS and SETTING records and uint64, shape (n,) each; a history lasts its setting's ``quarters``
    policies : PROGRAMME records, one array a policy, the same for all histories; each begins with the programmes of history
    ticks : int64, shape (n, k); quarters since the start (0 is the start) whose rows are returned
    futures : number of futures, of which the first has the history's own luck; none depends on how many there are
    threads : number of threads, by default every core granted; the bits depend neither on it nor on the other policies
    progress : called with the number of histories whenever a chunk is finished

    Returns
    -------
    float64, shape (policies, n, futures, k, len(COLUMNS))
        Rows in the units of ``model.observe.UNITS``; NaN beyond a history's end, whose rows then say why in ``exhausted``.

    Raises
    ------
    InputError : if lengths differ, a seed is no whole number from 0 to 2^64-1, or policies do not share the programmes of history
    """
    seeds, count = seed_words(seeds), len(seeds)
    if not len(params) == len(settings) == len(ticks) == count:
        raise InputError("simulate_many: params, settings, seeds and ticks differ in length; give one of each for every history")
    out = np.full((len(policies), count, futures, ticks.shape[1], len(COLUMNS)), np.nan)
    if count > 0 and len(policies) > 0:
        lines, ends = np.concatenate(policies), np.cumsum([len(one) for one in policies])
        given = [np.ascontiguousarray(a).view(np.recarray) for a in (params, settings, lines)]
        batch = _Batch(given[0], given[1], seeds, given[2], ends, _shared(policies), ticks)
        _fill(out, batch, threads or granted_cores(), progress or _unheard)
    return out


class _Batch(NamedTuple):
    """The arguments of ``run_chunk`` for all n histories.

    ``params``, ``settings`` and ``seeds`` have shape (n,), ``ticks`` (n, k), and ``ends`` (policies,): the programmes of policy q
    end before ``ends[q]``, and begin with the ``shared`` programmes of history.
    """

    params: NDArray[Any]
    settings: NDArray[Any]
    seeds: Seeds
    programmes: NDArray[Any]
    ends: Ints
    shared: int
    ticks: Ints


def _shared(policies: Sequence[NDArray[Any]]) -> int:
    """Return the number of programmes of history, with which every policy begins."""
    histories = [one[one["of_history"] == 1] for one in policies]
    shared = len(histories[0])
    for policy, history in zip(policies, histories, strict=True):
        if policy[:shared].tobytes() != histories[0].tobytes() or len(history) != shared:
            raise InputError("simulate_policies: policies differ in their programmes of history; give all the same ones")
    return shared


def _unheard(done: int) -> None:
    """Ignore progress: the default where no callable is given."""


def _fill(out: Floats, batch: _Batch, threads: int, progress: Callable[[int], None]) -> None:
    """Run the chunks in threads; a bench serves one thread at a time and is used again for the next chunk."""
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
    """Call ``work`` with every start, in threads.

    Where one call fails or the user interrupts, ``halt`` (1,) is set, which ends the calls under way; the others are not begun.
    """
    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in pool.map(work, starts):
                pass
        except BaseException:
            halt[0] = 1
            pool.shutdown(cancel_futures=True)
            raise
