"""Which policy is best, and how sure can one be? The arithmetic of paired effects, regret and chance, on plain arrays.

A *history* is one weighted triple (parameters, latents, seed) of the posterior, replayed under every policy; a *draw* is the
parameter vector that it belongs to. Weights sum to one. Effects are paired: policy minus status quo within a history.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.weights import normalised, weighted_quantile
from model.arrays import Floats

INTERVAL: Final = (0.05, 0.95)


class Effect(NamedTuple):
    """A paired effect: its mean and 90 % interval over histories, and the Monte Carlo standard error of the mean."""

    mean: float
    low: float
    high: float
    mc_se: float


class Spread(NamedTuple):
    """Standard deviation of an effect between parameter draws, and within a draw (latents and chance)."""

    between: float
    within: float


def paired_effect(difference: Floats, weights: Floats, draw: NDArray[np.int64]) -> Effect:
    """Return the effect of a policy from paired differences (n,).

    The error allows for weights and for histories of the same draw (int, (n,)) going together.
    """
    scaled = normalised(weights)
    mean = float(np.sum(scaled * difference))
    residuals = np.bincount(np.unique(draw, return_inverse=True)[1], scaled * (difference - mean))
    groups = len(residuals)
    correction = groups / (groups - 1) if groups > 1 else np.nan
    low, high = weighted_quantile(difference, scaled, np.array(INTERVAL))
    return Effect(mean, float(low), float(high), float(np.sqrt(correction * np.sum(residuals * residuals))))


def spread(difference: Floats, weights: Floats, draw: NDArray[np.int64]) -> Spread:
    """Tell the variation between parameter draws from that within a draw (one-way analysis of variance, weighted).

    NaN where no draw has two histories: then the two cannot be told apart.
    """
    scaled = normalised(weights)
    labels = np.unique(draw, return_inverse=True)[1]
    mass = np.bincount(labels, scaled)
    squares = np.bincount(labels, scaled * scaled)
    alive = mass > 0
    centre = np.divide(np.bincount(labels, scaled * difference), mass, out=np.zeros_like(mass), where=alive)
    inside = float(np.sum(scaled * (difference - centre[labels]) ** 2))
    freedom = 1.0 - float(np.sum(squares[alive] / mass[alive]))
    if freedom <= 1e-12:
        return Spread(float("nan"), float("nan"))
    within = inside / freedom
    total = float(np.sum(scaled * (difference - np.sum(scaled * difference)) ** 2))
    between = (total - within * (1.0 - float(np.sum(squares)))) / (1.0 - float(np.sum(mass * mass)) or np.nan)
    return Spread(float(np.sqrt(max(between, 0.0))), float(np.sqrt(within)))


def by_draw(values: Floats, weights: Floats, draw: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Average ``values`` (policies, n) over the histories of each draw: what a policy is worth if that draw is true.

    Returns the averages (policies, draws) and the draws' weights (draws,); draws without weight are left out.
    """
    labels = np.unique(draw, return_inverse=True)[1]
    mass = np.bincount(labels, weights)
    sums = np.array([np.bincount(labels, weights * row) for row in values])
    known = np.asarray(mass[mass > 0], dtype=np.float64)
    return np.asarray(sums[:, mass > 0] / known, dtype=np.float64), normalised(known)


def chance_of_best(values: Floats, weights: Floats) -> Floats:
    """Return for each policy the weight of the columns of ``values`` (policies, n) in which it is best; ties share."""
    best = values == np.max(values, axis=0)
    return np.asarray((best / np.sum(best, axis=0)) @ normalised(weights), dtype=np.float64)


def regret(values: Floats) -> Floats:
    """Return what each policy loses in each column against the best there (policies, n); never negative."""
    return np.asarray(np.max(values, axis=0) - values, dtype=np.float64)


def expected_regret(values: Floats, weights: Floats) -> Floats:
    """Return each policy's mean regret (policies,); the least of them is the expected value of perfect information."""
    return np.asarray(regret(values) @ normalised(weights), dtype=np.float64)


def worst_regret(values: Floats, weights: Floats) -> Floats:
    """Return each policy's largest regret over columns with weight (policies,); the minimax rule takes the least."""
    return np.asarray(np.max(regret(values)[:, weights > 0], axis=1), dtype=np.float64)


def pairing_gain(policy: Floats, status_quo: Floats, weights: Floats) -> float:
    """Return how many times less a paired difference varies than one between two separate sets of histories.

    Infinite where the policy changed nothing at all.
    """
    scaled = normalised(weights)

    def variance(values: Floats) -> float:
        return float(np.sum(scaled * (values - np.sum(scaled * values)) ** 2))

    paired = variance(policy - status_quo)
    return (variance(policy) + variance(status_quo)) / paired if paired > 0 else float("inf")


def chance_positive(difference: Floats, weights: Floats) -> float:
    """Return the weight of differences (n,) above zero; exact ties count half."""
    return float(np.sum(normalised(weights) * ((difference > 0) + 0.5 * (difference == 0))))
