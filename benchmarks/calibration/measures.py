"""How far is a method's posterior from the reference? Errors of means and sds, a classifier, and the cost of an error."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from model.arrays import Floats, Ints

# Parts of the cross-validation of the classifier.
FOLDS: Final = 5


def moments(z: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return means and sds (d,) of draws z (n, d) with weights (n,) that sum to one."""
    mean = weights @ z
    return mean, np.sqrt(weights @ (z - mean) ** 2)


def monte_carlo_errors(z: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return standard errors (d,) of the mean and of the sd of independent weighted draws, by the delta method."""
    mean, sd = moments(z, weights)
    square = (z - mean) ** 2
    of_mean = np.sqrt((weights**2) @ square)
    of_sd = np.sqrt((weights**2) @ (square - sd**2) ** 2) / (2.0 * sd)
    return of_mean, of_sd


def errors(found: tuple[Floats, Floats], exact: tuple[Floats, Floats]) -> tuple[float, float]:
    """Return root mean squares over parameters of the errors of means and of sds, in exact posterior sds.

    Parameters
    ----------
    found, exact : (mean, sd), each of shape (d,)
    """
    by_mean, by_sd = ((one - other) / exact[1] for one, other in zip(found, exact, strict=True))
    return float(np.sqrt(np.mean(by_mean**2))), float(np.sqrt(np.mean(by_sd**2)))


def distinct(z: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return each draw once with the weight of all its copies, so that no copy teaches a classifier about another."""
    kept, place = np.unique(z, axis=0, return_inverse=True)
    return kept, np.bincount(place.ravel(), weights, len(kept))


def c2st(one: tuple[Floats, Floats], other: tuple[Floats, Floats], seed: int = 1) -> float:
    """Return the share of draws that a classifier assigns to the right one of two weighted samples: 0.5 where they are alike.

    The classifier is the one of the test's usual form: a network of two layers with ten units for each dimension,
    cross-validated (Lueckmann and others 2021). Weights count in teaching and in scoring, and both samples count alike.
    """
    from sklearn.model_selection import StratifiedKFold

    pairs = [distinct(*sample) for sample in (one, other)]
    z = np.concatenate([pair[0] for pair in pairs])
    label = np.repeat([0, 1], [len(pair[0]) for pair in pairs])
    weights = np.concatenate([pair[1] / pair[1].sum() for pair in pairs])
    centre = weights @ z / 2.0
    scaled = (z - centre) / np.sqrt(weights @ (z - centre) ** 2 / 2.0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    right = [_right(scaled, label, weights, part, seed) for part in folds.split(scaled, label)]
    return float(np.sum(right) / 2.0)


def _right(z: Floats, label: Ints, weights: Floats, part: tuple[Ints, Ints], seed: int) -> float:
    """Return the weight of the draws of a fold that are classified rightly by a classifier taught on the others."""
    from sklearn.neural_network import MLPClassifier

    taught, tested = part
    units: Any = (10 * z.shape[1],) * 2
    learner = MLPClassifier(units, max_iter=1000, early_stopping=True, n_iter_no_change=20, random_state=seed)
    share = weights[taught]
    learner.fit(z[taught], label[taught], sample_weight=share * len(share) / share.sum())
    guessed = learner.predict(z[tested])
    return float(weights[tested] @ (guessed == label[tested]))


def cost_to_reach(costs: Sequence[float], found: Sequence[float], wanted: float) -> float | None:
    """Return at which cost a curve of errors first falls to ``wanted``, between its points on log scales; None where it does not.

    Parameters
    ----------
    costs : increasing
    found : errors, positive; a method is at its best so far at any cost, so that the curve never rises
    """
    best = np.minimum.accumulate(np.asarray(found, float))
    below = np.flatnonzero(best <= wanted)
    if not len(below):
        return None
    last = int(below[0])
    if last == 0:
        return float(costs[0])
    ends = np.log(best[last - 1 : last + 1])
    share = (ends[0] - np.log(wanted)) / (ends[0] - ends[1])
    there = np.log(costs[last - 1]) + share * (np.log(costs[last]) - np.log(costs[last - 1]))
    return float(np.exp(there))
