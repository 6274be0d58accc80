"""How much of an outcome's variance is the parameters' doing, and how much is luck? A split over points and seeds, without bias.

Every point meets the same seeds, so a seed that is lucky everywhere moves all points alike and leaves no trace between them; what
differs from point to point is its interplay with the parameters. With m the mean over the r seeds of a point,

    Var(m) = parametric + interplay / r,    mean variance within points = seed + interplay,

and the seed's own part is the covariance of its deviations between points. Points of one block (a trajectory, a base sample with
what was crossed with it) are not independent: products are taken between different blocks only, which needs no independence
within them. Intervals resample blocks; they say nothing of how few the seeds are.
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
    """Shares of the variance of one history at a random point: ``share``, ``low``, ``high`` (parts, k); the ``variance`` (k,).

    Nothing is clipped: a share may come out below zero by sampling error.
    """

    share: Floats
    low: Floats
    high: Floats
    variance: Floats


class _Blocks(NamedTuple):
    """Means over each block (blocks, k): of squares and of deviations of point means, of variances within points; and of each
    seed's deviations (seeds, blocks, k).
    """

    squares: Floats
    means: Floats
    within: Floats
    luck: Floats


def variance_split(outcomes: Floats, blocks: int, seed: int) -> Split:
    """Split the variance of outcomes.

    Parameters
    ----------
    outcomes : array (n, seeds, k)
        Block after block of points.
    blocks : int
        Number of blocks.
    seed : int
        Of the resampling.
    """
    kinds = outcomes.shape[2]
    if outcomes.shape[1] < 2 or blocks < 2:
        unknown = np.full((len(PARTS), kinds), np.nan)
        return Split(unknown, unknown, unknown, np.full(kinds, np.nan))
    found = _block_means(outcomes, blocks)
    whole = _components(found, np.ones((1, blocks)))
    share = _shares(whole)[:, 0]
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1.0 / blocks), RESAMPLES).astype(np.float64)
    again = _shares(_components(found, drawn[(drawn > 0).sum(axis=1) > 1]))
    low, high = np.full_like(share, np.nan), np.full_like(share, np.nan)
    known = np.isfinite(again).all(axis=(0, 1)) & np.isfinite(share).all(axis=0)
    low[:, known], high[:, known] = np.quantile(again[:, :, known], INTERVAL, axis=1)
    return Split(share, low, high, (whole[0] + whole[1])[0])


def _block_means(outcomes: Floats, blocks: int) -> _Blocks:
    shaped = outcomes.reshape(blocks, -1, *outcomes.shape[1:])
    point = shaped.mean(axis=2)
    apart = point - point.mean(axis=(0, 1))
    luck = (shaped - point[:, :, None]).mean(axis=1).transpose(1, 0, 2)
    return _Blocks((apart * apart).mean(axis=1), apart.mean(axis=1), shaped.var(axis=2, ddof=1).mean(axis=1), luck)


def _components(found: _Blocks, counts: Floats) -> Floats:
    """Return the variance of each part (parts, resamples, k), where block b is taken ``counts`` (resamples, blocks) times."""
    blocks, seeds = counts.shape[1], len(found.luck)
    pairs = (blocks * blocks - (counts * counts).sum(axis=1))[:, None]

    def across(values: Floats) -> Floats:
        total = counts @ values
        return np.asarray((total * total - (counts * counts) @ (values * values)) / pairs)

    between = counts @ found.squares / blocks - across(found.means)
    stochastic = counts @ found.within / blocks
    seed = sum((across(deviation) for deviation in found.luck), np.zeros_like(stochastic)) / (seeds - 1)
    interplay = stochastic - seed
    return np.stack([between - interplay / seeds, stochastic, seed, interplay])


def _shares(parts: Floats) -> Floats:
    total = parts[0] + parts[1]
    known = total > 0
    return np.where(known, parts / np.where(known, total, 1.0), np.nan)
