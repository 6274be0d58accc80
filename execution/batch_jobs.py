"""What is a batch system asked for, and what if its jobs end? For as many jobs as the profile says, each with one worker; a job
whose worker is gone, or never came, is asked for again.

Dask's own cluster of jobs does not do that: it cancels the job of a lost worker and then waits for ever.
"""

import asyncio
import re
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from model.cores import SINGLE_THREAD
from model.errors import InputError, Interrupted
from model.profile import Batch

Say: TypeAlias = Callable[[str], object]

LOOPBACK: Final = "lo"
ACCOUNT: Final = {"slurm": "account", "pbs": "account", "lsf": "project", "sge": "project"}
# Lists the numbers of a user's jobs that wait or run. Of other systems, a job whose worker never came is taken to be waiting.
LISTING: Final = {"slurm": ("squeue", "--noheader", "--me", "--format=%A")}
LISTING_SECONDS: Final = 20
# Paths that mean the same to a shell and to a batch system without quotes.
_PLAIN_PATH: Final = re.compile(r"[\w./+@%=:,~-]+")


@dataclass(frozen=True)
class Patience:
    """For how long the driver waits for each thing before it acts (s)."""

    answer: float = 30.0  # a scheduler's first answer
    straggler: float = 60.0  # a task, before idle workers get it as well: at least so long,
    straggler_ratio: float = 4.0  # and at least this many times the median duration of a task
    worker: float = 30.0  # a worker that was there and is gone, before its job is asked for again
    word: float = 60.0  # between two lines that say that no worker is alive
    workers: float = 900.0  # the workers of a scheduler that was started elsewhere, before the run is interrupted
    driver: float = 60.0  # a worker, for the scheduler of the driver, before it ends


class Alive(Protocol):
    """The workers that are alive: their names, and when any worker last was (s)."""

    names: set[str]
    last: float


@dataclass
class Absence:
    """Says that nobody works, and ends the wait for workers of somebody else."""

    say: Say
    patience: Patience
    said: float = 0.0

    def __call__(self, workers: Alive) -> None:
        """Say now and then that no worker is alive, and end the run when it has waited long enough.

        Raises
        ------
        Interrupted
            If no worker has been alive for ``patience.workers`` seconds.
        """
        now = time.monotonic()
        gone = now - workers.last
        if gone > self.patience.workers:
            raise Interrupted(
                f"--on: no worker has been alive for {gone:.0f} s; the work is saved: start workers and run again with --resume"
            )
        if gone > self.patience.worker and now - self.said > self.patience.word:
            self.said = now
            self.say(f"no worker has been alive for {gone:.0f} s: waiting for the scheduler's workers")


def on_this_machine(batch: Batch) -> bool:
    """Return whether the workers are reached by loopback."""
    return batch.interface in (None, LOOPBACK)


def seconds_of(walltime: str) -> int:
    """Return a walltime, hours:minutes:seconds as a profile holds it, in seconds."""
    hours, minutes, seconds = map(int, walltime.split(":"))
    return 3600 * hours + 60 * minutes + seconds


def lifetime(walltime: int) -> tuple[int, int]:
    """Return after how many seconds a worker retires, give or take how many: before the batch system kills it at work."""
    margin = min(max(60, walltime // 10), walltime // 2)
    return walltime - margin, margin // 4


def cluster_options(batch: Batch, folder: Path, patience: Patience) -> dict[str, Any]:
    """Return what dask-jobqueue's cluster is told; logs, certificates and, on this machine, workers' files go to ``folder``.

    Raises
    ------
    InputError
        If the path of ``folder`` cannot stand in a batch script, in which dask-jobqueue puts it without quotes.
    """
    if not _PLAIN_PATH.fullmatch(str(folder)):
        raise InputError(
            f"--on {batch.queue}: {str(folder)!r}: a batch script takes no such path; run in a folder without blanks"
        )
    local = on_this_machine(batch)
    duration, stagger = lifetime(seconds_of(batch.walltime))
    return {
        "cores": batch.cores,
        "memory": f"{_memory(batch)}iB",
        # LSF counts no seconds.
        "walltime": batch.walltime.rpartition(":")[0] if batch.queue == "lsf" else batch.walltime,
        "queue": batch.partition,
        ACCOUNT[batch.queue]: batch.account,
        **_directives(batch),
        "job_script_prologue": [*(f"export {name}=1" for name in SINGLE_THREAD), *batch.prologue],
        "interface": LOOPBACK if local else batch.interface,
        "python": shlex.quote(sys.executable),
        "processes": 1,
        "nanny": True,
        "death_timeout": patience.driver,
        "job_name": "takeoff",
        "log_directory": str(folder),
        "local_directory": str(folder) if local else None,
        "shared_temp_directory": str(folder),
        "scheduler_options": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        "worker_extra_args": [
            *("--lifetime", f"{duration}s", "--lifetime-stagger", f"{stagger}s"),
            *("--no-dashboard", "--dashboard-address", "127.0.0.1:0"),
        ],
    }


def _directives(batch: Batch) -> dict[str, list[str]]:
    """Return which lines of a job's header go and which come: memory is asked for by job or by core, never both."""
    if batch.memory_per_cpu is None:
        return {"job_directives_skip": [], "job_extra_directives": list(batch.directives)}
    by_core = f"--mem-per-cpu={batch.memory_per_cpu}"
    return {"job_directives_skip": ["--mem="], "job_extra_directives": [by_core, *batch.directives]}


def _memory(batch: Batch) -> str:
    """Return the memory of one job."""
    if batch.memory_per_cpu is None:
        return batch.memory
    return f"{batch.cores * int(batch.memory_per_cpu[:-1])}{batch.memory_per_cpu[-1]}"


@contextmanager
def scratch(batch: Batch) -> Iterator[Path]:
    """Make a folder for the jobs' logs: where all nodes see it if they are several. It goes with them, unless the jobs failed."""
    parent = None if on_this_machine(batch) else Path.cwd()
    folder = Path(tempfile.mkdtemp(prefix="takeoff-jobs-", dir=parent))
    try:
        yield folder
    except JobsFailed:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


class JobsFailed(InputError):  # noqa: N818 - what happened
    """Jobs end before their workers report."""


class Jobs:
    """The jobs in which our workers live: as many as were asked for, at work or waiting.

    Parameters
    ----------
    cluster : dask_jobqueue.JobQueueCluster
        Without jobs.
    batch : what is asked for
    folder : where the jobs' logs are
    say : told what is lost and asked for again
    patience : Patience
    """

    def __init__(self, cluster: Any, batch: Batch, folder: Path, say: Say, patience: Patience) -> None:
        self.cluster = cluster
        self.batch = batch
        self.folder = folder
        self.say = say
        self.patience = patience
        self.seen: dict[str, float] = {}
        self.failed = 0
        self._waiting = 0
        self._names = (f"takeoff-{serial}" for serial in count())
        self._asked: Future[None] | None = None
        self._listed: Future[set[str]] | None = None
        self._list_at = time.monotonic() + patience.worker
        self._say_after = patience.worker

    def start(self) -> None:
        """Ask for the first jobs.

        Raises
        ------
        InputError
            If the batch system refuses them.
        """
        try:
            self.cluster.sync(self._ask, [])
        except RuntimeError as error:
            raise InputError(f"--on {self.batch.queue}: {_reason(error)}; correct the profile's entry slurm") from error

    def mend(self, alive: Alive) -> None:
        """Ask again for the jobs of workers that are gone, without waiting for the batch system.

        Raises
        ------
        InputError
            If jobs end, one after the other, before their workers report.
        """
        if self._asked is not None:
            if not self._asked.done():
                return
            error, self._asked = self._asked.exception(), None
            if error is not None:
                self.say(f"the batch system refuses: {_reason(error)}")
        now = time.monotonic()
        if not alive.names <= self.seen.keys():
            self.failed = 0
        self.seen.update(dict.fromkeys(alive.names, now))
        gone = [name for name in self.cluster.worker_spec if now - self.seen.get(name, now) > self.patience.worker]
        gone += self._never_came(now)
        absent = now - alive.last
        if gone:
            what = _absence(absent) if absent > self.patience.worker else "workers are lost"
            self.say(f"{what}: asking the batch system for {_jobs(len(gone))} again")
            self._asked = self._on_loop(self._ask(gone))
        elif absent > self._say_after and self._waiting:
            self.say(f"{_absence(absent)}: the batch system keeps {_jobs(self._waiting)} waiting")
            self._say_after *= 2
        elif alive.names:
            self._say_after = self.patience.worker

    def _never_came(self, now: float) -> list[str]:
        """Return jobs that are in the batch system no more, and whose worker was never seen."""
        if self._listed is None and now > self._list_at:
            self._listed = self._on_loop(self._gone_unseen())
        if self._listed is None or not self._listed.done():
            return []
        listed, self._listed = self._listed, None
        self._list_at = now + self.patience.worker
        if (error := listed.exception()) is not None:
            self.say(f"the batch system does not answer: {_reason(error)}")
            return []
        unseen = self.cluster.worker_spec.keys() - self.seen.keys()
        gone = sorted(unseen & listed.result())
        self._waiting = len(unseen) - len(gone)
        self.failed += len(gone)
        if self.failed > 2 * self.batch.jobs:
            raise JobsFailed(
                f"--on {self.batch.queue}: {self.failed} jobs ended before a worker reported{_last_line(self.folder)}; "
                f"see {self.folder}; correct the prologue, or the interface by which nodes reach this machine"
            )
        return gone

    def _on_loop(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self.cluster.loop.asyncio_loop)

    async def _ask(self, gone: list[str]) -> None:
        """Forget jobs, which cancels them, and submit others: under new names, since Dask thinks that a known name is there."""
        for name in gone:
            self.cluster.worker_spec.pop(name, None)
        while len(self.cluster.worker_spec) < self.batch.jobs:
            self.cluster.worker_spec[next(self._names)] = self.cluster.new_spec
        await self.cluster._correct_state()

    async def _gone_unseen(self) -> set[str]:
        numbers = {name: job.job_id for name, job in self.cluster.workers.items() if name not in self.seen}
        refused = {name for name, number in numbers.items() if number is None}
        command = LISTING.get(self.batch.queue)
        if command is None or not numbers:
            return refused
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        try:
            out, err = await asyncio.wait_for(process.communicate(), LISTING_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise RuntimeError(f"{command[0]} took more than {LISTING_SECONDS} s") from None
        if process.returncode != 0:
            raise RuntimeError(err.decode(errors="replace"))
        known = set(out.decode().split())
        return refused | {name for name, number in numbers.items() if number is not None and number not in known}


def _absence(seconds: float) -> str:
    return f"no worker has been alive for {seconds:.0f} s"


def _jobs(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"


def _reason(error: BaseException) -> str:
    """Return the last line of what a command said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _last_line(folder: Path) -> str:
    logs = sorted((path for path in folder.glob("takeoff-*") if path.is_file()), key=lambda path: path.stat().st_mtime)
    lines = [line for path in logs for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return f": {lines[-1].strip()}" if lines else ""
