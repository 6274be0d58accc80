"""What is it worth to learn something before choosing? Values of perfect, partial and sample information, on plain arrays.

Whoever learns a quantity may choose another policy where that quantity lies otherwise than expected. What this brings on average
is the value of learning it (Strong, Oakley and Brennan 2014). The net value of each policy is regressed on what is seen, in draws
of the posterior; what the regression leaves over is luck, or belongs to other quantities. A fit flatters the choice that it
suggests. The choice is therefore made by a fit to other draws, and is valued by the net value of the draws held out.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from calibration.weights import normalised
from model.arrays import Floats, Ints
from studies.policy.decision import by_draw, expected_regret, paired_effect

# Parts into which draws are divided: each is held out once.
FOLDS: Final = 5
# Simulated outcomes of a measurement in each draw, each with a division of its own.
OUTCOMES: Final = 5
# Fewer draws than this leave no two of them in each part.
FEWEST: Final = 2 * FOLDS
# Knots of a spline, and its degree; and the most quantities at once for which bends are fitted: beyond it, a few hundred draws
# cannot tell bends from luck.
KNOTS: Final = 4
DEGREE: Final = 3
MOST_BENT: Final = 10
# Ridge penalties that are tried, as multiples of draws times features, so that many features are held shorter than few. The last
# leaves nothing but the mean.
PENALTIES: Final = (1e-2, 0.1, 1.0, 10.0, 1e3)


class Draws(NamedTuple):
    """What is known of one cluster's policies: the net value of each in each draw, (policies, n), and the weights, (n,)."""

    worth: Floats
    weights: Floats


class Worth(NamedTuple):
    """What learning is worth.

    Attributes
    ----------
    mean, se : float
        Gain in net value, and its Monte Carlo standard error. The gain of a quantity that tells nothing is zero on average; since
        nothing was subtracted for luck, an estimate may lie below zero, and means zero.
    changes : float
        Chance that another policy is chosen than without learning.
    """

    mean: float
    se: float
    changes: float


def distinct(worth: Floats, weights: Floats, draw: Ints) -> tuple[Draws, Ints]:
    """Count each draw once: histories of one draw become one, of all their weight.

    Parameters
    ----------
    worth : float64, shape (policies, n); net value of each policy
    weights : float64, shape (n,); histories without weight are left out
    draw : int64, shape (n,)

    Returns
    -------
    draws : Draws
    first : int64, shape (draws,); the first history of each draw
    """
    kept = np.flatnonzero(weights > 0)
    values, mass = by_draw(worth[:, kept], weights[kept], draw[kept])
    first: Ints = kept[np.unique(draw[kept], return_index=True)[1]]
    return Draws(values, mass), first


def ceiling(draws: Draws) -> float:
    """Return the value of knowing each draw's net values themselves, luck included: no information is worth more."""
    return float(np.min(expected_regret(draws.worth, draws.weights)))


def leader(draws: Draws) -> int:
    """Return the policy that is best on average: the one that is chosen without learning."""
    return int(np.argmax(draws.worth @ normalised(draws.weights)))


def worth_of_knowing(draws: Draws, quantities: Floats, seed: int = 0) -> Worth:
    """Return what it is worth to know quantities exactly.

    Parameters
    ----------
    draws : Draws
    quantities : float64, shape (n, k)
    seed : of the divisions of draws
    """
    design = features(quantities, draws.weights)
    return _averaged(draws, lambda turn: design, 1, seed)


def worth_of_measuring(draws: Draws, quantities: Floats, errors: Floats, seed: int = 0) -> Worth:
    """Return what it is worth to see quantities with errors.

    For each draw the measurement's outcome is simulated: the quantity and a normal error. The regression is on that outcome, and
    the value is averaged over several outcomes of each draw. Errors are the same for all measurements of one seed, up to their
    scale, so that two sizes of one measurement differ by little luck.

    Parameters
    ----------
    draws : Draws
    quantities : float64, shape (n, k)
    errors : float64, shape (k,); standard deviations, in the units of the quantities
    seed : of the divisions of draws and of the errors
    """
    generator = np.random.default_rng([seed, 1])
    noise = generator.standard_normal((OUTCOMES, *quantities.shape[::-1]))

    def outcome(turn: int) -> Floats:
        return features(quantities + errors * noise[turn].T, draws.weights)

    return _averaged(draws, outcome, OUTCOMES, seed)


def features(quantities: Floats, weights: Floats) -> Floats:
    """Return what a regression sees of each quantity: the value itself, for lines, and a spline of its rank, for bends.

    Ranks spread a skewed quantity evenly over the spline. Quantities add up, and their interactions are not fitted; of more than
    ``MOST_BENT`` quantities lines alone are.

    Parameters
    ----------
    quantities : float64, shape (n, k)
    weights : float64, shape (n,)

    Returns
    -------
    float64, shape (n, features), with mean 0 and variance 1 under the weights, or 0 where nothing varies
    """
    from sklearn.preprocessing import SplineTransformer

    mass, whole = normalised(weights), quantities
    if quantities.shape[1] <= MOST_BENT:
        spline = SplineTransformer(n_knots=KNOTS, degree=DEGREE, include_bias=False)
        whole = np.concatenate([quantities, spline.fit_transform(_ranks(quantities, mass))], axis=1)
    return standardised(whole, weights)


def standardised(columns: Floats, weights: Floats) -> Floats:
    """Return columns (n, k) with mean 0 and variance 1 under the weights (n,), or 0 where nothing varies."""
    mass = normalised(weights)
    centred = columns - mass @ columns
    scale = np.sqrt(mass @ (centred * centred))
    varies = scale > 1e-12 * (1.0 + np.max(np.abs(columns), axis=0))
    return np.asarray(np.divide(centred, scale, out=np.zeros_like(centred), where=varies), np.float64)


def _ranks(quantities: Floats, weights: Floats) -> Floats:
    """Return the share of weight below each value plus half of that at it, column by column, float64, shape (n, k).

    Parameters
    ----------
    weights : float64, shape (n,), summing to one
    """
    columns = []
    for column in quantities.T:
        positions = np.unique(column, return_inverse=True)[1]
        mass = np.bincount(positions, weights)
        columns.append((np.cumsum(mass) - 0.5 * mass)[positions])
    return np.stack(columns, axis=1)


def _averaged(draws: Draws, design: Callable[[int], Floats], turns: int, seed: int) -> Worth:
    """Return the gain averaged over several divisions of the draws; ``design`` returns what is seen in each, (n, features)."""
    count = len(draws.weights)
    generator = np.random.default_rng([seed, 0])
    gains, changes = np.zeros(count), np.zeros(count)
    for turn in range(turns):
        part = generator.permutation(count) % FOLDS
        gain, change = _held_out(draws, design(turn), part)
        gains += gain / turns
        changes += change / turns
    mass = normalised(draws.weights)
    effect = paired_effect(gains, mass, np.arange(count))
    return Worth(effect.mean, effect.mc_se, float(mass @ changes))


def _held_out(draws: Draws, design: Floats, part: Ints) -> tuple[Floats, Floats]:
    """Return each draw's gain from the policy that a fit to the other parts chooses for it, and whether that is another, (n,).

    The gain is over the policy that leads in the same other parts: it is what would be chosen without learning.
    """
    gains, changes = np.zeros(len(part)), np.zeros(len(part))
    for number in range(FOLDS):
        held, taught = np.flatnonzero(part == number), np.flatnonzero(part != number)
        first = leader(Draws(draws.worth[:, taught], draws.weights[taught]))
        ahead = (draws.worth - draws.worth[first]).T
        chosen = np.argmax(ridge(design[taught], ahead[taught], draws.weights[taught]).predicted(design[held]), axis=1)
        gains[held] = ahead[held, chosen]
        changes[held] = chosen != first
    return gains, changes


class Ridge(NamedTuple):
    """Ridge regressions of t targets on p features, in n draws.

    Attributes
    ----------
    centre : float64, shape (p,); weighted means of the features
    mean, scale : float64, shape (t,); weighted means and deviations of the targets
    x, y : float64, shape (n, p) and (n, t); features and scaled targets about their means, by the roots of the weights
    penalties : float64, shape (t,)
    slopes : float64, shape (p, t), of the scaled targets
    """

    centre: Floats
    mean: Floats
    scale: Floats
    x: Floats
    y: Floats
    penalties: Floats
    slopes: Floats

    def predicted(self, asked: Floats) -> Floats:
        """Return the targets predicted at features asked for (asked, p), float64, shape (asked, t)."""
        return np.asarray(self.mean + (asked - self.centre) @ self.slopes * self.scale, np.float64)


def ridge(design: Floats, targets: Floats, weights: Floats) -> Ridge:
    """Fit ridge regressions, each with the penalty that predicts best when single draws are left out.

    Where a quantity tells nothing, the mean is left.

    Parameters
    ----------
    design : float64, shape (n, p)
    targets : float64, shape (n, t)
    weights : float64, shape (n,)
    """
    from sklearn import config_context
    from sklearn.linear_model import RidgeCV

    mass = normalised(weights)
    centre, mean = mass @ design, mass @ targets
    scale = np.sqrt(mass @ ((targets - mean) * (targets - mean)))
    scale[scale == 0] = 1.0
    root = np.sqrt(len(mass) * mass)[:, None]
    x, y = root * (design - centre), root * (targets - mean) / scale
    fit = RidgeCV(alphas=design.size * np.array(PENALTIES), fit_intercept=False, alpha_per_target=True)
    # Checks of arrays that were made here would take longer than the regressions.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        fit.fit(x, y)
    return Ridge(centre, mean, scale, x, y, np.broadcast_to(fit.alpha_, mean.shape), np.atleast_2d(fit.coef_).T)
