"""Where does a firm live? In a lane of a block: its values lie a column apart, the next firm's beside them, so that a loop over
lanes runs in vector registers; one firm alone reads as a record, ``firm.workers``, in Python and in compiled code.
"""

from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, overload, type_callable
from numpy.typing import NDArray

from model.compiling import equation, step
from model.events import FIRM_CLOCKS
from model.state import BESIDE, BLOCK, FIRM, LANES, RUNG

WORD_BYTES: Final = 8
COLUMNS: Final = int(np.prod(BLOCK["words"].shape)) // LANES
# What is left of a clock's draw (hazard times years): none was made yet; none will ever be used up.
UNDRAWN = 0.0
NEVER = np.inf
# No block: nothing is laid out yet, or firms of several rungs.
MIXED = -1


_RECORDS: Final[dict[int, Any]] = {BLOCK.itemsize: np.dtype((np.record, FIRM)), BESIDE.itemsize: np.dtype((np.record, RUNG))}


def lane_of(blocks: NDArray[Any], block: int, lane: int) -> Any:
    """Return one lane of one block as a record that reads and writes the columns."""
    return np.ndarray(1, _RECORDS[blocks.itemsize], blocks, block * blocks.itemsize + lane * WORD_BYTES)[0]


def _lane_intrinsic(typing: Any, blocks: Any, block: Any, lane: Any) -> Any:
    size = blocks.dtype.size
    record = numba.from_dtype(FIRM if size == BLOCK.itemsize else RUNG)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = builder.mul(arguments[1], context.get_constant(types.intp, size))
        place = builder.add(start, builder.mul(arguments[2], context.get_constant(types.intp, WORD_BYTES)))
        pointer = builder.gep(builder.bitcast(array.data, cgutils.voidptr_t), [place])
        return builder.bitcast(pointer, context.get_value_type(record))

    return record(blocks, types.intp, types.intp), generate


_lane: Any = intrinsic(_lane_intrinsic)


def _lane_of_compiled(blocks: Any, block: Any, lane: Any) -> Any:
    return lambda blocks, block, lane: _lane(blocks, block, lane)  # noqa: PLW0108 - Numba wants a function


overload(lane_of, strict=False)(_lane_of_compiled)


def kept(record: Any) -> Any:
    """Return a copy of a record that lies in the function's own memory: no store to a firm can change it, so that a compiled
    loop reads it once.
    """
    return record.copy()


def _kept_type(context: Any) -> Any:
    return lambda record: record if isinstance(record, types.Record) else None


def _kept_compiled(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    # Lowered where it is called: memory of a function of its own would be gone on return.
    size = signature.args[0].size
    room = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(8 * WORD_BYTES), -(-size // WORD_BYTES)))
    ends = [builder.bitcast(pointer, cgutils.voidptr_t) for pointer in (room, arguments[0])]
    cgutils.raw_memcpy(builder, *ends, context.get_constant(types.intp, size), 1)
    return builder.bitcast(room, context.get_value_type(signature.return_type))


type_callable(kept)(_kept_type)
lower_builtin(kept, types.Record)(_kept_compiled)


@equation
def firm_at(firms: NDArray[Any], row: int) -> Any:
    """Return the firm in a row."""
    return lane_of(firms, row // LANES, row % LANES)


@equation
def has(firm: Any, mark: int) -> int:
    """Return 1 if a firm has a mark (``model.state.MARKS``), else 0: as loops over firms read it."""
    return 1 if firm.marks & mark != 0 else 0


@equation
def block_count(rows: int) -> int:
    """Return how many blocks hold so many rows."""
    return (rows + LANES - 1) // LANES


@equation
def strikes(firms: NDArray[Any], row: int, clock: int) -> int:
    """Return how often one of a firm's clocks has struck."""
    return int(firms[row // LANES].count[clock, row % LANES])


@step
def stand(firms: NDArray[Any], b: int, ladder: NDArray[Any], beside: NDArray[Any], laid: int) -> int:
    """Lay out beside a block what its firms' rungs share; return the rung on which all of them stand, or ``MIXED``.

    ``laid`` is what the last call returned for the same quarter: what lies there already is not laid out again.
    """
    rungs = firms[b].rung
    first = rungs[0]
    apart = 0
    for lane in range(LANES):
        apart |= rungs[lane] ^ first
    if apart == 0:
        if first != laid:
            for lane in range(LANES):
                lay(ladder[first], lane_of(beside, 0, lane))
        return int(first)
    for lane in range(LANES):
        lay(ladder[rungs[lane]], lane_of(beside, 0, lane))
    return MIXED


@step(forceinline=True)
def lay(rung: Any, place: Any) -> None:
    """Copy what the firms of a rung share."""
    place.fixed_cost = rung.fixed_cost
    place.outlay = rung.outlay
    place.log_gain = rung.log_gain
    place.gain_per_worker = rung.gain_per_worker
    place.gain_cost = rung.gain_cost
    place.pressure = rung.pressure
    place.log_price = rung.log_price
    place.price = rung.price


@step
def wind_up(firms: NDArray[Any], row: int) -> None:
    """Start a firm's clocks anew: each makes its first draw when it first runs."""
    block, lane = firms[row // LANES], row % LANES
    for clock in range(FIRM_CLOCKS):
        block.count[clock, lane] = 0
        block.residual[clock, lane] = UNDRAWN


@step
def vacate(firms: NDArray[Any], row: int) -> None:
    """Empty a lane: nobody there adds to a sum, and no clock ever strikes."""
    block, lane = firms[row // LANES], row % LANES
    for column in range(COLUMNS):
        block.words[column, lane] = 0
    for clock in range(FIRM_CLOCKS):
        block.residual[clock, lane] = NEVER


@step
def vacate_block(firms: NDArray[Any], row: int) -> None:
    """Empty the block in which a row is the first."""
    block = firms[row // LANES]
    for column in range(COLUMNS):
        for lane in range(LANES):
            block.words[column, lane] = 0
    for clock in range(FIRM_CLOCKS):
        for lane in range(LANES):
            block.residual[clock, lane] = NEVER


@step
def move_firm(firms: NDArray[Any], old: int, new: int) -> None:
    """Copy a firm into another lane."""
    source, target = firms[old // LANES], firms[new // LANES]
    here, there = old % LANES, new % LANES
    for column in range(COLUMNS):
        target.words[column, there] = source.words[column, here]
    for clock in range(FIRM_CLOCKS):
        target.count[clock, there] = source.count[clock, here]
    target.slot[there] = source.slot[here]
