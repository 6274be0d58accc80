"""How is a plan told? In lines: each stage's cost, the totals with intervals, what they buy, and what each number rests on."""

import math
from typing import Any, Final

import numpy as np

from calibration.gate import Limits
from model.arrays import Ints
from model.profile import Batch
from studies.plan.plan import Plan
from studies.plan.precision import Effect, Past
from studies.plan.script import MARGIN, MARGIN_S, Resources, longest_s, walltime_of
from studies.plan.size import COPIES_OF_CHAINS
from studies.plan.stages import Capacity, Total, core_time
from studies.progress import span

MEGABYTE: Final = 2**20
# Where this process had less than this share of the cores' time, the plan says that other work held them.
BUSY: Final = 0.6
HOUR_S: Final = 3600.0


def plan_lines(plan: Plan, script: str) -> list[str]:
    """Return a plan in lines; ``script`` is the path of its batch script."""
    return [
        f"takeoff run --profile {plan.profile.name} --on {plan.where}: {_cores(plan.capacity, plan.where)}",
        "",
        *_stage_lines(plan),
        "",
        *_cost_lines(plan),
        "",
        "what it buys",
        *(f"  {line}" for line in _precision_lines(plan)),
        "",
        *_script_lines(plan, script),
    ]


def plan_content(plan: Plan) -> dict[str, Any]:
    """Return a plan for programs: times in seconds, sizes in bytes."""
    stages = [
        {**stage._asdict(), "wall_s": stage.wall_s(plan.capacity.cores, plan.capacity.scheduler_s)} for stage in plan.stages
    ]
    return {
        "profile": plan.profile.name,
        "on": plan.where,
        "capacity": plan.capacity,
        "core_s": plan.core,
        "wall_s": plan.wall,
        "size_bytes": plan.size,
        "precision": plan.precision,
        "stages": stages,
        "resources": plan.resources,
    }


def _cores(capacity: Capacity, where: str) -> str:
    cores = f"{capacity.cores} {'core' if capacity.cores == 1 else 'cores'}"
    if not capacity.processes:
        return cores
    workers = f"{capacity.processes} {'worker' if capacity.processes == 1 else 'workers'}, {cores} in all"
    return f"{workers}, as the profile's entry slurm says" + ("; the scheduler was not asked" if where.startswith("dask") else "")


def between(total: Total) -> str:
    """Return a time and its 90 % interval as text."""
    return f"{span(total.middle)} ({span(total.low)} - {span(total.high)})"


def _stage_lines(plan: Plan) -> list[str]:
    lines = [f"{'stage':44} {'histories':>11} {'core time':>12} {'90 %':>23} {'wall time':>12}"]
    for stage in plan.stages:
        core = core_time([stage])
        wall = stage.wall_s(plan.capacity.cores, plan.capacity.scheduler_s)
        shown = f"{stage.histories:,}" if stage.histories else ""
        interval = f"{span(core.low)} - {span(core.high)}"
        lines.append(f"{stage.name:44} {shown:>11} {span(core.middle):>12} {interval:>23} {span(wall):>12}")
    return lines


def _cost_lines(plan: Plan) -> list[str]:
    size, sample = plan.size, plan.sample
    core = plan.core
    hours = " - ".join(f"{end / HOUR_S:.3g}" for end in (core.low, core.high))
    timed = sum(len(one.firm_quarters) for kind in (sample.prior, sample.near, sample.fresh) for one in kind)
    timed += sum(2 * len(one.levels) for one in sample.replays)
    lines = [
        f"core time   {between(core)}; core-hours {core.middle / HOUR_S:.3g} ({hours})",
        f"wall time   {between(plan.wall)}",
        f"memory      {_bytes(size.memory)} a process: {_bytes(size.base)} measured in this one, with libraries and kernels, and "
        f"arrays by the counts (chains {COPIES_OF_CHAINS} times while judged)",
        f"disk        {_bytes(size.disk)} in about {size.files:,} files",
        f"rests on    {timed:,} histories and some epochs and steps, timed in {span(plan.sampled_s)}; intervals (90 %) allow for "
        "the smallness of the sample, the chance of the run, and 10 % of the clock",
        "            histories near the rows come from a linear regression in place of the posterior; one very large history "
        "can still surprise",
    ]
    if sample.busy < BUSY:
        lines.append(
            f"            other work held the cores meanwhile ({100 * sample.busy:.0f} % were ours): wall time is for quiet cores"
        )
    if plan.capacity.processes:
        lines.append("            waiting in the queue is not counted")
    return lines


def _precision_lines(plan: Plan) -> list[str]:
    profile, precision, limits = plan.profile, plan.precision, Limits()
    worst = ", ".join(plan.clusters[case] for case in np.argsort(-precision.by_case)[:3])
    lines = [
        f"noise of log L: sd {precision.noise:.2g} at one draw, from {plan.exact.mean():.0f} histories a cluster on average; "
        f"most of it from {worst}",
        "  rests on halves of the sample near the rows, whose proposal is linear; noise goes with one over the root of the "
        "histories, more slowly where it is large",
        _past_line(precision.past, plan.exact),
        _draws_line(plan, limits),
        f"  rests on an autocorrelation time of {precision.tau:.0f} steps, "
        + (f"measured in {precision.past.folder}" if precision.past else "seen in a run of the quick profile"),
        f"ESS of weights: at most {precision.weights:.0f} of {profile.exact_draws} draws (gate: {limits.ess:g} of at least "
        f"{limits.draws}), by exp(-noise^2); the emulator's own error takes more",
    ]
    for effect in precision.effects:
        lines += _effect_lines(effect, plan)
    return lines


def _past_line(past: Past | None, exact: Ints) -> str:
    if past is None:
        return "  the emulator's draws do better; no finished run of this profile is there to say by how much"
    return (
        f"  the emulator in {past.folder}: sd {past.noise:.2g} from {past.histories:.0f} histories a cluster; "
        f"error of the emulator sd {past.error:.2g}"
    )


def _draws_line(plan: Plan, limits: Limits) -> str:
    precision = plan.precision
    enough = "enough" if precision.lengths >= limits.autocorrelation_times else "too short"
    return (
        f"effective draws of the sampler: {precision.draws:,.0f}; chains of {precision.lengths:.0f} autocorrelation times "
        f"(gate: {limits.autocorrelation_times:g}: {enough})"
    )


def _effect_lines(effect: Effect, plan: Plan) -> list[str]:
    count = min(plan.profile.policy_draws, plan.profile.exact_draws)
    if not math.isfinite(effect.middle):
        return [f"policy difference in {effect.outcome}: not known; too few replays of the sample ended"]
    return [
        f"policy difference in {effect.outcome}: sd of its mean {effect.middle:.3g} in the cluster in the middle, "
        f"{effect.worst:.3g} in the worst, from {count} histories",
        f"  unpaired it would be {effect.unpaired:.3g} in the middle; the status quo has {effect.level:.3g} there",
    ]


def _script_lines(plan: Plan, script: str) -> list[str]:
    resources, batch = plan.resources, plan.profile.slurm
    most = "" if longest_s(batch) is None else f", at most {batch.walltime} as the profile or --walltime says"
    lines = [
        f"script      {script}: sbatch {script}",
        f"            asks for {walltime_of(resources.seconds)} ({MARGIN:g} times the upper end of the wall time and "
        f"{span(MARGIN_S)}{most}), {_room(resources)}",
    ]
    if resources.again > 0:
        lines.append(
            f"            about {resources.again + 1} such jobs will be needed: each saves what is done, queues again and goes on"
        )
    return [*lines, *_other_queue(batch)]


def told_lines(resources: Resources, batch: Batch, script: str) -> list[str]:
    """Return in lines what a script asks for before which nothing was timed; ``script`` is its path."""
    return [
        f"script      {script}: sbatch {script}",
        f"            asks for {walltime_of(resources.seconds)}, {_room(resources)}, as the profile or the options say",
        "            nothing was timed: a job that needs longer saves what is done, queues again and goes on",
        *_other_queue(batch),
    ]


def _room(resources: Resources) -> str:
    return f"{_bytes(resources.memory)}, {resources.cores} {'core' if resources.cores == 1 else 'cores'}"


def _other_queue(batch: Batch) -> list[str]:
    if batch.queue == "slurm":
        return []
    return [f"            the script is for Slurm; for {batch.queue} take its last lines into a script of your own"]


def _bytes(count: float) -> str:
    return f"{count / MEGABYTE / 1024:.1f} GiB" if count >= 1024 * MEGABYTE else f"{count / MEGABYTE:.0f} MiB"
