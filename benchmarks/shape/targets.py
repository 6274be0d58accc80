"""What is a row of the table? A target in words, from which its bounds are read, and an estimate for each column."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from benchmarks.shape.draws import Observed, Unhelped
from benchmarks.shape.estimates import Estimate, verdict
from benchmarks.shape.paths import Features, MissingError

# A row that is reported and not judged.
REPORTED: Final = "-"
# Stands for "above": the least number that is.
ABOVE: Final = 1e-9
NUMBER: Final = r"-?\d*\.?\d+"


class Seen(NamedTuple):
    """What was simulated for one column of the table.

    ``observed`` are histories as they were, ``unlabelled`` those without the regional label; ``mature``, ``trapped`` and
    ``unimproved`` tell of firms one by one.
    """

    unhelped: Unhelped
    observed: tuple[Observed, ...]
    unlabelled: tuple[Observed, ...]
    mature: Features
    trapped: Features
    unimproved: Features
    money: Features
    training: Features

    @property
    def paths(self) -> Features:
        """Numbers of the histories without help."""
        return self.unhelped.features


class Measure(NamedTuple):
    """One row: its group, what is measured, the target, and how the estimate follows from what was seen."""

    group: str
    what: str
    target: str
    of: Callable[[Seen], Estimate]


class Row(NamedTuple):
    """One row as measured; an estimate that could not be worked out is a text that says why."""

    group: str
    what: str
    target: str
    prior: Estimate | str
    default: Estimate | str

    @property
    def met(self) -> str:
        """Whether the target is met under the prior, and at default parameters; empty where it is not judged."""
        if self.target == REPORTED:
            return ""
        low, high = bounds(self.target)
        words = ["?" if isinstance(one, str) else verdict(one, low, high) for one in (self.prior, self.default)]
        return " / ".join(words)

    def as_data(self) -> dict[str, Any]:
        """Return the row as JSON takes it."""
        estimates = {"prior": self.prior, "default": self.default}
        told = {name: one if isinstance(one, str) else one._asdict() for name, one in estimates.items()}
        return {**self._asdict(), **told, "met": self.met}


def bounds(target: str) -> tuple[float, float]:
    """Return the least and the largest value that meet a target: "-", "0", ">= .6", "<= 50", "> 0" or ".1 to .4".

    Raises
    ------
    ValueError
        If a target is none of these.
    """
    if target == REPORTED:
        return -math.inf, math.inf
    written = re.fullmatch(rf"(?:(>=|<=|>) )?({NUMBER})(?: to ({NUMBER}))?", target)
    if written is None:
        raise ValueError(f"{target}: is no target; write for instance '>= .6' or '.1 to .4'")
    sign, first, last = written[1], float(written[2]), written[3]
    if sign is not None:
        return {">=": (first, math.inf), "<=": (-math.inf, first), ">": (first + ABOVE, math.inf)}[sign]
    return first, float(last) if last is not None else first


def table(measures: Sequence[Measure], prior: Seen, default: Seen) -> list[Row]:
    """Return the row of each measure, for both columns."""
    return [Row(one.group, one.what, one.target, estimated(one, prior), estimated(one, default)) for one in measures]


def estimated(measure: Measure, seen: Seen) -> Estimate | str:
    """Return a measure's estimate, or a text that says what it lacks."""
    try:
        return measure.of(seen)
    except MissingError as lack:
        return f"needs {lack}"
