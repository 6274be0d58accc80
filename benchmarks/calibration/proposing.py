"""Where does a cluster lie when its row is known? A normal density of its own numbers, given the parameters, without a network.

It is regressed on weighted histories from the prior. Most of a cluster's numbers are not moved by its row, so that an estimate
which cannot be told from none counts as none: a slope, a variance other than one, a correlation.
"""

from typing import Final, NamedTuple

import numpy as np

from benchmarks.calibration.task import STAGE, Task
from calibration import distil
from calibration.keys import LATENTS, PARAMETERS, normals, seeds
from calibration.observation import log_density
from calibration.weights import effective_size
from model.arrays import Floats

# Standard errors below which an estimate counts as none, and the factor by which standard deviations are widened.
TELLING: Final = 3.0
WIDER: Final = 1.1
# Ridge penalty, as an equivalent number of draws, and the least eigenvalue of a correlation matrix.
RIDGE: Final = 5.0
LEAST: Final = 0.05


class Weighted(NamedTuple):
    """Parameters z (n, d) with weights (n,) that sum to one."""

    z: Floats
    weights: Floats


def weighted(log_weight: Floats, z: Floats) -> Weighted:
    """Return draws with normalised weights."""
    weights = np.exp(log_weight - log_weight.max())
    return Weighted(z, weights / weights.sum())


def near_rows(task: Task, seed: int, count: int) -> distil.Proposal:
    """Return where each cluster's own numbers lie given the parameters, from ``count`` histories of each out of the prior."""
    slopes, factors = [], []
    for case, row in enumerate(task.tables):
        keys = seeds(seed, STAGE + 1, case, 0, count)
        z, own = normals(keys, PARAMETERS, task.parameters), normals(keys, LATENTS, len(task.simulator.own))
        near = weighted(log_density(row, task.simulate(case, z, own, keys), task.simulator.errors), z)
        slope, factor = regressed(near, own)
        slopes.append(slope)
        factors.append(factor)
    return distil.Proposal(np.stack(slopes), np.stack(factors))


def regressed(near: Weighted, own: Floats) -> tuple[Floats, Floats]:
    """Return slopes (d + 1, l) and the Cholesky factor (l, l) of own numbers (n, l) given weighted parameters."""
    size, weights = effective_size(near.weights), near.weights[:, None]
    inputs = np.concatenate([near.z, np.ones((len(own), 1))], axis=1)
    square = inputs.T @ (weights * inputs) + RIDGE / size * np.eye(inputs.shape[1])
    slope = np.linalg.solve(square, inputs.T @ (weights * own))
    left = own - inputs @ slope
    sd = np.sqrt(np.diag(np.linalg.inv(square)) / size)[:, None] * np.sqrt((weights * left**2).sum(axis=0))
    slope = np.where(np.abs(slope) > TELLING * sd, slope, 0.0)
    left = own - inputs @ slope
    return slope, WIDER * np.linalg.cholesky(_telling(left.T @ (weights * left), size))


def _telling(scatter: Floats, size: float) -> Floats:
    """Return a covariance matrix in which only variances and correlations that ``size`` draws can tell from none are left."""
    variance = np.diag(scatter)
    spread = np.sqrt(variance)
    correlation = scatter / np.outer(spread, spread)
    correlation = np.where(np.abs(correlation) > TELLING / np.sqrt(size), correlation, 0.0)
    np.fill_diagonal(correlation, 1.0)
    value, direction = np.linalg.eigh(correlation)
    correlation = (direction * np.maximum(value, LEAST)) @ direction.T
    unit = np.sqrt(np.diag(correlation))
    kept = np.sqrt(np.where(np.abs(np.log(variance)) > TELLING * np.sqrt(2.0 / size), variance, 1.0))
    result: Floats = correlation * np.outer(kept / unit, kept / unit)
    return result
