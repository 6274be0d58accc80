"""What did a reader choose? A cluster, policies, an outcome, a horizon and a structure, each checked against what a run holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import xarray as xr

from model.errors import InputError, shown
from studies.plots.given import chosen
from studies.policy.arrays import WORTH
from studies.policy.chosen import STATUS_QUO
from studies.policy.outcomes import RANKED_BY


class Asked(Protocol):
    """The words of a page's address, each name with its values."""

    def getlist(self, key: str) -> list[str]:
        """Return the values of a name, none if it is not there."""


@dataclass(frozen=True)
class Choices:
    """What a page shows.

    Attributes
    ----------
    case, outcome, structure : labels of the comparison
    policies : labels as well, the status quo first
    horizon : years after the decision; net value and fans are shown for it, other outcomes for the comparison's own
    """

    case: str
    policies: tuple[str, ...]
    outcome: str
    horizon: int
    structure: str


def choices(data: xr.Dataset, asked: Asked) -> Choices:
    """Return what was chosen; what was not is the first cluster, every policy, net value, and the whole horizon.

    Raises
    ------
    InputError
        If a choice is not among what the comparison holds; all such faults are told at once.
    """
    faults: list[str] = []
    longest = longest_horizon(data)

    def taken(name: str, default: Sequence[str]) -> list[str]:
        words = []
        for word in asked.getlist(name) or default:
            try:
                words.append(chosen(name, word, data[name].values))
            except InputError as error:
                faults.extend(error.faults)
        return words

    policies = taken("policy", labels(data, "policy"))
    one = {name: taken(name, [default])[:1] for name, default in _defaults(data).items()}
    horizon = _horizon(next(iter(asked.getlist("horizon")), str(longest)), longest, faults.append)
    if faults:
        raise InputError(*faults)
    others = tuple(name for name in labels(data, "policy") if name in policies and name != STATUS_QUO)
    return Choices(policies=(STATUS_QUO, *others), horizon=horizon, **{name: words[0] for name, words in one.items()})


def _defaults(data: xr.Dataset) -> dict[str, str]:
    return {"case": labels(data, "case")[0], "outcome": RANKED_BY, "structure": labels(data, "structure")[0]}


def _horizon(word: str, longest: int, fault: Callable[[str], object]) -> int:
    if not word.isascii() or not word.isdecimal() or not 1 <= int(word[:9]) <= longest:
        fault(f"horizon: {shown(word)}: must be a whole number of years from 1 to {longest}; give for instance {longest}")
        return longest
    return int(word)


def labels(data: xr.Dataset, dimension: str) -> list[str]:
    """Return the labels of a dimension."""
    return [str(label) for label in data[dimension].values]


def longest_horizon(data: xr.Dataset) -> int:
    """Return the comparison's own horizon (years)."""
    return int(data.attrs["horizon"])


def horizons(data: xr.Dataset) -> Sequence[int]:
    """Return the horizons (years) that can be chosen: every year, where net value was kept by year."""
    longest = longest_horizon(data)
    return range(longest, 0, -1) if WORTH in data else (longest,)
