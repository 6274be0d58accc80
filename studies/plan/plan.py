"""What would ``takeoff run`` cost, and what would it buy? A sample is timed, and its costs are scaled by the profile's counts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from calibration.emulator.pairs import Sizes, draw_pairs
from calibration.observation import ErrorModel
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from execution.executors import asked_by, threads_in
from execution.tasks import silent
from model.arrays import Ints
from model.config import all_cases, load_priors
from model.cores import granted_cores
from model.profile import Profile
from studies.plan.learning import Learning, time_learning
from studies.plan.precision import Precision, past_run, precision_of
from studies.plan.sample import Clusters, Sample, take_sample
from studies.plan.script import Resources, resources_for, script
from studies.plan.size import Size, size_of
from studies.plan.stages import DASK_TASK_S, Capacity, Stage, Total, core_time, exact_counts, run_stages, wall_time
from studies.policy.chosen import chosen_policies

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What a run would cost and buy.

    Attributes
    ----------
    profile, where : the profile of the run, and its option ``--on``
    capacity : the cores that would work
    clusters : names of the clusters
    stages : the stages of the run, in order
    core, wall : core and wall time with 90 % intervals (s)
    size : memory and disk
    precision : what the counts buy
    exact : int64, shape (cases,); histories of an exact estimate at one draw
    sample, sampled_s : what was timed, and the wall time that timing took (s)
    resources, script : what the batch script asks for, and its text
    """

    profile: Profile
    where: str
    capacity: Capacity
    clusters: tuple[str, ...]
    stages: list[Stage]
    core: Total
    wall: Total
    size: Size
    precision: Precision
    exact: Ints
    sample: Sample
    sampled_s: float
    resources: Resources
    script: str


class Measured(NamedTuple):
    """What was timed on this machine before a run is predicted.

    Attributes
    ----------
    clusters : what a run of the profile simulates
    sample, learning : the histories timed, and the cost of networks and sampler
    starting_s : core time of one process before its first history (s)
    sampled_s : wall time that the timing took (s)
    """

    clusters: Clusters
    sample: Sample
    learning: Learning
    starting_s: float
    sampled_s: float


def capacity_of(profile: Profile, where: str) -> Capacity:
    """Return the cores that would work.

    A Dask scheduler is not asked for its workers: the number of workers in the profile's entry ``slurm`` is assumed.
    """
    chosen = str(asked_by(profile, where))
    if chosen.startswith("local"):
        return Capacity(threads_in(chosen))
    return Capacity(profile.slurm.jobs * profile.slurm.cores, profile.slurm.jobs, DASK_TASK_S)


def run_folder(profile: Profile) -> Path:
    """Return the run folder of ``takeoff run`` with a profile where none is named."""
    return Path(f"runs/run-{profile.name}")


def make_plan(
    profile: Profile,
    where: str = "local",
    *,
    reference: str | None = None,
    out: str | Path | None = None,
    began: float = 0.0,
    progress: Progress = silent,
) -> Plan:
    """Time a sample and predict a run.

    Parameters
    ----------
    where : the option ``--on``
    reference : the name or file by which the script names the profile (default: the profile's own name)
    out : run folder of the script, and of a finished run to learn from (default: that of ``takeoff run``)
    began : core time of this process that is not part of starting up (s)
    progress : called with (stage, done, total)

    Raises
    ------
    InputError
        If a policy of the profile or the word ``where`` is unknown.
    """
    capacity, folder = capacity_of(profile, where), Path(out) if out is not None else run_folder(profile)
    return predicted(measured(profile, began, progress), capacity, where, reference or profile.name, folder)


def job_cores(capacity: Capacity) -> int:
    """Return the cores of the script's own job, which only drives where workers have processes of their own."""
    return 1 if capacity.processes else capacity.cores


def measured(profile: Profile, began: float, progress: Progress) -> Measured:
    """Time a few histories, epochs and steps on this machine; ``make_plan`` explains the parameters."""
    clock, clusters = time.monotonic(), clusters_of(profile)
    _warm(clusters)
    starting_s = max(time.process_time() - began, 0.0)
    sample = take_sample(clusters, partial(progress, "timing histories"))
    most = int(sample.training.sum() + profile.rounds * sample.targeted.sum())
    learning = time_learning(clusters, sample.pairs, most, partial(progress, "timing the emulator and the samplers"))
    return Measured(clusters, sample, learning, starting_s, time.monotonic() - clock)


def predicted(costs: Measured, capacity: Capacity, where: str, reference: str, folder: Path) -> Plan:
    """Return the plan that follows from measured costs; ``make_plan`` explains the parameters."""
    clusters, sample, learning, starting_s, sampled_s = costs
    profile = clusters.profile
    exact = exact_counts(clusters, sample)
    stages = run_stages(clusters, sample, learning, starting_s, capacity)
    wall = wall_time(stages, capacity.cores, capacity.scheduler_s)
    size = size_of(clusters, sample, learning, stages, exact)
    resources = resources_for(wall.high, size.memory, job_cores(capacity), profile.slurm)
    return Plan(
        profile,
        where,
        capacity,
        tuple(case.name for case in clusters.simulator.cases),
        stages,
        core_time(stages),
        wall,
        size,
        precision_of(clusters, sample, exact, past_run(folder)),
        exact,
        sample,
        sampled_s,
        resources,
        script(profile, reference, where, folder, resources),
    )


def clusters_of(profile: Profile) -> Clusters:
    """Return what a run of the profile simulates, with every core that the machine grants."""
    known, errors = load_priors(), ErrorModel()
    simulator = ClusterSimulator(
        all_cases(), known, known.names("calibrated"), errors, known.structures_with(None), threads=granted_cores()
    )
    tables = [table(case, errors) for case in simulator.cases]
    sizes = Sizes(len(tables), len(simulator.names), len(simulator.own))
    return Clusters(simulator, tables, sizes, chosen_policies(list(profile.policies) or None), profile)


def _warm(clusters: Clusters) -> None:
    """Simulate one history, which loads the compiled model, or compiles it the first time on a machine."""
    case = len(clusters.tables) // 2
    draw_pairs(clusters.simulator, clusters.sizes, clusters.profile.seed, case, 0, 1)
