"""What if emcee samples the simulated likelihood itself? The exact road: pseudo-marginal, with delayed acceptance.

At every parameter vector that is tried, clusters are simulated, and the mean of population / proposal * p(row | history) is an
unbiased estimate of the likelihood. A walker keeps it until it moves, so that the chain targets the exact posterior however noisy
the estimates are (Andrieu and Roberts 2009); noise only makes walkers stick. The distilled likelihood decides first, and only
what it lets pass is simulated (delayed acceptance, Christen and Fox 2005).
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import emcee
import numpy as np

from calibration import distil
from calibration.keys import ROAD, seeds
from calibration.observation import ErrorModel, Simulate, Table, log_density
from calibration.sampler import LEAPS, LogProb, continued, log_prior
from model.arrays import Arrays, Floats, Ints

# Seeds of one ensemble, apart from those of the others.
APART: Final = 1 << 40


class Road(NamedTuple):
    """What it takes to estimate the likelihood by simulation.

    Attributes
    ----------
    simulate : Simulate
        The simulator of the clusters.
    tables : list of Table
        The clusters' rows.
    errors : ErrorModel
        How figures and statements err.
    proposal : distil.Proposal
        From which what a cluster has for itself is drawn.
    replicates : int64, shape (cases,)
        Histories of each cluster in one estimate.
    coefficients : float64, shape (k,)
        The distilled likelihood, summed over clusters.
    seed : int
        The run's.
    heed : callable
        Called before every cluster, and may raise to stop.
    """

    simulate: Simulate
    tables: list[Table]
    errors: ErrorModel
    proposal: distil.Proposal
    replicates: Ints
    coefficients: Floats
    seed: int
    heed: Callable[[], None] = lambda: None


def estimated(road: Road, z: Floats, first: int) -> Floats:
    """Return logs of unbiased estimates of the likelihood at parameters z (n, d), numbered from ``first``; shape (n,), nats."""
    inputs, total = np.concatenate([z, np.ones((len(z), 1))], axis=1), np.zeros(len(z))
    for case, (row, each) in enumerate(zip(road.tables, road.replicates.tolist(), strict=True)):
        road.heed()
        keys = seeds(road.seed, ROAD, case, first * each, len(z) * each).reshape(len(z), each)
        mean, factor = inputs @ road.proposal.slope[case], road.proposal.factor[case]
        own, log_weight = distil.proposed(mean, np.broadcast_to(factor, (len(z), *factor.shape)), keys)
        outcomes = road.simulate(case, np.repeat(z, each, axis=0), own.reshape(len(z) * each, -1), keys.ravel())
        score = log_density(row, outcomes, road.errors).reshape(len(z), each) + log_weight
        total += np.logaddexp.reduce(score, axis=1) - np.log(each)
    return total


class Delayed(emcee.moves.DEMove):  # type: ignore[misc]
    """emcee's move by differential evolution, in which a cheap density decides what the dear one is asked for.

    Parameters
    ----------
    cheap, dear : callable
        Log densities at z (n, d), shape (n,), in nats; ``dear`` may be the log of an unbiased estimate.
    gamma0 : float, optional
        As emcee takes it.
    """

    def __init__(self, cheap: LogProb, dear: LogProb, gamma0: float | None = None) -> None:
        super().__init__(gamma0=gamma0)
        self._cheap, self._dear = cheap, dear

    def propose(self, given: Any, state: Any) -> tuple[Any, Any]:
        """Move one half of the walkers after the other; see ``emcee.moves.RedBlueMove.propose``."""
        self.setup(state.coords)
        accepted = np.zeros(len(state.coords), bool)
        side = np.arange(len(state.coords)) % 2
        given.random.shuffle(side)
        for half in (side == 0, side == 1):
            here = state.coords[half]
            tried, factors = self.get_proposal(here, [state.coords[~half]], given.random)
            gain = self._cheap(tried) - self._cheap(here)
            first, second = np.log(given.random.rand(2, len(here)))
            passed = factors + gain > first
            density = np.full(len(here), -np.inf)
            if passed.any():
                density[passed] = self._dear(tried[passed])
            accepted[half] = passed & (density - state.log_prob[half] - gain > second)
            state = self.update(state, emcee.State(tried, log_prob=density), accepted, half)
        return state, accepted


class _Counted:
    """The exact log posterior density, whose evaluations are numbered, so that each has seeds of its own."""

    def __init__(self, road: Road, count: int) -> None:
        self._road, self.count = road, count

    def __call__(self, z: Floats) -> Floats:
        first, self.count = self.count, self.count + len(z)
        return log_prior(z) + estimated(self._road, z, first)


def advance(state: Arrays, road: Road, ensemble: int, steps: int, thin: int) -> Arrays:
    """Sample ``steps`` further steps of an ensemble on the exact road; see ``sampler.advance``.

    Returns
    -------
    dict of arrays
        As there, and ``evaluated``: how many parameter vectors the ensemble has simulated so far.
    """
    dear = _Counted(road, ensemble * APART + int(state.get("evaluated", np.array(0))))

    def cheap(z: Floats) -> Floats:
        return log_prior(z) + distil.likelihood(road.coefficients, z)

    moves = [(Delayed(cheap, dear), 1.0 - LEAPS), (Delayed(cheap, dear, gamma0=1.0), LEAPS)]
    made = continued(state, dear, moves, steps, thin, road.heed)
    return {**made, "evaluated": np.array(dear.count - ensemble * APART)}
