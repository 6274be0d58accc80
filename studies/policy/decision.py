"""Which policy is best, and how sure can one be? The arithmetic of paired effects, regret and chance, on plain arrays.

A *history* is one weighted triple (parameters, latents, seed) of the posterior, in one future of luck, replayed under every
policy; a *draw* is what its futures share: the parameters, the latents and the past. Weights sum to one. Effects are paired:
policy minus status quo within a history.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.weights import normalised, weighted_quantile
from model.arrays import Floats

INTERVAL: Final = (0.05, 0.95)
# The chance that the set which cannot be beaten leaves out the best policy, and the resamples that tell it.
LEVEL: Final = 0.1
RESAMPLES: Final = 999
# The share of the weight that a trimmed mean leaves out at either end.
TRIMMED: Final = 0.05


class Effect(NamedTuple):
    """A paired effect: its mean and 90 % interval over histories, and the Monte Carlo standard error of the mean."""

    mean: float
    low: float
    high: float
    mc_se: float


class Spread(NamedTuple):
    """Standard deviation of an effect between draws, and within a draw: what is not known, and luck."""

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
    """Tell the variation between draws from that within a draw (one-way analysis of variance, weighted).

    NaN where no draw has two futures: then the two cannot be told apart.
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


def without_luck(values: Floats, weights: Floats, draw: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Average ``values`` (policies, n) over the futures of each draw, and take out the luck that is left in the averages.

    A mean over a few futures still varies by luck, and who picks the best of such means takes luck for knowledge. The averages
    are drawn towards their mean by the linear map that gives them the covariance which they would have without luck, as two-way
    analysis of variance estimates it: moments are matched, as in constrained empirical Bayes (Louis 1984; Ghosh 1992), by the map
    that moves them least (Olkin and Pukelsheim 1982).

    Returns the averages (policies, draws) and the draws' weights (draws,), as ``by_draw`` does; the same where no draw has two
    futures, since luck is then unknown.
    """
    means, mass = by_draw(values, weights, draw)
    noise = _luck_in_means(values, weights, draw)
    freedom = 1.0 - float(np.sum(mass * mass))
    if noise is None or freedom <= 0:
        return means, mass
    centre = (means @ mass)[:, None]
    spread_out = (means - centre) * mass @ (means - centre).T / freedom
    return centre + _least_move(spread_out, spread_out - noise) @ (means - centre), mass


def _luck_in_means(values: Floats, weights: Floats, draw: NDArray[np.int64]) -> Floats | None:
    """Return the covariance (policies, policies) of the luck left in the averages over futures; None where it is unknown."""
    labels = np.unique(draw, return_inverse=True)[1]
    mass = np.bincount(labels, weights)
    inside = np.divide(weights, mass[labels], out=np.zeros_like(weights), where=mass[labels] > 0)
    squares = np.bincount(labels, inside * inside)
    told = (squares < 1.0 - 1e-9) & (mass > 0)
    if not told.any():
        return None
    centre = np.stack([np.bincount(labels, inside * row) for row in values])
    apart = values - centre[:, labels]
    # The variance of a mean of futures, from an unbiased variance of one; draws with a single future take that of the others.
    share = np.divide(squares * mass, 1.0 - squares, out=np.zeros_like(mass), where=told) / np.sum(mass[told])
    return np.asarray((apart * (inside * share[labels])) @ apart.T)


def _least_move(old: Floats, new: Floats) -> Floats:
    """Return the linear map (k, k) that gives vectors of covariance ``old`` the covariance ``new`` and moves them least.

    What is negative in ``new`` counts as nothing.

    Formula: A = S^-1/2 (S^1/2 B S^1/2)^1/2 S^-1/2
    """
    root, inverse = _root(old)
    wanted, _ = _root(new)
    middle, _ = _root(root @ wanted @ wanted @ root)
    return np.asarray(inverse @ middle @ inverse)


def _root(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the root of a symmetric matrix, negative eigenvalues taken as zero, and the inverse of the root where it has one."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    size = np.sqrt(np.maximum(values, 0.0))
    least = 1e-9 * float(size.max(initial=0.0))
    inverse = np.divide(1.0, size, out=np.zeros_like(size), where=size > least)
    return (vectors * size) @ vectors.T, (vectors * inverse) @ vectors.T


def unbeaten(centre: Floats, means: Floats, level: float = LEVEL) -> NDArray[np.bool_]:
    """Tell which policies belong to the set that cannot be beaten: the best is among them with a stated confidence.

    The policy that lies farthest behind another, in standard errors, is left out as long as it lies farther behind than chance
    would bring it, by a bootstrap over draws (the model confidence set of Hansen, Lunde and Nason 2011, with the largest
    difference of all pairs). Chance is that of the simulations made: with ever more draws one policy is left, or those that tie.

    Parameters
    ----------
    centre : float64, shape (policies,); the mean of each policy
    means : float64, shape (resamples, policies); as ``resampled_means`` returns them
    level : chance that the best policy is left out

    Returns
    -------
    bool, shape (policies,)
    """
    held = np.ones(len(centre), bool)
    while held.sum() > 1:
        kept = np.flatnonzero(held)
        gaps = centre[kept][:, None] - centre[kept]
        noise = means[:, kept][:, :, None] - means[:, kept][:, None, :] - gaps
        errors = np.sqrt(np.mean(noise * noise, axis=0))
        scale = np.where(errors > 0, errors, np.inf)
        behind = np.where((errors == 0) & (gaps < 0), -np.inf, gaps / scale).min(axis=1)
        largest = np.abs(noise / scale).max(axis=(1, 2))
        worst = int(np.argmin(behind))
        if np.mean(largest >= -behind[worst]) > level:
            break
        held[kept[worst]] = False
    return held


def chance_of_leading(means: Floats) -> Floats:
    """Return the share of bootstraps over draws in which each policy has the highest mean, shape (policies,); ties share."""
    first = means == means.max(axis=1, keepdims=True)
    return np.asarray((first / first.sum(axis=1, keepdims=True)).mean(axis=0))


def resampled_means(worth: Floats, mass: Floats, resamples: int = RESAMPLES, seed: int = 1) -> Floats:
    """Return the weighted means of resampled draws, shape (resamples, policies), of ``worth`` (policies, draws)."""
    source = np.random.Generator(np.random.PCG64(seed))
    counts = source.multinomial(len(mass), np.full(len(mass), 1.0 / len(mass)), size=resamples) * mass
    return np.asarray(counts @ worth.T / counts.sum(axis=1, keepdims=True))


def trimmed_mean(difference: Floats, weights: Floats, share: float = TRIMMED) -> float:
    """Return the mean of differences (n,) without the given share of the weight at either end."""
    order = np.argsort(difference, kind="stable")
    ends = np.cumsum(normalised(weights)[order])
    begins = np.concatenate([[0.0], ends[:-1]])
    inside = np.maximum(0.0, np.minimum(ends, 1.0 - share) - np.maximum(begins, share))
    return float(np.sum(difference[order] * inside) / np.sum(inside))


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


def regret_quantile(values: Floats, weights: Floats, probability: float = 0.9) -> Floats:
    """Return the regret that each policy exceeds in a tenth of the draws (policies,), or in another share."""
    return np.array([weighted_quantile(row, weights, np.array([probability]))[0] for row in regret(values)])


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
