"""What did the user ask to change? Words ``name=value``, which are checked against the priors before anything runs."""

import math
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from model.config import Priors
from model.errors import LONGEST_VALUE, InputError, plain
from model.reading import read_text

# The first words of structural choices and of changed priors.
STRUCTURE: Final = "structure."
PRIOR: Final = "prior."
# Kinds of prior whose values are above zero.
POSITIVE: Final = ("lognormal", "gamma")


class Changes(NamedTuple):
    """Changed parameters with their values, and changed structural choices with their options."""

    values: dict[str, float]
    structures: dict[str, str]


def support(priors: Priors, name: str) -> tuple[float, float]:
    """Return the smallest and the largest value that a parameter's prior allows; a constant, which has no prior, is unbounded."""
    prior = priors.entry(name).prior
    if prior is None:
        return -math.inf, math.inf
    low, high = prior.limits
    if prior.kind in POSITIVE:
        low = max(low, 0.0)
    if prior.kind == "beta":
        low, high = max(low, 0.0), min(high, 1.0)
    return low, high


def read_changes(priors: Priors, words: Iterable[tuple[str, str]], *, beyond: bool = False) -> Changes:
    """Read the changes of one history from pairs of name and value.

    Parameters
    ----------
    beyond : bool
        Whether a value may lie beyond the central 99.9 % of its prior; what no value may be is refused all the same.

    Raises
    ------
    InputError
        With every fault: a parameter, a structure or an option that is unknown, a value that is no finite number or lies outside
        its prior.
    """
    values: dict[str, float] = {}
    structures: dict[str, str] = {}
    faults: list[str] = []
    for name, text in words:
        try:
            if name.startswith(STRUCTURE):
                structures |= _option(priors, name, text)
            else:
                values[name] = _number(priors, name, text, beyond)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(*faults)
    return Changes(values, structures)


def _option(priors: Priors, name: str, text: str) -> dict[str, str]:
    """Return the option of a structure by its name, once both are known."""
    chosen = {name.removeprefix(STRUCTURE): text}
    priors.structures_with(chosen)
    return chosen


def _number(priors: Priors, name: str, text: str, beyond: bool) -> float:
    """Return the value of a parameter, once it is a finite number within its prior."""
    entry, told = priors.entry(name), f"--set: {name}: {plain(text, LONGEST_VALUE)}"
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{told}: must be a number; give it in {entry.unit}") from None
    low, high = support(priors, name)
    if not math.isfinite(value):
        raise InputError(f"{told}: must be finite; give it in {entry.unit}")
    if not low <= value <= high or (value == low and entry.prior is not None and entry.prior.kind in POSITIVE):
        raise InputError(f"{told}: lies outside its prior, {low:g} to {high:g}; choose a value within")
    low, high = (float(f"{bound:.6g}") for bound in entry.reach)  # A value is judged by the bound that is printed.
    if not beyond and not low <= value <= high:
        held = "a hundred times its value" if entry.prior is None else "99.9 % of its prior"
        raise InputError(f"{told}: lies beyond {held}, {low:.6g} to {high:.6g}; choose a value within, or add --beyond-prior")
    return value


def read_priors(
    priors: Priors, words: Iterable[tuple[str, str]], *, beyond: bool = False
) -> tuple[Priors, dict[str, str]]:
    """Return the priors and structural choices of a calibration with its changes, which are pairs of name and value.

    Parameters
    ----------
    beyond : bool
        Whether a parameter may be fixed at a value beyond the central 99.9 % of its prior.

    Raises
    ------
    InputError
        With every fault: a name that begins with neither ``prior.`` nor ``structure.`` or names what is unknown, a prior that
        cannot be sampled, a value outside its prior.
    """
    changed, structures, faults = priors, dict[str, str](), []
    for name, text in words:
        try:
            if name.startswith(STRUCTURE):
                structures |= _option(priors, name, text)
            elif name.startswith(PRIOR):
                changed = changed.changed(_prior(priors, name.removeprefix(PRIOR), text, beyond))
            else:
                told = plain(f"{name}={text}", LONGEST_VALUE)
                faults.append(f"--set: {plain(name, LONGEST_VALUE)}: must begin with prior. or structure.; write prior.{told}")
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(*faults)
    return changed, priors.structures_with(structures)


def _prior(priors: Priors, name: str, text: str, beyond: bool) -> dict[str, Any]:
    """Return the prior that a word describes, by the parameter's name: a number, ``[low, high]`` or ``{normal: [0, 1]}``."""
    priors.entry(name)
    try:
        value = read_text(text)
    except InputError:
        value = None
    arguments = next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value
    is_list = isinstance(arguments, list)
    if not is_list and (isinstance(value, bool) or not isinstance(value, int | float)):
        told = plain(text, LONGEST_VALUE)
        raise InputError(f"--set: {PRIOR}{name}: {told}: is no prior; write 3, [1, 5] or {{normal: [0, 1]}}")
    return {name: value if is_list else _number(priors, name, text, beyond)}
