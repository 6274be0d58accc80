"""The batch script: what it asks for, that it saves, queues again and ends as takeoff ends."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.config import load_profile
from model.errors import InputError
from model.profile import Batch
from studies.plan.script import (
    MARGIN,
    MARGIN_S,
    NOTICE_S,
    ROUND_S,
    Resources,
    resources_for,
    resources_told,
    script,
    walltime_of,
)

WORK = "for _ in $(seq 400); do sleep 0.05; done"


def test_the_walltime_has_a_margin_and_no_more_than_the_profile_allows() -> None:
    asked = resources_for(1000.0, 1e9, 2, Batch(walltime="02:00:00"))
    assert asked.seconds >= MARGIN * 1000.0 + MARGIN_S
    assert asked.seconds % ROUND_S == 0
    assert asked.again == 0
    assert asked.memory >= 1e9
    short = resources_for(10_000.0, 1e9, 2, Batch(walltime="01:00:00"))
    assert short.seconds == 3600
    assert (short.again + 1) * (3600 - NOTICE_S) >= 10_000.0 > short.again * (3600 - NOTICE_S)


def test_a_walltime_that_nobody_gave_limits_none() -> None:
    asked = resources_for(10_000.0, 1e9, 2, Batch(partition="long"))
    assert asked.seconds >= MARGIN * 10_000.0 + MARGIN_S
    assert asked.again == 0


def test_what_nobody_times_must_be_given() -> None:
    with pytest.raises(InputError) as error:
        resources_told(4, Batch())
    assert [fault.split(":")[0] for fault in error.value.faults] == ["--walltime", "--memory"]
    told = resources_told(4, Batch(walltime="02:00:00", memory="1500M"))
    assert told == Resources(7200, 0, 1500 * 2**20, 4)
    assert resources_told(4, Batch(walltime="02:00:00", memory_per_cpu="2G")).memory == 4 * 2 * 2**30


def test_walltimes_are_in_slurms_words() -> None:
    assert [walltime_of(seconds) for seconds in (59, 3600, 360_061)] == ["00:00:59", "01:00:00", "100:01:01"]


def test_every_option_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    batch = Batch(
        memory_per_cpu="3GB", qos="high", constraint="[a|b]&c", options={"reservation": "x", "exclusive": True},
        prologue=("echo '#SBATCH --uid=0'",),
    )  # fmt: skip
    path = written(tmp_path, "exit 0", batch)
    asked = directives(path.read_text())
    assert {"--mem-per-cpu=512M", "--qos=high", "--constraint=[a|b]&c", "--reservation=x", "--exclusive", "--requeue"} <= set(
        asked
    )
    assert not any(option.startswith("--mem=") for option in asked)
    assert len(asked) == len({option.partition("=")[0] for option in asked})
    # Bash sees the prologue, takeoff's command and what the script itself does, and no word of an option.
    seen = subprocess.run(["bash", "-n", str(path)], check=False, capture_output=True)
    assert (seen.returncode, seen.stderr) == (0, b"")


def directives(text: str) -> list[str]:
    """The options that sbatch reads: those on comments before the first command, each cut into words as a shell does."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    words = [shlex.split(line.removeprefix("#SBATCH "), comments=True) for line in lines[:first] if line.startswith("#SBATCH")]
    assert all(len(one) == 1 for one in words)
    return [word for one in words for word in one]


@pytest.mark.parametrize("word", ["a\nrm x", "a\x1b[2J", "a\rb"])
def test_a_path_with_a_control_character_reaches_no_script(word: str, tmp_path: Path) -> None:
    for reference, out in ((word, tmp_path), ("quick", tmp_path / word)):
        with pytest.raises(InputError, match="holds a control character, which no batch script takes; name another path"):
            script(load_profile("quick"), reference, "local", out, Resources(900, 0, 2**30, 2))


def written(folder: Path, takeoff: str, batch: Batch | None = None, where: str = "local:2") -> Path:
    """A script whose takeoff is ours: it lies where the command lies, beside the interpreter."""
    (folder / "bin").mkdir()
    for name, text in (("takeoff", takeoff), ("scontrol", f'echo "$@" >> {folder}/requeued')):
        (folder / "bin" / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / "bin" / name).chmod(0o755)
    profile = load_profile("quick").model_copy(update={"slurm": batch or Batch()})
    path = folder / "plan.sbatch"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(folder / "bin" / "python"))
        path.write_text(script(profile, "quick", where, folder / "a run", Resources(900, 0, 2**30, 2)))
    return path


def begun(path: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PATH": f"{path.parent / 'bin'}:{os.environ['PATH']}", "SLURM_JOB_ID": "42"}
    return subprocess.Popen(["bash", str(path)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("where", ["local", "local:2", "slurm", "dask:tcp://127.0.0.1:8786"])
def test_the_script_is_bash_and_asks_for_what_was_planned(where: str, tmp_path: Path) -> None:
    batch = Batch(jobs=3, partition="long", account="industry", prologue=("module load gcc", "ulimit -c 0"))
    path = written(tmp_path, "exit 0", batch, where)
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    lines = path.read_text().splitlines()
    asked = {line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")}
    assert {
        "time=00:15:00", "mem=1024M", "cpus-per-task=2", "partition=long", "account=industry",
        "job-name=takeoff", "output=takeoff-quick-%j.log",
        "signal=B:USR1@60", "requeue", "open-mode=append",
    } <= asked  # fmt: skip
    assert {"module load gcc", "ulimit -c 0"} <= set(lines)
    command = next(line for line in lines if " run --profile quick " in line)
    assert f"--on {where} --resume &" in command
    assert f"'{tmp_path}/a run'" in command
    assert ("--array=1-3" in path.read_text()) == where.startswith("local")


@pytest.mark.parametrize(("where", "exported"), [("slurm", True), ("local:2", False)])
def test_worker_jobs_are_asked_for_as_the_job_that_drives_them(where: str, exported: bool, tmp_path: Path) -> None:
    given = Batch(partition="long", account="industry", qos="high", constraint="[a|b]&c")
    path = written(tmp_path, f"env | grep ^SBATCH_ | sort > {tmp_path}/seen", given, where)
    with begun(path) as job:
        assert job.wait(timeout=20) == 0
    seen = ["SBATCH_ACCOUNT=industry", "SBATCH_CONSTRAINT=[a|b]&c", "SBATCH_PARTITION=long", "SBATCH_QOS=high"]
    assert (tmp_path / "seen").read_text().splitlines() == (seen if exported else [])


@pytest.mark.parametrize(("ended", "code"), [(0, 0), (3, 0), (2, 2), (75, 75), (1, 1)])
def test_the_script_ends_as_takeoff_ends_and_not_converged_is_done(ended: int, code: int, tmp_path: Path) -> None:
    with begun(written(tmp_path, f"exit {ended}")) as job:
        assert job.wait(timeout=20) == code
    # Ended with 75 unasked (a full disk, for instance): queued again it would do so for ever.
    assert not (tmp_path / "requeued").exists()


@pytest.mark.parametrize(("sent", "again"), [(signal.SIGUSR1, True), (signal.SIGTERM, False)])
def test_a_notice_is_handed_on_and_the_job_queues_again(sent: signal.Signals, again: bool, tmp_path: Path) -> None:
    saving = f"trap 'sleep 0.3; touch {tmp_path}/saved; exit 75' USR1\ntouch {tmp_path}/begun\n{WORK}"
    with begun(written(tmp_path, saving)) as job:
        until(tmp_path / "begun")
        job.send_signal(sent)
        assert job.wait(timeout=20) == 75
    assert (tmp_path / "saved").exists()
    assert (tmp_path / "requeued").exists() == again
    if again:
        assert (tmp_path / "requeued").read_text() == "requeue 42\n"


def test_a_notice_that_comes_twice_is_waited_out(tmp_path: Path) -> None:
    stubborn = f"trap 'touch {tmp_path}/heard' USR1\ntouch {tmp_path}/begun\nfor _ in $(seq 40); do sleep 0.05; done\nexit 3"
    with begun(written(tmp_path, stubborn)) as job:
        until(tmp_path / "begun")
        for _ in range(2):
            job.send_signal(signal.SIGUSR1)
            until(tmp_path / "heard")
        assert job.wait(timeout=20) == 0


def until(path: Path) -> None:
    """Wait for a file."""
    for _ in range(400):
        if path.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{path} never came")
