"""What is the exact likelihood, and how noisy is its estimate? Importance sampling of the latents, in two independent halves.

For each cluster the mean of weight times density over simulated histories is unbiased for its likelihood, so the product
over clusters is unbiased too, and so is the weight exact over surrogate: correcting with it targets the exact posterior
whatever the noise. Two halves that share nothing tell the noise from the surrogate's error: their covariance is free
of noise.
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.keys import PICK, seeds, uniforms
from calibration.learned.proposal import Proposal, sobol
from calibration.observation import ErrorModel, Simulate, Table, log_density
from model.arrays import Arrays, Floats, Ints, Seeds

HALVES: Final = 2


class Estimate(NamedTuple):
    """Log-likelihoods of n parameter vectors.

    ``halves`` (n, cases, 2): log of each half's mean; ``variance`` (n, cases): squared relative error of both halves'
    mean; ``ess`` (n, cases): effective number of histories; ``latents`` (n, cases, l), ``keys`` (n, cases): one history,
    drawn by weight.
    """

    halves: Floats
    variance: Floats
    ess: Floats
    latents: Floats
    keys: Seeds

    @property
    def log_likelihood(self) -> Floats:
        """Log of the unbiased estimate for each cluster, shape (n, cases)."""
        result: Floats = np.logaddexp(self.halves[..., 0], self.halves[..., 1]) - np.log(2.0)
        return result


def join(parts: list[list[Arrays]]) -> Estimate:
    """Return the estimate whose parts, cluster by cluster and block of draws by block, chunks hold."""
    return Estimate(
        *(np.stack([np.concatenate([block[name] for block in case]) for case in parts], axis=1) for name in Estimate._fields)
    )


class ExactLikelihood:
    """The simulated likelihood of the tables.

    Parameters
    ----------
    replicates : array (cases,)
        Histories a cluster in each half.
    """

    def __init__(self, simulate: Simulate, proposal: Proposal, tables: list[Table], errors: ErrorModel, replicates: Ints) -> None:
        self._simulate, self._proposal, self._tables, self._errors = simulate, proposal, tables, errors
        self._replicates = replicates

    @property
    def histories(self) -> Ints:
        """Histories of each cluster behind one estimate, (cases,)."""
        return HALVES * self._replicates

    def estimate(self, z: Floats, run_seed: int, stage: int, first: int) -> Estimate:
        """Return the log-likelihood at whitened parameters z (n, d), which are draws ``first`` onwards of their stage."""
        return join([[self.part(case, z, run_seed, stage, first)] for case in range(len(self._tables))])

    def part(self, case: int, z: Floats, run_seed: int, stage: int, first: int) -> Arrays:
        """Return one cluster's share of an estimate, without the dimension of clusters; see ``estimate``."""
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
    """Estimate the likelihood of one cluster at a block of draws."""
    return exact.part(case, z, run_seed, stage, first)


def _resample(score: Floats, keys: Seeds) -> Ints:
    """Return the index of one history a row, drawn by weight."""
    ends = np.cumsum(np.exp(score - score.max(axis=1, keepdims=True)), axis=1)
    draw = uniforms(keys, PICK, 1) * ends[:, -1:]
    index: Ints = np.minimum((draw > ends).sum(axis=1), score.shape[1] - 1).astype(np.int64)
    return index


def allocate(pilot: Estimate, used: Ints, root_cost: Floats, budget: int, least: int = 2) -> Ints:
    """Share out histories so that the noise of log L is least for its cost: relative sd over the root of the cost.

    Parameters
    ----------
    pilot : Estimate
        A few draws with ``used`` replicates a half.
    root_cost : array (cases,)
        Root of what a history of each cluster costs, in any unit.
    budget : int
        Histories a draw and half, all clusters together.
    """
    spread = np.sqrt(np.mean(pilot.variance, axis=0) * HALVES * used) / root_cost
    share = spread / max(float(spread.sum()), 1e-12)
    replicates: Ints = np.maximum(np.floor(share * budget), least).astype(np.int64)
    return replicates
