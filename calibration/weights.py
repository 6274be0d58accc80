"""How are weighted histories summarised? By weights that sum to one, their effective number, and weighted quantiles."""

from typing import Final

import numpy as np

from model.arrays import Floats, Ints

# Probabilities of a fan's curves, in this order: the bounds of the central 90 % and 50 %, with the median between them.
FAN: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def normalised(weights: Floats) -> Floats:
    """Return the weights, shape (n,), scaled to sum to one.

    Raises
    ------
    ValueError
        If a weight is negative, or if no weight is positive.
    """
    total = float(np.sum(weights))
    if not total > 0 or np.any(weights < 0):
        raise ValueError("weights must be non-negative and not all zero")
    return np.asarray(weights / total, dtype=np.float64)


def effective_size(weights: Floats) -> float:
    """Return the number of equally weighted histories that ``weights`` (n,) are worth (Kish 1965): between one and n."""
    scaled = normalised(weights)
    return float(1.0 / np.sum(scaled * scaled))


def effective_draws(weights: Floats, draw: Ints) -> float:
    """Return the number of equally weighted draws that histories with ``weights`` (n,) are worth, where ``draw`` (n,) repeats."""
    mass: Floats = np.bincount(np.unique(draw, return_inverse=True)[1], weights).astype(np.float64)
    return effective_size(mass)


def systematic(weights: Floats, count: int) -> Ints:
    """Return the indices of ``count`` draws by systematic resampling, in order.

    A draw comes as often as its weight times ``count``, rounded up or down. As many equally weighted draws as are asked for all
    come once.

    Parameters
    ----------
    weights : float64, shape (n,)
        Not negative, and not all zero.
    """
    ends = np.cumsum(normalised(weights))
    rows = np.searchsorted(ends, (np.arange(count) + 0.5) / count * ends[-1])
    chosen: Ints = np.minimum(rows, len(weights) - 1).astype(np.int64)
    return chosen


def weighted_quantile(values: Floats, weights: Floats, probabilities: Floats) -> Floats:
    """Return quantiles of a weighted sample by the mid-point rule on its distribution function.

    Parameters
    ----------
    values, weights : float64, shape (n,)
        Values that are not finite, and values of no weight, are left out.
    probabilities : float64, shape (k,)

    Returns
    -------
    float64, shape (k,)
        In the unit of ``values``; NaN where no value is left.
    """
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return np.full(len(probabilities), np.nan)
    order = np.argsort(values[known], kind="stable")
    ordered = values[known][order]
    mass = weights[known][order]
    reached = (np.cumsum(mass) - 0.5 * mass) / np.sum(mass)
    return np.asarray(np.interp(probabilities, reached, ordered), dtype=np.float64)
