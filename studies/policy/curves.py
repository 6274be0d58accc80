"""What does each budget of each policy bring in one cluster? The arithmetic of the budget curve, on plain arrays.

A policy without a budget of its own stands at one point; its values are repeated at every budget, so that it can be compared with
the others there. A budget is compared with the next smaller one, and the smallest with the status quo.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arrays import Arrays, Floats
from studies.policy.decision import chance_of_best, chance_positive, paired_effect, without_luck
from studies.policy.frontier import frontier

# What raising a wage-year of public funds may cost (wage-years), where it is not left as each history has it.
FUNDS_COSTS: Final = (1.0, 1.2, 1.5, 2.0)
# A rise in net value beyond so many Monte Carlo standard errors is told from none.
TOLD: Final = 2.0
# Two budgets whose mean money spent differs by less than this share of it spend the same: a ratio would be noise over nothing.
SAME: Final = 0.05


class Replayed(NamedTuple):
    """Paired effects against the status quo in one cluster, which is the first policy (wage-years).

    Attributes
    ----------
    net_value, treasury, spent : float64, shape (policies, shares, n)
    weights, draw : shape (n,); the weights sum to one
    funds_cost : float64, shape (n,); what raising public funds costs in each history
    funded : bool, shape (policies,); whether a policy has a budget
    """

    net_value: Floats
    treasury: Floats
    spent: Floats
    weights: Floats
    draw: NDArray[np.int64]
    funds_cost: Floats
    funded: NDArray[np.bool_]


def curves(one: Replayed) -> Arrays:
    """Return what is known of each policy at each budget, by the name of the variable, shape (policies, shares) each.

    ``acceptability_by_funds_cost`` has the shape (funds costs, policies, shares).
    """
    shape = one.net_value.shape[:2]
    known: Arrays = {name: np.full(shape, np.nan) for name in ("net_value", "low", "high", "mc_se", "p_gain")}
    for point in np.ndindex(shape):
        values = one.net_value[point]
        effect = paired_effect(values, one.weights, one.draw)
        for name, value in zip(("net_value", "low", "high", "mc_se"), effect, strict=True):
            known[name][point] = value
        known["p_gain"][point] = chance_positive(values, one.weights)
    cost, spent = -(one.treasury @ one.weights), one.spent @ one.weights
    known |= {"cost": cost, "gain": known["net_value"] + cost, "spent": spent}
    return {**known, **_rises(one), **_efficient(cost, known["gain"], one.funded), **_best(one, known["net_value"])}


def _rises(one: Replayed) -> Arrays:
    """Return what each budget brings beyond the next smaller one, in all and for each wage-year that is spent more."""
    shape = one.net_value.shape[:2]
    known: Arrays = {name: np.full(shape, np.nan) for name in ("rise", "rise_mc_se", "marginal", "marginal_mc_se")}
    for policy, share in np.argwhere(np.broadcast_to(one.funded[:, None], shape)):
        value, money = (
            rows[policy, share] - (rows[policy, share - 1] if share > 0 else 0.0) for rows in (one.net_value, one.spent)
        )
        rise, more = paired_effect(value, one.weights, one.draw), float(money @ one.weights)
        known["rise"][policy, share], known["rise_mc_se"][policy, share] = rise.mean, rise.mc_se
        if abs(more) > SAME * abs(float(one.spent[policy, share] @ one.weights)):
            ratio = rise.mean / more
            # The error of a ratio of means, to first order: numerator and denominator come from the same histories.
            error = paired_effect(value - ratio * money, one.weights, one.draw).mc_se / abs(more)
            known["marginal"][policy, share], known["marginal_mc_se"][policy, share] = ratio, error
    return known


def _efficient(cost: Floats, gain: Floats, funded: NDArray[np.bool_]) -> Arrays:
    """Return which points are efficient, and their extra cost for each extra gain; a repeated point counts once."""
    once = np.where(funded[:, None] | (np.arange(cost.shape[1]) == 0), cost, np.nan)
    efficient, icer = frontier(once.ravel(), gain.ravel())
    return {"frontier": efficient.reshape(cost.shape), "icer": icer.reshape(cost.shape)}


def _best(one: Replayed, net_value: Floats) -> Arrays:
    """Return the chances of being best at each budget, and which budget of a policy has the highest net value."""
    flow = one.treasury / one.funds_cost
    by_cost = [acceptability(one.net_value - one.treasury + price * flow, one.weights, one.draw) for price in FUNDS_COSTS]
    marks = np.where(one.funded[:, None], net_value == net_value.max(axis=1, keepdims=True), False)
    return {
        "acceptability": acceptability(one.net_value, one.weights, one.draw),
        "acceptability_by_funds_cost": np.stack(by_cost),
        "best_share": np.asarray(marks),
    }


def acceptability(net_value: Floats, weights: Floats, draw: NDArray[np.int64]) -> Floats:
    """Return the chance that each policy is best at each budget, luck taken out; policies that tie share it.

    Parameters
    ----------
    net_value : float64, shape (policies, shares, n)
    weights, draw : shape (n,)

    Returns
    -------
    float64, shape (policies, shares); each column sums to one
    """
    columns = [chance_of_best(*without_luck(net_value[:, share], weights, draw)) for share in range(net_value.shape[1])]
    return np.stack(columns, axis=1)


def last_rise(rise: Floats, error: Floats) -> int | None:
    """Return the position of the last budget whose rise (shares,) lies beyond ``TOLD`` standard errors; None if none does."""
    clear = np.flatnonzero(rise > TOLD * error)
    return int(clear[-1]) if len(clear) else None
