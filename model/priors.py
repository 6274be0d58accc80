"""What is believed before Tables 1-2 are seen? Priors of the parameters, with vectorised quantiles and a user's changes.

Sampling needs ``scipy.special`` only, which is imported at first use so that the command line answers at once.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import BeforeValidator, ValidationError, model_validator

from model.arithmetic import exp
from model.arrays import Floats
from model.compiling import kernel
from model.errors import LONGEST_VALUE, InputError, plain, shown
from model.faults import nearest
from model.figures import Entry
from model.values import LARGEST, Number, Text

Role = Literal["calibrated", "varying", "policy", "constant"]
ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "lognormal": ("median", "log sd"),
    "normal": ("mean", "sd"),
    "truncated_normal": ("mean", "sd", "low", "high"),
    "beta": ("a", "b"),
    "uniform": ("low", "high"),
    "gamma": ("shape", "rate"),
}
POSITIVE: Final = frozenset({"median", "log sd", "sd", "a", "b", "shape", "rate"})

# No number of a prior that means anything lies outside these bounds, by its word; a bound that truncates may be infinite.
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "median": (1e-9, 1e9), "mean": (-1e9, 1e9), "low": (-1e9, 1e9), "high": (-1e9, 1e9),
    "log sd": (1e-9, 10.0), "sd": (1e-9, 1e9),
    "a": (0.01, 1e6), "b": (0.01, 1e6), "shape": (0.01, 1e6), "rate": (1e-9, 1e9),
}  # fmt: skip
# Every quantile is finite between these standard normals, beyond which no draw of this project lies.
FARTHEST: Final = 8.0
# Half the width of a central 99.9 % interval of the standard normal: a value beyond it is refused unless it is meant.
HALF_WIDTH_999: Final = 3.2905267314919255

# How far a value may lie beyond a bound that is printed to six digits, as a share of the bound.
ROUNDING: Final = 1e-5
# How many times its own size a constant may be set to.
HUNDREDFOLD: Final = 100.0
# A distribution that is truncated to less than this share of its mass cannot be inverted in double precision.
LEAST_MASS: Final = 1e-9


@kernel
def _fill_exponentials(flat: Floats) -> None:
    for i in range(len(flat)):
        flat[i] = exp(flat[i])


def exponentials(values: Floats) -> Floats:
    """Return e to the power of each value, float64 of the same shape, with the same bits on every machine."""
    flat = np.array(values, np.float64, copy=True, order="C")
    _fill_exponentials(flat.reshape(-1))
    return flat


def _arguments(given: Any) -> Any:
    if not isinstance(given, list | tuple) or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in given):
        raise ValueError("must be a list of numbers; write for instance normal: [0, 1]")
    if any(abs(x) > LARGEST for x in given if isinstance(x, int)):
        raise ValueError(f"must lie between {-LARGEST:g} and {LARGEST:g}; correct the number or its unit")
    return tuple(float(x) for x in given)


def _pair(given: Any) -> Any:
    low_high = _arguments(given)
    if len(low_high) != 2 or math.isnan(low_high[0]) or math.isnan(low_high[1]):
        raise ValueError("an interval has two ends; write [low, high]")
    return low_high


Arguments = Annotated[tuple[float, ...], BeforeValidator(_arguments)]


class Prior(Entry):
    """One distribution by name, with its numbers; ``between`` truncates it to an interval."""

    lognormal: Arguments | None = None
    normal: Arguments | None = None
    truncated_normal: Arguments | None = None
    beta: Arguments | None = None
    uniform: Arguments | None = None
    gamma: Arguments | None = None
    between: Annotated[tuple[float, float] | None, BeforeValidator(_pair)] = None

    @model_validator(mode="after")
    def _sampled(self) -> Self:
        named = [kind for kind in ARGUMENTS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"a prior is one distribution; name one of {', '.join(ARGUMENTS)}")
        words = ARGUMENTS[self.kind]
        if len(self.numbers) != len(words):
            raise ValueError(f"{self.kind} cannot be sampled from {len(self.numbers)} numbers; write [{', '.join(words)}]")
        for word, number in zip(words, self.numbers, strict=True):
            self._check_number(word, number)
        low, high = self.limits
        if low >= high:
            raise ValueError(f"{self.kind} cannot be sampled: low {low:g} must lie below high {high:g}; swap or widen them")
        if self.kind != "uniform" and self._share(high) - self._share(low) < LEAST_MASS:
            raise ValueError(f"{self.kind} cannot be sampled: it has no mass between {low:g} and {high:g}; widen them")
        if not all(map(math.isfinite, self.reach(FARTHEST))):
            raise ValueError(f"{self.kind} cannot be sampled: its tails are not finite; choose other numbers or bounds")
        return self

    def _check_number(self, word: str, number: float) -> None:
        """Refuse a number of the distribution that has no meaning; ``word`` says which it is."""
        open_ended = word in ("low", "high") and self.kind != "uniform"
        if math.isnan(number) or (math.isinf(number) and not open_ended):
            raise ValueError(f"{self.kind} cannot be sampled: {word} {number} is not finite; give a finite {word}")
        if word in POSITIVE and number <= 0:
            raise ValueError(f"{self.kind} cannot be sampled: {word} {number:g} must be above 0; raise {word}")
        least, most = BOUNDS[word]
        if not least <= number <= most and not math.isinf(number):
            raise ValueError(f"{self.kind}: {word} {number:g} must lie between {least:g} and {most:g}; choose another {word}")

    @property
    def kind(self) -> str:
        """Name of the distribution."""
        return next(kind for kind in ARGUMENTS if getattr(self, kind) is not None)

    @property
    def numbers(self) -> tuple[float, ...]:
        """Numbers of the distribution, in the order of ``ARGUMENTS``."""
        numbers: tuple[float, ...] = getattr(self, self.kind)
        return numbers

    @property
    def limits(self) -> tuple[float, float]:
        """The bounds at which the distribution is truncated; infinite where it is not."""
        if self.kind in ("truncated_normal", "uniform"):
            low, high = self.numbers[-2:]
        else:
            low, high = -math.inf, math.inf
        if self.between is not None:
            low, high = max(low, self.between[0]), min(high, self.between[1])
        return low, high

    @property
    def median(self) -> float:
        """The median of the distribution, truncated where it has bounds."""
        return float(self.quantile(np.array([0.5]))[0])

    def reach(self, z: float) -> tuple[float, float]:
        """Return the quantiles at standard normals -z and z, whose last bits may differ between machines."""
        from scipy import special

        with np.errstate(all="ignore"):
            low, high = self._inverse(special.ndtr(np.array([-z, z])), np.exp)
        return float(low), float(high)

    def quantile(self, unit: Floats) -> Floats:
        """Return the quantiles at probabilities ``unit``, float64 of any shape; the result has the same shape."""
        return self._inverse(unit, exponentials)

    def _inverse(self, unit: Floats, exponential: Callable[[Floats], Floats]) -> Floats:
        from scipy import special

        low, high = self.limits
        cut = self.kind != "uniform" and (math.isfinite(low) or math.isfinite(high))
        if cut:
            below, above = self._share(low), self._share(high)
            unit = below + unit * (above - below)
        first, second = self.numbers[:2]
        if self.kind == "uniform":
            values = low + unit * (high - low)
        elif self.kind == "beta":
            values = special.betaincinv(first, second, unit)
        elif self.kind == "gamma":
            values = special.gammaincinv(first, unit) / second
        elif self.kind == "lognormal":
            values = first * exponential(second * special.ndtri(unit))
        else:
            values = first + second * special.ndtri(unit)
        return np.asarray(np.clip(values, low, high) if cut else values, np.float64)

    def from_normal(self, z: Floats) -> Floats:
        """Return the quantiles at the probabilities of standard normals ``z``, float64 of any shape; the result has the same."""
        from scipy import special

        if self.between is None and self.kind in ("normal", "lognormal"):
            first, second = self.numbers
            return np.asarray(first + second * z if self.kind == "normal" else first * exponentials(second * z), np.float64)
        return self.quantile(special.ndtr(z))

    def _share(self, value: float) -> float:
        """Return the probability of a smaller number under the distribution before it is truncated."""
        from scipy import special

        first, second = self.numbers[:2]
        if self.kind in ("beta", "gamma", "lognormal") and value <= 0:
            return 0.0
        if self.kind == "beta":
            return float(special.betainc(first, second, min(value, 1.0)))
        if self.kind == "gamma":
            return float(special.gammainc(first, value * second))
        if self.kind == "lognormal":
            return float(special.ndtr(math.log(value / first) / second))
        return float(special.ndtr((value - first) / second))


class Parameter(Entry):
    """One parameter: its role, its prior and default or its value, its unit, meaning and source."""

    role: Role
    prior: Prior | None = None
    value: Number | None = None
    default: Number | None = None
    unit: Text
    meaning: Text
    source: Text

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.role == "constant":
            if self.value is None or self.prior is not None or self.default is not None:
                raise ValueError("a constant has a value, no prior and no default; give `value` alone")
            return self
        if self.prior is None or self.default is None or self.value is not None:
            raise ValueError(f"a {self.role} parameter has a prior and a default, no value; give `prior` and `default`")
        low, high = self.reach
        if not low <= self.default <= high:
            raise ValueError(f"default {self.default:g} lies outside its prior, {low:g} to {high:g}; give the prior's median")
        return self

    @property
    def used(self) -> float:
        """The value that is used unless a run changes it: the default, or a constant's value."""
        used = self.value if self.default is None else self.default
        return math.nan if used is None else used

    @property
    def reach(self) -> tuple[float, float]:
        """The range beyond which a value is refused unless it is meant: the prior's central 99.9 %, widened by rounding.

        A constant, which has no prior, may be switched off, turned round if it is below zero, or grow a hundredfold.
        """
        if self.prior is None:
            far = HUNDREDFOLD * abs(self.used)
            return (0.0 if self.used >= 0 else -far, far)
        low, high = self.prior.reach(HALF_WIDTH_999)
        return low - ROUNDING * abs(low), high + ROUNDING * abs(high)

    @property
    def support(self) -> tuple[float, float]:
        """The range in which a value has a meaning; it is wider than the prior where only judgement bounds the prior."""
        kind = None if self.prior is None else self.prior.kind
        if self.prior is not None and kind == "truncated_normal":
            return self.prior.limits
        if kind == "beta":
            return (0.0, 1.0)
        positive = kind in ("lognormal", "gamma") or (kind != "normal" and self.used >= 0)
        return (0.0 if positive else -math.inf, math.inf)


class Structure(Entry):
    """A structural choice: its options, the first of which is in force unless a run says otherwise."""

    options: tuple[Text, ...]
    meaning: Text
    source: Text


class Priors(Entry):
    """Every parameter and every structural alternative, in the order of the file."""

    parameters: dict[str, Parameter]
    structures: dict[str, Structure]

    def names(self, *roles: str) -> tuple[str, ...]:
        """Return the names of the parameters, of some roles or of all, in the order of the file."""
        return tuple(name for name, entry in self.parameters.items() if not roles or entry.role in roles)

    def entry(self, name: str) -> Parameter:
        """Return the parameter of a name.

        Raises
        ------
        InputError
            If no parameter has that name.
        """
        if name not in self.parameters:
            remedy = nearest(name, self.parameters, "parameters")
            raise InputError(f"parameter: {plain(name, LONGEST_VALUE)}: unknown parameter; {remedy}")
        return self.parameters[name]

    def checked(self, changes: Mapping[str, float]) -> dict[str, float]:
        """Return changed values after checking that each name is a parameter and each value lies in its support.

        Raises
        ------
        InputError
            If a name is unknown, or if a value is not finite or out of range.
        """
        for name, value in changes.items():
            low, high = self.entry(name).support
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InputError(f"parameter: {name}: {value}: must be a finite number ({self.entry(name).unit}); write one")
            if not low <= value <= high:
                raise InputError(f"parameter: {name}: {value:g}: must lie between {low:g} and {high:g}; choose such a value")
        return {name: float(value) for name, value in changes.items()}

    @property
    def defaults(self) -> dict[str, float]:
        """The value of every parameter that is used unless a run changes it."""
        return {name: entry.used for name, entry in self.parameters.items()}

    def quantile(self, names: Iterable[str], unit: Floats) -> Floats:
        """Return values of k parameters at uniforms ``unit``, both float64, shape (n, k); constants keep their value."""
        return self._mapped(names, unit, normal=False)

    def from_normal(self, names: Iterable[str], z: Floats) -> Floats:
        """Return values of k parameters at standard normals ``z``, both float64, shape (n, k); constants keep their value."""
        return self._mapped(names, z, normal=True)

    def _mapped(self, names: Iterable[str], given: Floats, *, normal: bool) -> Floats:
        wanted = tuple(names)
        given = np.atleast_2d(np.asarray(given, np.float64))
        if given.shape[1] != len(wanted):
            raise ValueError(f"{len(wanted)} parameters need as many columns, not {given.shape[1]}")
        values = np.empty(given.shape)
        for column, name in enumerate(wanted):
            entry = self.entry(name)
            if entry.prior is None:
                values[:, column] = entry.used
            else:
                values[:, column] = (entry.prior.from_normal if normal else entry.prior.quantile)(given[:, column])
        return values

    def changed(self, changes: Mapping[str, Any]) -> "Priors":
        """Return these priors with changes: a number fixes, a pair bounds, a distribution replaces.

        Parameters
        ----------
        changes : mapping
            A number, ``[low, high]``, or a distribution such as ``{"normal": [0, 1]}`` by the name of its parameter.

        Raises
        ------
        InputError
            If a parameter is unknown or its new prior cannot be sampled.
        """
        parameters = dict(self.parameters)
        for name, change in changes.items():
            parameters[name] = _changed(name, self.entry(name), change)
        return self.model_copy(update={"parameters": parameters})

    def structures_with(self, changes: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the option of every structure: the changed one, or the first.

        Raises
        ------
        InputError
            If a structure or an option is unknown.
        """
        chosen = {name: structure.options[0] for name, structure in self.structures.items()}
        for name, option in (changes or {}).items():
            if name not in self.structures:
                raise InputError(f"structure: {plain(name, LONGEST_VALUE)}: unknown structure; {nearest(name, self.structures)}")
            options = self.structures[name].options
            if str(option) not in options:
                told = plain(str(option), LONGEST_VALUE)
                raise InputError(f"structure: {name}: {told}: unknown option; choose one of {', '.join(options)}")
            chosen[name] = str(option)
        return chosen


def _changed(name: str, entry: Parameter, change: Any) -> Parameter:
    kept = {"unit": entry.unit, "meaning": entry.meaning, "source": f"changed by the user; was: {entry.source}"}
    if isinstance(change, bool) or not isinstance(change, int | float | list | tuple | dict):
        raise InputError(f"prior: {name}: {shown(change)}: is no prior; write a number, [low, high] or {{normal: [0, 1]}}")
    try:
        if isinstance(change, int | float):
            return Parameter.model_validate({"role": "constant", "value": change, **kept})
        prior = Prior.model_validate({"uniform": change} if isinstance(change, list | tuple) else change)
        _check_meaning(name, entry, prior, change)
        role = "calibrated" if entry.role == "constant" else entry.role
        return Parameter.model_validate({"role": role, "prior": prior, "default": prior.median, **kept})
    except ValidationError as error:
        rules = [fault["msg"].removeprefix("Value error, ") for fault in error.errors(include_url=False)]
        raise InputError(*(f"prior: {name}: {shown(change)}: {rule}" for rule in rules)) from error


def _check_meaning(name: str, entry: Parameter, prior: Prior, change: Any) -> None:
    """Refuse a new prior that gives weight to values without a meaning, such as rates below zero."""
    (low, high), (least, most) = prior.reach(HALF_WIDTH_999), entry.support
    if low < least or high > most:
        rule = f"99.9 % of a prior must lie between {least:g} and {most:g}; narrow it, or truncate it with truncated_normal"
        raise InputError(f"prior: {name}: {shown(change)}: {rule}")
