"""How do the package's equations run as fast as a Python user's own? On plain numbers, with the C library's exp and log."""

import dis
import math
from collections.abc import Callable
from math import exp
from types import FunctionType
from typing import Any, TypeVar

from model import arithmetic

Function = TypeVar("Function", bound=Callable[..., Any])


class Shared:
    """Numbers by name, as the package's equations read them: plain Python numbers, which are faster than NumPy's."""

    def __init__(self, record: Any = None) -> None:
        if record is not None:
            vars(self).update(zip(record.dtype.names, record.item()))

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)


def log(x: float) -> float:
    """Return the natural logarithm, of 0 minus infinity, as the package's does."""
    return math.log(x) if x > 0.0 else -math.inf


def with_libm(function: Function) -> Function:
    """Return a function of the package that, with all it calls, uses the C library's exp and log instead of the package's.

    The package's own give the same bits in compiled code and in Python, where they are slow; nobody would write them for Mesa.
    """
    names = dict(function.__globals__)
    # Attributes, which a code's ``co_names`` holds too, may bear the names of functions.
    for name in {one.argval for one in dis.get_instructions(function) if one.opname == "LOAD_GLOBAL"}:
        called = names.get(name)
        if called is arithmetic.exp:
            names[name] = exp
        elif called is arithmetic.log:
            names[name] = log
        elif isinstance(called, FunctionType) and called.__module__.startswith("model."):
            names[name] = with_libm(called)
    return FunctionType(function.__code__, names)  # type: ignore[return-value]
