"""Which ways of spending are efficient? Those that no other one, and no mixture of two others, beats in cost and gain.

A way is *dominated* where another costs no more and gains no less. It is dominated *by extension* where a mixture of a cheaper
and a dearer one gains more for the same money: then its extra cost per extra gain is higher than that of the step after it.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats


class Frontier(NamedTuple):
    """Which points (n,) are efficient, and what each of these costs more for each unit that it gains more than the one before.

    ``icer`` is NaN for a point that is not efficient, and for the cheapest efficient one, which has none before it.
    """

    efficient: NDArray[np.bool_]
    icer: Floats


def frontier(cost: Floats, gain: Floats) -> Frontier:
    """Return the efficient points among points of known cost and gain.

    Parameters
    ----------
    cost, gain : float64, shape (n,)
        In one unit. A cost may be negative. A point that is not finite is not efficient; of points that agree in both, the first
        is kept.

    Returns
    -------
    Frontier
        Arrays of shape (n,). A point that lies on the line between its neighbours is efficient.
    """
    known = np.flatnonzero(np.isfinite(cost) & np.isfinite(gain))
    order = known[np.lexsort((-gain[known], cost[known]))]
    kept: list[int] = []
    for point in order:
        if kept and gain[point] <= gain[kept[-1]]:
            continue
        while len(kept) > 1 and _step(cost, gain, kept[-2], kept[-1]) > _step(cost, gain, kept[-1], point):
            kept.pop()
        kept.append(int(point))
    efficient, icer = np.zeros(len(cost), bool), np.full(len(cost), np.nan)
    efficient[kept] = True
    for before, after in pairwise(kept):
        icer[after] = _step(cost, gain, before, after)
    return Frontier(efficient, icer)


def _step(cost: Floats, gain: Floats, before: int, after: int) -> float:
    """Return the extra cost for each extra gain between two points."""
    return float((cost[after] - cost[before]) / (gain[after] - gain[before]))
