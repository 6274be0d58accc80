"""How does emcee do on a simulated likelihood, with fresh histories for every estimate and nothing else? Pseudo-marginal.

Latents come from the population. A walker keeps its estimate until it moves, so that the chain targets the exact posterior; the
noise of few histories makes it stick.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import emcee
import numpy as np

from benchmarks.calibration.proposing import Weighted
from benchmarks.calibration.reference import road
from benchmarks.calibration.task import Task
from calibration import distil
from calibration.exact_road import estimated
from model.arrays import Floats

WALKERS: Final = 20
# Share of the steps that are thrown away.
BURNT: Final = 0.5


class Budget(NamedTuple):
    """Histories of a cluster in one estimate, and steps of every walker."""

    replicates: int
    steps: int


def population(task: Task) -> distil.Proposal:
    """Return the population itself as a proposal."""
    cases, own = len(task.tables), len(task.simulator.own)
    return distil.Proposal(np.zeros((cases, task.parameters + 1, own)), np.stack([np.eye(own)] * cases))


def fresh(task: Task, budget: Budget, seed: int, note: Callable[..., Any]) -> Weighted:
    """Return the second half of the walkers' steps, by emcee's default move."""
    simulated, done = road(task, population(task), budget.replicates, seed), 0

    def log_posterior(z: Floats) -> Floats:
        nonlocal done
        first, done = done, done + len(z)
        density: Floats = estimated(simulated, z, first) - 0.5 * (z**2).sum(axis=1)
        return density

    sampler = emcee.EnsembleSampler(WALKERS, task.parameters, log_posterior, vectorize=True)
    draw: Any = np.random.Generator(np.random.Philox(seed))
    # emcee draws its moves from a legacy generator.
    sampler.random_state = np.random.RandomState(seed).get_state()
    sampler.run_mcmc(draw.standard_normal((WALKERS, task.parameters)), budget.steps)
    note(acceptance=float(np.mean(sampler.acceptance_fraction)))
    z = sampler.get_chain(discard=int(BURNT * budget.steps), flat=True)
    return Weighted(z, np.full(len(z), 1.0 / len(z)))
