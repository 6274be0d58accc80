"""What does a history cost? A few of every kind that a run simulates are simulated by the run's own functions, and timed.

The processor's clock is read around all histories of one cluster and kind. The cost of a history is very nearly proportional to
its firm-quarters (the number of firms, summed over quarters), so the spread of the firm-quarters gives the standard error of the
mean cost.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.special import ndtr

from calibration.correction import Estimate, join, summary
from calibration.emulator.pairs import Pairs, Sizes, draw_pairs, restore_pairs, root_cost, share_out
from calibration.histories import WeightedHistories
from calibration.keys import LATENTS, PILOT, PREDICTIVE, normals, number, seeds
from calibration.observation import DATES, Outcomes, Table, log_density
from calibration.simulator import VAGUE, ClusterSimulator, far_too_many, outcomes
from calibration.stages import FIRST_HISTORIES
from model.arrays import Arrays, Floats, Ints, Seeds
from model.config import Policy
from model.events import QUARTER
from model.latents import LATENTS as NAMES
from model.observe import COLUMNS
from model.profile import Profile
from studies.plan.stand_in import StandIn
from studies.policy.counterfactuals import SHOWN, Wanted, observed, wanted

FIRMS: Final = COLUMNS.index("firms")

# Histories of each cluster from the prior. A run shares out its training by the first ``FIRST_HISTORIES`` of them.
FROM_PRIOR: Final = 32
# Draws near the row of each cluster, and histories for each draw. Every draw leaves one history to replay, as in a run.
NEAR_DRAWS: Final = 16
NEAR_HISTORIES: Final = 8


class Timed(NamedTuple):
    """What n histories of one cluster and kind took.

    Attributes
    ----------
    core_s : core time of all of them together (s)
    firm_quarters : float64, shape (n,); the size of each history (firms times quarters)
    independent : how many count as independent, since histories at the same parameters are alike
    """

    core_s: float
    firm_quarters: Floats
    independent: int

    @property
    def each_s(self) -> float:
        """Mean core time of a history (s)."""
        return self.core_s / len(self.firm_quarters)

    @property
    def spread_s(self) -> float:
        """Standard deviation of the core time of a history (s)."""
        mean = float(self.firm_quarters.mean())
        return self.each_s * float(self.firm_quarters.std(ddof=1)) / mean if mean > 0 else 0.0


class Replays(NamedTuple):
    """Paired replays of n histories of one cluster, under the status quo and one other policy.

    Attributes
    ----------
    policy : name of the other policy
    parts : replays of the parts of a sequence, which a comparison makes besides those of its policies
    status_quo, added : what the status quo took, and what the other policy took in addition
    levels, other_levels : float64, shape (n, outcomes); outcomes under the status quo and under the other policy
    """

    policy: str
    parts: int
    status_quo: Timed
    added: Timed
    levels: Floats
    other_levels: Floats


class Sample(NamedTuple):
    """What was simulated and timed.

    Attributes
    ----------
    training, targeted : int64, shape (cases,); histories from the prior, and those of one round, that teach the emulator
    pairs, prior : histories from the prior, and what they took, cluster by cluster
    near : what histories near the clusters' rows took
    fresh : what histories at the posterior's parameters took, with everything of the cluster from the population
    replays : replays of one history for each draw near the row, cluster by cluster
    estimate : the likelihood as the histories near the rows estimate it
    root_cost : float64, shape (cases,); root of the cost of a history, in any unit
    busy : core time over the wall time of all cores, a share
    """

    training: Ints
    targeted: Ints
    pairs: Pairs
    prior: list[Timed]
    near: list[Timed]
    fresh: list[Timed]
    replays: list[Replays]
    estimate: Estimate
    root_cost: Floats
    busy: float


@dataclass
class Watched:
    """A simulator that notes the firm-quarters of what it simulates."""

    simulator: ClusterSimulator
    noted: list[Floats] = field(default_factory=list)

    def __call__(self, case: int, z: Floats, own: Floats, keys: Seeds) -> Outcomes:
        """Return what n histories show at the dates of observation.

        Parameters
        ----------
        case : index of the cluster
        z, own : float64, shapes (n, d) and (n, l); whitened parameters, and what the cluster has for itself
        keys : uint64, shape (n,); seeds
        """
        start = self.simulator.settings(case, z, own, keys)[2]
        dates = self.simulator.dates(case, start, ndtr(own[:, -len(VAGUE) :])) - start[:, None]
        quarters = np.arange(0.0, dates.max(), QUARTER)[None, :]
        # A time of -1 lies before the start and gives an empty row, so that no history is run past its own last date.
        times = np.concatenate([dates, np.where(quarters <= dates.max(axis=1, keepdims=True), quarters, -1.0)], axis=1)
        panel = self.simulator.rows(case, z, own, keys, times)
        self.noted.append(np.nansum(panel[:, DATES:, FIRMS], axis=1))
        return outcomes(panel[:, :DATES], self.simulator.errors)

    def timed(self, independent: int, work: Callable[[], Arrays | Pairs | Outcomes]) -> tuple[Any, Timed]:
        """Return the result of ``work``, and what its histories took; ``independent`` of them count as independent."""
        self.noted.clear()
        began = time.process_time()
        result = work()
        return result, Timed(time.process_time() - began, np.concatenate(self.noted), independent)


class Clusters(NamedTuple):
    """What a run of a profile simulates.

    Attributes
    ----------
    simulator, tables, sizes : the simulator, the clusters' rows and the sizes of a calibration
    policies : the policies that are compared, by name, the status quo first
    profile : the profile
    """

    simulator: ClusterSimulator
    tables: list[Table]
    sizes: Sizes
    policies: dict[str, Policy]
    profile: Profile


def take_sample(clusters: Clusters, tell: Callable[[int, int], None]) -> Sample:
    """Simulate and time a sample.

    Parameters
    ----------
    clusters : what a run of the profile simulates
    tell : called with the number of clusters done and their total; it may raise to stop
    """
    watched, sizes, profile = Watched(clusters.simulator), clusters.sizes, clusters.profile
    cases, wall, core = range(sizes.cases), time.monotonic(), time.process_time()
    count = max(min(FROM_PRIOR, profile.training_simulations // sizes.cases), 2)
    prior, chunks = [], []
    for case in cases:
        pairs, timed = watched.timed(count, partial(draw_pairs, watched, sizes, profile.seed, case, 0, count))
        prior.append(timed)
        chunks.append(pairs.arrays())
        tell(case, 2 * sizes.cases)
    pairs = restore_pairs(chunks)
    first = [{name: array[:FIRST_HISTORIES] for name, array in chunk.items()} for chunk in chunks]
    stand_in = StandIn(pairs, clusters.tables, sizes)
    z = stand_in.parameters(NEAR_DRAWS, number(profile.seed, PILOT))
    bounds = np.array([far_too_many(case) for case in clusters.simulator.cases])
    near, fresh, replays, parts = [], [], [], []
    for case in cases:
        part, timed = watched.timed(len(z), partial(_near, clusters, watched, stand_in, case, z))
        near.append(timed)
        parts.append([part])
        fresh.append(_fresh(watched, sizes, profile, case, z))
        replays.append(_replays(clusters, case, z, part))
        tell(sizes.cases + case, 2 * sizes.cases)
    share = (time.process_time() - core) / (time.monotonic() - wall) / (clusters.simulator.threads or 1)
    cost = root_cost(restore_pairs(first), bounds)
    training = np.maximum(share_out(cost, profile.training_simulations), len(first[0]["keys"]))
    targeted = share_out(root_cost(pairs, bounds), profile.targeted_simulations)
    return Sample(training, targeted, pairs, prior, near, fresh, replays, join(parts), cost, share)


def _near(clusters: Clusters, watched: Watched, stand_in: StandIn, case: int, z: Floats) -> Arrays:
    """Return the likelihood of one cluster at parameters z (n, d), as ``correction.Estimate`` names it."""
    count, rows = len(z), np.arange(len(z))
    keys = seeds(clusters.profile.seed, PILOT, case, 0, count * NEAR_HISTORIES).reshape(count, NEAR_HISTORIES)
    own, log_weight = stand_in.draw(case, z, keys)
    shown = watched(case, np.repeat(z, NEAR_HISTORIES, axis=0), own.reshape(-1, own.shape[2]), keys.ravel())
    density = log_density(clusters.tables[case], shown, clusters.simulator.errors)
    score = density.reshape(count, NEAR_HISTORIES) + log_weight
    best = score.argmax(axis=1)
    return {**summary(score), "own": own[rows, best], "keys": keys[rows, best]}


def _fresh(watched: Watched, sizes: Sizes, profile: Profile, case: int, z: Floats) -> Timed:
    """Return what histories of one cluster took of which everything is drawn from the population."""
    keys = seeds(profile.seed, PREDICTIVE, case, 0, len(z))
    timed: Timed = watched.timed(len(z), lambda: watched(case, z, normals(keys, LATENTS, sizes.own), keys))[1]
    return timed


def _replays(clusters: Clusters, case: int, z: Floats, part: Arrays) -> Replays:
    """Return replays of the histories that the estimate kept, under the status quo and one other policy."""
    simulator, horizon = clusters.simulator, clusters.profile.horizon
    keys = np.ascontiguousarray(part["keys"])
    histories = WeightedHistories(
        simulator.cases[case],
        simulator.values(z, part["own"], keys),
        part["own"][:, : len(NAMES)],
        keys,
        np.full(len(keys), 1.0 / len(keys)),
        np.arange(len(keys)),
        simulator.structures,
    )
    asked = wanted(histories, clusters.policies, horizon)
    # The clusters take the policies in turn, so that the sample covers all policies.
    chosen = asked[1 + case % (len(clusters.policies) - 1)] if len(clusters.policies) > 1 else asked[0]
    alone, _ = _timed_replays(histories, asked[:1], horizon, simulator.threads)
    both, (levels, other_levels) = _timed_replays(histories, [asked[0], chosen], horizon, simulator.threads)
    # Both policies share the past of a history, so a policy adds the core time of its future alone.
    added = alone._replace(core_s=max(both.core_s - alone.core_s, 0.0))
    return Replays(chosen.policy.name, len(asked) - len(clusters.policies), alone, added, levels, other_levels)


def _timed_replays(
    histories: WeightedHistories, asked: list[Wanted], horizon: int, threads: int | None
) -> tuple[Timed, list[Floats]]:
    """Return what replays under some policies took together, and the outcomes (n, outcomes) under each policy.

    The firm-quarters are those of the first policy.
    """
    began = time.process_time()
    replays = observed(histories, asked, horizon, threads=threads)
    core = time.process_time() - began
    firms = replays[0]["paths"][SHOWN.index("firms")]
    return Timed(core, np.nansum(firms, axis=1) / QUARTER, len(histories)), [arrays["levels"] for arrays in replays]
