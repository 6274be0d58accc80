"""Is a batch system asked for what the profile says, and again for what is lost, but never for what only waits?"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("dask_jobqueue")

from execution.batch_jobs import Jobs, Patience, cluster_options, lifetime
from execution.dask_executor import CLUSTERS, submit
from model.errors import InputError
from model.profile import Batch


class Queue:
    """Stands in for dask-jobqueue's cluster: jobs get numbers, or are refused."""

    new_spec = "a job"

    def __init__(self) -> None:
        self.worker_spec: dict[str, str] = {}
        self.workers: dict[str, SimpleNamespace] = {}
        self.submitted = 0
        self.refuses = False
        asyncio_loop = asyncio.new_event_loop()
        self.loop = SimpleNamespace(asyncio_loop=asyncio_loop)
        self.thread = threading.Thread(target=asyncio_loop.run_forever)
        self.thread.start()

    def close(self) -> None:
        self.loop.asyncio_loop.call_soon_threadsafe(self.loop.asyncio_loop.stop)
        self.thread.join()
        self.loop.asyncio_loop.close()

    async def _correct_state(self) -> None:
        self.workers = {name: job for name, job in self.workers.items() if name in self.worker_spec}
        for name in self.worker_spec.keys() - self.workers.keys():
            self.submitted += 1
            self.workers[name] = SimpleNamespace(job_id=None if self.refuses else str(self.submitted))
        if self.refuses:
            raise RuntimeError("stderr:\nqsub: no more today")

    def sync(self, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work(*arguments), self.loop.asyncio_loop).result()


@pytest.fixture
def queue() -> Iterator[Queue]:
    opened = Queue()
    yield opened
    opened.close()


def mended(jobs: Jobs, alive: set[str], enough: Callable[[], bool]) -> bool:
    """Look after jobs, with these workers alive, until it is enough or a second has passed."""
    last = time.monotonic()
    deadline = last + 1.0
    while not enough() and time.monotonic() < deadline:
        jobs.mend(SimpleNamespace(names=alive, last=time.monotonic() if alive else last))
        time.sleep(0.02)
    return enough()


def test_only_the_jobs_of_lost_workers_are_asked_for_again(queue: Queue, tmp_path: Path) -> None:
    said: list[str] = []
    jobs = Jobs(queue, Batch(queue="pbs", jobs=3), tmp_path, said.append, Patience(worker=0.2))
    jobs.start()
    assert sorted(queue.worker_spec) == ["takeoff-0", "takeoff-1", "takeoff-2"]
    assert mended(jobs, {"takeoff-0", "takeoff-1"}, lambda: len(jobs.seen) == 2)
    assert mended(jobs, {"takeoff-1"}, lambda: queue.submitted == 4)
    assert sorted(queue.worker_spec) == ["takeoff-1", "takeoff-2", "takeoff-3"], "the third may still wait"
    assert said == ["workers are lost: asking the batch system for 1 job again"]


def test_jobs_that_wait_are_left_alone(queue: Queue, tmp_path: Path) -> None:
    said: list[str] = []
    jobs = Jobs(queue, Batch(queue="pbs", jobs=2), tmp_path, said.append, Patience(worker=0.1))
    jobs.start()
    assert not mended(jobs, set(), lambda: queue.submitted > 2)
    assert said
    assert all(line.endswith("the batch system keeps 2 jobs waiting") for line in said)


def test_a_refusal_is_said_and_tried_again(queue: Queue, tmp_path: Path) -> None:
    said: list[str] = []
    jobs = Jobs(queue, Batch(queue="pbs", jobs=1), tmp_path, said.append, Patience(worker=0.1))
    jobs.start()
    mended(jobs, {"takeoff-0"}, lambda: "takeoff-0" in jobs.seen)
    queue.refuses = True
    assert mended(jobs, set(), lambda: "the batch system refuses: qsub: no more today" in said)
    queue.refuses = False
    assert mended(jobs, set(), lambda: any(job.job_id is not None for job in queue.workers.values()))


def test_a_first_refusal_ends_the_run(queue: Queue, tmp_path: Path) -> None:
    queue.refuses = True
    jobs = Jobs(queue, Batch(queue="pbs"), tmp_path, print, Patience())
    with pytest.raises(InputError, match=r"^--on pbs: qsub: no more today; correct the profile's entry slurm"):
        jobs.start()


@pytest.mark.parametrize(("queue", "said"), [
    ("slurm", ["-p long", "-A project", "--cpus-per-task=2", "--mem=3G", "-t 02:00:00"]),
    ("pbs", ["-q long", "-A project", "select=1:ncpus=2:mem=3072MB", "walltime=02:00:00"]),
    ("lsf", ["-q long", '-P "project"', "-n 2", "-W 02:00"]),
    ("sge", ["-q long", "-P project", "h_rt=02:00:00"]),
])  # fmt: skip
def test_a_batch_system_is_asked_for_what_the_profile_says(queue: Any, said: list[str], tmp_path: Path) -> None:
    batch = Batch(
        queue=queue,
        cores=2,
        memory="3G",
        walltime="02:00:00",
        partition="long",
        account="project",
        prologue=("module load python",),
    )
    options = cluster_options(batch, tmp_path, Patience(driver=10))
    for name in ("scheduler_options", "shared_temp_directory"):
        options.pop(name)
    script = CLUSTERS[queue].job_cls("tcp://127.0.0.1:1", name="takeoff-0", **options).job_script()
    for line in [
        *said,
        "module load python",
        "OPENBLAS_NUM_THREADS=1",
        "--nthreads 2",
        "--lifetime 6480s",
        "--death-timeout 10",
        "--nanny",
    ]:
        assert line in script


def test_slurm_is_asked_for_memory_per_cpu_and_for_further_options(tmp_path: Path) -> None:
    batch = Batch(cores=4, memory_per_cpu="3GB", qos="high", constraint="a&b", options={"reservation": "x", "exclusive": True})
    options = cluster_options(batch, tmp_path, Patience())
    for name in ("scheduler_options", "shared_temp_directory"):
        options.pop(name)
    job = CLUSTERS["slurm"].job_cls("tcp://127.0.0.1:1", name="takeoff-0", **options).job_script()
    asked = [line for line in job.splitlines() if line.startswith("#SBATCH")]
    for option in ("--mem-per-cpu=3G", "--qos=high", "--constraint=a&b", "--reservation=x", "--exclusive"):
        assert f"#SBATCH {option}" in asked
    assert "--mem=" not in job
    assert "--memory-limit 12.00GiB" in job


@pytest.mark.parametrize("name", ["a b", "a\nb", "a;b", "a'b"])
def test_a_folder_that_cannot_stand_in_a_batch_script_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^--on slurm: .*: a batch script takes no such path; run in a folder without blanks$"):
        cluster_options(Batch(), tmp_path / name, Patience())


@pytest.mark.parametrize("walltime", [2, 60, 90, 600, 3600, 86400])
def test_workers_retire_before_the_walltime(walltime: int) -> None:
    after, stagger = lifetime(walltime)
    assert walltime / 2 <= after <= after + stagger < walltime


def test_without_its_commands_a_batch_system_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    opening = submit(Batch(queue="pbs"), lambda line: None)
    with pytest.raises(InputError, match=r"^--on pbs: qsub: is no command here"), opening:
        pytest.fail("there is no qsub")
