"""How much memory and disk does a run need? As much as this process has held, and the arrays that grow with the counts."""

import resource
import sys
from typing import Final, NamedTuple

import numpy as np

from calibration.groups import DRAWS_KEPT, PRIOR_DRAWS
from calibration.observation import DATES, FIGURES, STATEMENTS
from calibration.stages import JOINT_THIN
from model.arrays import Ints
from studies.plan.learning import Learning
from studies.plan.sample import Clusters, Sample
from studies.plan.stages import Stage, replays_of
from studies.policy.counterfactuals import KEPT
from studies.policy.outcomes import OUTCOMES

# Bytes of one number.
DOUBLE: Final = 8
SINGLE: Final = 4
# How many copies are in memory at once. Pairs and replays are held as chunks and joined. Chains are held as chunks and joined,
# and while they are judged also at twice their length, padded and complex.
COPIES_OF_PAIRS: Final = 2
COPIES_OF_CHAINS: Final = 8
COPIES_OF_REPLAYS: Final = 2
# Bytes of a chunk's file besides its arrays: names, checksum, and the padding to a block of the disk.
FILE: Final = 4096
# Bytes of the decision table, page, checks and fingerprints for one cluster and policy.
TEXT_A_POLICY: Final = 8000


class Size(NamedTuple):
    """What a run occupies.

    Attributes
    ----------
    memory : peak memory of one process (bytes)
    base : the part of it that libraries and compiled code take (bytes)
    disk : size of the run folder (bytes)
    files : number of its files
    """

    memory: float
    base: float
    disk: float
    files: int


def peak_memory() -> float:
    """Return the most memory that this process has held (bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def size_of(clusters: Clusters, sample: Sample, learning: Learning, stages: list[Stage], exact: Ints) -> Size:
    """Return memory and disk of a run.

    Parameters
    ----------
    clusters, sample, learning, stages : what is simulated, what was timed, and the stages of the run
    exact : int64, shape (cases,)
        Histories of an exact estimate at one draw.
    """
    profile, sizes = clusters.profile, clusters.sizes
    base = peak_memory()
    pair = sum(array.nbytes for array in sample.pairs.arrays().values()) / len(sample.pairs.keys)
    inputs = DOUBLE * (sizes.parameters + sizes.own)
    taught = int(sample.training.sum() + profile.rounds * sample.targeted.sum())
    pairs = taught * (COPIES_OF_PAIRS * (pair + inputs + learning.pair_bytes))
    everything = sizes.parameters + sizes.cases * sizes.own
    transitions = (profile.rounds * profile.round_steps + profile.joint_steps) // JOINT_THIN
    joint = profile.ensembles * profile.chains * transitions * everything * SINGLE
    chains = joint + profile.ensembles * (profile.steps // profile.thin) * profile.walkers * (sizes.parameters + 1) * DOUBLE
    kept = profile.ensembles * min(DRAWS_KEPT, profile.walkers * profile.steps // profile.thin)
    scored = profile.integral_points * sizes.cases * (4 * profile.hidden + learning.pair_bytes) * SINGLE
    replays = _replays(clusters, sample)
    memory = base + pairs + COPIES_OF_CHAINS * chains + scored + COPIES_OF_REPLAYS * replays
    estimates = profile.exact_draws * sizes.cases * (sizes.own + 6) * DOUBLE
    figures = profile.predictive_draws * sizes.cases * DATES * (len(FIGURES) + len(STATEMENTS)) * DOUBLE
    results = (
        kept * (2 * sizes.parameters + sizes.cases + 2) * DOUBLE
        + PRIOR_DRAWS * sizes.parameters * DOUBLE
        + profile.exact_draws * sizes.cases * (len(clusters.simulator.priors.defaults) + sizes.own + 4) * DOUBLE
        + figures
        + sizes.cases * len(clusters.policies) * TEXT_A_POLICY
    )
    files = sum(stage.tasks for stage in stages)
    chunks = taught * pair + chains + estimates + figures + replays + _fans(clusters)
    return Size(memory, base, chunks + results + 1.5 * replays + files * FILE, files)


def _replays(clusters: Clusters, sample: Sample) -> float:
    """Return the size of all replays (bytes): their paths by year, and their outcomes."""
    profile = clusters.profile
    count, parts = min(profile.policy_draws, profile.exact_draws), sample.replays[0].parts
    times = replays_of(len(clusters.policies), parts, count)
    years = profile.horizon + 1
    past = float(np.mean([case.observations[-1].time - case.start.low for case in clusters.simulator.cases]))
    rows = times * years + past * (2 if times > len(clusters.policies) + parts else 1)
    return clusters.sizes.cases * count * profile.futures * DOUBLE * (len(KEPT) * rows + times * len(OUTCOMES))


def _fans(clusters: Clusters) -> float:
    """Return the size of the paths of the histories kept (bytes): eight quantities, twice a year."""
    spans = [2 * (case.observations[-1].time - case.start.low) for case in clusters.simulator.cases]
    return 8 * clusters.profile.exact_draws * DOUBLE * float(np.sum(spans))
