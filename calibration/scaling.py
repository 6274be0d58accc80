"""How far does each parameter lean on the prior, and how far on the tables? Power scaling, on weighted draws.

Prior or likelihood is raised to a power near one, and the change of the posterior per doubling of the power is measured by the
cumulative Jensen-Shannon distance (Kallioinen, Paananen, Buerkner and Vehtari 2024). ArviZ's ``psens`` does the same for draws of
equal weight; a corrected posterior has weights, so that the few lines stand here, and a test holds them to ArviZ's.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from calibration.arviz_adapter import smoothed
from calibration.results import Posterior
from model.arrays import Floats

# By how much the power differs from one.
DELTA: Final = 0.01
# From this sensitivity on a component matters to a parameter (the same authors' threshold).
MATTERS: Final = 0.05


class Leaning(NamedTuple):
    """Sensitivity of each of d parameters to the power of prior and of likelihood, float64, shape (d,) each."""

    prior: Floats
    likelihood: Floats


def leaning(posterior: Posterior) -> Leaning:
    """Return on what each calibrated parameter leans."""
    _, z, weights = posterior.whitened()
    likelihood = np.asarray(posterior.groups["log_likelihood"]["tables"].values, np.float64).reshape(len(z), -1).sum(axis=1)
    return Leaning(sensitivity(z, weights, -0.5 * (z**2).sum(axis=1)), sensitivity(z, weights, likelihood))


def sensitivity(draws: Floats, weights: Floats, component: Floats) -> Floats:
    """Return the sensitivity of each column of draws (n, d) with weights (n,) to the power of a log density (n,)."""
    known = weights > 0
    draws, weights, component = draws[known], weights[known] / weights[known].sum(), component[known]
    distances = np.zeros(draws.shape[1])
    for power in (1 / (1 + DELTA), 1 + DELTA):
        scaled = np.exp(smoothed(np.log(weights) + (power - 1) * component)[0])
        for column, values in enumerate(draws.T):
            distances[column] += max(distance(side * values, weights, scaled) for side in (1, -1))
    result: Floats = distances / (2 * np.log2(1 + DELTA))
    return result


def distance(values: Floats, first: Floats, second: Floats) -> float:
    """Return the cumulative Jensen-Shannon distance between values (n,) under two sets of weights (n,) that sum to one.

    It is the root of the divergence over its bound, between zero and one.
    """
    order = np.argsort(values)
    width = np.diff(values[order])
    p, q = (np.cumsum(weights[order])[:-1] for weights in (first, second))
    whole, other = float(p @ width), float(q @ width)
    middle = _log2(0.5 * (p + q))
    there = float(width @ (p * (_log2(p) - middle))) + 0.5 / np.log(2) * (other - whole)
    back = float(width @ (q * (_log2(q) - middle))) + 0.5 / np.log(2) * (whole - other)
    return float(np.sqrt((max(there, 0.0) + max(back, 0.0)) / max(whole + other, 1e-300)))


def _log2(values: Floats) -> Any:
    return np.log2(values, out=np.zeros_like(values), where=values > 0)
