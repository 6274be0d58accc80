"""What do the networks and the sampler cost? A few epochs and steps at the profile's sizes are timed and scaled.

An epoch or a step takes as long on networks that have learned nothing as on networks that have.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np

from calibration.diagnostics import convergence
from calibration.learned import proposal as proposals
from calibration.learned import surrogate as surrogates
from calibration.learned.network import Layout
from calibration.learned.surrogate import Surrogate
from calibration.learned.training import Lesson, Schedule, fit
from calibration.learned.training_set import Pairs, Sizes
from calibration.observation import ALIVE
from calibration.sampler import advance, first_state
from model.arrays import Arrays, Floats
from model.profile import Profile
from studies.plan.sample import Clusters

# The largest number of pairs that a timed epoch passes over.
MOST_PAIRS: Final = 8192
# Epochs that are timed; one more comes before them and compiles.
EPOCHS: Final = 2
# Steps of the sampler that are timed, and steps before them that are not.
FIRST_STEPS: Final = 10
STEPS: Final = 80
# The largest number of kept steps on which the judgement of the chains is timed.
JUDGED: Final = 40


class Fitting(NamedTuple):
    """Core time to compile and to train one network (s)."""

    compiling_s: float
    training_s: float


class Learning(NamedTuple):
    """What learning and sampling cost.

    Attributes
    ----------
    surrogate, proposal : Fitting
        Core time of one network of the surrogate, and of the proposal.
    step_s, judging_s : float
        Core time of one step of one ensemble, and of judging the chains of all ensembles (s).
    pair_bytes : int
        Memory of one pair as the two lessons hold it (bytes).
    """

    surrogate: Fitting
    proposal: Fitting
    step_s: float
    judging_s: float
    pair_bytes: int


def time_learning(clusters: Clusters, told: Floats, pairs: Pairs, total: int) -> Learning:
    """Time learning and sampling.

    Parameters
    ----------
    told : float64, shape (cases, features)
        What the networks are told of each cluster, in the units of ``calibration.learned.surrogate.features``.
    pairs : Pairs
        A sample of histories from the prior.
    total : int
        Number of pairs from which a run learns.
    """
    profile, scale = clusters.profile, surrogates.scale_of(pairs)
    outcomes = surrogates.lesson(pairs, told, scale)
    errors = clusters.simulator.errors
    latents = proposals.lesson(pairs, told, clusters.tables, scale.centre, scale.spread, errors)
    alive = round(total * float(np.mean(pairs.outcomes.status == ALIVE)))
    shape = surrogates.layout(profile.components)
    schedule = Schedule(profile.hidden, profile.epochs, profile.batch)
    of_surrogate, network = _fitting(shape, outcomes, schedule, total)
    schedule = schedule._replace(epochs=profile.proposal_epochs)
    shape = proposals.layout(profile.proposal_components, clusters.sizes.latents)
    of_proposal, _ = _fitting(shape, latents, schedule, alive)
    surrogate = Surrogate([network] * profile.networks, profile.components, scale, told, clusters.tables, errors)
    return Learning(
        of_surrogate,
        of_proposal,
        _stepping(surrogate, profile, clusters.sizes, clusters.simulator.threads or 1),
        _judging(profile, clusters.sizes),
        sum(array[:1].nbytes for lesson in (outcomes, latents) for array in lesson if array.ndim and len(array) > 1),
    )


def _fitting(layout: Layout, lesson: Lesson, schedule: Schedule, total: int) -> tuple[Fitting, Arrays]:
    """Return what a fit costs, and the network of a short fit.

    The first epochs are timed on as many pairs as the run's fit will see, or on ``MOST_PAIRS``: time is proportional to pairs.
    """
    shown = min(total, MOST_PAIRS)
    rows = np.resize(np.arange(len(lesson.inputs)), shown)
    few = lesson._replace(**{name: getattr(lesson, name)[rows] for name in ("inputs", "outcome", "classes", "status")})
    marks = [time.process_time()]
    network, _ = fit(layout, few, schedule._replace(epochs=1 + EPOCHS), 0, lambda _: marks.append(time.process_time()))
    epoch = (marks[-1] - marks[1]) / EPOCHS
    return Fitting(max(marks[1] - marks[0] - epoch, 0.0), epoch * schedule.epochs * total / shown), network


def _stepping(surrogate: Surrogate, profile: Profile, sizes: Sizes, threads: int) -> float:
    """Return the core time of a step of one ensemble (s), timed while as many ensembles step side by side as in a run."""
    beside = min(threads, profile.ensembles)
    first, steps = (max(count // profile.thin, 1) * profile.thin for count in (FIRST_STEPS, STEPS))

    def likelihood(z: Floats) -> Floats:
        total: Floats = surrogate.log_density(z).sum(axis=1)
        return total

    def sample(state: Arrays, count: int) -> Arrays:
        return advance(state, likelihood, count, profile.thin)

    states = [first_state(profile.walkers, sizes.parameters, profile.seed, ensemble) for ensemble in range(beside)]
    with ThreadPoolExecutor(beside) as pool:
        states = list(pool.map(sample, states, [first] * beside))
        core = time.process_time()
        list(pool.map(sample, states, [steps] * beside))
    return (time.process_time() - core) / (beside * steps)


def _judging(profile: Profile, sizes: Sizes) -> float:
    """Return the core time of judging the chains (s), scaled from chains of at most ``JUDGED`` kept steps."""
    kept = (profile.steps - profile.burn) // profile.thin
    steps = min(kept, JUDGED)
    shape = (profile.ensembles, steps, profile.walkers, sizes.parameters)
    chain = np.random.Generator(np.random.Philox(0)).standard_normal(shape)
    began = time.process_time()
    convergence(chain, np.ones(profile.ensembles), profile.thin)
    return (time.process_time() - began) * kept / max(steps, 1)
