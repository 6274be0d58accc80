"""What is the exact likelihood, and how noisy is its estimate? Importance sampling of the latents, in two independent halves.

For each cluster, the mean of importance weight times density over simulated histories is an unbiased estimate of its
likelihood. The product over clusters is then unbiased too, and so is the ratio of exact to surrogate likelihood. Importance
weights made of that ratio target the exact posterior, however noisy the estimate is (pseudo-marginal, Andrieu and Roberts
2009). The two halves share no random number, so their covariance is free of noise and shows the surrogate's error alone.
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.keys import PICK, seeds, uniforms
from calibration.learned.proposal import Proposal, sobol
from calibration.observation import ErrorModel, Simulate, Table, log_density
from model.arrays import Arrays, Floats, Ints, Seeds

# Independent parts of every estimate.
HALVES: Final = 2


class Estimate(NamedTuple):
    """Log-likelihoods of n parameter vectors, cluster by cluster.

    Attributes
    ----------
    halves : float64, shape (n, cases, 2)
        Log of the mean of weight times density over each half's histories (nats).
    variance : float64, shape (n, cases)
        Squared relative error of the mean over both halves; close to the variance of its log (square nats).
    ess : float64, shape (n, cases)
        Effective number of histories behind the estimate (Kish).
    latents : float64, shape (n, cases, l)
        Latents of one history, drawn by weight among those simulated.
    keys : uint64, shape (n, cases)
        Seed of the same history.
    """

    halves: Floats
    variance: Floats
    ess: Floats
    latents: Floats
    keys: Seeds

    @property
    def log_likelihood(self) -> Floats:
        """Log of the unbiased estimate for each cluster, shape (n, cases), in nats."""
        result: Floats = np.logaddexp(self.halves[..., 0], self.halves[..., 1]) - np.log(2.0)
        return result


def join(parts: list[list[Arrays]]) -> Estimate:
    """Return the whole estimate from its parts: one list for each cluster, of one set of arrays for each block of draws."""
    return Estimate(
        *(np.stack([np.concatenate([block[name] for block in case]) for case in parts], axis=1) for name in Estimate._fields)
    )


class ExactLikelihood:
    """The simulated likelihood of Tables 1-2.

    Parameters
    ----------
    simulate : Simulate
        The simulator of the clusters.
    proposal : Proposal
        Where latents are drawn from.
    tables : list of Table
        The clusters' rows.
    errors : ErrorModel
        How figures and statements err.
    replicates : int64, shape (cases,)
        Histories of each cluster in each half of one estimate.
    """

    def __init__(self, simulate: Simulate, proposal: Proposal, tables: list[Table], errors: ErrorModel, replicates: Ints) -> None:
        self._simulate, self._proposal, self._tables, self._errors = simulate, proposal, tables, errors
        self._replicates = replicates

    @property
    def histories(self) -> Ints:
        """Number of histories of each cluster behind one estimate, int64, shape (cases,)."""
        return HALVES * self._replicates

    def estimate(self, z: Floats, run_seed: int, stage: int, first: int) -> Estimate:
        """Return the log-likelihood at whitened parameters z, shape (n, d).

        Every history is keyed by run seed, stage, cluster and number of the draw; ``z`` holds the draws numbered ``first`` to
        ``first + n - 1``.
        """
        return join([[self.part(case, z, run_seed, stage, first)] for case in range(len(self._tables))])

    def part(self, case: int, z: Floats, run_seed: int, stage: int, first: int) -> Arrays:
        """Return one cluster's share of ``estimate``: the arrays of ``Estimate`` by name, without the dimension of clusters."""
        count, each = len(z), int(self._replicates[case])
        total = HALVES * each
        keys = seeds(run_seed, stage, case, first * total, count * total).reshape(count, total)
        halves = keys.reshape(count * HALVES, each)[:, 0]
        points = sobol(each, 1 + self._proposal.latents, halves).reshape(count, total, -1)
        latents, log_weight = self._proposal.draw(case, z, points)
        flat = latents.reshape(count * total, -1)
        outcomes = self._simulate(case, np.repeat(z, total, axis=0), flat, keys.ravel())
        score = log_weight + log_density(self._tables[case], outcomes, self._errors).reshape(count, total)
        picked = _resample(score, keys[:, 0])
        rows = np.arange(count)
        mean = np.logaddexp.reduce(score.reshape(count, HALVES, each), axis=2) - np.log(each)
        relative = np.exp(score - np.logaddexp.reduce(score, axis=1)[:, None])
        squared = np.sum(relative**2, axis=1)
        variance = np.maximum(squared - 1.0 / total, 0.0) * total / max(total - 1, 1)
        return {
            "halves": mean,
            "variance": variance,
            "ess": 1.0 / squared,
            "latents": latents[rows, picked],
            "keys": keys[rows, picked],
        }


def estimate_part(exact: ExactLikelihood, case: int, z: Floats, run_seed: int, stage: int, first: int) -> Arrays:
    """Return ``exact.part``: the likelihood of one cluster at a block of draws, as a task that a worker can be sent."""
    return exact.part(case, z, run_seed, stage, first)


def _resample(score: Floats, keys: Seeds) -> Ints:
    """Return the column of one history for each row of log weights ``score`` (n, r), drawn by weight, shape (n,)."""
    ends = np.cumsum(np.exp(score - score.max(axis=1, keepdims=True)), axis=1)
    draw = uniforms(keys, PICK, 1) * ends[:, -1:]
    column: Ints = np.minimum((draw > ends).sum(axis=1), score.shape[1] - 1).astype(np.int64)
    return column


def allocate(pilot: Estimate, used: Ints, root_cost: Floats, budget: int, least: int = 2) -> Ints:
    """Return how many histories of each cluster to simulate, so that the noise of log L is least for its cost.

    Shares are proportional to the relative standard deviation of one history over the root of its cost (Neyman allocation).

    Parameters
    ----------
    pilot : Estimate
        The likelihood at a few draws, with ``used`` histories of each cluster in each half.
    used : int64, shape (cases,)
        Histories of each cluster in each half of the pilot.
    root_cost : float64, shape (cases,)
        Square root of the cost of one history of each cluster, in any unit.
    budget : int
        Histories for one draw and half, all clusters together.
    least : int
        The fewest histories of a cluster.

    Returns
    -------
    int64, shape (cases,)
        Histories of each cluster in each half.
    """
    spread = np.sqrt(np.mean(pilot.variance, axis=0) * HALVES * used) / root_cost
    share = spread / max(float(spread.sum()), 1e-12)
    replicates: Ints = np.maximum(np.floor(share * budget), least).astype(np.int64)
    return replicates
