"""Which unknown decides an outcome, given what is known already? Shares of its variance in weighted draws of a posterior.

Draws of a posterior hang together: a factor that goes with another also tells what the other does. Two shares stand on either
side of that. One is what a factor explains alone, with all that goes with it; the other is what is lost if all are known but it
(the full and the independent effects of Mara and Tarantola 2012). Both are of draws held out, so that a factor that tells nothing
gets zero on average, and not a share that grows with the number of factors.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.weights import normalised
from model.arrays import Floats, Ints
from studies.policy.learning import FOLDS, features, ridge, standardised
from studies.sensitivities.split import INTERVAL

ALONE: Final = "S1"
UNIQUE: Final = "unique"
SHARES: Final = (ALONE, UNIQUE)
# How often the outcomes are dealt out anew among the draws. The best factor of all deals sets the floor, so that luck passes it
# once in twenty times.
DEALT: Final = 19
RESAMPLES: Final = 400
# The least variation of an outcome, over its size.
LEAST: Final = 1e-12


class Shares(NamedTuple):
    """What factors explain of k outcomes.

    Attributes
    ----------
    value, low, high : float64, shape (2, factors, k)
        The shares ``SHARES`` and the ends of their central 90 % by bootstrap over draws; NaN for an outcome that does not vary.
    floor : float64, shape (2, k)
        What the best factor reaches where none tells anything, but for once in twenty times.
    together : float64, shape (k,)
        Share that all factors explain together by lines; what is left is luck, bends and interactions.
    """

    value: Floats
    low: Floats
    high: Floats
    floor: Floats
    together: Floats


class _Together(NamedTuple):
    """Squared errors of draws held out, where all factors are known, (n, t), and where all but each are, (factors, n, t)."""

    whole: Floats
    without: Floats


def shares(factors: Sequence[Floats], outcomes: Floats, weights: Floats, seed: int = 0) -> Shares:
    """Return what each factor explains of each outcome, and what luck would.

    Parameters
    ----------
    factors : float64, shape (n, members) each; the quantities of a factor, which are known together
    outcomes : float64, shape (n, k)
    weights : float64, shape (n,)
    seed : of the divisions of draws, of the deals and of the bootstrap
    """
    dealt = np.random.default_rng([seed, 2])
    others = [outcomes[dealt.permutation(len(weights))] for _ in range(DEALT)]
    mass, kinds = normalised(weights), outcomes.shape[1]
    targets = np.concatenate([outcomes, *others], axis=1)
    base, single = _alone(factors, targets, weights, seed)
    together = _together(factors, targets, weights, seed)
    parts = np.stack([base - single, together.without - together.whole])
    every = _share(parts, base, mass)
    floor = every[..., kinds:].reshape(len(SHARES), len(factors), DEALT, kinds).max(axis=(1, 2))
    resampled = [_share(parts[..., :kinds], base[:, :kinds], one) for one in _resampled(mass, seed)]
    low, high = np.quantile(resampled, INTERVAL, axis=0)
    explained = _share((base - together.whole)[:, :kinds], base[:, :kinds], mass)
    varies = np.ptp(outcomes, axis=0) > LEAST * np.maximum(np.abs(outcomes).max(axis=0), 1e-300)
    return Shares(*(np.where(varies, part, np.nan) for part in (every[..., :kinds], low, high, floor, explained)))


def alone(factors: Sequence[Floats], outcomes: Floats, weights: Floats, seed: int = 0) -> Floats:
    """Return the share of each outcome that each factor explains alone, (factors, k); parameters as ``shares`` takes them."""
    base, single = _alone(factors, outcomes, weights, seed)
    return _share(base - single, base, normalised(weights))


def _resampled(mass: Floats, seed: int) -> Floats:
    """Return the weights of draws (n,) in resamples of as many draws, (RESAMPLES, n)."""
    generator, count = np.random.default_rng([seed, 3]), len(mass)
    times = generator.multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES)
    return np.asarray(times * mass, np.float64)


def _share(explained: Floats, base: Floats, mass: Floats) -> Floats:
    """Return what is explained of squared errors of the mean (n, t), as a share under weights (n,), shape (..., t)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.einsum("n,...nt->...t", mass, explained) / (mass @ base), np.float64)


def _parts(count: int, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield the draws of each part, and those of the other parts."""
    part = np.random.default_rng([seed, 0]).permutation(count) % FOLDS
    for number in range(FOLDS):
        yield np.flatnonzero(part == number), np.flatnonzero(part != number)


def _alone(factors: Sequence[Floats], targets: Floats, weights: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return squared errors of targets (n, t) in draws held out: of the mean, (n, t), and of each factor, (factors, n, t)."""
    bent = [features(factor, weights) for factor in factors]
    base, single = np.empty(targets.shape), np.empty((len(factors), *targets.shape))
    for held, taught in _parts(len(weights), seed):
        mass, known, unknown = weights[taught], targets[taught], targets[held]
        base[held] = (unknown - normalised(mass) @ known) ** 2
        for row, design in enumerate(bent):
            single[row, held] = (unknown - ridge(design[taught], known, mass).predicted(design[held])) ** 2
    return base, single


def _together(factors: Sequence[Floats], targets: Floats, weights: Floats, seed: int) -> _Together:
    lines = [standardised(factor, weights) for factor in factors]
    errors = _Together(np.empty(targets.shape), np.empty((len(factors), *targets.shape)))
    for held, taught in _parts(len(weights), seed):
        whole, without = _left_out(lines, taught, held, targets[taught], weights[taught])
        errors.whole[held], errors.without[:, held] = (targets[held] - whole) ** 2, (targets[held] - without) ** 2
    return errors


def _left_out(lines: Sequence[Floats], taught: Ints, held: Ints, known: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return what ridge regressions predict of draws held out: on all factors, (held, t), and on all but each, (factors, ...).

    A coefficient that is taken out moves the others as the inverse of the normal matrix says, so that nothing is fitted again.
    """
    design = np.concatenate(lines, axis=1)
    fit = ridge(design[taught], known, weights)
    gram, asked, whole = fit.x.T @ fit.x, design[held] - fit.centre, fit.predicted(design[held])
    ends = np.cumsum([one.shape[1] for one in lines])
    without = np.empty((len(lines), *whole.shape))
    for penalty in np.unique(fit.penalties):
        which = np.flatnonzero(fit.penalties == penalty)
        inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
        for row, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            out = slice(begin, end)
            moved = inverse[:, out] @ np.linalg.solve(inverse[out, out], fit.slopes[out, which])
            without[row][:, which] = whole[:, which] - asked @ moved * fit.scale[which]
    return whole, without
