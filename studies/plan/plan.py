"""What would ``takeoff run`` cost, and what would it buy? A sample is timed, and scaled by the profile's counts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from calibration.learned.surrogate import features
from calibration.learned.training_set import Sizes, draw_pairs
from calibration.observation import ErrorModel
from calibration.simulator import ClusterSimulator
from calibration.tables import covariates, table
from execution.executors import asked_by
from execution.tasks import silent
from model.arrays import Ints
from model.config import all_cases, load_priors
from model.cores import granted_cores
from model.latents import LATENTS
from model.profile import Profile
from studies.plan.learning import Learning, time_learning
from studies.plan.precision import Precision, past_run, precision_of
from studies.plan.sample import Clusters, Sample, take_sample
from studies.plan.script import Request, request, script
from studies.plan.size import Size, size_of
from studies.plan.stages import DASK_TASK_S, Place, Stage, Total, core_time, exact_counts, run_stages, wall_time
from studies.policy.counterfactuals import chosen_policies

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What a run would cost and buy.

    Attributes
    ----------
    stages : in order
    core, wall : core and wall time (s), with 90 % intervals
    size : memory and disk
    precision : what the counts buy
    exact : (cases,) histories of an exact estimate at one draw
    sample, sampled_s : what was timed, and how long that took
    asked, script : what the batch script asks for, and its text
    """

    profile: Profile
    where: str
    place: Place
    clusters: tuple[str, ...]
    stages: list[Stage]
    core: Total
    wall: Total
    size: Size
    precision: Precision
    exact: Ints
    sample: Sample
    sampled_s: float
    asked: Request
    script: str


def place_of(profile: Profile, where: str) -> Place:
    """Return who would work: of a Dask scheduler's workers nothing is asked; as many are assumed as the profile's jobs have."""
    chosen = str(asked_by(profile, where))
    if chosen.startswith("local"):
        count = chosen.partition(":")[2]
        return Place(int(count) if count else granted_cores())
    return Place(profile.slurm.jobs * profile.slurm.cores, profile.slurm.jobs, DASK_TASK_S)


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
    where : as ``--on`` takes it
    reference : the profile as the script is to name it; its name if not given
    out : run folder of the script, and of a finished run to learn from (default: that of ``takeoff run``)
    began : core time of this process (s) that is not part of starting up
    progress : told (stage, done, total)

    Raises
    ------
    InputError
        If a policy of the profile is unknown.
    """
    folder = Path(out or f"runs/run-{profile.name}")
    clock, place, clusters = time.monotonic(), place_of(profile, where), clusters_of(profile)
    _warm(clusters)
    starting = max(time.process_time() - began, 0.0)
    sample, learning = _timed(clusters, progress)
    exact = exact_counts(clusters, sample)
    stages = run_stages(clusters, sample, learning, starting, place)
    wall = wall_time(stages, place.cores, place.scheduler_s)
    size = size_of(clusters, sample, learning, stages, exact)
    asked = request(wall.high, size.memory, 1 if place.processes else place.cores, profile.slurm)
    return Plan(
        profile,
        where,
        place,
        tuple(case.name for case in clusters.simulator.cases),
        stages,
        core_time(stages),
        wall,
        size,
        precision_of(clusters, sample, exact, past_run(folder)),
        exact,
        sample,
        time.monotonic() - clock,
        asked,
        script(profile, reference or profile.name, where, folder, asked),
    )


def _timed(clusters: Clusters, progress: Progress) -> tuple[Sample, Learning]:
    sample = take_sample(clusters, partial(progress, "timing histories"))
    progress("timing networks and the sampler", 0, 1)
    told = features(covariates(clusters.simulator.cases))
    return sample, time_learning(clusters, told, sample.pairs, int(sample.training.sum()))


def clusters_of(profile: Profile) -> Clusters:
    """Return what a run of the profile simulates, with every core that the machine grants."""
    known, errors = load_priors(), ErrorModel()
    simulator = ClusterSimulator(
        all_cases(), known, known.names("calibrated"), errors, known.structures_with(None), threads=granted_cores()
    )
    tables = [table(case, errors) for case in simulator.cases]
    sizes = Sizes(len(tables), len(simulator.names), len(LATENTS))
    return Clusters(simulator, tables, sizes, chosen_policies(list(profile.policies) or None), profile)


def _warm(clusters: Clusters) -> None:
    """Run a few histories, which loads the compiled model, or compiles it the first time on a machine."""
    case = len(clusters.tables) // 2
    draw_pairs(clusters.simulator, clusters.sizes, clusters.profile.seed, case, 0, 1)
