"""Where is the work done? In threads of this process, on Dask workers, or on a batch system, as ``--on`` says: no bit differs."""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from execution.tasks import HEED_SECONDS, Executor, Function, Task, unheard
from model.arrays import Arrays
from model.cores import MOST_THREADS, granted_cores
from model.errors import InputError, shown
from model.profile import Batch, Profile

# Tasks handed out for each thread or worker: one at work and one waiting, so that nobody is idle and memory stays bounded.
AHEAD: Final = 2


class Threads:
    """Threads of this process: the compiled kernel holds no lock of the interpreter.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def run(
        self, function: Function, context: Any, tasks: Iterable[Task], heed: Callable[[], None]
    ) -> Iterator[tuple[Task, Arrays]]:
        """See ``Executor``."""
        source = iter(tasks)
        running: dict[Future[Arrays], Task] = {}
        pool = ThreadPoolExecutor(self.count)
        try:
            while True:
                for task in islice(source, AHEAD * self.count - len(running)):
                    running[pool.submit(function, context, *task.arguments)] = task
                if not running:
                    return
                ended, _ = wait(running, timeout=HEED_SECONDS, return_when=FIRST_COMPLETED)
                heed()
                for future in ended:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def executor_on(
    where: str | Executor, batch: Batch | None = None, say: Callable[[str], object] = unheard
) -> Iterator[Executor]:
    """Open the executor that ``--on`` names.

    Parameters
    ----------
    where : ``local``, ``local:N``, ``dask:ADDRESS`` or ``slurm``; an executor that is open already is used, and left open
    batch : what a batch system is asked for, from the profile
    say : told what a user should know while it runs (workers lost, workers asked for again), a line each

    Raises
    ------
    InputError
        If ``where`` is none of these, or its libraries are not installed.
    """
    if not isinstance(where, str):
        yield where
        return
    kind, _, detail = where.partition(":")
    if kind == "local":
        yield Threads(threads_in(where))
        return
    if not (kind == "slurm" and not detail) and not (kind == "dask" and detail):
        raise InputError(f"--on: {where}: is no executor; choose local, local:N, dask:ADDRESS or slurm")
    try:
        from execution import dask_executor
    except ImportError as error:
        raise InputError(f"--on: {where}: needs Dask ({error}); run make extras, or pip install -e '.[batch]'") from error
    opened = dask_executor.connect(detail, say) if kind == "dask" else dask_executor.submit(batch or Batch(), say)
    with opened as executor:
        yield executor


def asked_by(profile: Profile, where: str | Executor) -> str | Executor:
    """Return where the work is done: in as many threads as the profile says, unless more is said."""
    return f"local:{profile.threads}" if where == "local" and profile.threads else where


def threads_in(where: str) -> int:
    """Return the number of threads that ``local:N`` asks for, or of all cores granted for ``local``.

    Raises
    ------
    InputError
        If the number is none, or larger than any machine has cores.
    """
    count = where.partition(":")[2]
    if not count:
        return granted_cores()
    if not re.fullmatch("[0-9]{1,18}", count) or not 1 <= int(count) <= MOST_THREADS:
        rule = f"the number of threads must be a whole number from 1 to {MOST_THREADS}; write for instance local:2"
        raise InputError(f"--on: {shown(where)}: {rule}")
    return int(count)
