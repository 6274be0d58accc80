"""Where does a firm live? In a lane of a block: its values lie a column apart, the next firm's beside them, so that a loop over
lanes runs in vector registers; one firm alone reads as a record, ``firm.workers``, in Python and in compiled code.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

import numba
import numpy as np
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic, lower_builtin, overload, type_callable
from numpy.typing import NDArray

from model.arithmetic import TWO_52, TWO_52_BITS, bits_float
from model.compiling import equation, step
from model.events import FIRM_CLOCKS
from model.randomness import as_word
from model.state import ASIDE, BESIDE, BLOCK, FIRM, FLOATS, LANES, LINE_BYTES, WORD_BYTES

cgutils: Any = untyped_cgutils
ir: Any = cgutils.ir
# So many firms fit into a core's own cache. Where there are more, blocks are asked for before their turn.
CACHED: Final = 4096
# What is left of a clock's draw (hazard times years) before the draw is made: so little that a clock which runs at all strikes.
UNDRAWN: Final = 1e-300
# Columns of a block that are read to count firms, and to work out what they supply: the first ones.
COUNTED: Final = 2 + FLOATS.index("recognition")
SUPPLIED: Final = 2 + FLOATS.index("pending")
COLUMNS: Final = int(np.prod(BLOCK["words"].shape)) // LANES
# Stands for the rung of a block whose firms stand on several rungs.
MIXED = -1


_RECORDS: Final[dict[int, Any]] = {BLOCK.itemsize: np.dtype((np.record, FIRM)), BESIDE.itemsize: np.dtype((np.record, ASIDE))}


def lane_of(blocks: NDArray[Any], block: int, lane: int) -> Any:
    """Return one lane of one block as a record that reads and writes the columns."""
    return np.ndarray(1, _RECORDS[blocks.itemsize], blocks, block * blocks.itemsize + lane * WORD_BYTES)[0]


def _lane_intrinsic(typing: Any, blocks: Any, block: Any, lane: Any) -> Any:
    size = blocks.dtype.size
    record = numba.from_dtype(FIRM if size == BLOCK.itemsize else ASIDE)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = builder.mul(arguments[1], context.get_constant(types.intp, size))
        offset = builder.add(start, builder.mul(arguments[2], context.get_constant(types.intp, WORD_BYTES)))
        pointer = builder.gep(builder.bitcast(array.data, cgutils.voidptr_t), [offset])
        return builder.bitcast(pointer, context.get_value_type(record))

    return record(blocks, types.intp, types.intp), generate


_lane: Any = intrinsic(_lane_intrinsic)


def _lane_of_compiled(blocks: Any, block: Any, lane: Any) -> Any:
    return lambda blocks, block, lane: _lane(blocks, block, lane)  # noqa: PLW0108 - Numba wants a function


overload(lane_of, strict=False)(_lane_of_compiled)


def fetcher(first: int, last: int) -> Callable[[NDArray[Any], int], None]:
    """Return a function that asks for columns of a block before its turn: it changes nothing but the time until they are there.

    The processor recognises a stream only after a few lines of memory, and a column of one block is no longer than that.
    """
    lines = [column * LANES * WORD_BYTES // LINE_BYTES for column in (first, last)]
    fetch_at = fetcher_at([LINE_BYTES * line for line in range(*lines)])

    @step
    def fetch(blocks: NDArray[Any], block: int) -> None:
        fetch_at(blocks, block, 0)

    return fetch


def places(*names: str) -> list[int]:
    """Return where columns of a block begin (bytes)."""
    fields: Any = BLOCK.fields
    return [fields[name][1] for name in names]


def fetcher_at(starts: Iterable[int]) -> Callable[[NDArray[Any], int, int], None]:
    """Return a function that asks for the memory at some bytes of a block, counted from a lane on."""

    def fetch_at(blocks: NDArray[Any], block: int, lane: int) -> None:
        """Do nothing: Python knows no cache of the processor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = builder.mul(arguments[1], context.get_constant(types.intp, BLOCK.itemsize))
        offset = builder.add(start, builder.mul(arguments[2], context.get_constant(types.intp, WORD_BYTES)))
        pointer = builder.gep(builder.bitcast(array.data, cgutils.voidptr_t), [offset])
        word = ir.IntType(32)
        known = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
        prefetch = cgutils.get_or_insert_function(builder.module, known, "llvm.prefetch.p0")
        for byte in starts:
            builder.call(prefetch, [builder.gep(pointer, [ir.IntType(64)(byte)]), word(0), word(2), word(1)])
        return context.get_dummy_value()

    made: Any = intrinsic(lambda typing, blocks, block, lane: (types.void(blocks, types.intp, types.intp), generate))
    overload(fetch_at, strict=False)(lambda blocks, block, lane: lambda blocks, block, lane: made(blocks, block, lane))  # noqa: PLW0108
    return fetch_at


fetch_lane = fetcher_at([WORD_BYTES * LANES * column for column in range(COLUMNS)])
fetch_nothing, fetch_counted, fetch_supplied = fetcher(0, 0), fetcher(0, COUNTED), fetcher(0, SUPPLIED)
# Where a pass takes all columns, each of five loops asks for a share of the next group's, while it works.
SHARE: Final = -(-COLUMNS // 5)
fetch_first, fetch_second, fetch_third, fetch_fourth, fetch_fifth = (
    fetcher(SHARE * part, min(COLUMNS, SHARE * (part + 1))) for part in range(5)
)


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
    room = cgutils.alloca_once(builder, context.get_value_type(types.uint64), -(-size // WORD_BYTES))
    ends = [builder.bitcast(pointer, cgutils.voidptr_t) for pointer in (room, arguments[0])]
    cgutils.raw_memcpy(builder, *ends, context.get_constant(types.intp, size), 1)
    return builder.bitcast(room, context.get_value_type(signature.return_type))


_extend: Any = lower_builtin
type_callable(kept)(_kept_type)
_extend(kept, types.Record)(_kept_compiled)


def lowest_bit(word: int) -> int:
    """Return the position of the lowest bit that is set in a positive word."""
    return (int(word) & -int(word)).bit_length() - 1


def _lowest_bit_intrinsic(typing: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(types.int64), generate


_lowest_bit: Any = intrinsic(_lowest_bit_intrinsic)


def _lowest_bit_compiled(word: Any) -> Any:
    return lambda word: _lowest_bit(word)  # noqa: PLW0108 - Numba wants a function


overload(lowest_bit, strict=False)(_lowest_bit_compiled)


@equation
def firm_at(firms: NDArray[Any], row: int) -> Any:
    """Return the firm in a row."""
    return lane_of(firms, row // LANES, row % LANES)


@equation
def has(firm: Any, mark: int) -> int:
    """Return 1 if a firm has a mark (``model.state.MARKS``), else 0: as loops over firms read it."""
    return 1 if firm.marks & mark != 0 else 0


@equation
def whole_number(value: int) -> float:
    """Return a whole number from 0 to 2**52 - 1 as a float: many processors cannot convert a register of them at once."""
    return bits_float(value | TWO_52_BITS) - TWO_52


@equation
def block_count(rows: int) -> int:
    """Return how many blocks hold so many rows."""
    return (rows + LANES - 1) // LANES


@equation
def strikes(firms: NDArray[Any], row: int, clock: int) -> int:
    """Return how often one of a firm's clocks has struck."""
    return int(firms[row // LANES].count[clock, row % LANES])


@step
def stand(firms: NDArray[Any], first: int, last: int, ladder: NDArray[Any], beside: NDArray[Any]) -> None:
    """Lay out beside the blocks of a group what their firms' rungs share."""
    for b in range(first, last):
        rungs, common = firms[b].rung, firms[b].common_rung
        if common == MIXED:
            for lane in range(LANES):
                lay(ladder[as_word(rungs[lane])], lane_of(beside, b - first, lane))
        else:
            for lane in range(LANES):
                lay(ladder[common], lane_of(beside, b - first, lane))


@step
def lay(rung: Any, aside: Any) -> None:
    """Copy what the firms of a rung share beside one of them."""
    aside.fixed_cost = rung.fixed_cost
    aside.per_fixed = rung.per_fixed
    aside.outlay = rung.outlay
    aside.pressure = rung.pressure
    aside.gain_per_worker = rung.gain_per_worker


@step
def vacate(firms: NDArray[Any], row: int) -> None:
    """Empty a lane: without the mark of the living it counts for nothing, and its clocks never strike."""
    block, lane = firms[row // LANES], row % LANES
    block.marks[lane] = block.rung[lane] = 0
    for clock in range(FIRM_CLOCKS):
        block.residual[clock, lane] = math.inf


@step
def open_block(firms: NDArray[Any], row: int) -> None:
    """Empty the lanes of the block whose first row is given."""
    for lane in range(LANES):
        vacate(firms, row + lane)


@step
def move_firm(firms: NDArray[Any], old: int, new: int) -> None:
    """Copy a firm into another lane."""
    source, target = firms[old // LANES], firms[new // LANES]
    here, there = old % LANES, new % LANES
    for column in range(COLUMNS):
        target.words[LANES * column + there] = source.words[LANES * column + here]
    for clock in range(FIRM_CLOCKS):
        target.count[clock, there] = source.count[clock, here]
