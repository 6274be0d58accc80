"""Which argument was meant, and which seeds were given? Checks of a call to ``simulate`` and its companions."""

import difflib
import inspect
import operator
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import islice
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np

from model.arrays import Seeds
from model.errors import InputError, shown

SEEDS: Final = 2**64
# Seeds of one call.
MOST: Final = 10_000_000
EXAMPLE: Final = {"seeds": "give for instance 3 or (1, 2, 3)"}

Given = ParamSpec("Given")
Result = TypeVar("Result")


def naming_arguments(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function answer an unknown keyword with its own name, the nearest of its arguments, and all of them.

    The answer is a ``TypeError``, which every Python function raises for an argument that it does not have: the call is wrong,
    whereas an ``InputError`` says that a value is.
    """
    known = list(inspect.signature(function).parameters)

    @wraps(function)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for name in kwargs:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean `{near[0]}`? " if near else ""
                raise TypeError(f"{function.__name__}: {name}: is no argument; {hint}It takes {', '.join(known)}")
        return function(*args, **kwargs)

    return checked


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
