"""How long does a run take? Core time of each stage from counts and costs, then wall time on so many cores.

A stage takes at least its core time over its cores, and at least as long as its longest piece that cannot be split.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.learned.training_set import typical_size
from calibration.likelihood import HALVES, allocate
from calibration.stages import HISTORIES_A_CHUNK, PILOT_REPLICATES, STEPS_A_CHUNK
from execution.tasks import blocks, chunk_size
from model.arrays import Ints
from studies.plan.learning import Learning
from studies.plan.sample import NEAR_HISTORIES, Clusters, Sample, Timed
from studies.policy.compare import ENOUGH
from studies.policy.pieces import HISTORIES_A_CHUNK as REPLAYS_A_CHUNK

# Core time of judging, writing the files and the report (s): measured on a run of the quick profile, of which it is a hundredth.
WRITING_S: Final = 4.0
# Standard error of what is timed once, relative: machines have moods.
CLOCK: Final = 0.1
# Two-sided 90 %.
NORMAL: Final = 1.645
# Time that Dask's scheduler, a single thread, takes for a task (s).
DASK_TASK_S: Final = 0.002


class Stage(NamedTuple):
    """What a stage costs.

    Attributes
    ----------
    name : as a run announces it
    core_s, sd_s : core time, and its standard error with the run's own chance (s)
    longest_s : the longest piece that one core does alone (s)
    width : how many pieces can be done side by side
    tasks : pieces handed out, files left
    histories : simulated
    """

    name: str
    core_s: float
    sd_s: float = 0.0
    longest_s: float = 0.0
    width: int = 1
    tasks: int = 0
    histories: int = 0

    def wall_s(self, cores: int, scheduler_s: float = 0.0) -> float:
        """Return how long the stage takes on so many cores, with so much time of a scheduler for each task (s)."""
        side_by_side = max(min(cores, self.width), 1)
        return max(self.core_s / side_by_side, self.longest_s, scheduler_s * self.tasks)


class Total(NamedTuple):
    """A sum over stages (s): the estimate, and the ends of its 90 % interval."""

    middle: float
    low: float
    high: float


def core_time(stages: Sequence[Stage]) -> Total:
    """Return the core time of all stages (s): log-normal, with errors of each stage's own and the clock's, common to all."""
    middle = sum(stage.core_s for stage in stages)
    own = math.sqrt(sum(stage.sd_s**2 for stage in stages)) / middle if middle > 0 else 0.0
    return around(middle, math.hypot(own, CLOCK))


def wall_time(stages: Sequence[Stage], cores: int, scheduler_s: float = 0.0) -> Total:
    """Return the wall time of all stages on so many cores (s): as uncertain, in relative terms, as the core time."""
    core = core_time(stages)
    middle = sum(stage.wall_s(cores, scheduler_s) for stage in stages)
    share = middle / core.middle if core.middle > 0 else 1.0
    return Total(middle, core.low * share, core.high * share)


def around(middle: float, relative: float) -> Total:
    """Return an estimate with the ends of its interval from its relative error."""
    factor = math.exp(NORMAL * math.sqrt(math.log1p(relative**2)))
    return Total(middle, middle / factor, middle * factor)


def histories_stage(name: str, counts: Ints, timed: Sequence[Timed], chunk: int, files: int) -> Stage:
    """Return the cost of a stage that simulates ``counts`` (cases,) histories, from a few of each cluster.

    Parameters
    ----------
    chunk : histories of the largest piece
    files : pieces
    """
    each, spread = (np.array([getattr(one, field) for one in timed]) for field in ("each_s", "spread_s"))
    known = np.array([one.independent for one in timed])
    # Of the mean that so few tell, and of the chance of those that a run will simulate.
    variance = float(np.sum((counts * spread) ** 2 / known + counts * spread**2))
    longest = float(np.max(np.minimum(counts, chunk) * each, initial=0.0))
    return Stage(name, float(counts @ each), math.sqrt(variance), longest, files, files, int(counts.sum()))


def makespan(pieces: Sequence[float], cores: int) -> float:
    """Return how long pieces take if each goes, in their order, to the core that is free first (s)."""
    free = [0.0] * max(cores, 1)
    for piece in pieces:
        place = free.index(min(free))
        free[place] += piece
    return max(free)


def exact_counts(clusters: Clusters, sample: Sample) -> Ints:
    """Return how many histories of each cluster an exact estimate takes at one draw, as the sample shares them out (cases,)."""
    profile, sizes = clusters.profile, clusters.sizes
    half = np.full(sizes.cases, NEAR_HISTORIES // HALVES)
    budget = profile.exact_replicates * sizes.cases // HALVES
    return HALVES * allocate(sample.estimate, half, typical_size(sample.pairs, sizes), budget)


def replays_of(policies: int, parts: int, histories: int) -> int:
    """Return how often each history is replayed: under every policy, the parts of the sequence, and both structures if enough."""
    return policies + parts + (policies if histories >= ENOUGH else 0)


class Place(NamedTuple):
    """Who works: ``cores`` in all, in so many ``processes`` besides the one that drives them (none: it works itself)."""

    cores: int
    processes: int = 0
    scheduler_s: float = 0.0


def run_stages(clusters: Clusters, sample: Sample, learning: Learning, starting_s: float, place: Place) -> list[Stage]:
    """Return every stage of ``takeoff run``, in order.

    Parameters
    ----------
    starting_s : core time of one process before its first history (s)
    """
    profile, cases = clusters.profile, clusters.sizes.cases
    training, whole = sample.training, np.full(cases, 1)
    exact, draws = exact_counts(clusters, sample), profile.exact_draws
    chunk = chunk_size(int(training.sum()), HISTORIES_A_CHUNK)
    found = [
        _starting_stage(starting_s, place),
        histories_stage("simulating clusters from the prior", training, sample.prior, chunk, _files(training, chunk)),
        _networks_stage(learning, profile.networks, place),
        _sampling_stage(clusters, learning, place.cores),
    ]
    for name, at, counts in (
        ("estimating the exact likelihood (pilot)", max(profile.pilot_draws, 1), PILOT_REPLICATES * whole),
        ("estimating the exact likelihood", draws, exact),
    ):
        chunk = chunk_size(int(counts.sum()) * at, HISTORIES_A_CHUNK)
        files = sum(len(list(blocks(0, at, max(chunk // int(each), 1)))) for each in counts)
        found.append(histories_stage(name, at * counts, sample.near, max(chunk, int(counts.max())), files))
    for name, count, timed in (
        ("predicting Table 2", profile.predictive_draws, sample.fresh),
        ("replaying the histories kept", draws, sample.near),
    ):
        chunk = chunk_size(count * cases, HISTORIES_A_CHUNK)
        found.append(histories_stage(name, count * whole, timed, chunk, _files(count * whole, chunk)))
    return [
        *found,
        _comparison_stage(clusters, sample),
        Stage("judging, writing files and the report", WRITING_S, CLOCK * WRITING_S, WRITING_S),
    ]


def _files(counts: Ints, chunk: int) -> int:
    return int(np.sum(-(-counts // chunk)))


def _starting_stage(starting_s: float, place: Place) -> Stage:
    """Return the cost of starting: the workers start once the driver has."""
    whole, longest = starting_s * (1 + place.processes), starting_s * (2 if place.processes else 1)
    return Stage("starting: libraries and the compiled model", whole, CLOCK * whole, longest, 1 + place.processes)


def _networks_stage(learning: Learning, networks: int, place: Place) -> Stage:
    """Return the cost of the networks; those of one shape in one process share a compilation."""
    compiling = min(max(place.processes, 1), networks)
    surrogate = learning.surrogate
    pieces = [sum(learning.proposal)]
    pieces += [surrogate.training_s + surrogate.compiling_s * (one < compiling) for one in range(networks)]
    total = sum(pieces)
    return Stage("training networks", total, CLOCK * total, makespan(pieces, place.cores), len(pieces), len(pieces))


def _sampling_stage(clusters: Clusters, learning: Learning, cores: int) -> Stage:
    """Return the cost of sampling: ensembles go side by side, their chains are judged by one core."""
    profile = clusters.profile
    one = profile.steps * learning.step_s
    rounds = -(-profile.ensembles // max(cores, 1))
    total = profile.ensembles * one + learning.judging_s
    files = profile.ensembles * -(-profile.steps // STEPS_A_CHUNK)
    return Stage("sampling", total, CLOCK * total, rounds * one + learning.judging_s, profile.ensembles, files)


def _comparison_stage(clusters: Clusters, sample: Sample) -> Stage:
    """Return the cost of replaying every history kept under every policy."""
    profile, cases = clusters.profile, clusters.sizes.cases
    count = min(profile.policy_draws, profile.exact_draws)
    policies, parts = len(clusters.policies), sample.replays[0].parts
    times, structures = replays_of(policies, parts, count), 2 if count >= ENOUGH else 1
    whole = [
        Timed(
            structures * replay.status_quo.core_s + (times - structures) * replay.added.core_s,
            replay.status_quo.firm_quarters,
            replay.status_quo.independent,
        )
        for replay in sample.replays
    ]
    chunk = chunk_size(count * cases * policies * structures, REPLAYS_A_CHUNK)
    files = cases * times * -(-count // chunk)
    stage = histories_stage("comparing policies", np.full(cases, count), whole, chunk, files)
    others = policies + parts - 1
    longest = max(replay.status_quo.each_s + others * replay.added.each_s for replay in sample.replays) * min(count, chunk)
    return stage._replace(longest_s=longest, histories=times * stage.histories)
