"""How good are the settings that a search found, and how flat is the top? The arithmetic of an optimum, on plain arrays.

Whoever picks the best of many noisy means picks luck along with it (the winner's curse). What a setting is worth is therefore
told by histories that had no part in choosing it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.weights import normalised
from model.arrays import Arrays, Floats
from studies.policy import decision
from studies.policy.search import Searched
from studies.policy.study_file import Open

# Paired standard errors within which a setting cannot be told from the best.
NEAR: Final = (1, 2)
# What is measured of each policy on one set of histories.
MEASURED: Final = ("value", "se", "low", "high", "p_gain", "cost", "behind", "behind_se", "regret", "regret_reference")


class Worths(NamedTuple):
    """What policies are worth on the same histories.

    Attributes
    ----------
    names : of the policies
    net_value, cost : float64, shape (policies, n); against the status quo (wage-years), NaN where a history was stopped
    weights, draw : shape (n,)
    """

    names: tuple[str, ...]
    net_value: Floats
    cost: Floats
    weights: Floats
    draw: NDArray[np.int64]

    def beside(self, other: "Worths") -> "Worths":
        """Return these policies and those of another set on the same histories."""
        net_value, cost = np.concatenate([self.net_value, other.net_value]), np.concatenate([self.cost, other.cost])
        return Worths(self.names + other.names, net_value, cost, self.weights, self.draw)

    def scores(self) -> Floats:
        """Return each policy's mean net value over its histories that were not stopped, shape (policies,); NaN without any."""
        whole = np.isfinite(self.net_value)
        mass = np.asarray(whole @ self.weights, np.float64)
        sums = np.where(whole, self.net_value, 0.0) @ self.weights
        return np.asarray(np.divide(sums, mass, out=np.full(len(mass), np.nan), where=mass > 0), np.float64)


def measured(worths: Worths, tried: NDArray[np.bool_]) -> Arrays:
    """Return what is known of each policy, MEASURED by name, shape (policies,) each.

    Histories that are stopped under any policy are left out under all; a policy under which every history is stopped is NaN.

    Parameters
    ----------
    tried : bool, shape (policies,)
        Which policies were tried; the others are references. ``behind`` is how far a policy lies behind the best of those tried,
        paired; ``regret`` what it loses on average against the best of all in each draw, luck taken out; ``regret_reference``
        what it loses against the best reference, where it loses.
    """
    told: Arrays = {name: np.full(len(worths.names), np.nan) for name in MEASURED}
    rows = np.flatnonzero(np.isfinite(worths.scores()))
    whole = np.isfinite(worths.net_value[rows]).all(axis=0) & (worths.weights > 0)
    if not whole.any() or not tried[rows].any():
        return told
    values, weights, draw = worths.net_value[rows][:, whole], normalised(worths.weights[whole]), worths.draw[whole]
    means = values @ weights
    leader = int(np.argmax(np.where(tried[rows], means, -np.inf)))
    for row, one in zip(rows, values, strict=True):
        effect = decision.paired_effect(one, weights, draw)
        gap = decision.paired_effect(values[leader] - one, weights, draw)
        known = (*effect, decision.chance_positive(one, weights), gap.mean, gap.mc_se)
        for name, value in zip(("value", "low", "high", "se", "p_gain", "behind", "behind_se"), known, strict=True):
            told[name][row] = value
    told["cost"][rows] = worths.cost[rows][:, whole] @ weights
    known_worth, mass = decision.without_luck(values, weights, draw)
    told["regret"][rows] = decision.expected_regret(known_worth, mass)
    if not tried[rows].all():
        best = known_worth[~tried[rows]].max(axis=0)
        told["regret_reference"][rows] = np.maximum(best - known_worth, 0.0) @ mass
    return told


def finalists(scores: Floats, settings: Sequence[Mapping[str, float]], count: int) -> list[int]:
    """Return the positions of the trials with the highest scores, the best first; settings that come twice count once."""
    order = [int(k) for k in np.argsort(-scores, kind="stable") if np.isfinite(scores[k])]
    return [k for rank, k in enumerate(order) if all(settings[k] != settings[other] for other in order[:rank])][:count]


def flatness(opened: Sequence[Open], searched: Searched, behind: Floats, error: Floats, best: int) -> Arrays:
    """Return for each open number how far it can be moved before the loss can be told: a table, a row a number.

    Parameters
    ----------
    behind, error : float64, shape (trials,)
        How far each trial lies behind the best one of the search, paired, and the standard error of that.
    best : position of the trial that is recommended
    """
    values = np.array([[one[number.name] for number in opened] for one in searched.settings])
    table: Arrays = {
        "number": np.array([one.name for one in opened]),
        "low": np.array([one.low for one in opened]),
        "high": np.array([one.high for one in opened]),
        "recommended": values[best],
    }
    for errors in NEAR:
        near = behind <= errors * error
        table |= {
            f"low_{errors}": values[near].min(axis=0),
            f"high_{errors}": values[near].max(axis=0),
            f"settings_{errors}": np.full(len(opened), int(near.sum())),
        }
    return {**table, "importance": np.array([searched.importance[one.name] for one in opened])}
