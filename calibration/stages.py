"""In which order is the posterior made? Training histories, networks, ensembles, exact draws; each resumable from its chunks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

import numpy as np

from calibration import proposal as proposals
from calibration import surrogate as surrogates
from calibration.arrays import Arrays, Floats
from calibration.diagnostics import Convergence, convergence
from calibration.keys import EXACT, NETWORKS, PILOT, RESAMPLING, number
from calibration.likelihood import Estimate, ExactLikelihood, allocate, restore
from calibration.network import Layout
from calibration.proposal import Proposal
from calibration.sampler import advance, first_state
from calibration.surrogate import Surrogate
from calibration.training import Lesson, Schedule, fit
from calibration.training_set import Pairs, draw_pairs, restore_pairs, share_out
from calibration.work import Work

# Histories of a cluster at first and in a chunk of training, steps in a chunk of sampling, draws in one of the exact likelihood.
FIRST_HISTORIES: Final = 16
HISTORIES_A_CHUNK: Final = 64
STEPS_A_CHUNK: Final = 200
DRAWS_A_CHUNK: Final = 8
PILOT_REPLICATES: Final = 16

Result = TypeVar("Result")


def _together(work: Work, jobs: list[Callable[[], Result]]) -> list[Result]:
    """Run independent jobs in threads; results come in the order of the jobs."""

    def run(job: Callable[[], Result]) -> Result:
        work.stop.check()
        return job()

    with ThreadPoolExecutor(max(min(work.threads, len(jobs)), 1)) as pool:
        return list(pool.map(run, jobs))


def training_pairs(work: Work) -> Pairs:
    """Simulate, or read, the pairs that teach the networks: a few of each cluster, then more by their size."""
    total, cases = work.profile.training_simulations, range(work.sizes.cases)
    few = max(min(FIRST_HISTORIES, total // len(cases)), 1)
    chunks: list[Arrays] = []
    done = 0
    work.tick("simulating clusters from the prior", 0, total)

    def simulate(case: int, first: int, last: int) -> None:
        nonlocal done
        for start in range(first, last, HISTORIES_A_CHUNK):
            count = min(HISTORIES_A_CHUNK, last - start)
            chunks.append(
                work.folder.remember(
                    f"training-{case:03d}-{start:06d}",
                    lambda start=start, count=count: draw_pairs(
                        work.simulate, work.sizes, work.seed, case, start, count
                    ).arrays(),  # type: ignore[misc]
                )
            )
            done += count
            work.tick("simulating clusters from the prior", done, total)

    for case in cases:
        simulate(case, 0, few)
    wanted = share_out(restore_pairs(chunks, work.sizes), work.sizes, total)
    for case in cases:
        simulate(case, few, int(wanted[case]))
    return restore_pairs(chunks, work.sizes)


class Networks(NamedTuple):
    """The learned parts: the surrogate of the likelihood, the proposal for latents, and the networks' held-out scores (nats)."""

    surrogate: Surrogate
    proposal: Proposal
    scores: Floats


def networks(work: Work, pairs: Pairs) -> Networks:
    """Train, or read, the surrogate's ensemble and the proposal."""
    profile = work.profile
    scale = surrogates.scale_of(pairs)
    taught = surrogates.lesson(pairs, work.features, scale)
    hints = proposals.lesson(pairs, work.features, work.tables, scale.centre, scale.spread, work.errors)
    total = profile.networks * profile.epochs + profile.proposal_epochs
    passed: list[int] = []
    work.tick("training networks", 0, total)

    def job(name: str, layout: Layout, data: Lesson, epochs: int, place: int) -> Callable[[], Arrays]:
        schedule = Schedule(profile.hidden, epochs, profile.batch)

        def progress(_: int) -> None:
            passed.append(1)
            work.tick("training networks", len(passed), total)

        def train() -> Arrays:
            network, score = fit(layout, data, schedule, number(work.seed, NETWORKS, place), progress)
            return {**network, "score": np.array(score)}

        return lambda: work.folder.remember(name, train)

    shape = proposals.layout(profile.proposal_components, work.sizes.latents)
    jobs = [job("proposal", shape, hints, profile.proposal_epochs, profile.networks)]
    jobs += [
        job(f"surrogate-{place}", surrogates.layout(profile.components), taught, profile.epochs, place)
        for place in range(profile.networks)
    ]
    found = _together(work, jobs)
    scores = np.array([float(network.pop("score")) for network in found])
    shown = np.concatenate(
        [proposals.describe(table.value[None], table.said[None], scale.centre, scale.spread) for table in work.tables]
    )
    return Networks(
        Surrogate(found[1:], profile.components, scale, work.features, work.tables, work.errors),
        Proposal(found[0], profile.proposal_components, work.sizes.latents, work.features, shown),
        scores,
    )


class Chains(NamedTuple):
    """Kept steps (ensembles, steps, walkers, d) of whitened parameters, their log probability, and what the sampler says."""

    z: Floats
    log_prob: Floats
    convergence: Convergence


def chains(work: Work, surrogate: Surrogate) -> Chains:
    """Sample, or read, the ensembles."""
    profile = work.profile
    total = profile.ensembles * profile.steps
    passed: list[int] = []
    work.tick("sampling", 0, total)

    def likelihood(z: Floats) -> Floats:
        total: Floats = surrogate.log_density(z).sum(axis=1)
        return total

    def job(ensemble: int) -> Callable[[], list[Arrays]]:
        def run() -> list[Arrays]:
            state = first_state(profile.walkers, work.sizes.parameters, work.seed, ensemble)
            chunks = []
            for place, first in enumerate(range(0, profile.steps, STEPS_A_CHUNK)):
                steps = min(STEPS_A_CHUNK, profile.steps - first)
                start = state
                state = work.folder.remember(
                    f"ensemble-{ensemble}-{place:05d}",
                    lambda start=start, steps=steps: advance(start, likelihood, steps, profile.thin),  # type: ignore[misc]
                )
                chunks.append(state)
                passed.append(steps)
                work.tick("sampling", sum(passed), total)
            return chunks

        return run

    runs = _together(work, [job(ensemble) for ensemble in range(profile.ensembles)])
    burn = profile.burn // profile.thin
    z = np.stack([np.concatenate([chunk["chain"] for chunk in run]) for run in runs])[:, burn:]
    log_prob = np.stack([np.concatenate([chunk["chain_log_prob"] for chunk in run]) for run in runs])[:, burn:]
    accepted = np.array([sum(float(chunk["accepted"].mean()) for chunk in run) / profile.steps for run in runs])
    return Chains(z, log_prob, convergence(z, accepted, profile.thin))


class ExactDraws(NamedTuple):
    """Posterior draws at which the exact likelihood was estimated."""

    z: Floats
    estimate: Estimate
    surrogate: Floats
    replicates: np.ndarray


def some_draws(work: Work, sampled: Chains, count: int, stage: int) -> Floats:
    """Return ``count`` posterior draws (count, d), spread over ensembles and steps by a keyed permutation."""
    flat = sampled.z.reshape(-1, sampled.z.shape[-1])
    order = np.random.Generator(np.random.Philox(number(work.seed, RESAMPLING, stage))).permutation(len(flat))
    chosen: Floats = flat[np.resize(order, count)]
    return chosen


def exact_draws(work: Work, learned: Networks, sampled: Chains, root_cost: Floats) -> ExactDraws:
    """Estimate, or read, the exact likelihood at draws of the surrogate's posterior."""
    profile = work.profile
    cases = work.sizes.cases
    work.tick("estimating the exact likelihood", 0, profile.exact_draws)
    pilot_each = np.full(cases, PILOT_REPLICATES // 2, np.int64)
    pilot_z = some_draws(work, sampled, max(profile.pilot_draws, 1), PILOT)
    pilot = restore(
        [work.folder.remember("pilot", lambda: _exact(work, learned, pilot_each).estimate(pilot_z, work.seed, PILOT, 0).arrays())]
    )
    replicates = allocate(pilot, pilot_each, root_cost, profile.exact_replicates * cases // 2)
    z = some_draws(work, sampled, profile.exact_draws, EXACT)
    exact = _exact(work, learned, replicates)
    chunks = []
    for place, first in enumerate(range(0, len(z), DRAWS_A_CHUNK)):
        part = z[first : first + DRAWS_A_CHUNK]
        chunks.append(
            work.folder.remember(
                f"exact-{place:05d}",
                lambda part=part, first=first: exact.estimate(part, work.seed, EXACT, first).arrays(),  # type: ignore[misc]
            )
        )
        work.tick("estimating the exact likelihood", first + len(part), len(z))
    return ExactDraws(z, restore(chunks), learned.surrogate.log_density(z), replicates)


def _exact(work: Work, learned: Networks, replicates: np.ndarray) -> ExactLikelihood:
    return ExactLikelihood(work.simulate, learned.proposal, work.tables, work.errors, replicates)
