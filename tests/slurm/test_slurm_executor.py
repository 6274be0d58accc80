"""Do the jobs of a real Slurm give the arrays of threads, whatever is cancelled, killed or runs out of time?"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("dask_jobqueue")

import psutil

import calibration.pipeline as pipeline
from execution.batch_jobs import Patience
from execution.chunks import digest
from execution.dask_executor import submit
from execution.executors import Threads, executor_on
from execution.tasks import Executor, Task
from model.config import all_cases
from model.errors import InputError
from model.profile import Batch
from tests.slurm.work import signed, squares
from tests.test_same_bits import CLUSTERS, found, leave

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {"numbers": np.linspace(0.0, 1.0, 5)}
BATCH = Batch(jobs=2, memory="512M", prologue=(f"export PYTHONPATH='{ROOT}'",))
LIMIT = 240.0  # s, beyond which a run hangs


def call(*command: str) -> list[str]:
    """Ask Slurm, which blocks where its daemon is dead."""
    return subprocess.run(["timeout", "20", *command], capture_output=True, text=True, check=True).stdout.split()


def running_jobs() -> list[str]:
    return call("squeue", "--noheader", "--states=running", "--format=%A")


def workers() -> dict[int, str]:
    """Processes of workers by their number, each with its command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile
        if (
            f"SLURM_CONF={os.environ['SLURM_CONF']}\0".encode() in environment
            and b"SLURM_JOB_NAME=takeoff" in environment
            and "python" in command
        ):
            found[int(folder.name)] = command
    return found


def until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.2)
    return true()


@pytest.fixture(autouse=True)
def _no_jobs_before_and_after(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    assert until(lambda: not call("squeue", "--noheader") and not workers()), "jobs of another test"
    yield
    left = not until(lambda: not call("squeue", "--noheader") and not workers())
    if left:
        call("scancel", "--user=root")
    assert not left, "jobs outlive their driver"


def tasks(count: int, seconds: float) -> list[Task]:
    return [Task(f"squares-{number}", (number, seconds)) for number in range(count)]


class Fault:
    """Does something once when so many tasks have ended."""

    def __init__(self, after: int, does: Callable[[], object]) -> None:
        self.after = after
        self.does = does
        self.done = False
        self.deadline = time.monotonic() + LIMIT

    def __call__(self, ended: int) -> None:
        assert time.monotonic() < self.deadline, "the run hangs"
        if ended >= self.after and not self.done:
            self.done = True
            self.does()


def results(
    executor: Executor, wanted: list[Task], fault: Fault, function: Any = squares, context: Any = NUMBERS
) -> dict[str, str]:
    found: dict[str, str] = {}
    for task, arrays in executor.run(function, context, wanted, lambda: fault(len(found))):
        assert task.name not in found, "a task came twice"
        found[task.name] = digest(arrays)
    assert fault.done
    return found


def expected(wanted: list[Task]) -> dict[str, str]:
    """What one thread gives, waiting for nothing."""
    instant = [Task(task.name, (task.arguments[0], 0.0)) for task in wanted]
    return {task.name: digest(arrays) for task, arrays in Threads(1).run(squares, NUMBERS, instant, lambda: None)}


def test_jobs_give_the_arrays_of_threads(tmp_path: Path) -> None:
    wanted = tasks(40, 0.2)
    litter = set(Path.cwd().iterdir())
    with executor_on("slurm", BATCH) as executor:
        found = results(executor, wanted, Fault(20, lambda: None), signed, (str(tmp_path), NUMBERS))
    assert found == expected(wanted)
    assert len({path.name.split("-")[1] for path in tmp_path.iterdir()}) == 2, "both jobs worked"
    assert set(Path.cwd().iterdir()) == litter


def test_one_cancelled_job_is_replaced() -> None:
    wanted = tasks(80, 1.0)
    said: list[str] = []
    first: list[str] = []

    def cancel() -> None:
        first.extend(running_jobs())
        call("scancel", first[0])

    with executor_on("slurm", BATCH, said.append) as executor:
        found = results(executor, wanted, Fault(6, cancel))
        assert len(set(running_jobs()) - set(first)) == 1
    assert found == expected(wanted)
    assert said == ["workers are lost: asking the batch system for 1 job again"]


def test_all_cancelled_jobs_are_replaced() -> None:
    wanted = tasks(40, 0.5)
    said: list[str] = []
    first: list[str] = []

    def cancel() -> None:
        first.extend(running_jobs())
        call("scancel", *first)

    with executor_on("slurm", BATCH, said.append) as executor:
        found = results(executor, wanted, Fault(6, cancel))
        assert set(running_jobs()).isdisjoint(first)
    assert found == expected(wanted)
    assert len(first) == 2
    # One line for both, or one for each if the scheduler noticed them a look apart.
    assert all(line.startswith("no worker has been alive for 3") for line in said)
    assert sum(int(number) for line in said for number in re.findall(r"asking the batch system for (\d+) job", line)) == 2


def test_a_killed_worker_comes_back() -> None:
    wanted = tasks(40, 0.5)

    def kill() -> None:
        # The worker is the child that its nanny spawned.
        os.kill(next(number for number, command in workers().items() if "spawn_main" in command), signal.SIGKILL)

    with executor_on("slurm", BATCH) as executor:
        first = running_jobs()
        found = results(executor, wanted, Fault(6, kill))
        assert set(first) <= set(running_jobs())
    assert found == expected(wanted)


def test_every_command_leaves_the_bits_of_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibrate, compare, sweep and sensitivity, by hashes taken from the finished files."""
    monkeypatch.setattr(pipeline, "all_cases", lambda: all_cases()[:CLUSTERS])
    with executor_on("slurm", BATCH.model_copy(update={"memory": "1500M"})) as executor:
        leave(tmp_path / "slurm", executor)
    leave(tmp_path / "thread", "local:1")
    hashes = found(tmp_path / "thread")
    assert found(tmp_path / "slurm") == hashes
    assert len(set(hashes.values())) == 5


DRIVER = """
from execution.batch_jobs import Patience
from execution.dask_executor import submit
from tests.slurm.test_slurm_executor import BATCH, NUMBERS, tasks
from tests.slurm.work import squares

if __name__ == "__main__":
    with submit(BATCH, lambda line: None, Patience(driver=10)) as executor:
        for task, arrays in executor.run(squares, NUMBERS, tasks(10000, 0.5), lambda: None):
            print(task.name, flush=True)
"""


def test_a_killed_driver_leaves_no_jobs(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, script], env=environment, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        assert [driver.stdout.readline() for _ in range(4)][-1].startswith("squares-")
        assert len(running_jobs()) == 2
        driver.kill()
    assert until(lambda: not call("squeue", "--noheader"), 30.0)
    assert until(lambda: not workers(), 5.0)


def test_work_outlives_the_walltime_of_its_jobs(tmp_path: Path) -> None:
    wanted = tasks(45, 2.0)
    short = BATCH.model_copy(update={"walltime": "00:01:00"})
    with executor_on("slurm", short) as executor:
        found = results(executor, wanted, Fault(40, lambda: None), signed, (str(tmp_path), NUMBERS))
    assert found == expected(wanted)
    assert len({path.name.split("-")[1] for path in tmp_path.iterdir()}) > 2, "no job was replaced"


def an_interface() -> str:
    """An interface by which other machines could reach this one."""
    for name, addresses in psutil.net_if_addrs().items():
        if name != "lo" and psutil.net_if_stats()[name].isup and any(one.family == socket.AF_INET for one in addresses):
            return name
    pytest.skip("this machine has no interface but loopback")


def test_beyond_this_machine_everything_is_encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cryptography")
    monkeypatch.chdir(tmp_path)
    wanted = tasks(20, 0.1)
    with submit(BATCH.model_copy(update={"interface": an_interface()}), lambda line: None) as executor:
        address = executor.client.scheduler.address  # type: ignore[attr-defined]
        assert address.startswith("tls://")
        assert not address.startswith("tls://127.")
        assert results(executor, wanted, Fault(10, lambda: None)) == expected(wanted)
        assert all("tls://" in command and "tcp://" not in command for command in workers().values() if "dask_worker" in command)
        assert {oct(path.stat().st_mode)[-2:] for path in tmp_path.rglob("key.pem")} == {"00"}
    assert list(tmp_path.iterdir()) == []


def test_a_prologue_that_fails_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    broken = BATCH.model_copy(update={"prologue": ("echo no such module >&2; exit 1",)})
    said: list[str] = []
    with pytest.raises(InputError, match=r"6 jobs ended before a worker reported: no such module; see .*; correct the prologue"):  # noqa: SIM117
        with submit(broken, said.append, Patience(worker=3.0)) as executor:
            results(executor, tasks(4, 0.1), Fault(99, lambda: None))
    assert "asking the batch system for 2 jobs again" in said[0]
    assert list(tmp_path.glob("*/takeoff-*.err")), "the logs are kept"


def test_what_slurm_refuses_is_an_error_in_the_profile() -> None:
    nowhere = BATCH.model_copy(update={"partition": "nowhere"})
    opening = executor_on("slurm", nowhere)
    with pytest.raises(InputError, match=r"^--on slurm: .*Invalid partition.*; correct the profile's entry slurm"), opening:
        pytest.fail("there is no such partition")
