"""What may a policy's file say? A list of programmes in years after the decision, each with the keys that its kind uses.

Every message is "rule; remedy", as in ``model/schema.py``.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from model.figures import Entry
from model.schema import MOST_COUNTED, Named, ProgrammeSpec
from model.values import Number, Positive, Share, Text, Whole, Years

_COURSE: Final = ("course", "unit_cost", "fee", "eligible")
# The keys that a programme of each kind uses, beside those of when it runs, what it is called and why; others are refused.
BUDGET: Final = ("budget", "budget_share")
USED: Final[Mapping[str, tuple[str, ...]]] = {
    "training": (*BUDGET, *_COURSE),
    "market_place": (*BUDGET, "captured"),
    "zone": (*BUDGET, "captured", "eligible"),
    "credit": (*BUDGET, "captured", "cofinance", "eligible"),
    "foreign_investment": (*BUDGET, "captured", "effect"),
    "protection": ("effect",),
    "campaign": (*BUDGET, "captured", "effect"),
    "grant": (*BUDGET, "unit_cost", "eligible"),
    "export_preference": (*BUDGET, "unit_cost"),
    "research_institute": (*BUDGET, "captured", "effect"),
    "matching_grant": (*BUDGET, "unit_cost", "cofinance", "captured", "eligible"),
    "utilities": (*BUDGET, "captured"),
    "zoning": (*BUDGET, "captured"),
    "standards": (*BUDGET, "captured"),
    "schooling": (*BUDGET, "captured"),
    "vocational_training": (*BUDGET, "captured"),
    "experts": (*BUDGET, "unit_cost", "fee", "eligible"),
}
# The keys of a programme that some kinds use and others do not.
SOME: Final = tuple(dict.fromkeys(key for keys in USED.values() for key in keys))
# Protection may be negative: imports are let in below the price at which they came.
LEAST_RATE: Final = -0.5
MOST_RATE: Final = 1.0
MOST_EFFECT: Final = 100.0
# By how much the parts of a budget may miss their sum: they are written with a few digits.
ROUNDING: Final = 1e-6
PROTECTION: Final = "protection"
# Programmes that take no budget.
UNFUNDED: Final = tuple(kind for kind, keys in USED.items() if "budget" not in keys)
# Keys of draws of a policy's programmes lie from here on, up to twice this number, apart from the rows of history's programmes.
FIRST_KEY: Final = 1 << 21


class Count(Entry):
    """A state of the cluster at which a programme closes: its number of improved firms."""

    improved_firms: Annotated[Whole, Field(ge=1, le=MOST_COUNTED)]


class Trigger(Count):
    """When a programme opens: at a number of improved firms, or some years after the decision, whichever comes first."""

    at_latest: Years | None = None


class Repeat(Entry):
    """How often a programme is run anew: so many times, one beginning some years after the other."""

    every: Positive
    times: Annotated[Whole, Field(ge=2, le=20)]


class PolicyProgramme(ProgrammeSpec):
    """A programme of a policy, in years after the decision.

    Its name keys what is drawn for it, so that the order of programmes in a file changes nothing.
    """

    effect: Annotated[Number, Field(ge=LEAST_RATE, le=MOST_EFFECT)] = 1.0
    name: Text | None = None
    at: Years = 0.0
    years: Positive = Field(5.0, alias="for")
    when: Trigger | None = None
    until: Count | None = None
    repeat: Repeat | None = None
    by_year: Annotated[tuple[Share, ...], Field(min_length=2, max_length=20)] | None = None

    @field_validator(*SOME)
    @classmethod
    def _used(cls, given: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("programme")
        keys = USED.get(str(kind), SOME)
        if info.field_name not in keys:
            money = "" if "budget" in keys else ", which has a rate and no budget"
            raise ValueError(f"is not used by {kind}{money}; leave it out: {kind} takes {', '.join(keys)}")
        if info.field_name == "effect":
            _check_effect(str(kind), float(given))
        return given

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.repeat is not None and self.when is not None:
            raise ValueError("repeat and when exclude each other; keep one")
        return self

    @model_validator(mode="after")
    def _planned(self) -> Self:
        if self.by_year is None:
            return self
        if not self.is_funded:
            raise ValueError(f"by_year parts a budget, and {self.programme} has none; leave it out")
        if self.repeat is not None or self.when is not None:
            raise ValueError("by_year gives the years itself and excludes repeat and when; keep one")
        if abs(sum(self.by_year) - 1.0) > ROUNDING:
            raise ValueError(f"by_year: the parts of the budget sum to {sum(self.by_year):g}; they must sum to 1")
        if "years" in self.model_fields_set and self.years != len(self.by_year):
            raise ValueError(f"by_year has {len(self.by_year)} years, but for says {self.years:g}; leave `for` out")
        return self

    @property
    def is_funded(self) -> bool:
        """Whether it takes a budget at all."""
        return self.programme not in UNFUNDED

    def parts(self, name: str) -> "tuple[PolicyProgramme, ...]":
        """Return the programmes that it stands for, each with its part of the budget and a name made from one given.

        One that repeats stands for one each time, and a budget by year for one in each year that has a part of it.
        """
        if self.by_year is not None:
            one = {"by_year": None, "years": 1.0}
            return tuple(self._part(share, f"{name}, year {k + 1}", k, one) for k, share in enumerate(self.by_year) if share > 0)
        if self.repeat is not None:
            every, times = self.repeat.every, self.repeat.times
            return tuple(self._part(1 / times, f"{name}, time {k + 1}", k * every, {"repeat": None}) for k in range(times))
        return (self,)

    def _part(self, share: float, name: str, later: float, more: Mapping[str, Any]) -> "PolicyProgramme":
        """Return a programme with a share of the budget, some years later."""
        budgets = {key: getattr(self, key) and getattr(self, key) * share for key in BUDGET}
        return self.model_copy(update={**budgets, **more, "name": name, "at": self.at + later})


def _check_effect(kind: str, effect: float) -> None:
    """Refuse an effect that is out of its kind's range.

    Raises
    ------
    ValueError
        If it is negative and no rate of protection, or more protection than there may be.
    """
    if kind == PROTECTION and effect > MOST_RATE:
        raise ValueError(f"must not be above {MOST_RATE:g}: the rate by which imports become dearer; write 0.25 for a quarter")
    if kind != PROTECTION and effect < 0:
        raise ValueError("must not be below 0; only protection has a negative rate, which lets imports in")


def names_of(programmes: Sequence[PolicyProgramme]) -> tuple[str, ...]:
    """Return the name of each programme: its own, else its kind, numbered where there are several.

    Those that begin earlier are numbered first, so that programmes of one kind that begin apart are named alike in any order.
    """
    names = [""] * len(programmes)
    order = sorted(range(len(programmes)), key=lambda row: (programmes[row].name is None, programmes[row].at, row))
    for row in order:
        wanted = programmes[row].name or programmes[row].programme
        number, name = 1, wanted
        while name in names:
            number += 1
            name = f"{wanted} {number}"
        names[row] = name
    return tuple(names)


def key_of(name: str) -> int:
    """Return the number that keys the draws of a programme of that name: bits of its SHA-256, above all rows of history."""
    word = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return FIRST_KEY + word % FIRST_KEY


class Policy(Named):
    """A question that a ministry may ask, and the programmes that answer it.

    ``budget_share`` (of the wage bill in the year of the decision) is shared equally by the programmes that take a budget and
    name none.
    """

    question: Text
    budget_share: Share = 0.2
    programmes: tuple[PolicyProgramme, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        given = [spec.name for spec in self.programmes if spec.name is not None]
        twice = sorted({name for name in given if given.count(name) > 1})
        if twice:
            raise ValueError("\n".join(f"programmes: {name}: is the name of two programmes; rename one" for name in twice))
        names = names_of(self.programmes)
        if len({key_of(name) for name in names}) < len(names):
            raise ValueError(f"programmes: {', '.join(names)}: two of these names key the same draws; rename one")
        return self

    def funded(self) -> tuple[PolicyProgramme, ...]:
        """Return the programmes, each with its budget; one that repeats, or has a budget by year, is as many programmes."""
        unfunded = [spec.is_funded and spec.budget is None and spec.budget_share is None for spec in self.programmes]
        share = self.budget_share / max(1, sum(unfunded))
        specs = [
            spec.model_copy(update={"budget_share": share}) if lacks else spec
            for spec, lacks in zip(self.programmes, unfunded, strict=True)
        ]
        named = zip(specs, names_of(self.programmes), strict=True)
        return tuple(one for spec, name in named for one in spec.parts(name))

    def __add__(self, other: "Policy") -> "Policy":
        """Return both policies at once, each with its own budget."""
        both = {"name": f"{self.name}+{other.name}", "title": f"{self.title} and {other.title}"}
        return self.model_copy(update={**both, "programmes": self.funded() + other.funded()})

    def delayed(self, years: float) -> "Policy":
        """Return the policy with every programme later by a number of years."""
        later = tuple(spec.model_copy(update={"at": spec.at + years}) for spec in self.funded())
        return self.model_copy(update={"name": f"{self.name}@{years:g}", "programmes": later})

    def scaled(self, factor: float) -> "Policy":
        """Return the policy with every budget multiplied by a factor."""
        budgets = [{"budget": spec.budget, "budget_share": spec.budget_share} for spec in self.funded()]
        more = [{name: budget and budget * factor for name, budget in one.items()} for one in budgets]
        scaled = tuple(spec.model_copy(update=one) for spec, one in zip(self.funded(), more, strict=True))
        return self.model_copy(update={"name": f"{self.name}*{factor:g}", "programmes": scaled})
