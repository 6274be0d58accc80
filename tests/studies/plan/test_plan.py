"""A plan: who works, how it follows from what was measured, what it refuses, and how near it comes to a run."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.config import load_profile
from model.profile import Batch
from studies.cli import main
from studies.plan.learning import Learning
from studies.plan.plan import Measured, capacity_of, predicted
from studies.plan.sample import Clusters, Sample
from studies.plan.script import walltime_of
from studies.plan.stages import NORMAL, Capacity, exact_counts

TINY = """
title: tiny
seed: 1
training_simulations: 760
rounds: 1
targeted_simulations: 19
hidden: 16
components: 3
epochs: 3
batch: 256
chains: 2
warmup: 20
round_steps: 8
joint_steps: 20
integrals: 20
integral_points: 8
ensembles: 4
walkers: 80
steps: 200
burn: 50
thin: 10
check_draws: 4
exact_draws: 8
exact_replicates: 4
predictive_draws: 8
policy_draws: 6
policies: [training, credit]
horizon: 10
"""


def test_who_works_follows_the_executor_and_the_profile() -> None:
    profile = load_profile("batch").model_copy(update={"slurm": Batch(jobs=5, cores=3)})
    assert capacity_of(profile, "local:7") == Capacity(7)
    assert capacity_of(profile, "slurm").cores == 15
    assert capacity_of(profile, "dask:tcp://127.0.0.1:1").processes == 5
    assert capacity_of(profile.model_copy(update={"threads": 3}), "local") == Capacity(3)


@pytest.mark.parametrize(("capacity", "cores"), [(Capacity(2), 2), (Capacity(6, 3, 0.002), 1)])
def test_a_plan_follows_from_what_was_measured(
    capacity: Capacity, cores: int, clusters: Clusters, sample: Sample, learning: Learning, tmp_path: Path
) -> None:
    plan = predicted(Measured(clusters, sample, learning, 2.0, 30.0), capacity, "local", "a profile", tmp_path / "run")
    assert plan.clusters == tuple(case.name for case in clusters.simulator.cases)
    assert plan.exact.tolist() == exact_counts(clusters, sample).tolist()
    assert plan.core.middle == pytest.approx(sum(stage.core_s for stage in plan.stages))
    assert plan.core.low < plan.core.middle < plan.core.high
    assert plan.wall.middle == pytest.approx(sum(stage.wall_s(capacity.cores, capacity.scheduler_s) for stage in plan.stages))
    assert plan.size.files == sum(stage.tasks for stage in plan.stages)
    # Without worker processes this job works itself; with them it only drives.
    assert plan.resources.cores == cores
    assert plan.resources.memory >= plan.size.memory
    assert f"--time={walltime_of(plan.resources.seconds)}" in plan.script
    assert "--profile 'a profile'" in plan.script
    assert plan.precision.past is None
    assert plan.sampled_s == 30.0


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


SLURM = """
slurm: {walltime: 08:00:00, partition: short, memory_per_cpu: 3G}
"""


def test_a_script_alone_comes_at_once_and_options_go_before_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("studies.plan.plan.measured", None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY + SLURM)
    assert main(["plan", "--profile", "tiny.yaml", "--on", "local:2", "--script-only", "--account", "industry"]) == 0
    asked = (tmp_path / "plan.sbatch").read_text()
    wanted = {"--account=industry", "--partition=short", "--time=08:00:00", "--mem-per-cpu=3072M"}
    assert wanted <= set(asked.replace("#SBATCH ", "").splitlines())
    more = ["--partition", "long", "--qos", "high", "--constraint", "fast", "--walltime", "90", "--memory", "16G"]
    assert main(["plan", "--profile", "tiny.yaml", "--on", "local:2", "--script-only", *more]) == 0
    asked = (tmp_path / "plan.sbatch").read_text()
    wanted = {"--partition=long", "--qos=high", "--constraint=fast", "--time=01:30:00", "--mem=16384M"}
    assert wanted <= set(asked.replace("#SBATCH ", "").splitlines())
    assert "01:30:00, 16.0 GiB, 2 cores" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--account", "a b", "--script-only"], "--account: 'a b': must be one word"),
        (["--walltime", "soon"], "--walltime: 'soon': must be a walltime"),
        (["--memory", "16G"], "--memory: 16G: is what the plan finds out; leave it out, or add --script-only"),
    ],
)
def test_an_option_that_no_batch_system_takes_is_one_line(
    words: list[str], wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"takeoff: {wrong}")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


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
