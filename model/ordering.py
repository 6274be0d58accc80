"""How are keys sorted without new memory? By a bucket sort with as many buckets as keys, which an insertion sort completes.

The keys are spread over a span, so that few share a bucket, and the work grows in proportion to their number.
"""

from model.arrays import Floats, Ints
from model.compiling import step


@step
def order_by(
    keys: Floats, count: int, first: float, span: float, order: Ints, heads: Ints
) -> None:
    """Write the positions of the first ``count`` keys into ``order``, in rising order of the keys; equal keys by position.

    ``keys`` (float64), ``order`` and ``heads`` (int64) have at least ``count`` elements; ``heads`` is working memory. Most keys
    should lie between ``first`` and ``first + span``; any key is sorted.
    """
    for k in range(count):
        heads[k] = 0
    for k in range(count):
        heads[_bucket(keys[k], count, first, span)] += 1
    begin = 0
    for k in range(count):
        size = heads[k]
        heads[k] = begin
        begin += size
    for k in range(count):
        bucket = _bucket(keys[k], count, first, span)
        order[heads[bucket]] = k
        heads[bucket] += 1
    for k in range(1, count):
        moving = order[k]
        j = k
        while j > 0 and keys[order[j - 1]] > keys[moving]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = moving


@step
def _bucket(key: float, count: int, first: float, span: float) -> int:
    return min(count - 1, max(0, int((key - first) / span * count)))
