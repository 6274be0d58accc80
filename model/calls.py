"""Is a function called as its signature says? ``public`` answers a wrong call of the Python interface before anything is run.

An unknown keyword is a ``TypeError``, which every Python function raises for an argument that it does not have: the call
is wrong. A value of a wrong type is an ``InputError``, told in a line such as tells of a wrong key of a file.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, ParamSpec, TypeVar, Union, get_args, get_origin

import numpy as np

from model.errors import InputError, shown
from model.faults import nearest

Given = ParamSpec("Given")
Result = TypeVar("Result")

# What a type is called in a message, one of it and several.
CALLED: Final[Mapping[Any, tuple[str, str]]] = {
    bool: ("True or False", "True or False"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("text", "texts"),
    Path: ("a path", "paths"),
    np.ndarray: ("an array", "arrays"),
    Callable: ("a function", "functions"),
    Sequence: ("a list", "lists"),
    Mapping: ("a mapping", "mappings"),
}
# Arguments of several functions that have a check of their own, which tells their range as well.
RANGED: Final = ("seed", "seeds", "horizon", "futures")
# Of what these hold, each element is looked at as well.
HOLDERS: Final = (Sequence, Mapping)


def public(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function refuse an argument that it does not have, and a value of a type that its signature does not name.

    The messages name the argument, what was given, and what may be given; all wrong types of a call are told at once.
    """
    signature = inspect.signature(function).parameters
    by_place = [name for name, one in signature.items() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]

    @wraps(function)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for name in kwargs:
            if name not in signature:
                raise TypeError(f"{function.__name__}: {name}: is no argument; {nearest(name, signature)}")
        # Too many or too few arguments are left to Python, which says so well.
        given = {**dict(zip(by_place, args, strict=False)), **kwargs}
        typed = {name: value for name, value in given.items() if name not in RANGED}
        wrong = [line for name, value in typed.items() for line in _faults(name, value, signature[name].annotation)]
        if wrong:
            raise InputError(*wrong)
        return function(*args, **kwargs)

    return checked


def _faults(name: str, value: Any, kind: Any) -> Iterator[str]:
    """Return what is wrong with the type of a value, a line each; of a list or a mapping, with its elements."""
    if _fits(value, kind):
        return
    for option in _options(kind):
        if get_origin(option) in HOLDERS and _is_a(value, get_origin(option)):
            pairs = value.items() if isinstance(value, Mapping) else ((None, element) for element in value)
            for key, element in pairs:
                where = name if key is None else f"{name}: {shown(key)[1:-1] if isinstance(key, str) else shown(key)}"
                yield from _faults(where, element, get_args(option)[-1])
            return
    yield f"{name}: {shown(value)}: must be {_called(kind)}; {_remedy(value, kind)}"


def _options(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _fits(value: Any, kind: Any) -> bool:
    """Tell whether a value may stand where a signature says ``kind``; where this cannot be told, it may."""
    options = _options(kind)
    if len(options) > 1:
        return any(_fits(value, option) for option in options)
    origin = get_origin(kind) or kind
    if not isinstance(origin, type) or origin in (inspect.Parameter.empty, Iterable):
        # An iterable may be used up by looking at it, and an annotation that is text names what is loaded later.
        return True
    if not _is_a(value, origin):
        return False
    if origin not in HOLDERS:
        return True
    elements = value.values() if isinstance(value, Mapping) else value
    return all(_fits(element, get_args(kind)[-1]) for element in elements)


def _is_a(value: Any, kind: Any) -> bool:
    """Tell whether a value is of one type; numbers of NumPy and arrays of no dimension are numbers, and truth values are none."""
    if kind in (int, float):
        if getattr(value, "shape", None) == () and hasattr(value, "item"):
            value = value.item()
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    if kind is np.ndarray:
        return hasattr(value, "__array__") or (isinstance(value, Sequence) and not isinstance(value, str))
    if kind is Sequence:
        return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes)
    try:
        return isinstance(value, kind)
    except TypeError:
        # Of a protocol, Python tells only when it is called whether something keeps it.
        return True


def _called(kind: Any, several: bool = False) -> str:
    """Return in words what a signature allows."""
    words = [_word(option, several) for option in _options(kind) if option is not NoneType]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _word(kind: Any, several: bool) -> str:
    origin = get_origin(kind) or kind
    word = CALLED[origin][several] if origin in CALLED else f"{'' if several else 'a '}{origin.__name__}"
    if origin not in HOLDERS or get_args(kind)[-1] is Any:
        return word
    return f"{word} of {'names to ' * (origin is Mapping)}{_called(get_args(kind)[-1], several=True)}"


def _remedy(value: Any, kind: Any) -> str:
    options = _options(kind)
    if any(get_origin(option) is Sequence and _fits([value], option) for option in options):
        return f"put it in a list: [{shown(value)}]"
    return "give one, or leave it out" if NoneType in options else "give one"
