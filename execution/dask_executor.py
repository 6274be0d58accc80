"""How is work done on other machines? By Dask workers, of a scheduler that runs already or of jobs that a batch system starts.

The only file that knows Dask. Whether a worker lives, dies or dawdles decides what is sent where and how often, never what comes
back: a task is pure. Its context is itself a task of Dask's, so that it is sent once and made again where its holder died.
"""

import asyncio
import gc
import logging
import shlex
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import count, islice
from pathlib import Path
from secrets import token_hex
from traceback import clear_frames
from typing import Any, Final

import dask
import dask_jobqueue
import distributed
from distributed.scheduler import KilledWorker
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from execution.batch_jobs import Absence, Jobs, Patience, Say, cluster_options, on_this_machine, scratch
from execution.fingerprint import content_hash, source_hashes
from execution.scheduler_address import checked
from execution.tasks import HEED_SECONDS, Executor, Function, Task
from model.arrays import Arrays
from model.errors import InputError, Interrupted, TakeoffError
from model.profile import Batch

# Tasks handed out for each thread: one at work and one waiting.
AHEAD: Final = 2
LOOK_SECONDS: Final = 1.0
CLOSING_SECONDS: Final = 60
# Dask gives a task up after some deaths of its workers (distributed.scheduler.allowed-failures); so often it is handed in.
CHANCES: Final = 3
PACKAGES: Final = ("model", "execution", "calibration", "studies")
CLUSTERS: Final = {
    "slurm": dask_jobqueue.SLURMCluster,
    "pbs": dask_jobqueue.PBSCluster,
    "lsf": dask_jobqueue.LSFCluster,
    "sge": dask_jobqueue.SGECluster,
}
# Dask warns of large graphs; ours is large because a context is, and that is sent once.
QUIET: Final = {"distributed.admin.large-graph-warning-threshold": "1 PB"}


@cache
def _sources() -> str:
    """Return the hash of all that a task may run: the same on the driver and on every worker, or bits could differ."""
    return content_hash(source_hashes(PACKAGES))


def _work(sources: str, function: Function, arguments: tuple[Any, ...], context: Any) -> tuple[float, Arrays]:
    """Do one task, on a worker; return what it took (s) and its arrays."""
    if _sources() != sources:
        raise InputError("--on: a worker runs other sources of this project; install the same everywhere and restart the workers")
    begun = time.perf_counter()
    arrays = function(context, *arguments)
    return time.perf_counter() - begun, arrays


def _same(context: Any) -> Any:
    return context


def _on_loop(client: distributed.Client, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
    return asyncio.run_coroutine_threadsafe(work, client.loop.asyncio_loop)


class Workers:
    """The workers that are alive, as the scheduler said last. It is asked now and then, and never waited for."""

    def __init__(self, client: distributed.Client) -> None:
        self.client = client
        self.threads: dict[str, int] = {}
        self.names: set[str] = set()
        self.holder: dict[str, str] = {}
        self.last = time.monotonic()
        self._asked_at = -LOOK_SECONDS
        self._reply: Future[Any] | None = None

    def look(self) -> None:
        """Take the answer that has come, and ask again if it is time."""
        now = time.monotonic()
        if self._reply is not None and self._reply.done():
            reply, self._reply = self._reply, None
            known, processing = ({}, {}) if reply.exception() else reply.result()
            self.threads = {address: worker["nthreads"] for address, worker in known.items()}
            self.names = {worker["name"] for worker in known.values()}
            self.holder = {key: address for address, keys in processing.items() for key in keys}
            if known:
                self.last = now
        if self._reply is None and now - self._asked_at >= LOOK_SECONDS:
            self._asked_at = now
            self._reply = _on_loop(self.client, self._ask())

    async def _ask(self) -> tuple[dict[str, Any], dict[str, list[str]]]:
        identity = await self.client.scheduler.identity(n_workers=-1)
        return identity["workers"], await self.client.scheduler.processing(workers=None)


@dataclass
class Attempt:
    """A task handed to Dask.

    Attributes
    ----------
    number : the same for all attempts at one task
    sent : Dask's future
    begun : when it was handed over (s)
    killed : how many attempts before it ended their workers
    """

    task: Task
    number: int
    sent: Any
    begun: float
    killed: int = 0


class Flight:
    """The tasks of one run that Dask has, and their common context."""

    def __init__(self, client: distributed.Client, function: Function, context: Any) -> None:
        self.client = client
        self.function = function
        self.context = client.submit(partial(_same, context), key=f"context-{token_hex(16)}", pure=False)
        self.attempts: dict[Future[Any], Attempt] = {}
        self.seconds: list[float] = []
        self._numbers = count()

    def send(self, task: Task, number: int | None = None, killed: int = 0, workers: list[str] | None = None) -> None:
        """Hand a task to Dask; attempts at the same task share a ``number``, and a new task gets one."""
        # The arguments are bound into the function, since Dask would look for a graph in them.
        work = partial(_work, _sources(), self.function, task.arguments)
        key = f"{getattr(self.function, '__name__', 'task')}-{token_hex(16)}"
        where = {"workers": workers, "allow_other_workers": True} if workers else {}
        sent = self.client.submit(work, self.context, key=key, pure=False, **where)
        reply = _on_loop(self.client, self.client.gather(sent, asynchronous=True))
        self.attempts[reply] = Attempt(task, next(self._numbers) if number is None else number, sent, time.monotonic(), killed)

    def ended(self) -> Iterator[tuple[Task, Arrays]]:
        """Yield what has ended by now.

        Raises
        ------
        TakeoffError
            If a task has ended its worker time and again.
        Interrupted
            If the scheduler is lost.
        Exception
            What a task raised.
        """
        for reply in [reply for reply in self.attempts if reply.done()]:
            attempt = self.attempts.pop(reply, None)
            if attempt is None:
                continue
            try:
                seconds, arrays = reply.result()
            except KilledWorker as error:
                self._send_again(attempt, error)
                continue
            except (CancelledError, distributed.CancelledError) as error:
                raise Interrupted("--on: the scheduler is gone; the work is saved: run the same command with --resume") from error
            except (ImportError, RuntimeError) as error:
                missing = error if isinstance(error, ImportError) else error.__cause__
                if isinstance(missing, ImportError):
                    raise InputError(
                        f"--on: {missing} at the scheduler or a worker; start them in this command's environment"
                    ) from error
                raise
            attempt.sent.release()
            twins = [twin for twin, other in self.attempts.items() if other.number == attempt.number]
            self.cancel([self.attempts.pop(twin) for twin in twins])
            self.seconds.append(seconds)
            yield attempt.task, arrays

    def _send_again(self, attempt: Attempt, error: KilledWorker) -> None:
        if any(other.number == attempt.number for other in self.attempts.values()):
            return
        deaths = (attempt.killed + 1) * (error.allowed_failures + 1)
        if attempt.killed + 1 >= CHANCES:
            raise TakeoffError(
                f"{attempt.task.name}: {deaths} workers died at this task; ask for more memory, or look at the workers' logs"
            ) from error
        self.send(attempt.task, attempt.number, attempt.killed + 1)

    def send_stragglers(self, workers: Workers, limit: float) -> None:
        """Hand to other workers what has been under way for longer than ``limit`` (s): once, and no more than are idle."""
        idle = sum(workers.threads.values()) - len(self.attempts)
        numbers = Counter(attempt.number for attempt in self.attempts.values())
        alone = [attempt for attempt in self.attempts.values() if numbers[attempt.number] == 1]
        late = [attempt for attempt in alone if time.monotonic() - attempt.begun > limit]
        for attempt in late[:idle]:
            others = [address for address in workers.threads if address != workers.holder.get(attempt.sent.key)]
            self.send(attempt.task, attempt.number, attempt.killed, others)

    def cancel(self, attempts: Iterable[Attempt]) -> None:
        """Drop attempts, so that those which have not begun never will."""
        if sent := [attempt.sent for attempt in attempts]:
            self._cancel(sent)

    def close(self) -> None:
        """Drop everything."""
        sent = [attempt.sent for attempt in self.attempts.values()]
        self.attempts.clear()
        if self.client.status == "running":
            wait([self._cancel([*sent, self.context])], timeout=CLOSING_SECONDS)

    def _cancel(self, sent: list[Any]) -> "Future[Any]":
        return _on_loop(self.client, self.client.cancel(sent, force=True, asynchronous=True))


class DaskExecutor:
    """Workers of a Dask scheduler.

    Parameters
    ----------
    client : distributed.Client
    mend : called about every ``HEED_SECONDS`` with who is alive; sees to it that there are workers
    patience : Patience
    """

    def __init__(self, client: distributed.Client, mend: Callable[[Workers], None], patience: Patience) -> None:
        self.client = client
        self.workers = Workers(client)
        self.mend = mend
        self.patience = patience

    def run(
        self, function: Function, context: Any, tasks: Iterable[Task], heed: Callable[[], None]
    ) -> Iterator[tuple[Task, Arrays]]:
        """See ``Executor``."""
        source = iter(tasks)
        self.workers.last = full = time.monotonic()
        flight = Flight(self.client, function, context)
        try:
            while True:
                self.workers.look()
                self.mend(self.workers)
                threads = sum(self.workers.threads.values())
                wanted = max(2, AHEAD * threads) - len(flight.attempts)
                for task in islice(source, max(0, wanted)):
                    flight.send(task)
                if not flight.attempts:
                    return
                if len(flight.attempts) >= threads:
                    full = time.monotonic()
                else:
                    self._spur(flight, full)
                wait(flight.attempts, timeout=HEED_SECONDS, return_when=FIRST_COMPLETED)
                heed()
                yield from flight.ended()
        finally:
            flight.close()

    def _spur(self, flight: Flight, full: float) -> None:
        """Send late tasks to idle workers as well: no task is left, and some workers have nothing to do.

        Parameters
        ----------
        full : when all workers were last busy (s); until then a task may have waited, so that its age says nothing.
        """
        usual = statistics.median(flight.seconds) if flight.seconds else 0.0
        limit = max(self.patience.straggler, self.patience.straggler_ratio * usual)
        if time.monotonic() - full > limit:
            flight.send_stragglers(self.workers, limit)


# ------------------------------------------------------------------------------------------------------ a scheduler that runs


@contextmanager
def connect(address: str, say: Say, patience: Patience | None = None) -> Iterator[Executor]:
    """Open the executor of a Dask scheduler that runs already.

    Parameters
    ----------
    address : ``[tcp://]127.0.0.1:PORT`` or another address of this machine, or ``tls://HOST:PORT``
    say : told when no worker is alive
    patience : Patience, optional

    Raises
    ------
    InputError
        If the address is no such address, or nobody answers there.
    """
    patience = patience or Patience()
    with dask.config.set(QUIET), silence_logging_cmgr(logging.CRITICAL), _client(address, patience) as client:
        yield DaskExecutor(client, Absence(say, patience), patience)


def _client(address: str, patience: Patience) -> distributed.Client:
    full = checked(address)
    try:
        return distributed.Client(full, timeout=patience.answer, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        clear_frames(error.__traceback__)
    # A client that failed is closed when it is collected. It is collected here, since a collection while another client starts
    # would make both wait for one lock.
    gc.collect()
    raise InputError(f"--on: dask:{address}: no scheduler answers ({reason}); start one with: dask scheduler")


# ------------------------------------------------------------------------------------------------------------ a batch system


@contextmanager
def submit(batch: Batch, say: Say, patience: Patience | None = None) -> Iterator[Executor]:
    """Open the executor of workers that live in jobs of a batch system; the jobs end with it.

    Parameters
    ----------
    batch : what is asked for
    say : told when workers are lost and asked for again
    patience : Patience, optional

    Raises
    ------
    InputError
        If there is no such batch system, or it refuses the jobs, or they end before a worker reports.
    """
    patience = patience or Patience()
    command = shlex.split(CLUSTERS[batch.queue].job_cls.submit_command)[0]
    if shutil.which(command) is None:
        raise InputError(f"--on {batch.queue}: {command}: is no command here; run where jobs are submitted, or choose --on local")
    with dask.config.set(QUIET), scratch(batch) as folder, _cluster(batch, folder, patience) as cluster:
        jobs = Jobs(cluster, batch, folder, say, patience)
        jobs.start()
        with distributed.Client(cluster, set_as_default=False) as client:
            yield DaskExecutor(client, jobs.mend, patience)


class _Closing:
    """A job that reports that it is closed. Those of dask-jobqueue do not, and a cluster that lists one then never closes."""

    async def close(self) -> None:
        await super().close()  # type: ignore[misc]
        self.status = distributed.Status.closed


def _encryption(folder: Path) -> Security:
    """Make a key and a certificate for this run, in files that the workers read."""
    paths = {}
    for part, text in Security.temporary().get_tls_config_for_role("worker").items():
        if part in {"ca_file", "cert", "key"}:
            paths[part] = folder / f"{part}.pem"
            paths[part].touch(mode=0o600)
            paths[part].write_text(text)
    own = {f"tls_{role}_{part}": str(paths[part]) for role in ("scheduler", "worker", "client") for part in ("cert", "key")}
    return Security(require_encryption=True, tls_ca_file=str(paths["ca_file"]), **own)


@contextmanager
def _cluster(batch: Batch, folder: Path, patience: Patience) -> Iterator[Any]:
    options = cluster_options(batch, folder, patience)
    if not on_this_machine(batch):
        try:
            options["security"] = _encryption(folder)
        except ImportError as error:
            raise InputError(f"slurm: interface: {batch.interface}: needs encryption; pip install cryptography") from error
    kind = CLUSTERS[batch.queue]
    try:
        cluster = kind(job_cls=type("Job", (_Closing, kind.job_cls), {}), **options)
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"--on {batch.queue}: {error}; correct the profile's entry slurm") from error
    try:
        yield cluster
    finally:
        cluster.close(timeout=CLOSING_SECONDS)
