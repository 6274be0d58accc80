"""What do the networks and the sampler cost? A few epochs and steps at the profile's sizes are timed and scaled.

An epoch or a step takes as long on networks that have learned nothing as on networks that have.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np

from calibration import distil, joint
from calibration.diagnostics import convergence
from calibration.emulator.evaluate import Emulator, rows_of
from calibration.emulator.features import ClusterFeatures
from calibration.emulator.network import Layout, layout_of
from calibration.emulator.pairs import Pairs, Sizes
from calibration.emulator.training import Lesson, Scale, fit, lesson, scale_of
from calibration.joint import LANES, STRIDE, Sampling
from calibration.keys import PILOT, seeds
from calibration.sampler import advance, first_state
from calibration.stages import JOINT_THIN, LEAPFROGS, schedule
from model.arrays import Arrays, Floats
from model.profile import Profile
from studies.plan.sample import Clusters

# The largest number of pairs that a timed epoch passes over.
MOST_PAIRS: Final = 8192
# Epochs that are timed; one more comes before them and compiles.
EPOCHS: Final = 2
# Transitions of joint chains, states of conditional ones, and integrals that are timed.
TRANSITIONS: Final = 40
STATES: Final = 16
INTEGRALS: Final = 3
# Steps of the sampler that are timed, and steps before them that are not.
FIRST_STEPS: Final = 10
STEPS: Final = 80
# The largest number of kept steps on which the judgement of the chains is timed.
JUDGED: Final = 40


# Parts of what is timed that are told of: the networks, the joint chains, which take the longest to compile, and the rest.
PARTS: Final = 3


class Fitting(NamedTuple):
    """Core time to compile, and to pass one pair in one epoch (s)."""

    compiling_s: float
    training_s: float


class Learning(NamedTuple):
    """What learning and sampling cost.

    Attributes
    ----------
    pair_s, compiling_s : float
        Core time of one pair in one epoch, and of compiling the programs of learning and of joint sampling (s).
    transition_s : float
        Core time of one transition of all joint chains of one ensemble (s).
    state_s : float
        Core time of one state of a conditional chain, of which each exact history takes one (s).
    integral_s : float
        Core time of integrating all clusters out at one vector of parameters (s).
    step_s, judging_s : float
        Core time of one step of one of emcee's ensembles, and of judging the chains of all ensembles (s).
    pair_bytes : int
        Memory of one pair as the lesson holds it (bytes).
    """

    pair_s: float
    compiling_s: float
    transition_s: float
    state_s: float
    integral_s: float
    step_s: float
    judging_s: float
    pair_bytes: int


def time_learning(clusters: Clusters, pairs: Pairs, total: int, tell: Callable[[int, int], None]) -> Learning:
    """Time learning and sampling.

    Parameters
    ----------
    pairs : Pairs
        A sample of histories from the prior.
    total : int
        Number of pairs from which a run learns at most.
    tell : callable
        Called with the number of parts timed and their total; it may raise to stop.
    """
    tell(0, PARTS)
    profile, sizes, errors = clusters.profile, clusters.sizes, clusters.simulator.errors
    features, layout = ClusterFeatures(clusters.simulator), layout_of(clusters.tables, profile.components)
    scale = scale_of(pairs, layout)
    data = lesson(pairs, features, layout, scale)
    fitting, network = _fitting(layout, data, scale, profile, total)
    tell(1, PARTS)
    emulator = Emulator(network, layout, features, rows_of(clusters.tables, layout, scale, errors))
    compiling, transition, state = _joint(Sampling(emulator, sizes, profile.chains, LEAPFROGS, profile.seed))
    tell(2, PARTS)
    return Learning(
        fitting.training_s,
        fitting.compiling_s + compiling,
        transition,
        state,
        _integrating(emulator, sizes, profile),
        _stepping(profile, sizes, clusters.simulator.threads or 1),
        _judging(profile, sizes),
        sum(array[:1].nbytes for array in data),
    )


def _fitting(layout: Layout, data: Lesson, scale: Scale, profile: Profile, total: int) -> tuple[Fitting, Arrays]:
    """Return what compiling, and one pair in one epoch, cost, and the network of a short fit.

    The first epochs are timed on as many pairs as the run's fit will see, or on ``MOST_PAIRS``: time is proportional to pairs.
    """
    shown = min(total, MOST_PAIRS)
    few = data.part(np.resize(np.arange(len(data.inputs)), shown))
    marks = [time.process_time()]
    short = schedule(profile)._replace(epochs=1 + EPOCHS)
    network = fit(few, layout, scale, short, 0, lambda _: marks.append(time.process_time()))
    epoch = (marks[-1] - marks[1]) / EPOCHS
    return Fitting(max(marks[1] - marks[0] - epoch, 0.0), epoch / shown), network


def _joint(sampling: Sampling) -> tuple[float, float, float]:
    """Return the core time of compiling, of a joint transition of one ensemble, and of a state of a conditional chain (s)."""
    began = time.process_time()
    warm = joint.warm_up(sampling, 0, TRANSITIONS)
    state = joint.advance(sampling, warm, JOINT_THIN, JOINT_THIN, 0)
    first = time.process_time()
    joint.advance(sampling, state, TRANSITIONS, JOINT_THIN, 1)
    second = time.process_time()
    z, own = state["z"][-1, :1].astype(np.float64), state["own"][-1, :1, 0].astype(np.float64)
    given = sampling, state, 0, np.repeat(z, LANES, axis=0), np.repeat(own, LANES, axis=0)
    joint.conditional(*given, STRIDE, seeds(sampling.seed, PILOT, 0, 0, LANES))
    third = time.process_time()
    joint.conditional(*given, STATES, seeds(sampling.seed, PILOT, 0, LANES, LANES))
    each = (time.process_time() - third) / (LANES * (STATES + STRIDE))
    compiling = first - began + third - second - (second - first)
    return max(compiling, 0.0), (second - first) / TRANSITIONS, each


def _integrating(emulator: Emulator, sizes: Sizes, profile: Profile) -> float:
    """Return the core time of integrating all clusters out at one vector of parameters (s)."""
    slope = np.zeros((sizes.cases, sizes.parameters + 1, sizes.own))
    proposal = distil.Proposal(slope, np.tile(np.eye(sizes.own), (sizes.cases, 1, 1)))
    integrals = distil.Integrals(emulator, proposal, profile.integral_points, profile.seed)
    distil.integrate(integrals, np.zeros((1, sizes.parameters)), 0)
    began = time.process_time()
    distil.integrate(integrals, np.zeros((INTEGRALS, sizes.parameters)), 0)
    return (time.process_time() - began) / INTEGRALS


def _stepping(profile: Profile, sizes: Sizes, threads: int) -> float:
    """Return the core time of a step of one ensemble (s), timed while as many ensembles step side by side as in a run."""
    beside = min(threads, profile.ensembles)
    first, steps = (max(count // profile.thin, 1) * profile.thin for count in (FIRST_STEPS, STEPS))
    flat = np.zeros(distil.count(sizes.parameters))

    def likelihood(z: Floats) -> Floats:
        return distil.likelihood(flat, z)

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
