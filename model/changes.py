"""What did the user ask to change? Words ``name=value``, which are checked against the priors before anything runs."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from model.config import Priors
from model.errors import InputError

STRUCTURE: Final = "structure."
PRIOR: Final = "prior."
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


def read_changes(priors: Priors, words: Iterable[tuple[str, str]]) -> Changes:
    """Read the changes of one history from pairs of name and value.

    Raises
    ------
    InputError
        If a parameter, a structure or an option is unknown, or if a value is no finite number within its prior.
    """
    values: dict[str, float] = {}
    structures: dict[str, str] = {}
    for name, text in words:
        if name.startswith(STRUCTURE):
            structures[name.removeprefix(STRUCTURE)] = text
        else:
            values[name] = _number(priors, name, text)
    priors.structures_with(structures)
    return Changes(values, structures)


def _number(priors: Priors, name: str, text: str) -> float:
    entry = priors.entry(name)
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"--set: {name}: {text}: must be a number; give it in {entry.unit}") from None
    low, high = support(priors, name)
    if not math.isfinite(value):
        raise InputError(f"--set: {name}: {text}: must be finite; give it in {entry.unit}")
    if not low <= value <= high or (value == low and entry.prior is not None and entry.prior.kind in POSITIVE):
        raise InputError(f"--set: {name}: {text}: lies outside its prior, {low:g} to {high:g}; choose a value within")
    return value


def read_priors(priors: Priors, words: Iterable[tuple[str, str]]) -> tuple[Priors, dict[str, str]]:
    """Return the priors and structural choices of a calibration with its changes, which are pairs of name and value.

    Raises
    ------
    InputError
        If a name begins with neither ``prior.`` nor ``structure.``, if what it names is unknown, or if a prior cannot be sampled.
    """
    changes: dict[str, Any] = {}
    structures: dict[str, str] = {}
    for name, text in words:
        if name.startswith(STRUCTURE):
            structures[name.removeprefix(STRUCTURE)] = text
        elif name.startswith(PRIOR):
            changes[name.removeprefix(PRIOR)] = _prior_value(name, text)
        else:
            raise InputError(f"--set: {name}: must begin with prior. or structure.; write prior.{name}={text}")
    return priors.changed(changes), priors.structures_with(structures)


def _prior_value(name: str, text: str) -> Any:
    """Return the prior that a word describes: a number, ``[low, high]`` or ``{normal: [0, 1]}``."""
    named = re.fullmatch(r"\{\s*(\w+)\s*:(.*)\}", text)
    try:
        value = json.loads(named.group(2) if named else text)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, list if named else int | float | list):
        raise InputError(f"--set: {name}: {text}: is no prior; write 3, [1, 5] or {{normal: [0, 1]}}")
    return {named.group(1): value} if named else value
