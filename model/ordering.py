"""How are keys sorted without new memory? By a bucket sort with as many buckets as keys, which a sort by comparison completes.

The keys are spread over a span, so that few share a bucket, and the work grows in proportion to their number. Where very many
share one (a hazard so large that all clocks strike at once), insertion gives way to a heap, whose work stays near that.
"""

from collections.abc import Callable
from typing import Any, Final

from model.arrays import Floats, Ints
from model.compiling import equation, step

Precedes = Callable[[Any, int, int], bool]
Sort = Callable[[Any, Ints, int], None]

# Moves of an insertion sort for each element, beyond which a heap is faster than to go on.
PATIENCE: Final = 64


def sorter(precedes: Precedes) -> Sort:
    """Return the step that sorts the first ``count`` positions of ``order`` (int64) by a strict total order.

    ``precedes`` takes what the step is given, and two positions. Since any two differ in the order, the result does not depend
    on the way of sorting.
    """
    sort_by_heap = heap_sorter(precedes)

    @step
    def sort(given: Any, order: Ints, count: int) -> None:
        moves = 0
        for k in range(1, count):
            moving = order[k]
            j = k
            while j > 0 and precedes(given, moving, order[j - 1]):
                order[j] = order[j - 1]
                j -= 1
            order[j] = moving
            moves += k - j
            if moves > PATIENCE * count:
                sort_by_heap(given, order, count)
                return

    return sort


def heap_sorter(precedes: Precedes) -> Sort:
    """Return the step that sorts as that of ``sorter`` does, with a heap whose root is the last of its positions."""

    @step
    def sink(given: Any, order: Ints, root: int, count: int) -> None:
        child = 2 * root + 1
        while child < count:
            if child + 1 < count and precedes(given, order[child], order[child + 1]):
                child += 1
            if not precedes(given, order[root], order[child]):
                return
            order[root], order[child] = order[child], order[root]
            root, child = child, 2 * child + 1

    @step
    def sort_by_heap(given: Any, order: Ints, count: int) -> None:
        for k in range(count // 2):
            sink(given, order, count // 2 - 1 - k, count)
        for k in range(1, count):
            last = count - k
            order[0], order[last] = order[last], order[0]
            sink(given, order, 0, last)

    return sort_by_heap


@equation
def key_precedes(keys: Floats, one: int, other: int) -> bool:
    """Whether a key comes before another: the smaller one, and of equal ones that of the smaller position."""
    return bool(keys[one] < keys[other] or (keys[one] == keys[other] and one < other))


sort_by_key = sorter(key_precedes)


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
    sort_by_key(keys, order, count)


@step
def _bucket(key: float, count: int, first: float, span: float) -> int:
    return min(count - 1, max(0, int((key - first) / span * count)))
