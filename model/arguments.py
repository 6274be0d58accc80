"""Which seeds were given? Checks of the seeds of a call to ``simulate`` and its companions."""

import operator
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

import numpy as np

from model.arrays import Seeds
from model.errors import InputError, shown

SEEDS: Final = 2**64
# Seeds of one call.
MOST: Final = 10_000_000
EXAMPLE: Final = {"seeds": "give for instance 3 or (1, 2, 3)"}


def different_seeds(seeds: int | Iterable[int]) -> list[int]:
    """Return one seed, or several that differ, as Python's integers.

    Raises
    ------
    InputError
        If a seed is no whole number from 0 to 2^64-1 (1.0 and True are none), if two are equal, or if there is none. Two equal
        seeds are refused because their histories are equal, and one label would stand for both.
    """
    given: Any = seeds.tolist() if isinstance(seeds, np.ndarray) else seeds
    several = list(islice(given, MOST + 1)) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    if len(several) > MOST:
        raise InputError(f"seeds: more than {MOST:,} are given; run them in several calls")
    checked: dict[int, None] = {}
    for one in several:
        seed = whole_seed(one)
        if seed in checked:
            raise InputError(f"seeds: {seed}: is given twice, and its history would be the same; give each seed once")
        checked[seed] = None
    if not checked:
        raise InputError("seeds: none is given; give one or more whole numbers, for instance seeds=(1, 2, 3)")
    return list(checked)


def whole_seed(seed: Any, name: str = "seeds") -> int:
    """Return a seed as Python's integer; ``name`` is the argument's, for the message.

    Raises
    ------
    InputError
        If the seed is no whole number from 0 to 2^64-1; 1.0 and True are none.
    """
    try:
        number = -1 if isinstance(seed, bool) else operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < SEEDS:
        raise InputError(
            f"{name}: {shown(seed)}: must be a whole number from 0 to 2^64-1; {EXAMPLE.get(name, 'give for instance 3')}"
        )
    return number


def seed_words(seeds: Any) -> Seeds:
    """Return the seeds of a batch as 64-bit words, uint64, shape (n,); equal seeds may come with different parameters.

    Raises
    ------
    InputError
        If the seeds are not an array of whole numbers from 0 to 2^64-1.
    """
    words = np.asarray(seeds)
    if words.ndim != 1 or words.dtype.kind not in "iu" or (words.dtype.kind == "i" and (words < 0).any()):
        raise InputError("seeds: must be an array of whole numbers from 0 to 2^64-1; give np.arange(n, dtype=np.uint64)")
    return words.astype(np.uint64, copy=False)
