"""What did a reader choose? A cluster, policies, an outcome, a horizon and a structure, each checked against what a run holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import xarray as xr

from model.errors import InputError, shown
from studies.parsing import nearest
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

    def one(name: str, label: str, default: str | None = None) -> str:
        known = labels(data, label)
        word = next(iter(asked.getlist(name)), default or known[0])
        if word not in known:
            faults.append(
                f"{name}: {shown(word)}: is not in this comparison{nearest(word, known) or '; choose one from the list'}"
            )
        return word

    named = asked.getlist("policy")
    known = labels(data, "policy")
    faults += [
        f"policy: {shown(word)}: is not in this comparison{nearest(word, known) or '; choose from the list'}"
        for word in named
        if word not in known
    ]
    wanted = set(named) or set(known)
    case, outcome, structure = one("case", "case"), one("outcome", "outcome", RANKED_BY), one("structure", "structure")
    horizon = _horizon(next(iter(asked.getlist("horizon")), str(longest)), longest, faults.append)
    if faults:
        raise InputError(*faults)
    return Choices(case, (STATUS_QUO, *(name for name in known if name in wanted - {STATUS_QUO})), outcome, horizon, structure)


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


def described(data: xr.Dataset, dimension: str, attribute: str) -> Mapping[str, Any]:
    """Return what an attribute of a dimension says of each of its labels."""
    stored = data[dimension].attrs[attribute]
    # A list of one text comes back from a file as that text.
    return dict(zip(labels(data, dimension), [stored] if isinstance(stored, str) else stored, strict=True))
