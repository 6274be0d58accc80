"""Does a real Slurm take the script that ``takeoff plan`` writes, run it to its end, and queue it again when its time is up?"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model.config import load_profile
from studies.plan.script import Resources, script
from tests.tiny import tiny

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

LIMIT = 200.0  # s, beyond which a job hangs

TINY = tiny(training_simulations=190, ensembles=2, steps=60, horizon=2)


def call(*command: str, folder: Path) -> str:
    """Ask Slurm, which blocks where its daemon is dead."""
    return subprocess.run(["timeout", "20", *command], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def state(job: str, folder: Path) -> dict[str, str]:
    """What Slurm says of a job."""
    words = call("scontrol", "show", "job", job, folder=folder).split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def until(true: Callable[[], bool], seconds: float = LIMIT) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.5)
    return true()


def submitted(folder: Path, asked: Resources) -> str:
    """The number of the job of a tiny profile's script."""
    profile = folder / "tiny.yaml"
    profile.write_text(TINY)
    path = folder / "plan.sbatch"
    path.write_text(script(load_profile(profile), str(profile), "local", folder / "run", asked))
    return call("sbatch", "--parsable", str(path), folder=folder)


@pytest.mark.usefixtures("alone")
def test_slurm_runs_the_script_to_its_end(tmp_path: Path) -> None:
    job = submitted(tmp_path, Resources(600, 0, 1536 * 2**20, 2))
    assert until(lambda: state(job, tmp_path)["JobState"] not in ("PENDING", "RUNNING", "COMPLETING"))
    log = (tmp_path / f"takeoff-tiny-{job}.log").read_text()
    assert state(job, tmp_path)["JobState"] == "COMPLETED", log
    assert "done" in log
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["result_hash"]


@pytest.mark.usefixtures("alone")
def test_on_slurms_notice_the_job_saves_and_queues_again(tmp_path: Path) -> None:
    job = submitted(tmp_path, Resources(600, 0, 1536 * 2**20, 2))
    try:
        assert until(lambda: (tmp_path / "run" / "chunks").is_dir() and any((tmp_path / "run" / "chunks").glob("training-*")))
        # What Slurm sends to the batch script when its time is nearly up.
        call("scancel", "--batch", "--signal=USR1", job, folder=tmp_path)
        assert until(lambda: int(state(job, tmp_path)["Restarts"]) == 1)
        log = (tmp_path / f"takeoff-tiny-{job}.log").read_text()
        assert "interrupted" in log
        assert "time is up: queued again" in log
        assert not (tmp_path / "run" / "manifest.json").exists()
    finally:
        subprocess.run(["timeout", "20", "scancel", job], cwd=tmp_path, env=dict(os.environ), check=False)
        until(lambda: state(job, tmp_path)["JobState"] not in ("RUNNING", "COMPLETING"), 60.0)
