"""Whom does a firm meet? Any firm alive with the same probability, or any improved one, drawn by a key that does not depend on
positions in arrays.

Firms have slots in a hash table, by the top bits of their lineage. A draw takes random words, each of which points to a slot,
until the slot is taken: 2 to 4 words on average. Two histories that share their firms thus share their meetings, wherever the
firms are stored.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, step
from model.events import PEER
from model.lanes import firm_at
from model.randomness import as_word, multiply, words
from model.state import LANES

EMPTY = -1
SIZE_MIN = 16
# After each such number of blocks of words that pointed to empty slots only, a draw looks whether the whole table is empty.
PATIENCE = 16

Accepts = Callable[[Any, int], bool]
Seek = Callable[..., int]


@equation
def table_size(count: int) -> int:
    """Return the number of slots for ``count`` firms: a power of two, at least twice their number."""
    size = SIZE_MIN
    while size < 2 * count:
        size *= 2
    return size


@step
def _home(lineage: int, size: int) -> int:
    # The slot is a signed integer, because it is compared and combined with signed integers.
    return int(np.int64(multiply(as_word(lineage), as_word(size))[0]))


@equation
def seat(table: NDArray[np.int32], size: int, firms: NDArray[Any], index: int) -> None:
    """Give firm ``index`` the first free slot from its home on; ``table`` is int32, and one of its first ``size`` slots is empty.

    Where two firms compete for a slot, the firm that is nearer to its home moves on; where both are equally near, the firm with
    the larger lineage does. The table is thus a function of the lineages alone, whatever the order in which firms came.
    """
    slot = _home(_lineage(firms, index), size)
    distance = 0
    while table[slot] != EMPTY:
        other = int(table[slot])
        other_distance = (slot - _home(_lineage(firms, other), size)) & (size - 1)
        if other_distance < distance or (other_distance == distance and _lineage(firms, index) < _lineage(firms, other)):
            table[slot] = index
            index, distance = other, other_distance
        slot = (slot + 1) & (size - 1)
        distance += 1
    table[slot] = index


@equation
def _lineage(firms: NDArray[Any], index: int) -> int:
    return firms[index // LANES].lineage[index % LANES]  # type: ignore[no-any-return]


@equation
def slot_of(table: NDArray[np.int32], size: int, lineage: int, index: int) -> int:
    """Return the slot of firm ``index``: from its home on, the first that holds it; -1 where none does.

    None does where a mechanism of the user's has set a firm's rung by itself, so that nobody seated the firm among the improved.
    """
    slot = _home(lineage, size)
    for _ in range(size):
        if table[slot] == index:
            return slot
        slot = (slot + 1) & (size - 1)
    return EMPTY


@step
def unseat(table: NDArray[np.int32], size: int, firms: NDArray[Any], index: int) -> None:
    """Clear the slot of firm ``index``, if it has one; no other firm moves."""
    slot = slot_of(table, size, _lineage(firms, index), index)
    if slot != EMPTY:
        table[slot] = EMPTY


@step
def seat_again(table: NDArray[np.int32], size: int, lineage: int, old: int, new: int) -> None:
    """Let the slot of a firm, if it has one, name its new row."""
    slot = slot_of(table, size, lineage, old)
    if slot != EMPTY:
        table[slot] = new


@step
def rebuild(table: NDArray[np.int32], size: int, firms: NDArray[Any], rows: int, rung: int = 0) -> None:
    """Empty the first ``size`` slots of ``table``, then seat the living of the first ``rows`` firms from a rung on."""
    for slot in range(size):
        table[slot] = EMPTY
    for index in range(rows):
        firm = firm_at(firms, index)
        if firm.alive == 1 and firm.rung >= rung:
            seat(table, size, firms, index)


@equation
def _deserted(table: NDArray[np.int32], size: int) -> bool:
    seated = 0
    for slot in range(size):
        seated += table[slot] != EMPTY
    return seated == 0


@step
def wait(given: Any, index: int) -> None:
    """Ask for nothing of a firm's memory."""


def seeker(accepts: Accepts, fetch: Callable[[Any, int], None] = wait) -> Seek:
    """Return the equation that asks firms in keyed order until one accepts.

    ``accepts`` takes what the equation is given, and the index of a firm; so does ``fetch``, which asks for what will be read of
    the firm's memory: for all firms of one block of words, before the first of them is asked.
    """

    @equation
    def seek(
        given: Any, table: NDArray[np.int32], size: int, seed: int, case: int, lineage: int, count: int, most: int
    ) -> int:
        """Return the index of the first who accepts of ``most`` firms, or -1 where nobody does or all slots are empty.

        The firms are drawn uniformly from the first ``size`` slots of ``table``, one of them perhaps more than once. ``seed``,
        ``case`` and ``lineage`` are parts of the key; ``count`` distinguishes the draws of one lineage.
        """
        met = part = 0
        while met < most:
            drawn = words(seed, case, lineage, PEER, count, part)
            for word in drawn:
                if table[_home(word, size)] != EMPTY:
                    fetch(given, int(table[_home(word, size)]))
            for word in drawn:
                index = int(table[_home(word, size)])
                if index != EMPTY and met < most:
                    met += 1
                    if accepts(given, index):
                        return index
            part += 1
            if part % PATIENCE == 0 and _deserted(table, size):
                return EMPTY
        return EMPTY

    return seek


@equation
def anyone(given: Any, index: int) -> bool:
    """Return True: any firm will do."""
    return True


seek_anyone = seeker(anyone)


@equation
def draw(table: NDArray[np.int32], size: int, seed: int, case: int, lineage: int, count: int) -> int:
    """Return the index of one firm drawn as ``seeker`` draws, or -1 where all slots are empty."""
    return seek_anyone(0, table, size, seed, case, lineage, count, 1)
