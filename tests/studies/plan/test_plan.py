"""Does a plan add up, say all that it promises, and write a script that saves, queues again and ends as it should?"""

import dataclasses
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from calibration.gate import Limits
from calibration.learned.training_set import Pairs, Sizes
from calibration.likelihood import Estimate
from calibration.observation import ALIVE, Outcomes, Table
from model.config import load_profile
from model.profile import Batch, Profile
from studies.cli import main
from studies.plan.plan import Plan, place_of
from studies.plan.precision import Effect, Past, Precision, past_run
from studies.plan.sample import Replays, Sample, Timed
from studies.plan.script import MARGIN, MARGIN_S, NOTICE_S, ROUND_S, Request, request, script, walltime_of
from studies.plan.size import Size
from studies.plan.stages import NORMAL, Place, Stage, Total, around, core_time, histories_stage, makespan, wall_time
from studies.plan.stand_in import StandIn
from studies.plan.words import plan_lines
from studies.policy.outcomes import OUTCOMES

TINY = """
title: tiny
seed: 1
training_simulations: 760
networks: 1
hidden: 16
components: 3
epochs: 3
batch: 256
proposal_components: 2
proposal_epochs: 3
ensembles: 4
walkers: 80
steps: 200
burn: 50
thin: 10
exact_draws: 8
exact_replicates: 4
pilot_draws: 1
predictive_draws: 8
policy_draws: 6
policies: [training, credit]
horizon: 10
"""


# -------------------------------------------------------------------------------------------------------------------- arithmetic


def test_a_stage_takes_its_core_time_over_its_cores() -> None:
    stage = Stage("many pieces", core_s=100.0, longest_s=2.0, width=1000)
    assert [stage.wall_s(cores) for cores in (1, 2, 10)] == [100.0, 50.0, 10.0]


def test_a_stage_takes_no_less_than_its_longest_piece() -> None:
    assert Stage("one long piece", core_s=100.0, longest_s=30.0, width=1000).wall_s(50) == 30.0


def test_more_cores_than_pieces_are_idle() -> None:
    assert Stage("four pieces", core_s=100.0, longest_s=25.0, width=4).wall_s(64) == 25.0


def test_a_scheduler_hands_out_one_task_after_another() -> None:
    assert Stage("small tasks", core_s=10.0, width=10_000, tasks=10_000).wall_s(1000, scheduler_s=0.002) == 20.0


def test_pieces_go_to_the_core_that_is_free_first() -> None:
    assert makespan([5.0, 1.0, 1.0, 1.0], 2) == 5.0
    assert makespan([1.0, 1.0, 5.0], 2) == 6.0
    assert makespan([1.0, 2.0, 3.0], 1) == 6.0


def test_the_interval_of_a_sum_grows_with_the_root_of_independent_errors() -> None:
    one, four = core_time([Stage("a", 100.0, 40.0)]), core_time([Stage("a", 100.0, 40.0)] * 4)
    assert four.middle == 400.0
    # The clock's error is common to all; without it the relative error would halve.
    assert 1.0 < four.high / four.middle < one.high / one.middle
    wall = wall_time([Stage("a", 100.0, 40.0, width=9)], 4)
    assert wall.middle == 25.0
    assert wall.high / wall.middle == pytest.approx(one.high / one.middle)


def test_an_interval_of_relative_error_zero_is_a_point() -> None:
    assert around(7.0, 0.0) == Total(7.0, 7.0, 7.0)


def test_histories_cost_what_the_sample_cost_by_cluster() -> None:
    timed = [Timed(1.0, np.array([90.0, 110.0]), 2), Timed(8.0, np.array([900.0, 1100.0]), 2)]
    stage = histories_stage("x", np.array([100, 10]), timed, chunk=64, files=5)
    assert stage.core_s == pytest.approx(100 * 0.5 + 10 * 4.0)
    assert stage.longest_s == pytest.approx(10 * 4.0)
    assert stage.histories == 110
    # Relative spread of the firm-quarters: sqrt(200) / 100. The sample of two tells the mean; a run has its own chance besides.
    spread = np.array([0.5, 4.0]) * np.sqrt(200.0) / 100.0
    counts = np.array([100, 10])
    assert stage.sd_s == pytest.approx(np.sqrt(np.sum((counts * spread) ** 2 / 2 + counts * spread**2)))


def test_who_works_follows_the_executor_and_the_profile() -> None:
    profile = load_profile("batch").model_copy(update={"slurm": Batch(jobs=5, cores=3)})
    assert place_of(profile, "local:7") == Place(7)
    assert place_of(profile, "slurm").cores == 15
    assert place_of(profile, "dask:tcp://127.0.0.1:1").processes == 5
    assert place_of(profile.model_copy(update={"threads": 3}), "local") == Place(3)


# ------------------------------------------------------------------------------------------------ the stand-in for the posterior


def linear_world(count: int) -> tuple[Pairs, list[Table], Sizes, np.ndarray]:
    """Pairs whose figures are linear in parameters and latents, with rows that lie off their mean."""
    random = np.random.Generator(np.random.Philox(3))
    sizes = Sizes(2, 3, 2)
    slopes = random.normal(size=(5, 6))
    case = np.repeat(np.arange(2), count)
    z, latents = random.standard_normal((2 * count, 3)), random.standard_normal((2 * count, 2))
    figures = np.concatenate([z, latents], axis=1) @ slopes + case[:, None] + 0.3 * random.standard_normal((2 * count, 6))
    seen = Outcomes(figures.reshape(-1, 2, 3), np.zeros((2 * count, 2, 2), np.int64), np.full(2 * count, ALIVE))
    value = np.array([[1.5, 2.0, np.nan], [0.5, np.nan, np.nan]])
    row = Table(value, np.full((2, 3), 0.4), np.zeros((2, 3)), np.full((2, 2), -1))
    return Pairs(case, z, latents, np.arange(2 * count, dtype=np.uint64), seen), [row, row], sizes, slopes


def test_where_figures_are_linear_the_stand_in_is_the_posterior() -> None:
    pairs, tables, sizes, slopes = linear_world(20_000)
    stand_in = StandIn(pairs, tables, sizes)
    # The joint law of parameters, latents of both clusters and figures seen is Gaussian: condition it.
    seen = np.flatnonzero(tables[0].seen)
    across = np.zeros((2 * len(seen), 3 + 4))
    for case in range(2):
        rows = slice(case * len(seen), (case + 1) * len(seen))
        across[rows, :3] = slopes[:3, seen].T
        across[rows, 3 + 2 * case : 5 + 2 * case] = slopes[3:, seen].T
    noise = (0.3**2 + 0.4**2) * np.eye(2 * len(seen))
    miss = np.concatenate([tables[case].value.ravel()[seen] - case for case in range(2)])
    gain = across.T @ np.linalg.inv(across @ across.T + noise)
    mean, covariance = gain @ miss, np.eye(7) - gain @ across
    drawn = stand_in.parameters(40_000, seed=5)
    # Five standard errors of a mean of 40,000 draws, and what the pairs leave unsure of slopes: a false alarm in a million.
    assert drawn.mean(axis=0) == pytest.approx(mean[:3], abs=5 / np.sqrt(40_000) + 0.03)
    assert np.cov(drawn.T) == pytest.approx(covariance[:3, :3], abs=0.05)


def test_the_stand_in_moves_latents_towards_the_row() -> None:
    pairs, tables, sizes, slopes = linear_world(5_000)
    stand_in = StandIn(pairs, tables, sizes)
    z = np.zeros((1, 3))
    points = np.random.Generator(np.random.Philox(1)).random((1, 4_000, 1 + sizes.latents))
    latents, weights = stand_in.draw(0, z, points)
    seen = np.flatnonzero(tables[0].seen)
    target = tables[0].value.ravel()[seen]
    before = np.linalg.norm(target)
    after = np.linalg.norm(target - latents[0].mean(axis=0) @ slopes[3:, seen])
    assert after < before
    # Weights of a proposal that covers the population have mean one: within five of their standard errors.
    ratio = np.exp(weights[0])
    assert ratio.mean() == pytest.approx(1.0, abs=5 * ratio.std() / np.sqrt(len(ratio)))


# ------------------------------------------------------------------------------------------------------------------ what it says


def invented(profile: Profile, where: str = "local:2", batch: Batch | None = None) -> Plan:
    profile = profile.model_copy(update={"slurm": batch or Batch()})
    firm_quarters = np.array([900.0, 1100.0])
    timed = Timed(1.0, firm_quarters, 2)
    levels = np.ones((2, len(OUTCOMES)))
    replay = Replays("credit", 2, timed, timed, levels, 2 * levels)
    pairs = linear_world(4)[0]
    estimate = Estimate(np.zeros((2, 2, 2)), np.ones((2, 2)), np.ones((2, 2)), np.zeros((2, 2, 2)), np.zeros((2, 2), np.uint64))
    sample = Sample(np.array([5, 5]), pairs, [timed] * 2, [timed] * 2, [timed] * 2, [replay] * 2, estimate, 0.3)
    stages = [
        Stage("simulating clusters from the prior", 100.0, 10.0, 1.0, 40, 40, 8000),
        Stage("sampling", 60.0, 6.0, 15.0, 4, 4),
    ]
    past = Past(Path("runs/run-quick"), 1.2, 1.5, 90.0, 11.0)
    precision = Precision(1.7, np.array([1.0, 1.9]), 90.0, 13.3, 5120.0, 5.7, [Effect("net_value", 9.0, 3.0, 30.0, 99.0)], past)
    place = place_of(profile, where)
    wall, size = wall_time(stages, place.cores), Size(1.3e9, 0.9e9, 5e7, 500)
    asked = request(wall.high, size.memory, place.cores, profile.slurm)
    text = script(profile, "quick", where, Path("runs/run-quick"), asked)
    return Plan(
        profile, where, place, ("01-bingo", "02-hamamatsu"), stages, core_time(stages), wall, size, precision,
        np.array([11, 11]), sample, 31.0, asked, text,
    )  # fmt: skip


def test_every_promised_figure_is_told_with_what_it_rests_on() -> None:
    told = "\n".join(plan_lines(invented(load_profile("quick")), "plan.sbatch"))
    for word in (
        "simulating clusters from the prior", "sampling", "8,000", "core time", "core-hours", "wall time", "memory", "disk",
        "GiB", "MiB", "500 files", "rests on", "90 %", "noise of log L", "02-hamamatsu", "effective draws", "autocorrelation",
        "ESS of weights", "policy difference in net_value", "unpaired", "runs/run-quick", "error of the surrogate",
        "sbatch plan.sbatch", "30 % were ours",
    ):  # fmt: skip
        assert word in told, word
    assert all(len(line) < 200 for line in told.splitlines())


def test_an_interval_is_told_beside_the_total() -> None:
    plan = dataclasses.replace(invented(load_profile("quick")), wall=Total(370.0, 290.0, 470.0))
    assert "wall time   6 min 10 s (4 min 50 s - 7 min 50 s)" in plan_lines(plan, "plan.sbatch")


def test_without_a_finished_run_it_says_so() -> None:
    plan = invented(load_profile("quick"))
    plan = dataclasses.replace(plan, precision=plan.precision._replace(past=None))
    assert any("no finished run of this profile" in line for line in plan_lines(plan, "plan.sbatch"))


def test_a_batch_system_that_is_not_slurm_is_named() -> None:
    told = "\n".join(plan_lines(invented(load_profile("quick"), "slurm", Batch(queue="pbs")), "plan.sbatch"))
    assert "the script is for Slurm" in told
    assert "queue is not counted" in told


def test_a_finished_run_is_learned_from(tmp_path: Path) -> None:
    assert past_run(tmp_path) is None
    checks = {"noise_sd": 1.1, "error_sd": None, "sampler": {"tau": [60.0, 80.0]}, "replicates": {"a": 5, "b": 7}}
    (tmp_path / "checks.json").write_text(json.dumps(checks))
    assert past_run(tmp_path) is None
    (tmp_path / "checks.json").write_text(json.dumps({**checks, "error_sd": 1.5}))
    assert past_run(tmp_path) == Past(tmp_path, 1.1, 1.5, 80.0, 12.0)
    assert Limits().autocorrelation_times > 0


@pytest.mark.parametrize(("words", "wrong"), [(["--profile", "instant"], "instant"), (["--out", "."], "--out")])
def test_wrong_input_is_one_line_and_leaves_nothing(
    words: list[str], wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert wrong in said.err
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------------------------------------------- the script


def test_the_walltime_has_a_margin_and_no_more_than_the_profile_allows() -> None:
    asked = request(1000.0, 1e9, 2, Batch(walltime="02:00:00"))
    assert asked.seconds >= MARGIN * 1000.0 + MARGIN_S
    assert asked.seconds % ROUND_S == 0
    assert asked.again == 0
    assert asked.memory >= 1e9
    short = request(10_000.0, 1e9, 2, Batch(walltime="01:00:00"))
    assert short.seconds == 3600
    assert (short.again + 1) * (3600 - NOTICE_S) >= 10_000.0 > short.again * (3600 - NOTICE_S)


def test_walltimes_are_in_slurms_words() -> None:
    assert [walltime_of(seconds) for seconds in (59, 3600, 360_061)] == ["00:00:59", "01:00:00", "100:01:01"]


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
        path.write_text(script(profile, "quick", where, folder / "a run", Request(900, 0, 2**30, 2)))
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


WORK = "for _ in $(seq 400); do sleep 0.05; done"


def until(path: Path) -> None:
    """Wait for a file."""
    for _ in range(400):
        if path.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{path} never came")


# ------------------------------------------------------------------------------------------------ the plan of a run, and the run

PLANNED = """
import json, sys
from studies.plan.plan import make_plan
from model.config import load_profile
plan = make_plan(load_profile(sys.argv[1]), "local")
print(json.dumps({"core": plan.core, "disk": plan.size.disk, "memory": plan.size.memory}))
"""


@pytest.mark.slow
def test_the_plan_of_a_tiny_run_is_near_what_it_takes(tmp_path: Path) -> None:
    profile = tmp_path / "tiny.yaml"
    profile.write_text(TINY)
    told = subprocess.run([sys.executable, "-c", PLANNED, str(profile)], cwd=tmp_path, capture_output=True, text=True, check=True)
    plan = json.loads(told.stdout)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "studies.cli", "run", "--profile", str(profile), "--out", str(tmp_path / "run")]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.returncode in (0, 3)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    middle, _, high = plan["core"]
    # Four standard errors of the plan's own: a false alarm in 16,000 runs if the logarithm is normal.
    tolerance = 4 * np.log(high / middle) / NORMAL
    assert abs(np.log(spent / middle)) < tolerance, f"{spent:.0f} s spent, {middle:.0f} s predicted"
    disk = sum(path.stat().st_size for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert 0.5 < plan["disk"] / disk < 2.0
