"""What may a file of ``configs/`` contain? Entries of frozen classes that refuse unknown keys; ``model/config.py`` reads them.
Those of a policy stand in ``model/plans.py``.

A number fixes a figure, a pair bounds it, and a figure that is missing is unknown. Every message is "rule; remedy".
"""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from model.brief import brief
from model.faults import nearest
from model.figures import Entry, Observation, whole_years
from model.state import COURSES, PLANNED_ONLY, PROGRAMMES
from model.values import FIRST_YEAR, LAST_YEAR, Flag, Number, Share, Text, Whole, Year, Years

# Where no start is known, a cluster began so many years before it was first seen: at the most, most likely, at least (judgement).
UNKNOWN_AGES: Final = (50, 20, 1)
# When a cluster begins of which neither a start nor an observation is known (judgement).
UNKNOWN_START: Final = (2025, 2026, 2027)
# The largest count of firms of one kind: founders trained abroad, or improved firms at which a programme opens.
MOST_COUNTED: Final = 100_000

# Programmes that serve one firm at a time, each at a cost.
PAID_BY_FIRM: Final = ("training", "grant", "export_preference", "matching_grant", "experts")

Confidence = Literal["high", "medium-high", "medium", "medium-low", "low"]
# The tables hold clusters of the first two; a cluster elsewhere may be like those of either (``model.latents.of_region``).
Region = Literal["asia", "africa", "americas", "europe", "oceania"]


def _programme(given: str) -> str:
    if given not in PROGRAMMES:
        raise ValueError(f"is no programme; {nearest(given, PROGRAMMES)}")
    return given


def _course(given: str) -> str:
    if given not in COURSES:
        raise ValueError(f"is no course; choose one of {', '.join(COURSES)}")
    return given


class Span(Entry):
    """Triangular prior of the year in which the cluster began; a number fixes it, a pair bounds it."""

    low: Year
    mode: Year
    high: Year
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return given
        years = whole_years(given)
        low, high = years if isinstance(years, tuple) else (years, years)
        return {"low": low, "mode": (low + high) // 2, "high": high}

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"{self.low}, {self.mode}, {self.high}: must ascend; write low <= mode <= high")
        return self


class Start(Span):
    """When the cluster began, and optionally when it began anew in an era of reform."""

    confidence: Confidence = "low"
    note: str = ""
    reform: Span | None = None


class Shock(Entry):
    """A dated surge of material prices."""

    year: Year
    source: str = ""


class Dated(Entry):
    """A positive figure of a stated year."""

    value: Annotated[Number, Field(gt=0)]
    year: Year
    source: str = ""
    note: str = ""


class Covariates(Entry):
    """Characteristics of a cluster that are known before it is simulated."""

    region: Region
    heavy_product: Flag = False
    material_shock: Shock | None = None
    quota_buyers: Flag = False
    trained_founders: Annotated[Whole, Field(ge=0, le=MOST_COUNTED)] = 0
    home_population: Dated | None = None
    wage_year: Dated | None = None
    note: str = ""


class Origin(Entry):
    """Who the pioneers were: 1 imitators, 2 foreign, state-owned or migrant, 3 trained abroad."""

    group: Literal[1, 2, 3] = 1
    firms: Text = "unknown"
    product: Text = "unknown"
    traders: Flag = False
    source: str = ""
    note: str = ""


class ProgrammeSpec(Entry):
    """One programme of government, in history or in a policy; money in wage-years, effects in the unit of its mechanism."""

    programme: Annotated[Text, AfterValidator(_programme)]
    budget: Years | None = None
    budget_share: Share | None = None
    course: Annotated[Text, AfterValidator(_course)] = "pilot"
    unit_cost: Years = 0.0
    fee: Years = 0.0
    captured: Share = 0.0
    cofinance: Share = 0.0
    effect: Annotated[Number, Field(ge=0, le=100)] = 1.0
    eligible: Literal["all", "trained"] = "all"
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _paid(self) -> Self:
        if self.programme in PAID_BY_FIRM and self.unit_cost == 0:
            raise ValueError(f"unit_cost of {self.programme} must be above 0; give wage-years a firm")
        if self.budget is not None and self.budget_share is not None:
            raise ValueError("budget and budget_share exclude each other; keep one")
        return self


class HistoricProgramme(ProgrammeSpec):
    """A programme that government carried out, in calendar years; without ``to`` it goes on."""

    first: Year = Field(alias="from")
    last: Year | None = Field(None, alias="to")
    confidence: Confidence = "low"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"{self.first}, {self.last}: must ascend; let `to` be no earlier than `from`")
        if self.programme in PLANNED_ONLY:
            raise ValueError(f"{self.programme} is a policy's alone: its cost decides what it does; leave it out of history")
        if self.last is None and (self.budget or self.budget_share or self.programme == "research_institute"):
            raise ValueError("a budget or an institute's work is spread over years that end; give `to`")
        return self


class Named(Entry):
    """What a file of its own describes: a case, a policy or a profile. Its name is that of the file, without the suffix."""

    name: Text
    title: Text
    _path: Path | None = PrivateAttr(default=None)

    @property
    def path(self) -> Path | None:
        """The file from which it was read."""
        return self._path

    def same_as(self, other: "Named") -> bool:
        """Tell whether another entry has the same content; where the two were read from does not matter."""
        return self.model_dump() == other.model_dump()


class Case(Named):
    """One cluster: its figures in the tables, its origin, and the programmes that government carried out."""

    number: Annotated[int, Field(ge=0)] = 0
    location: str = ""
    product: str = ""
    origin: Origin = Origin()
    start: Start
    covariates: Covariates
    observations: tuple[Observation, ...] = ()
    history: tuple[HistoricProgramme, ...] = ()
    note: str = ""

    __repr__ = __str__ = brief

    @model_validator(mode="before")
    @classmethod
    def _begun(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "start" in given:
            return given
        return {**given, "start": _unknown_start(given.get("observations"))}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        times = [seen.time for seen in self.observations]
        faults = []
        if any(later <= earlier for earlier, later in pairwise(times)):
            faults.append("years of observations must ascend; put the earliest first")
        for key, span in (("start", self.start), ("start.reform", self.start.reform)):
            if times and span is not None and span.high >= times[0]:
                faults.append(f"{key}: {span.high}: must lie before the first observation; give an earlier year")
        home = self.covariates.home_population
        for seen in self.observations:
            workers = seen.workers
            if home is not None and workers is not None and workers > 1e6 * home.value:
                rule = f"{workers:,.0f} workers in {int(seen.time)} are more than the country's people"
                faults.append(f"{rule}; correct firms, workers_per_firm or home_population")
        if faults:
            raise ValueError("\n".join(faults))
        return self


def _unknown_start(observations: Any) -> dict[str, Any]:
    """Return the start of a cluster of which none is given, by the years in which it was seen, as the file has them."""
    low, mode, high = UNKNOWN_START
    rows = observations if isinstance(observations, list | tuple) else ()
    seen = [row.year if isinstance(row, Observation) else row.get("year") if isinstance(row, dict) else None for row in rows]
    years = [end for year in seen for end in (year if isinstance(year, list | tuple) else (year,)) if type(end) is int]
    if years and FIRST_YEAR < min(years) <= LAST_YEAR:
        low, mode, high = (max(min(years) - age, FIRST_YEAR) for age in UNKNOWN_AGES)
    return {"low": low, "mode": mode, "high": high, "source": "not known"}
