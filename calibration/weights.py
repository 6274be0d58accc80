"""How are weighted histories summarised? Weights that sum to one, how many equal ones they are worth, and weighted quantiles."""

from typing import Final

import numpy as np

from model.arrays import Floats

# Probabilities of the curves of a fan, in this order: the median and the central 50 and 90 %.
FAN: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def normalised(weights: Floats) -> Floats:
    """Return the weights (n,) scaled to sum to one; raise ValueError where none is positive."""
    total = float(np.sum(weights))
    if not total > 0 or np.any(weights < 0):
        raise ValueError("weights must be non-negative and not all zero")
    return np.asarray(weights / total, dtype=np.float64)


def effective_size(weights: Floats) -> float:
    """Return Kish's effective number of equally weighted histories."""
    scaled = normalised(weights)
    return float(1.0 / np.sum(scaled * scaled))


def weighted_quantile(values: Floats, weights: Floats, probabilities: Floats) -> Floats:
    """Return quantiles (k,) of ``values`` (n,): the mid-point rule on the weighted distribution function; NaN is left out."""
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return np.full(len(probabilities), np.nan)
    order = np.argsort(values[known], kind="stable")
    ordered = values[known][order]
    mass = weights[known][order]
    reached = (np.cumsum(mass) - 0.5 * mass) / np.sum(mass)
    return np.asarray(np.interp(probabilities, reached, ordered), dtype=np.float64)
