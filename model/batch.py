"""How are very many histories run at once? In chunks, from threads, into arrays made beforehand: the kernel holds no lock of the
interpreter, a chunk's size never changes a result, and memory does not grow with the number of histories.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.compiling import kernel, prepare
from model.cores import granted_cores
from model.engines.compiled_engine import run_history
from model.errors import InputError
from model.observe import COLUMNS
from model.start import new_world, reset
from model.world import World

# The most histories of one call to the kernel, and calls for each thread, so that none is long idle at the end.
CHUNK: Final = 16
CALLS: Final = 4
EXHAUSTED: Final = COLUMNS.index("exhausted")


@kernel
def run_chunk(
    w: World,
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: NDArray[np.uint64],
    programmes: NDArray[Any],
    ticks: NDArray[np.int64],
    panel: NDArray[np.float64],
    out: NDArray[np.float64],
    halt: NDArray[np.uint8],
) -> None:
    """Run the histories of one chunk and keep the rows asked for; what is kept after ``halt`` (1,) was set means nothing."""
    for j in range(len(seeds)):
        w = World(
            params[j], settings[j], w.cluster, w.firms, w.beside, w.ladder, w.sums, w.table, w.programmes, w.due, w.keys, w.order,
            w.heads, w.graves, w.log, seeds[j], settings[j].case,
        )  # fmt: skip
        reset(w, programmes)
        run_history(w, panel, halt)
        for k in range(ticks.shape[1]):
            if ticks[j, k] >= 0 and ticks[j, k] <= w.cluster.tick:
                out[j, k, :] = panel[ticks[j, k], :]
            out[j, k, EXHAUSTED] = w.cluster.exhausted


def simulate_many(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: NDArray[np.uint64],
    programmes: NDArray[Any],
    ticks: NDArray[np.int64],
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Run many histories and return the panel rows asked for.

    Parameters
    ----------
    params, settings, seeds : PARAMS and SETTING records and uint64, shape (n,) each
        A history runs for its setting's ``quarters``.
    programmes : PROGRAMME records, shape (m,)
        The same for all histories.
    ticks : int64, shape (n, k)
        Quarters (0 is the start) whose rows are kept.
    threads : int, optional
        Threads; every core granted when not given. The bits do not depend on it.
    progress : callable, optional
        Called with the number of histories that a chunk has finished.

    Returns
    -------
    float64, shape (n, k, len(COLUMNS))
        Rows in the units of ``model.observe.UNITS``; NaN beyond a history's end; ``exhausted`` is 1 in every row of a history
        that was stopped for its size.

    Raises
    ------
    InputError : if the first dimensions differ
    """
    count = len(seeds)
    if not len(params) == len(settings) == len(ticks) == count:
        raise InputError("simulate_many: params, settings, seeds and ticks differ in length; give one of each a history")
    out = np.full((count, ticks.shape[1], len(COLUMNS)), np.nan)
    if count > 0:
        records = tuple(np.ascontiguousarray(a).view(np.recarray) for a in (params, settings, programmes))
        _fill(out, records, seeds, ticks, threads or granted_cores(), progress or _unheard)
    return out


def _unheard(done: int) -> None:
    """Tell nobody."""


def _fill(
    out: NDArray[np.float64],
    records: tuple[NDArray[Any], ...],
    seeds: NDArray[np.uint64],
    ticks: NDArray[np.int64],
    threads: int,
    progress: Callable[[int], None],
) -> None:
    """Run chunks in threads, each of which keeps a world for itself; ``records`` are parameters, settings and programmes."""
    params, settings, programmes = records
    largest, longest = settings[np.argmax(settings["firms_max"])], int(settings["quarters"].max())
    size = max(1, min(CHUNK, len(seeds) // (CALLS * threads)))
    halt = np.zeros(1, np.uint8)
    spare: list[tuple[World, NDArray[np.float64]]] = []

    def run_part(start: int) -> None:
        part = slice(start, start + size)
        try:
            world, panel = spare.pop()
        except IndexError:
            world, panel = new_world(params[0], largest, programmes, 0), np.empty((longest + 1, len(COLUMNS)))
        given = world, params[part], settings[part], seeds[part], programmes, ticks[part], panel, out[part], halt
        prepare(run_chunk, *given)
        run_chunk(*given)
        spare.append((world, panel))
        progress(len(seeds[part]))

    in_threads(run_part, range(0, len(seeds), size), threads, halt)


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
