"""In which order are firms added up? Lane by lane along the blocks, then lanes in pairs.

The order is written out, so that it is the same in both engines and on every machine; vector registers can keep it.
"""

from typing import Any

from numpy.typing import NDArray

from model.compiling import step
from model.lanes import MIXED
from model.state import LANES


@step
def total(column: NDArray[Any]) -> float:
    """Return the sum of a column, float64, shape (64,), which is overwritten.

    The upper half is added to the lower half until eight lanes are left; these are added in pairs.
    """
    for lane in range(32):
        column[lane] += column[lane + 32]
    for lane in range(16):
        column[lane] += column[lane + 16]
    for lane in range(8):
        column[lane] += column[lane + 8]
    low = (column[0] + column[1]) + (column[2] + column[3])
    return float(low + ((column[4] + column[5]) + (column[6] + column[7])))


@step
def empty(column: NDArray[Any]) -> None:
    """Set a column, float64, shape (LANES,), to zero."""
    for lane in range(LANES):
        column[lane] = 0.0


@step
def empty_by_rung(sums: NDArray[Any], ladder: NDArray[Any]) -> None:
    """Set the rows of the rungs on which firms stand to zero; ``sums`` has the shape (rungs, LANES)."""
    for k in range(len(ladder)):
        if ladder[k].firms > 0.0:
            empty(sums[k])


@step
def add_by_rung(sums: NDArray[Any], values: NDArray[Any], rungs: NDArray[Any], common: int, ladder: NDArray[Any]) -> None:
    """Add the values of a block, shape (LANES,), to ``sums``, shape (rungs, LANES), each in the row of its lane's rung.

    ``common`` is the rung of all lanes, or ``MIXED`` where ``rungs``, shape (LANES,), differ: then the rungs on which firms stand
    take their lanes one after another, all lanes at once, which is faster than to let each lane look for its row.
    """
    if common == MIXED:
        for k in range(len(ladder)):
            if ladder[k].firms > 0.0:
                for lane in range(LANES):
                    sums[k, lane] += values[lane] if rungs[lane] == k else 0.0
    else:
        for lane in range(LANES):
            sums[common, lane] += values[lane]
