"""How long does a run take? Counts and measured costs give the core time of each stage, and the cores its wall time.

A stage takes at least its core time divided by its cores, and at least as long as its longest piece that cannot be split.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.correction import HALVES, allocate, noise_of_one
from calibration.exact import CHECK_REPLICATES
from calibration.stages import FINER, HISTORIES_A_CHUNK, INTEGRALS_A_CHUNK, TRANSITIONS_A_CHUNK, WEIGHED
from execution.tasks import blocks, chunk_size
from model.arrays import Ints
from model.profile import STEPS_A_CHUNK
from studies.plan.learning import Learning
from studies.plan.sample import NEAR_HISTORIES, Clusters, Sample, Timed
from studies.policy.compare import ENOUGH
from studies.policy.pieces import HISTORIES_A_CHUNK as REPLAYS_A_CHUNK

# Core time of judging the run and writing its files and report (s), measured on a run of the quick profile.
WRITING_S: Final = 4.0
# Relative standard error of a cost that was timed once: the speed of a machine varies from hour to hour.
CLOCK: Final = 0.1
# Quantile of the standard normal distribution for a two-sided interval of 90 %.
NORMAL: Final = 1.645
# Time that Dask's scheduler, a single thread, takes for a task (s).
DASK_TASK_S: Final = 0.002


class Stage(NamedTuple):
    """What a stage costs.

    Attributes
    ----------
    name : the stage's name, as a run announces it
    core_s, sd_s : core time, and its standard error, the chance of the run itself included (s)
    longest_s : duration of the longest piece that one core does alone (s)
    width : how many pieces can be done side by side
    tasks : number of pieces, each of which leaves a file
    histories : number of histories simulated
    """

    name: str
    core_s: float
    sd_s: float = 0.0
    longest_s: float = 0.0
    width: int = 1
    tasks: int = 0
    histories: int = 0

    def wall_s(self, cores: int, scheduler_s: float = 0.0) -> float:
        """Return the wall time of the stage on ``cores`` cores, where a scheduler takes ``scheduler_s`` for each task (s)."""
        side_by_side = max(min(cores, self.width), 1)
        return max(self.core_s / side_by_side, self.longest_s, scheduler_s * self.tasks)


class Total(NamedTuple):
    """A sum over stages: its estimate, and the ends of the 90 % interval (s)."""

    middle: float
    low: float
    high: float


def core_time(stages: Sequence[Stage]) -> Total:
    """Return the core time of all stages (s).

    The interval is log-normal. It combines the independent errors of the stages with the error of the clock, common to all.
    """
    middle = sum(stage.core_s for stage in stages)
    own = math.sqrt(sum(stage.sd_s**2 for stage in stages)) / middle if middle > 0 else 0.0
    return around(middle, math.hypot(own, CLOCK))


def wall_time(stages: Sequence[Stage], cores: int, scheduler_s: float = 0.0) -> Total:
    """Return the wall time of all stages on ``cores`` cores (s); its relative error is taken to be that of the core time."""
    core = core_time(stages)
    middle = sum(stage.wall_s(cores, scheduler_s) for stage in stages)
    share = middle / core.middle if core.middle > 0 else 1.0
    return Total(middle, core.low * share, core.high * share)


def around(middle: float, relative: float) -> Total:
    """Return an estimate with the ends of its 90 % interval, which is log-normal with the given relative error."""
    factor = math.exp(NORMAL * math.sqrt(math.log1p(relative**2)))
    return Total(middle, middle / factor, middle * factor)


def histories_stage(name: str, counts: Ints, timed: Sequence[Timed], chunk: int, files: int) -> Stage:
    """Return the cost of a stage that simulates histories of every cluster, from a few of each that were timed.

    Parameters
    ----------
    name : the stage's name
    counts : int64, shape (cases,)
        Histories of each cluster.
    timed : what a few histories took, cluster by cluster
    chunk : histories of the largest piece
    files : number of pieces
    """
    each_s, spread_s = (np.array([getattr(one, field) for one in timed]) for field in ("each_s", "spread_s"))
    independent = np.array([one.independent for one in timed])
    # The first term is the error of a mean cost that few histories tell; the second is the chance of the run's own histories.
    variance = float(np.sum((counts * spread_s) ** 2 / independent + counts * spread_s**2))
    longest = float(np.max(np.minimum(counts, chunk) * each_s, initial=0.0))
    return Stage(name, float(counts @ each_s), math.sqrt(variance), longest, files, files, int(counts.sum()))


def makespan(pieces: Sequence[float], cores: int) -> float:
    """Return when all pieces are done (s) if each goes, in their order, to the core that is free first."""
    free_at = [0.0] * max(cores, 1)
    for piece in pieces:
        first_free = free_at.index(min(free_at))
        free_at[first_free] += piece
    return max(free_at)


def exact_counts(clusters: Clusters, sample: Sample) -> Ints:
    """Return how many histories of each cluster an exact estimate takes at one draw, int64, shape (cases,).

    The sample shares them out between clusters as the pilot of a run does.
    """
    profile, cases = clusters.profile, clusters.sizes.cases
    noise = noise_of_one(sample.estimate, np.full(cases, NEAR_HISTORIES))
    return HALVES * allocate(noise, sample.root_cost, profile.exact_replicates * cases // HALVES)


def replays_of(policies: int, parts: int, histories: int) -> int:
    """Return how often each history is replayed: under every policy, and for each part of the sequence.

    Where a cluster has enough histories, every policy is also replayed under the other structure.
    """
    return policies + parts + (policies if histories >= ENOUGH else 0)


class Capacity(NamedTuple):
    """The cores that work.

    Attributes
    ----------
    cores : cores of all processes together
    processes : worker processes besides the one that drives them; with none, the driver works itself
    scheduler_s : time that a scheduler takes for each task (s)
    """

    cores: int
    processes: int = 0
    scheduler_s: float = 0.0


def run_stages(clusters: Clusters, sample: Sample, learning: Learning, starting_s: float, capacity: Capacity) -> list[Stage]:
    """Return every stage of ``takeoff run``, in order; ``starting_s`` is a process's core time before its first history (s)."""
    profile, cases = clusters.profile, clusters.sizes.cases
    whole, exact, draws = np.full(cases, 1), exact_counts(clusters, sample), profile.exact_draws
    rounds = profile.rounds * sample.targeted
    chunks = [chunk_size(int(counts.sum()), HISTORIES_A_CHUNK) for counts in (sample.training, sample.targeted)]
    stages = [
        _starting_stage(starting_s, capacity),
        histories_stage(
            "simulating clusters from the prior", sample.training, sample.prior, chunks[0], _files(sample.training, chunks[0])
        ),
        *_learning_stages(clusters, sample, learning, capacity),
    ]
    if profile.rounds:
        name = "simulating clusters where the emulator looks"
        files = profile.rounds * _files(sample.targeted, chunks[1])
        stages.append(histories_stage(name, rounds, sample.near, chunks[1], files))
    for name, at, counts in (
        ("checking the emulator", profile.check_draws, CHECK_REPLICATES * whole),
        ("estimating the exact likelihood", draws, exact),
    ):
        chunk = chunk_size(int(counts.sum()) * at, HISTORIES_A_CHUNK)
        files = sum(len(list(blocks(0, at, max(chunk // int(each), 1)))) for each in counts)
        timed = histories_stage(name, at * counts, sample.near, max(chunk, int(counts.max())), files)
        stages.append(timed._replace(core_s=timed.core_s + at * float(counts.sum()) * learning.state_s))
    for name, count, timed_ in (
        ("predicting Table 2", profile.predictive_draws, sample.fresh),
        ("replaying the histories kept", draws, sample.near),
    ):
        chunk = chunk_size(count * cases, HISTORIES_A_CHUNK)
        stages.append(histories_stage(name, count * whole, timed_, chunk, _files(count * whole, chunk)))
    return [
        *stages,
        _comparison_stage(clusters, sample),
        Stage("judging, writing files and the report", WRITING_S, CLOCK * WRITING_S, WRITING_S),
    ]


def _files(counts: Ints, chunk: int) -> int:
    """Return into how many chunks the histories of all clusters are cut."""
    return int(np.sum(-(-counts // chunk)))


def _starting_stage(starting_s: float, capacity: Capacity) -> Stage:
    """Return the cost of starting: the workers start after the driver has started."""
    whole, longest = starting_s * (1 + capacity.processes), starting_s * (2 if capacity.processes else 1)
    return Stage("starting: libraries and the compiled model", whole, CLOCK * whole, longest, 1 + capacity.processes)


def _learning_stages(clusters: Clusters, sample: Sample, learning: Learning, capacity: Capacity) -> list[Stage]:
    """Return the costs of teaching the emulator, of joint sampling, of the integrals and of emcee; one core judges the chains."""
    profile, first, more = clusters.profile, int(sample.training.sum()), int(sample.targeted.sum())
    seen = sum(first + turn * more for turn in range(profile.rounds + 1))
    teaching = seen * profile.epochs * learning.pair_s
    compiled = learning.compiling_s * max(capacity.processes, 1)
    transitions = profile.rounds * (profile.warmup + profile.round_steps) + profile.warmup + profile.joint_steps
    ensembles, cores = profile.ensembles, max(capacity.cores, 1)
    turns = -(-ensembles // cores)
    joint_s, emcee_s = transitions * learning.transition_s, profile.steps * learning.step_s
    integrals, finer = profile.integrals * learning.integral_s, FINER * max(profile.integrals // WEIGHED, 1)

    def stage(name: str, total: float, longest: float, width: int, files: int) -> Stage:
        return Stage(name, total, CLOCK * total, longest, width, files)

    files = ensembles * (-(-transitions // TRANSITIONS_A_CHUNK) + profile.rounds + 1)
    return [
        stage("teaching the emulator", teaching + compiled, teaching + learning.compiling_s, 1, profile.rounds + 1),
        stage("sampling parameters and clusters together", ensembles * joint_s, turns * joint_s, ensembles, files),
        stage("integrating clusters out", integrals, 0.0, cores, -(-profile.integrals // INTEGRALS_A_CHUNK) + 1),
        stage(
            "sampling with emcee",
            ensembles * emcee_s + learning.judging_s,
            turns * emcee_s + learning.judging_s,
            ensembles,
            ensembles * -(-profile.steps // STEPS_A_CHUNK),
        ),
        stage("weighing what emcee sampled", finer * learning.integral_s, 0.0, cores, -(-finer // INTEGRALS_A_CHUNK)),
    ]


def _comparison_stage(clusters: Clusters, sample: Sample) -> Stage:
    """Return the cost of replaying every history kept under every policy."""
    profile, cases = clusters.profile, clusters.sizes.cases
    count = min(profile.policy_draws, profile.exact_draws)
    policies, parts = len(clusters.policies), sample.replays[0].parts
    times, structures = replays_of(policies, parts, count), 2 if count >= ENOUGH else 1
    whole = [
        Timed(
            structures * replay.status_quo.core_s + (profile.futures * times - structures) * replay.added.core_s,
            replay.status_quo.firm_quarters,
            replay.status_quo.independent,
        )
        for replay in sample.replays
    ]
    chunk = chunk_size(count * cases * policies * structures, REPLAYS_A_CHUNK)
    files = cases * times * -(-count // chunk)
    stage = histories_stage("comparing policies", np.full(cases, count), whole, chunk, files)
    others = profile.futures * (policies + parts) - 1
    longest = max(replay.status_quo.each_s + others * replay.added.each_s for replay in sample.replays) * min(count, chunk)
    return stage._replace(longest_s=longest, histories=times * stage.histories)
