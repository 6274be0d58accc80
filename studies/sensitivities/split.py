"""How much of an outcome's variance do the parameters explain, and how much is luck? Sums over points and seeds split it.

Every point meets the same seeds. A seed that is lucky everywhere moves all points alike and leaves no trace between them; what
differs from point to point is the interplay of the seed with the parameters. With m the mean over the r seeds of a point,

    Var(m) = parametric + interplay / r,    mean variance within points = seed + interplay,

and the seed's own part is the covariance of its deviations between points. The points of one block (a trajectory, or a base
sample with those crossed with it) are not independent. Products are therefore taken between different blocks only, which leaves
the estimates without bias. Intervals resample blocks; they do not contain the error of having few seeds.
"""

from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats

PARTS: Final = ("parametric", "stochastic", "seed", "interplay")
MEANINGS: Final = {
    "parametric": "share that parameters explain, seeds averaged over without end",
    "stochastic": "share that is luck: seed and interplay together",
    "seed": "share of luck that is the same at every point",
    "interplay": "share of luck that depends on the parameters",
}
RESAMPLES: Final = 400
INTERVAL: Final = (0.05, 0.95)


class Split(NamedTuple):
    """The variance of one history at a random point, split for k outcomes.

    No share is clipped: sampling error can put one below zero.

    Attributes
    ----------
    share, low, high : float64, shape (parts, k)
        Shares of the variance in the order of ``PARTS``, and the ends of their central 90 % by bootstrap over blocks.
    variance : float64, shape (k,)
        The variance, in the squared unit of the outcome.
    """

    share: Floats
    low: Floats
    high: Floats
    variance: Floats


class _Blocks(NamedTuple):
    """Means over each block of points.

    Attributes
    ----------
    squares, deviations : float64, shape (blocks, k)
        Mean squares and means of the deviations of point means from the mean of all points.
    within : float64, shape (blocks, k)
        Mean variance between the histories of a point.
    luck : float64, shape (seeds, blocks, k)
        Mean deviation of each seed's history from the mean of its point.
    """

    squares: Floats
    deviations: Floats
    within: Floats
    luck: Floats


def variance_split(outcomes: Floats, blocks: int, seed: int) -> Split:
    """Split the variance of outcomes.

    Parameters
    ----------
    outcomes : float64, shape (n, seeds, k)
        Outcome of each history, block after block of points.
    blocks : int
        Number of blocks, all of one size.
    seed : int
        Seed of the resampling.

    Returns
    -------
    Split
        NaN throughout where there are fewer than two seeds or blocks, or the variance is zero.
    """
    kinds = outcomes.shape[2]
    if outcomes.shape[1] < 2 or blocks < 2:
        unknown = np.full((len(PARTS), kinds), np.nan)
        return Split(unknown, unknown, unknown, np.full(kinds, np.nan))
    means = _block_means(outcomes, blocks)
    whole = _components(means, np.ones((1, blocks)))
    share = _shares(whole)[:, 0]
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1.0 / blocks), RESAMPLES).astype(np.float64)
    resampled = _shares(_components(means, drawn[(drawn > 0).sum(axis=1) > 1]))
    low, high = np.full_like(share, np.nan), np.full_like(share, np.nan)
    known = np.isfinite(resampled).all(axis=(0, 1)) & np.isfinite(share).all(axis=0)
    low[:, known], high[:, known] = np.quantile(resampled[:, :, known], INTERVAL, axis=1)
    return Split(share, low, high, (whole[0] + whole[1])[0])


def _block_means(outcomes: Floats, blocks: int) -> _Blocks:
    """Return the means over each block of outcomes (n, seeds, k)."""
    shaped = outcomes.reshape(blocks, -1, *outcomes.shape[1:])
    point = shaped.mean(axis=2)
    apart = point - point.mean(axis=(0, 1))
    luck = (shaped - point[:, :, None]).mean(axis=1).transpose(1, 0, 2)
    return _Blocks((apart * apart).mean(axis=1), apart.mean(axis=1), shaped.var(axis=2, ddof=1).mean(axis=1), luck)


def _components(means: _Blocks, counts: Floats) -> Floats:
    """Return the variance of each part, shape (parts, resamples, k).

    A resample takes each block as often as its row of ``counts`` (resamples, blocks) says.
    """
    blocks, seeds = counts.shape[1], len(means.luck)
    pairs = (blocks * blocks - (counts * counts).sum(axis=1))[:, None]

    def across(values: Floats) -> Floats:
        """Return the mean product of values (blocks, k) of two different blocks, shape (resamples, k)."""
        total = counts @ values
        return np.asarray((total * total - (counts * counts) @ (values * values)) / pairs)

    between = counts @ means.squares / blocks - across(means.deviations)
    stochastic = counts @ means.within / blocks
    seed = sum((across(deviation) for deviation in means.luck), np.zeros_like(stochastic)) / (seeds - 1)
    interplay = stochastic - seed
    return np.stack([between - interplay / seeds, stochastic, seed, interplay])


def _shares(parts: Floats) -> Floats:
    """Return variances (parts, resamples, k) over the variance of one history; NaN where that is zero."""
    total = parts[0] + parts[1]
    known = total > 0
    return np.where(known, parts / np.where(known, total, 1.0), np.nan)
