"""How do policies stand in a stored comparison? Their effects in one cluster, judged as the decision table judges them."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from calibration.weights import normalised
from model.arrays import Floats
from studies.policy import decision
from studies.policy.decision_table import judged


class Standing(NamedTuple):
    """One policy among others, against the status quo, in the outcome's unit.

    Attributes
    ----------
    mean, low, high, mc_se : effect, 90 % of the histories, and Monte Carlo standard error of the mean
    p_best, expected_regret : chance of being best and expected regret, luck taken out
    unbeaten : whether it belongs to the set that cannot be beaten
    """

    policy: str
    mean: float
    low: float
    high: float
    mc_se: float
    p_best: float
    expected_regret: float
    unbeaten: bool


def standings(one: xr.Dataset, levels: Floats, direction: int) -> list[Standing]:
    """Return how the policies of a stored comparison stand, in their order; none where no history could be kept.

    Parameters
    ----------
    one : what a comparison holds of one cluster under one structure; the status quo is its first policy
    levels : float64, shape (policies, n); an outcome of its histories
    direction : 1 if more of the outcome is better, -1 if less is
    """
    known = one["weight"].values > 0
    if not known.any():
        return []
    mass, draw = normalised(one["weight"].values[known]), one["draw"].values[known].astype(np.int64)
    effects = (levels - levels[:1])[:, known]
    _, seen = judged(direction * effects, mass, draw)
    return [
        Standing(
            str(policy),
            *decision.paired_effect(effects[k], mass, draw),
            float(seen.p_best[k]),
            float(seen.expected_regret[k]),
            bool(seen.unbeaten[k]),
        )
        for k, policy in enumerate(one["policy"].values)
    ]
