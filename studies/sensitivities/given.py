"""Which unknown decides an outcome, given what is known already? Shares of its variance in weighted draws of a posterior.

Draws of a posterior hang together: a factor that goes with another also tells what the other does. Two shares stand on either
side of that. One is what a factor explains alone, with all that goes with it; the other is what is lost if all are known but it
(the full and the independent effects of Mara and Tarantola 2012). Both are of draws held out, so that a factor that tells nothing
gets zero on average, and not a share that grows with the number of factors.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.weights import normalised
from model.arrays import Floats, Ints
from studies.policy.learning import FOLDS, PENALTIES, features, predicted
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


class _Losses(NamedTuple):
    """Squared errors of draws held out: of the mean, (n, t), of each factor alone and of all but it, (factors, n, t), of all."""

    mean: Floats
    alone: Floats
    without: Floats
    whole: Floats


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
    losses = _losses(factors, np.concatenate([outcomes, *others], axis=1), weights, seed)
    every = _read_off(losses, mass[None])[0]
    floor = every[:, :, kinds:].reshape(len(SHARES), len(factors), DEALT, kinds).max(axis=(1, 2))
    first = _Losses(losses.mean[:, :kinds], losses.alone[..., :kinds], losses.without[..., :kinds], losses.whole[:, :kinds])
    low, high = np.quantile(_read_off(first, _resampled(mass, seed)), INTERVAL, axis=0)
    together = 1.0 - (mass @ first.whole) / (mass @ first.mean)
    varies = np.ptp(outcomes, axis=0) > LEAST * np.maximum(np.abs(outcomes).max(axis=0), 1e-300)
    return Shares(*(np.where(varies, part, np.nan) for part in (every[:, :, :kinds], low, high, floor, together)))


def alone(factors: Sequence[Floats], outcomes: Floats, weights: Floats, seed: int = 0) -> Floats:
    """Return the share of each outcome that each factor explains alone, (factors, k); parameters as ``shares`` takes them."""
    losses = _losses(factors, outcomes, weights, seed)
    return np.asarray(_read_off(losses, normalised(weights)[None])[0, 0])


def _resampled(mass: Floats, seed: int) -> Floats:
    """Return the weights of draws (n,) in resamples of as many draws, (RESAMPLES, n)."""
    generator, count = np.random.default_rng([seed, 3]), len(mass)
    times = generator.multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES)
    return np.asarray(times * mass, np.float64)


def _read_off(losses: _Losses, mass: Floats) -> Floats:
    """Return both shares under weights (m, n), shape (m, 2, factors, t)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = (mass @ losses.mean)[:, None]
        single = 1.0 - np.einsum("mn,fnt->mft", mass, losses.alone) / scale
        unique = np.einsum("mn,fnt->mft", mass, losses.without - losses.whole) / scale
    return np.stack([single, unique], axis=1)


def _losses(factors: Sequence[Floats], targets: Floats, weights: Floats, seed: int) -> _Losses:
    """Return squared errors of t targets (n, t), each draw predicted from the parts of the draws in which it is not."""
    count = len(weights)
    part = np.random.default_rng([seed, 0]).permutation(count) % FOLDS
    lines = [_lines(factor, weights) for factor in factors]
    bent = [features(factor, weights) for factor in factors]
    each = (len(factors), *targets.shape)
    losses = _Losses(np.empty(targets.shape), np.empty(each), np.empty(each), np.empty(targets.shape))
    for number in range(FOLDS):
        held, taught = np.flatnonzero(part == number), np.flatnonzero(part != number)
        mass, known, unknown = weights[taught], targets[taught], targets[held]
        losses.mean[held] = (unknown - normalised(mass) @ known) ** 2
        for row, design in enumerate(bent):
            losses.alone[row, held] = (unknown - predicted(design[taught], known, mass, design[held])) ** 2
        whole, without = _left_out(lines, taught, held, known, mass)
        losses.whole[held] = (unknown - whole) ** 2
        losses.without[:, held] = (unknown - without) ** 2
    return losses


def _lines(quantities: Floats, weights: Floats) -> Floats:
    """Return quantities (n, members) with mean 0 and variance 1 under the weights, or 0 where nothing varies."""
    mass = normalised(weights)
    centred = quantities - mass @ quantities
    scale = np.sqrt(mass @ (centred * centred))
    return np.asarray(np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0), np.float64)


def _left_out(lines: Sequence[Floats], taught: Ints, held: Ints, known: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return what ridge regressions predict of draws held out: on all factors, (held, t), and on all but each, (factors, ...).

    A coefficient that is taken out moves the others as the inverse of the normal matrix says, so that nothing is fitted again.
    """
    from sklearn import config_context
    from sklearn.linear_model import RidgeCV

    mass, design = normalised(weights), np.concatenate(lines, axis=1)
    centre, mean = mass @ design[taught], mass @ known
    scale = np.sqrt(mass @ (known - mean) ** 2)
    scale[scale == 0] = 1.0
    root = np.sqrt(len(taught) * mass)[:, None]
    x, y, asked = root * (design[taught] - centre), root * (known - mean) / scale, design[held] - centre
    with config_context(assume_finite=True, skip_parameter_validation=True):
        fit = RidgeCV(alphas=x.size * np.array(PENALTIES), fit_intercept=False, alpha_per_target=True).fit(x, y)
    penalties, gram = np.broadcast_to(fit.alpha_, y.shape[1]), x.T @ x
    ends = np.cumsum([one.shape[1] for one in lines])
    whole, without = np.empty((len(held), y.shape[1])), np.empty((len(lines), len(held), y.shape[1]))
    for penalty in np.unique(penalties):
        which = np.flatnonzero(penalties == penalty)
        inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
        slopes = inverse @ (x.T @ y[:, which])
        whole[:, which] = asked @ slopes
        for row, (begin, end) in enumerate(zip(ends - np.diff(ends, prepend=0), ends, strict=True)):
            moved = inverse[:, begin:end] @ np.linalg.solve(inverse[begin:end, begin:end], slopes[begin:end])
            without[row][:, which] = whole[:, which] - asked @ moved
    return whole * scale + mean, without * scale + mean
