"""The words of a plan: every figure that the guide promises, and what each rests on."""

import dataclasses

from model.config import load_profile
from model.profile import Batch
from studies.plan.stages import Total
from studies.plan.words import plan_lines
from tests.studies.plan.invented import invented_plan


def test_every_promised_figure_is_told_with_what_it_rests_on() -> None:
    told = "\n".join(plan_lines(invented_plan(load_profile("quick")), "plan.sbatch"))
    for word in (
        "simulating clusters from the prior", "sampling", "8,000", "core time", "core-hours", "wall time", "memory", "disk",
        "GiB", "MiB", "500 files", "rests on", "90 %", "noise of log L", "02-hamamatsu", "effective draws", "autocorrelation",
        "ESS of weights", "policy difference in net_value", "unpaired", "runs/run-quick", "error of the emulator",
        "sbatch plan.sbatch", "30 % were ours",
    ):  # fmt: skip
        assert word in told, word
    assert all(len(line) < 200 for line in told.splitlines())


def test_an_interval_is_told_beside_the_total() -> None:
    plan = dataclasses.replace(invented_plan(load_profile("quick")), wall=Total(370.0, 290.0, 470.0))
    assert "wall time   6 min 10 s (4 min 50 s - 7 min 50 s)" in plan_lines(plan, "plan.sbatch")


def test_without_a_finished_run_it_says_so() -> None:
    plan = invented_plan(load_profile("quick"))
    plan = dataclasses.replace(plan, precision=plan.precision._replace(past=None))
    assert any("no finished run of this profile" in line for line in plan_lines(plan, "plan.sbatch"))


def test_a_batch_system_that_is_not_slurm_is_named() -> None:
    told = "\n".join(plan_lines(invented_plan(load_profile("quick"), "slurm", Batch(queue="pbs")), "plan.sbatch"))
    assert "the script is for Slurm" in told
    assert "queue is not counted" in told
