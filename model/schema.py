"""What may a file of ``configs/`` contain? Entries of frozen classes that refuse unknown keys; ``model/config.py`` reads them.
Those of a policy stand in ``model/plans.py``.

A number fixes a figure, a pair bounds it, and a figure that is missing is unknown. Every message is "rule; remedy".
"""

import math
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from model.brief import brief
from model.state import COURSES, PLANNED_ONLY, PROGRAMMES
from model.values import FIRST_YEAR, LAST_YEAR, Flag, LogSd, Number, Positive, Share, Text, Whole, Year, Years, number

# Half the width (in sd) of a central 90 % interval of the normal distribution: a range is read as such an interval.
HALF_WIDTH_90: Final = 1.6448536269514722
MID_YEAR: Final = 0.5
# No cluster has more firms, and no firm more workers.
MOST_FIRMS: Final = 1e8
# The largest count of firms of one kind: founders trained abroad, or improved firms at which a programme opens.
MOST_COUNTED: Final = 100_000

# Programmes that serve one firm at a time, each at a cost.
PAID_BY_FIRM: Final = ("training", "grant", "export_preference", "matching_grant", "experts")

Confidence = Literal["high", "medium-high", "medium", "medium-low", "low"]
Region = Literal["asia", "africa"]
ExportLevel = Literal["none", "neighbours", "distant", "world"]
Improvement = Literal["success", "transition", "not_listed", "never_needed"]


def _bounded(given: Any) -> Any:
    if isinstance(given, list | tuple):
        if len(given) != 2:
            raise ValueError("a range has two ends; write [low, high]")
        low, high = (number(end) for end in given)
        if low >= high:
            raise ValueError("the low end must lie below the high end; write [low, high]")
        return (low, high)
    return number(given)


def _programme(given: str) -> str:
    if given not in PROGRAMMES:
        raise ValueError(f"is no programme; choose one of {', '.join(PROGRAMMES)}")
    return given


def _course(given: str) -> str:
    if given not in COURSES:
        raise ValueError(f"is no course; choose one of {', '.join(COURSES)}")
    return given


class Entry(BaseModel):
    """A frozen entry of a configuration file that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Figure(Entry):
    """One figure of a table, with its error model: a number, or a range that is read as a central 90 % interval."""

    value: Annotated[Any, BeforeValidator(_bounded)]
    why: str = ""
    source: str = ""
    note: str = ""
    alternative: Positive | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else {"value": given}

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The two ends of a range, or None where a number is given."""
        return self.value if isinstance(self.value, tuple) else None


class LogFigure(Figure):
    """A positive figure whose error is normal in logs."""

    log_sd: LogSd | None = None
    selection_bias: Annotated[Number, Field(ge=-10, le=10)] = 0.0

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if min(self.bounds or (self.value,)) <= 0:
            raise ValueError("must be above 0; leave out what is unknown")
        if max(self.bounds or (self.value,)) > MOST_FIRMS:
            raise ValueError(f"must not be above {MOST_FIRMS:g}; correct the figure")
        return self

    @property
    def middle(self) -> float:
        """The figure, or the geometric middle of its range."""
        return float(self.value) if self.bounds is None else math.sqrt(self.bounds[0] * self.bounds[1])

    def spread(self, otherwise: float) -> float:
        """Return the log sd of the error: as given, else from the range, else ``otherwise``."""
        if self.log_sd is not None:
            return self.log_sd
        return otherwise if self.bounds is None else math.log(self.bounds[1] / self.bounds[0]) / (2 * HALF_WIDTH_90)


class Firms(LogFigure):
    """Number of firms that produce the final good."""

    @property
    def sd(self) -> float:
        """Log sd of the count's error."""
        return self.spread(0.2)


class WorkersPerFirm(LogFigure):
    """Workers per firm, including the owner."""

    @property
    def sd(self) -> float:
        """Log sd of the mean's error."""
        return self.spread(0.5)


class Schooling(Figure):
    """Mean schooling of entrepreneurs (years)."""

    error_sd: Positive | None = Field(None, alias="sd")

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        low, high = self.bounds or (self.value, self.value)
        if low < 0 or high > 25:
            raise ValueError("must lie between 0 and 25 years; give years of schooling")
        return self

    @property
    def middle(self) -> float:
        """The figure, or the middle of its range."""
        return float(self.value) if self.bounds is None else 0.5 * sum(self.bounds)

    @property
    def sd(self) -> float:
        """Sd of the mean's error (years): as given, else from the range, else the sd of a survey."""
        if self.error_sd is not None:
            return self.error_sd
        return 0.7 if self.bounds is None else (self.bounds[1] - self.bounds[0]) / (2 * HALF_WIDTH_90)


class Exports(Entry):
    """How far the cluster's goods are sold."""

    level: ExportLevel
    markets: str = ""
    source: str = ""
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return {"level": given} if isinstance(given, str) else given


def _years(given: Any) -> Any:
    ends = tuple(given) if isinstance(given, list | tuple) else (given,)
    if any(isinstance(end, bool) or not isinstance(end, int) for end in ends):
        raise ValueError("must be a year or [first, last]; write whole years without quotes")
    if not all(FIRST_YEAR <= end <= LAST_YEAR for end in ends):
        raise ValueError(f"must lie between {FIRST_YEAR} and {LAST_YEAR}; correct the year")
    if isinstance(given, int):
        return given
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise ValueError("a span of years must ascend; write [first, last]")
    return ends


class Observation(Entry):
    """Figures of a cluster in one year, or in a span of years; a figure that is missing is unknown."""

    year: Annotated[int | tuple[int, int], BeforeValidator(_years)]
    firms: Firms | None = None
    workers_per_firm: WorkersPerFirm | None = None
    schooling: Schooling | None = None
    exports: Exports | None = None
    improvement: Improvement | None = None
    note: str = ""

    @property
    def time(self) -> float:
        """Calendar time of the observation: mid-year, or the middle of the span."""
        first, last = self.year if isinstance(self.year, tuple) else (self.year, self.year)
        return 0.5 * (first + last) + MID_YEAR


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
        years = _years(given)
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

    group: Literal[1, 2, 3]
    firms: Text
    product: Text
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
    origin: Origin
    start: Start
    covariates: Covariates
    observations: tuple[Observation, ...] = ()
    history: tuple[HistoricProgramme, ...] = ()
    note: str = ""

    __repr__ = __str__ = brief

    @model_validator(mode="after")
    def _dated(self) -> Self:
        times = [seen.time for seen in self.observations]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("years of observations must ascend; put the earliest first")
        for span in (self.start, self.start.reform):
            if times and span is not None and span.high >= times[0]:
                raise ValueError(f"{span.high}: the start must lie before the first observation; lower start.high")
        return self
