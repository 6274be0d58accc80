"""What is a piece of work, and who does it? A pure function of a context and a few arguments, whose arrays are one chunk.

A task is keyed by content, never by who computes it or when: threads, Dask and shards in any number and order leave the same
chunks. Whatever is done twice (a straggler issued again, a dead shard's part taken over) is done to the same bits.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from execution.stopping import Stop
from execution.store import RunFolder, Shard
from model.arrays import Arrays

# How often a waiting driver looks for signals and says how far it is (s).
HEED_SECONDS: Final = 0.2
# Tasks of dead or absent shards that are taken over before looking again.
TAKEN_OVER: Final = 8
# Separates the index of a part from the name of its array, where the chunks of one task travel as one.
PART: Final = ":"
# The most files that a stage should leave.
CHUNKS_A_STAGE: Final = 2000

Function: TypeAlias = Callable[..., Arrays]
# Told the stage, how much of it is done, and how much there is to do.
Progress: TypeAlias = Callable[[str, int, int], None]


class Task(NamedTuple):
    """One chunk to compute.

    Attributes
    ----------
    name : its chunk's name; the part before the last number names the stage
    arguments : given to the function after the context: small, and plain enough to be sent to another machine
    size : what progress counts
    parts : names of the chunks that it leaves where these are several, each stored for itself: the function returns ``together``
    """

    name: str
    arguments: tuple[Any, ...] = ()
    size: int = 1
    parts: tuple[str, ...] = ()

    def chunks(self, arrays: Arrays) -> Iterator[tuple[str, Arrays]]:
        """Yield the name and arrays of each chunk, from what the function returned."""
        if not self.parts:
            yield self.name, arrays
        for index, name in enumerate(self.parts):
            mark = f"{index}{PART}"
            yield name, {key.removeprefix(mark): array for key, array in arrays.items() if key.startswith(mark)}


def together(parts: Iterable[Arrays]) -> Arrays:
    """Return the chunks of a task of several as one."""
    return {f"{index}{PART}{key}": array for index, arrays in enumerate(parts) for key, array in arrays.items()}


class Executor(Protocol):
    """Where tasks are computed."""

    def run(
        self, function: Function, context: Any, tasks: Iterable[Task], heed: Callable[[], None]
    ) -> Iterator[tuple[Task, Arrays]]:
        """Yield each task with ``function(context, *task.arguments)`` as it ends, in any order.

        ``tasks`` is read as it is needed, a bounded number ahead. ``heed`` is called at least once a second from the thread of
        the caller; what it raises ends the work: tasks not begun are dropped, nothing is left running.
        """
        ...


def silent(stage: str, done: int, total: int) -> None:
    """Show no progress."""


def unheard(line: str) -> None:
    """Say nothing."""


def _now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


@dataclass(frozen=True)
class Runner:
    """Does tasks and keeps what they leave.

    Attributes
    ----------
    folder : where chunks lie
    executor : who computes
    shard : which part of every stage is ours; all of it if none
    progress : told (stage, done, total)
    began : when the run was opened: wall time and time of this process's cores (s)
    """

    folder: RunFolder
    executor: Executor
    shard: Shard | None = None
    progress: Progress = silent
    stop: Stop = field(default_factory=Stop)
    began: tuple[float, float] = field(default_factory=_now)

    def spent(self) -> dict[str, float]:
        """Return the wall time and the time of this process's cores since the run was opened (s)."""
        wall, core = _now()
        return {"wall_s": wall - self.began[0], "cpu_s": core - self.began[1]}

    def _has(self, task: Task) -> bool:
        return all(self.folder.has(name) for name in task.parts or (task.name,))

    def tick(self, stage: str, done: int, total: int) -> None:
        """Show progress, and stop if asked to."""
        self.progress(stage, done, total)
        self.stop.check()

    def complete(
        self, stage: str, function: Function, context: Any, tasks: Iterable[Task], total: int, before: int = 0
    ) -> None:
        """See to it that every task's chunk is stored.

        Parameters
        ----------
        function : callable
            ``function(context, *task.arguments)``, a function of a module: pure, and the same wherever it runs.
        tasks : iterable
            Read anew for every look at what is missing; need not fit into memory.
        total, before : int
            Size of the whole stage, and of what was done of it by earlier calls.

        Raises
        ------
        Interrupted
            If asked to stop; chunks that are done are kept.
        """
        done = before + sum(task.size for task in tasks if self._has(task))
        self.tick(stage, done, total)

        def heed() -> None:
            self.tick(stage, done, total)

        for wanted in self._rounds(tasks, heed):
            results = self.executor.run(function, context, wanted, heed)
            try:
                for task, arrays in results:
                    for name, chunk in task.chunks(arrays):
                        self.folder.save(name, chunk)
                    done += task.size
                    heed()
            finally:
                # After an error, such as a full disk, the work would go on for as long as the error is looked at.
                if isinstance(results, Generator):
                    results.close()

    def gather(
        self,
        stage: str,
        function: Function,
        context: Any,
        tasks: Sequence[Task],
        total: int | None = None,
        before: int = 0,
    ) -> list[Arrays]:
        """Return the chunks of tasks, in their order; see ``complete``."""
        whole = sum(task.size for task in tasks) if total is None else total
        self.complete(stage, function, context, tasks, whole, before)
        return [self.folder.load(task.name) for task in tasks]

    def _rounds(self, tasks: Iterable[Task], heed: Callable[[], None]) -> Iterator[Iterable[Task]]:
        """Yield what is ours to do; of a shard, first its own part, then what dead or absent shards left undone."""
        if self.shard is None:
            yield (task for task in tasks if not self._has(task))
            return
        shard = self.shard
        yield (task for index, task in enumerate(tasks) if index % shard.of == shard.part and not self._has(task))
        while True:
            missing = [(index, task) for index, task in enumerate(tasks) if not self._has(task)]
            if not missing:
                return
            left = [task for index, task in missing if not self.folder.alive(Shard(index % shard.of, shard.of))]
            if left:
                # Other shards may take over the same tasks. Each begins at another one, and soon sees what the others have done.
                begin = shard.part * len(left) // shard.of
                yield (task for task in left[begin : begin + TAKEN_OVER] if not self._has(task))
            else:
                time.sleep(HEED_SECONDS)
                heed()


def chunk_size(total: int, least: int) -> int:
    """Return how many histories go into a chunk: a second's work, and more where a stage would else leave thousands of files."""
    return max(least, -(-total // CHUNKS_A_STAGE))


def blocks(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the start and length of every block of at most ``size`` from ``first`` up to, not including, ``last``."""
    for start in range(first, last, size):
        yield start, min(size, last - start)
