"""How are keyed numbers put in order without new memory? Spread over a span, they are dealt into as many bins as there are
numbers, and what little is left out of order is mended: the work grows with their number alone.
"""

import numpy as np
from numpy.typing import NDArray

from model.compiling import step


@step
def order_by(
    keys: NDArray[np.float64], count: int, first: float, span: float, order: NDArray[np.int64], heads: NDArray[np.int64]
) -> None:
    """Write into ``order`` the positions of the first ``count`` keys in rising order, equal keys by position.

    Keys lie between ``first`` and ``first + span``, or beyond; ``heads`` is scratch for ``count`` bins.
    """
    for k in range(count):
        heads[k] = 0
    for k in range(count):
        heads[_bin(keys[k], count, first, span)] += 1
    begin = 0
    for k in range(count):
        size = heads[k]
        heads[k] = begin
        begin += size
    for k in range(count):
        place = _bin(keys[k], count, first, span)
        order[heads[place]] = k
        heads[place] += 1
    for k in range(1, count):
        moving = order[k]
        j = k
        while j > 0 and keys[order[j - 1]] > keys[moving]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = moving


@step
def _bin(key: float, count: int, first: float, span: float) -> int:
    return min(count - 1, max(0, int((key - first) / span * count)))
