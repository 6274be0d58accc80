"""In which order is the posterior made? Training pairs, networks, ensembles, exact draws; each stage is a set of stored tasks."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from calibration.diagnostics import Convergence, convergence
from calibration.keys import EXACT, NETWORKS, PILOT, RESAMPLING, number
from calibration.learned import proposal as proposals
from calibration.learned import surrogate as surrogates
from calibration.learned.network import Layout
from calibration.learned.proposal import Proposal
from calibration.learned.surrogate import Surrogate
from calibration.learned.training import Lesson, Schedule, fit
from calibration.learned.training_set import Pairs, Sizes, draw_pairs, restore_pairs, share_out
from calibration.likelihood import Estimate, ExactLikelihood, allocate, estimate_part, join
from calibration.observation import Simulate
from calibration.sampler import advance, first_state
from calibration.work import Work
from execution.tasks import Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints
from model.profile import STEPS_A_CHUNK, Profile

# Histories of each cluster that are simulated before its share of the others is known.
FIRST_HISTORIES: Final = 16
# The fewest histories in a chunk.
HISTORIES_A_CHUNK: Final = 64
# Histories of each cluster and draw of the pilot, both halves together.
PILOT_REPLICATES: Final = 16


class Source(NamedTuple):
    """What it takes to simulate training pairs: a simulator, the sizes of its arguments, and the run's seed."""

    simulate: Simulate
    sizes: Sizes
    seed: int


def pairs_chunk(source: Source, case: int, first: int, count: int) -> Arrays:
    """Simulate one chunk of training pairs; see ``draw_pairs``."""
    return draw_pairs(source.simulate, source.sizes, source.seed, case, first, count).arrays()


def training_pairs(work: Work) -> Pairs:
    """Simulate or read the pairs that teach the networks: a few of each cluster, then more where histories are short."""
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
    wanted = share_out(restore_pairs(chunks, work.sizes), work.sizes, total)
    chunks += simulate(few, wanted, begun + int(np.maximum(wanted - few, 0).sum()), begun)
    return restore_pairs(chunks, work.sizes)


class Networks(NamedTuple):
    """The learned parts of the likelihood.

    Attributes
    ----------
    surrogate : Surrogate
        The log-likelihood without simulation.
    proposal : Proposal
        Where latents are drawn from.
    scores : float64, shape (1 + networks,)
        Mean log density of the pairs held out (nats): of the proposal first, then of each network of the surrogate.
    """

    surrogate: Surrogate
    proposal: Proposal
    scores: Floats


class Lessons(NamedTuple):
    """What the networks are taught with.

    Attributes
    ----------
    outcomes, latents : Lesson
        The data of the surrogate's networks and of the proposal's network.
    profile : Profile
        Widths, epochs and sizes of batches.
    seed : int
        The run's seed.
    shape : Layout
        The layout of the proposal's network.
    heed : callable
        Told the epoch that has ended, and may raise to stop.
    """

    outcomes: Lesson
    latents: Lesson
    profile: Profile
    seed: int
    shape: Layout
    heed: Callable[[int], None]


def train(lessons: Lessons, index: int) -> Arrays:
    """Train network ``index`` of the surrogate's ensemble; the index after its last network means the proposal."""
    profile = lessons.profile
    is_proposal = index == profile.networks
    network, score = fit(
        lessons.shape if is_proposal else surrogates.layout(profile.components),
        lessons.latents if is_proposal else lessons.outcomes,
        Schedule(profile.hidden, profile.proposal_epochs if is_proposal else profile.epochs, profile.batch),
        number(lessons.seed, NETWORKS, index),
        lessons.heed,
    )
    return {**network, "score": np.array(score)}


def networks(work: Work, pairs: Pairs) -> Networks:
    """Train or read the surrogate's ensemble and the proposal."""
    profile = work.profile
    scale = surrogates.scale_of(pairs)
    lessons = Lessons(
        surrogates.lesson(pairs, work.features, scale),
        proposals.lesson(pairs, work.features, work.tables, scale.centre, scale.spread, work.errors),
        profile,
        work.seed,
        proposals.layout(profile.proposal_components, work.sizes.latents),
        work.runner.stop.check,
    )
    tasks = [Task("proposal", (profile.networks,), profile.proposal_epochs)]
    tasks += [Task(f"surrogate-{index}", (index,), profile.epochs) for index in range(profile.networks)]
    trained = work.runner.gather("training networks", train, lessons, tasks)
    scores = np.array([float(network.pop("score")) for network in trained])
    shown = np.concatenate(
        [proposals.describe(table.value[None], table.said[None], scale.centre, scale.spread) for table in work.tables]
    )
    return Networks(
        Surrogate(trained[1:], profile.components, scale, work.features, work.tables, work.errors),
        Proposal(trained[0], profile.proposal_components, work.sizes.latents, work.features, shown),
        scores,
    )


class Chains(NamedTuple):
    """Steps of the sampler that were kept after burn-in.

    Attributes
    ----------
    z : float64, shape (ensembles, steps, walkers, d)
        Whitened parameters.
    log_prob : float64, shape (ensembles, steps, walkers)
        Log of prior density times surrogate likelihood, up to a constant (nats).
    convergence : Convergence
        How well the ensembles have mixed.
    """

    z: Floats
    log_prob: Floats
    convergence: Convergence


class Sampling(NamedTuple):
    """What is sampled, every how many steps one is kept, and what may raise to stop."""

    surrogate: Surrogate
    thin: int
    heed: Callable[[], None]


def sample_chunk(sampling: Sampling, start: Arrays, steps: int) -> Arrays:
    """Sample ``steps`` further steps of one ensemble; see ``advance``."""

    def likelihood(z: Floats) -> Floats:
        total: Floats = sampling.surrogate.log_density(z).sum(axis=1)
        return total

    return advance(start, likelihood, steps, sampling.thin, sampling.heed)


def chains(work: Work, surrogate: Surrogate) -> Chains:
    """Sample or read the ensembles, chunk by chunk; the ensembles of one chunk are sampled side by side."""
    profile, ensembles = work.profile, range(work.profile.ensembles)
    sampling = Sampling(surrogate, profile.thin, work.runner.stop.check)
    total = profile.ensembles * profile.steps
    state = [first_state(profile.walkers, work.sizes.parameters, work.seed, ensemble) for ensemble in ensembles]
    runs: list[list[Arrays]] = []
    for chunk_number, (first, steps) in enumerate(blocks(0, profile.steps, STEPS_A_CHUNK)):
        tasks = [Task(f"ensemble-{one}-{chunk_number:05d}", (_head(state[one]), steps), steps) for one in ensembles]
        state = work.runner.gather("sampling", sample_chunk, sampling, tasks, total, first * profile.ensembles)
        runs.append(state)
    burn = profile.burn // profile.thin

    def joined(name: str) -> Floats:
        return np.stack([np.concatenate([chunk[one][name] for chunk in runs]) for one in ensembles])[:, burn:]

    z = joined("chain")
    accepted = np.array([sum(float(chunk[one]["accepted"].mean()) for chunk in runs) / profile.steps for one in ensembles])
    return Chains(z, joined("chain_log_prob"), convergence(z, accepted, profile.thin))


def _head(state: Arrays) -> Arrays:
    """Return what the next chunk needs of the last one: its state without its chain."""
    return {name: value for name, value in state.items() if name not in ("chain", "chain_log_prob", "accepted", "steps")}


class ExactDraws(NamedTuple):
    """Posterior draws at which the exact likelihood was estimated.

    Attributes
    ----------
    z : float64, shape (n, d)
        Whitened parameters.
    estimate : Estimate
        The exact log-likelihood.
    surrogate : float64, shape (n, cases)
        The surrogate's log-likelihood (nats).
    replicates : int64, shape (cases,)
        Histories of each cluster in each half of the estimate.
    """

    z: Floats
    estimate: Estimate
    surrogate: Floats
    replicates: np.ndarray


def some_draws(work: Work, sampled: Chains, count: int, stage: int) -> Floats:
    """Return posterior draws, shape (count, d), spread over ensembles, steps and walkers by a permutation keyed by ``stage``."""
    flat = sampled.z.reshape(-1, sampled.z.shape[-1])
    order = np.random.Generator(np.random.Philox(number(work.seed, RESAMPLING, stage))).permutation(len(flat))
    chosen: Floats = flat[np.resize(order, count)]
    return chosen


def exact_draws(work: Work, learned: Networks, sampled: Chains, root_cost: Floats) -> ExactDraws:
    """Estimate or read the exact likelihood at draws of the surrogate's posterior; ``root_cost`` as in ``allocate``."""
    profile, cases = work.profile, work.sizes.cases
    pilot_each = np.full(cases, PILOT_REPLICATES // 2, np.int64)
    pilot = _estimates(work, learned, pilot_each, some_draws(work, sampled, max(profile.pilot_draws, 1), PILOT), PILOT)
    replicates = allocate(pilot, pilot_each, root_cost, profile.exact_replicates * cases // 2)
    z = some_draws(work, sampled, profile.exact_draws, EXACT)
    estimate = _estimates(work, learned, replicates, z, EXACT)
    return ExactDraws(z, estimate, learned.surrogate.log_density(z), replicates)


def _estimates(work: Work, learned: Networks, replicates: Ints, z: Floats, stage: int) -> Estimate:
    """Estimate the likelihood of every cluster at draws z (n, d), with ``replicates`` (cases,) histories in each half."""
    exact = ExactLikelihood(work.simulate, learned.proposal, work.tables, work.errors, replicates)
    name = "pilot" if stage == PILOT else "exact"
    step = chunk_size(int(exact.histories.sum()) * len(z), HISTORIES_A_CHUNK)
    tasks = [
        [
            Task(f"{name}-{case:03d}-{first:06d}", (case, z[first : first + count], work.seed, stage, first), count * each)
            for first, count in blocks(0, len(z), max(step // each, 1))
        ]
        for case, each in enumerate(exact.histories.tolist())
    ]
    words = "estimating the exact likelihood" + (" (pilot)" if stage == PILOT else "")
    parts = iter(work.runner.gather(words, estimate_part, exact, [task for case in tasks for task in case]))
    return join([[next(parts) for _ in case] for case in tasks])
