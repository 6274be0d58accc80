"""Do the scripts of docs/batch.md do what it says on a real Slurm, with a sweep in the place of the long run?"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
TAKEOFF = Path(sys.executable).with_name("takeoff")
ROWS = 800  # some seconds of one core
LIMIT = 240.0  # s, beyond which a job hangs


def call(*command: str) -> str:
    """Ask Slurm, which blocks where its daemon is dead."""
    return subprocess.run(["timeout", "20", *command], capture_output=True, text=True, check=True).stdout.strip()


def state(job: str) -> str:
    """State of a job, or of all jobs of an array; empty once it has left the queue."""
    return call("squeue", "--noheader", "--format=%t %r", "--states=PD,R,CG,S", f"--jobs={job}") if job in queued() else ""


def queued() -> set[str]:
    return set(call("squeue", "--noheader", "--format=%F").split())


def until(true: Callable[[], bool], seconds: float = LIMIT) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def guide_script(word: str) -> str:
    """The script of the guide that holds a word."""
    found = re.findall(r"^```sbatch\n(.*?)^```", (ROOT / "docs/batch.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    (chosen,) = [script for script in found if word in script]
    return str(chosen)


def submit(folder: Path, script: str, *options: str) -> str:
    """Submit a script of the guide whose run is a sweep, and return the job's number."""
    instead = f"{TAKEOFF} sweep table.csv --out panel.csv"
    changed, count = re.subn(r"\.venv/bin/takeoff run --profile quick --out \S+", instead, script)
    assert count == 1
    (folder / "job.sbatch").write_text(changed)
    said = call("sbatch", "--parsable", f"--chdir={folder}", "--mem=700M", *options, str(folder / "job.sbatch"))
    return said.split(";")[0]


def pieces(folder: Path) -> int:
    return len(list(folder.glob("panel.csv.run/chunks/sweep*.npz")) or list(folder.glob("panel.csv.run/chunks/[!.]*.npz")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, and the panel that a run leaves which nobody disturbs."""
    place = tmp_path_factory.mktemp("alone")
    lines = [f"{9 + row % 3},{row},{'training' if row % 2 else 'status-quo'}" for row in range(ROWS)]
    (place / "table.csv").write_text("\n".join(["case,seed,policy", *lines]) + "\n")
    words = [TAKEOFF, "sweep", place / "table.csv", "--out", place / "panel.csv"]
    subprocess.run(words, check=True, capture_output=True)
    return place


@pytest.fixture
def folder(tmp_path: Path, made: Path, alone: Path) -> Path:
    shutil.copy(made / "table.csv", tmp_path)
    return tmp_path


@pytest.fixture
def reference(made: Path) -> bytes:
    return (made / "panel.csv").read_bytes()


def test_an_array_shares_one_run_and_does_without_a_cancelled_job(folder: Path, reference: bytes) -> None:
    job = submit(folder, guide_script("--array"))
    until(lambda: pieces(folder) >= 3)
    call("scancel", f"{job}_2")
    until(lambda: job not in queued())
    assert (folder / "panel.csv").read_bytes() == reference


def test_an_array_that_was_cancelled_goes_on_when_it_is_submitted_again(folder: Path, reference: bytes) -> None:
    job = submit(folder, guide_script("--array"))
    until(lambda: pieces(folder) >= 3)
    call("scancel", job)
    until(lambda: job not in queued())
    assert not (folder / "panel.csv").exists()
    again = submit(folder, guide_script("--array"))
    until(lambda: again not in queued())
    assert (folder / "panel.csv").read_bytes() == reference


def follow(folder: Path, job: str, told: bool) -> int:
    """Wait for a job's end, telling it to stop once if asked to; return how often it was requeued, without Slurm's penance."""
    times, deadline = 0, time.monotonic() + LIMIT
    while job in queued():
        assert time.monotonic() < deadline, "".join(path.read_text() for path in folder.glob("takeoff-*.log"))
        if told and pieces(folder) >= 3:
            call("scancel", "--batch", "--signal=USR1", job)
            told = False
        if "BeginTime" in state(job):
            times += 1
            # Slurm refuses to launch a job within the second in which its last launch was revoked: its own wait is minutes.
            time.sleep(2.0)
            call("scontrol", "update", f"JobId={job}", "StartTime=now")
            until(lambda: "BeginTime" not in state(job))
        time.sleep(0.2)
    return times


def test_a_job_told_to_stop_saves_and_requeues_itself(folder: Path, reference: bytes) -> None:
    job = submit(folder, guide_script("requeue"), "--cpus-per-task=1")
    assert follow(folder, job, told=True) == 1
    assert "interrupted by SIGUSR1" in "".join(path.read_text() for path in folder.glob("takeoff-*.log"))
    assert (folder / "panel.csv").read_bytes() == reference


def test_a_job_whose_walltime_is_announced_ends_in_the_same(folder: Path, reference: bytes) -> None:
    """Slurm may give the signal a minute too early, at once to a job of a minute, or after a fast machine is done."""
    job = submit(folder, guide_script("requeue"), "--cpus-per-task=1", "--time=00:01:00", "--signal=B:USR1@40")
    requeued = follow(folder, job, told=False)
    said = "".join(path.read_text() for path in folder.glob("takeoff-*.log"))
    assert requeued == said.count("takeoff: interrupted") + said.count("User defined signal 1")
    assert (folder / "panel.csv").read_bytes() == reference


def test_a_killed_driver_is_resumed_and_its_jobs_leave(folder: Path, reference: bytes) -> None:
    words = [TAKEOFF, "sweep", "table.csv", "--out", "panel.csv", "--on", "slurm"]
    driver = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, env={**os.environ})
    until(lambda: pieces(folder) >= 3 or driver.poll() is not None)
    assert driver.poll() is None, driver.stderr.read() if driver.stderr else ""
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    if driver.stderr:
        driver.stderr.close()
    again = subprocess.run([*words[:-1], "local", "--resume"], cwd=folder, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    assert (folder / "panel.csv").read_bytes() == reference
    until(lambda: not queued())
