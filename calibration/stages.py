"""In which order is the emulator's posterior made? Pairs, emulator, joint draws, integrals, ensembles: sets of stored tasks."""

from typing import Any, Final, NamedTuple

import numpy as np

from calibration import distil, joint
from calibration.diagnostics import Convergence, convergence
from calibration.emulator.assess import Assessment, assess
from calibration.emulator.evaluate import Emulator, rows_of
from calibration.emulator.network import Layout, layout_of
from calibration.emulator.pairs import ROUND, Pairs, Sizes, draw_pairs, restore_pairs, root_cost, share_out, target_pairs
from calibration.emulator.training import Lesson, Scale, Schedule, fit, held_out, lesson, scale_of, smoothed
from calibration.joint import Sampling
from calibration.keys import DISTILLED, JOINT, NETWORKS, TARGETED, number
from calibration.observation import Simulate
from calibration.sampler import advance, first_state
from calibration.weights import normalised
from calibration.work import Work
from execution.tasks import Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints
from model.profile import STEPS_A_CHUNK, Profile

# Histories of each cluster that are simulated before its share of the others is known.
FIRST_HISTORIES: Final = 16
# The fewest histories in a chunk, and the integrals in one.
HISTORIES_A_CHUNK: Final = 64
INTEGRALS_A_CHUNK: Final = 100
# One in so many integrals is taken at a draw of emcee's, with so many times the points.
WEIGHED: Final = 2
FINER: Final = 4
# Transitions of the joint chains in a chunk, and every how many one is kept.
TRANSITIONS_A_CHUNK: Final = 100
JOINT_THIN: Final = 4
# Leapfrog steps of a transition.
LEAPFROGS: Final = 8


class Source(NamedTuple):
    """What it takes to simulate training pairs: a simulator, the sizes of its arguments, and the run's seed."""

    simulate: Simulate
    sizes: Sizes
    seed: int


def pairs_chunk(source: Source, case: int, first: int, count: int) -> Arrays:
    """Simulate one chunk of training pairs from the prior; see ``draw_pairs``."""
    return draw_pairs(source.simulate, source.sizes, source.seed, case, first, count).arrays()


def target_chunk(source: Source, case: int, first: int, z: Floats, own: Floats) -> Arrays:
    """Simulate one chunk of targeted training pairs; see ``target_pairs``."""
    return target_pairs(source.simulate, source.seed, case, first, z, own).arrays()


def training_pairs(work: Work) -> Pairs:
    """Simulate or read the pairs that first teach the emulator: a few of each cluster, then more where histories are cheap."""
    total, cases = work.profile.training_simulations, range(work.sizes.cases)
    few = max(min(FIRST_HISTORIES, total // len(cases)), 1)
    source, step = Source(work.simulate, work.sizes, work.seed), chunk_size(total, HISTORIES_A_CHUNK)

    def simulate(first: int, last: Ints, whole: int, before: int) -> list[Arrays]:
        tasks = [
            Task(f"training-{case:03d}-{start:06d}", (case, start, count), count)
            for case in cases
            for start, count in blocks(first, int(last[case]), step)
        ]
        return work.runner.gather("simulating clusters from the prior", pairs_chunk, source, tasks, whole, before)

    begun = len(cases) * few
    chunks = simulate(0, np.full(len(cases), few), max(total, begun), 0)
    wanted = share_out(root_cost(restore_pairs(chunks), work.bounds), total)
    chunks += simulate(few, wanted, begun + int(np.maximum(wanted - few, 0).sum()), begun)
    return restore_pairs(chunks)


class Chains(NamedTuple):
    """Steps of a sampler that were kept after burn-in.

    Attributes
    ----------
    z : float64, shape (ensembles, steps, chains, d)
        Whitened parameters.
    log_prob : float64, shape (ensembles, steps, chains)
        Log posterior density, up to a constant (nats).
    convergence : Convergence
        How well the ensembles have mixed.
    """

    z: Floats
    log_prob: Floats
    convergence: Convergence


class Joint(NamedTuple):
    """Joint draws of parameters and of everything of each cluster.

    Attributes
    ----------
    chains : Chains
        The parameters; its convergence is that of the parameters and of everything of each cluster together.
    own : float32, shape (ensembles, steps, chains, cases, l)
        What each cluster has for itself, whitened.
    tuned : dict of arrays
        ``step`` and ``metric`` of all chains.
    """

    chains: Chains
    own: np.ndarray
    tuned: Arrays

    def flat(self, count: int, seed: int) -> tuple[Floats, Floats]:
        """Return z (n, d) and own (n, cases, l) of ``count`` draws, spread over all chains by a permutation keyed by ``seed``."""
        z = self.chains.z.reshape(-1, self.chains.z.shape[-1])
        order = np.resize(np.random.Generator(np.random.Philox(seed)).permutation(len(z)), count)
        return z[order], self.own.reshape(len(z), *self.own.shape[3:])[order].astype(np.float64)


def joint_draws(work: Work, emulator: Emulator, turn: int, steps: int) -> Joint:
    """Sample or read joint draws by the emulator: ``steps`` transitions after a warm-up, in the turn numbered ``turn``."""
    profile, ensembles = work.profile, range(work.profile.ensembles)
    seed = number(work.seed, JOINT, turn)
    sampling = Sampling(emulator, work.sizes, profile.chains, LEAPFROGS, seed, work.runner.stop.check)
    each = profile.warmup + steps
    total, stage = each * len(ensembles), "sampling parameters and clusters together"
    tasks = [Task(f"joint-{turn}-warm-{one}", (one, profile.warmup), profile.warmup) for one in ensembles]
    state = work.runner.gather(stage, joint.warm_up, sampling, tasks, total)
    runs: list[list[Arrays]] = []
    for index, (first, count) in enumerate(blocks(0, steps, TRANSITIONS_A_CHUNK)):
        tasks = [
            Task(f"joint-{turn}-{one}-{index:05d}", (_kept(state[one]), count, JOINT_THIN, index * len(ensembles) + one), count)
            for one in ensembles
        ]
        before = (profile.warmup + first) * len(ensembles)
        state = work.runner.gather(stage, joint.advance, sampling, tasks, total, before)
        runs.append(state)

    def joined(name: str) -> np.ndarray:
        return np.stack([np.concatenate([piece[one][name] for piece in runs]) for one in ensembles])

    z, own = joined("z").astype(np.float64), joined("own")
    accepted = np.array([np.mean([piece[one]["accepted"].min() for piece in runs]) for one in ensembles])
    everything = np.concatenate([z, own.reshape(*own.shape[:3], -1)], axis=-1, dtype=np.float64)
    tuned = {name: np.concatenate([state[one][name] for one in ensembles]) for name in ("step", "metric")}
    return Joint(Chains(z, joined("log_prob").astype(np.float64), convergence(everything, accepted, JOINT_THIN)), own, tuned)


def _kept(state: Arrays) -> Arrays:
    return {name: state[name] for name in ("position", "step", "metric")}


class Learned(NamedTuple):
    """The emulator, with what it was taught and how well.

    Attributes
    ----------
    emulator : Emulator
    scale : Scale
        Of the figures that it gives.
    scores : list of float
        Mean log density of pairs held out after each round (nats); pairs of later rounds lie elsewhere.
    assessed : Assessment
        Of the pairs held out in the last round.
    root_cost : float64, shape (cases,)
        Root of the cost of a history of each cluster, in any unit.
    pairs : Pairs
        Every pair that taught it.
    """

    emulator: Emulator
    scale: Scale
    scores: list[float]
    assessed: Assessment
    root_cost: Floats
    pairs: Pairs


class Lessons(NamedTuple):
    """What a round teaches: data, layout, scale, counts, the run's seed, the network to go on from, and what may stop."""

    data: Lesson
    layout: Layout
    scale: Scale
    profile: Profile
    seed: int
    start: Arrays | None
    heed: Any


def schedule(profile: Profile) -> Schedule:
    """Return how the emulator is trained."""
    return Schedule(profile.hidden, profile.epochs, profile.batch)


def train(lessons: Lessons, turn: int) -> Arrays:
    """Train the emulator of round ``turn``."""
    seed = number(lessons.seed, NETWORKS, turn)
    return fit(lessons.data, lessons.layout, lessons.scale, schedule(lessons.profile), seed, lessons.heed, lessons.start)


class Begun(NamedTuple):
    """An emulator that another calibration has taught: its network, and the scale of its figures."""

    network: Arrays
    scale: Scale


def learn(work: Work, begun: Begun | None = None) -> Learned:
    """Teach the emulator: from the prior, then in rounds from histories at its own joint draws; ``begun`` is where it begins."""
    profile, pairs = work.profile, training_pairs(work)
    cost = root_cost(pairs, work.bounds)
    layout = layout_of(work.tables, profile.components)
    scale = scale_of(pairs, layout) if begun is None else begun.scale
    network: Arrays | None = None if begun is None else begun.network
    scores: list[float] = []
    for turn in range(profile.rounds + 1):
        data = lesson(pairs, work.features, layout, scale)
        lessons = Lessons(data, layout, scale, profile, work.seed, network, work.runner.stop.check)
        network = work.runner.gather(
            "teaching the emulator", train, lessons, [Task(f"emulator-{turn}", (turn,), profile.epochs)]
        )[0]
        scores.append(float(network["score"]))
        emulator = Emulator(network, layout, work.features, rows_of(work.tables, layout, scale, work.errors))
        if turn < profile.rounds:
            drawn = joint_draws(work, emulator, turn, profile.round_steps)
            pairs = _joined(pairs, _targeted(work, drawn, cost, turn))
    held = held_out(len(data.inputs), schedule(profile))
    unseen = smoothed(data.part(slice(0, held)), scale, number(work.seed, NETWORKS, profile.rounds) + 1)
    case = pairs.case[np.argsort(pairs.keys, kind="stable")][:held]
    return Learned(emulator, scale, scores, assess(emulator.network, layout, unseen, case, work.sizes.cases), cost, pairs)


def _joined(first: Pairs, second: Pairs) -> Pairs:
    return restore_pairs([first.arrays(), second.arrays()])


def _targeted(work: Work, drawn: Joint, cost: Floats, turn: int) -> Pairs:
    """Simulate or read histories at joint draws of the emulator of round ``turn``."""
    counts = share_out(cost, work.profile.targeted_simulations)
    step = chunk_size(int(counts.sum()), HISTORIES_A_CHUNK)
    z, own = drawn.flat(int(counts.max()), number(work.seed, TARGETED, turn))
    tasks = [
        Task(
            f"targeted-{turn}-{case:03d}-{start:06d}",
            (case, turn * ROUND + start, z[start : start + count], own[start : start + count, case]),
            count,
        )
        for case, many in enumerate(counts.tolist())
        for start, count in blocks(0, many, step)
    ]
    source = Source(work.simulate, work.sizes, work.seed)
    return restore_pairs(work.runner.gather("simulating clusters where the emulator looks", target_chunk, source, tasks))


def distilled(work: Work, emulator: Emulator, drawn: Joint) -> Arrays:
    """Integrate every cluster's row at parameters around the joint draws, and fit or read a quadratic a cluster."""
    z, _ = drawn.flat(work.profile.integrals, number(work.seed, DISTILLED))
    given = _integrated(work, emulator, drawn, distil.around(z), 1, "integrals", "integrating clusters out")
    return work.runner.gather("distilling the likelihood", distil.distil, given, [Task("distilled")])[0]


def _integrated(
    work: Work, emulator: Emulator, drawn: Joint, z: Floats, finer: int, name: str, stage: str
) -> distil.Integrated:
    """Integrate or read every cluster's row at parameters z (n, d), with ``finer`` times the points of the profile."""
    every = drawn.chains.z.reshape(-1, work.sizes.parameters)
    proposal = distil.regress(every, drawn.own.reshape(len(every), *drawn.own.shape[3:]).astype(np.float64))
    seed = number(work.seed, DISTILLED, finer)
    context = distil.Integrals(emulator, proposal, finer * work.profile.integral_points, seed, work.runner.stop.check)
    tasks = [
        Task(f"{name}-{first:06d}", (z[first : first + count], first), count)
        for first, count in blocks(0, len(z), INTEGRALS_A_CHUNK // finer)
    ]
    parts = work.runner.gather(stage, distil.integrate, context, tasks)
    return distil.Integrated(*(np.concatenate([part[field] for part in parts]) for field in distil.Integrated._fields))


class Sampled(NamedTuple):
    """Coefficients (k,) of what emcee samples, every how many steps one is kept, and what may raise to stop."""

    coefficients: Floats
    thin: int
    heed: Any


def sample_chunk(sampled: Sampled, start: Arrays, steps: int) -> Arrays:
    """Sample ``steps`` further steps of one ensemble; see ``sampler.advance``."""
    return advance(start, lambda z: distil.likelihood(sampled.coefficients, z), steps, sampled.thin, sampled.heed)


def chains(work: Work, coefficients: Floats) -> Chains:
    """Sample or read emcee's ensembles, chunk by chunk; the ensembles of one chunk are sampled side by side."""
    profile, ensembles = work.profile, range(work.profile.ensembles)
    sampled = Sampled(coefficients.sum(axis=1), profile.thin, work.runner.stop.check)
    total = profile.ensembles * profile.steps
    state = [first_state(profile.walkers, work.sizes.parameters, work.seed, ensemble) for ensemble in ensembles]
    runs: list[list[Arrays]] = []
    for index, (first, steps) in enumerate(blocks(0, profile.steps, STEPS_A_CHUNK)):
        tasks = [Task(f"ensemble-{one}-{index:05d}", (_head(state[one]), steps), steps) for one in ensembles]
        state = work.runner.gather("sampling with emcee", sample_chunk, sampled, tasks, total, first * profile.ensembles)
        runs.append(state)
    burn = profile.burn // profile.thin

    def joined(name: str) -> Floats:
        return np.stack([np.concatenate([chunk[one][name] for chunk in runs]) for one in ensembles])[:, burn:]

    z = joined("chain")
    accepted = np.array([sum(float(chunk[one]["accepted"].mean()) for chunk in runs) / profile.steps for one in ensembles])
    return Chains(z, joined("chain_log_prob"), convergence(z, accepted, profile.thin))


class Weighed(NamedTuple):
    """Draws of emcee's, with the weights that make good what the distilled likelihood errs.

    Attributes
    ----------
    z : float64, shape (n, d)
    weights : float64, shape (n,), which sum to one
    """

    z: Floats
    weights: Floats


def weighed(work: Work, emulator: Emulator, drawn: Joint, sampled: Chains, coefficients: Floats) -> Weighed:
    """Weigh or read some of emcee's draws by the integrals over the distilled likelihood: they then target the emulator's own."""
    every = sampled.z.reshape(-1, work.sizes.parameters)
    rows = np.linspace(0, len(every) - 1, max(work.profile.integrals // WEIGHED, 1)).astype(np.int64)
    z = every[rows]
    integrals = _integrated(work, emulator, drawn, z, FINER, "weighed", "weighing what emcee sampled")
    log_weight = integrals.value.sum(axis=1) - distil.likelihood(coefficients, z).sum(axis=1)
    return Weighed(z, normalised(np.exp(log_weight - log_weight.max())))


def _head(state: Arrays) -> Arrays:
    """Return what the next chunk needs of the last one: its state without its chain."""
    return {name: value for name, value in state.items() if name not in ("chain", "chain_log_prob", "accepted", "steps")}
