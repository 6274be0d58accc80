"""What may a figure of a case file say? A number, a range or nothing, each with its error, and figures of one date together.

A number fixes a figure, a pair bounds it, and a figure that is missing is unknown. Every message is "rule; remedy".
"""

import math
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from model.values import FIRST_YEAR, LAST_YEAR, LogSd, Number, Positive, number

# Half the width (in sd) of a central 90 % interval of the normal distribution: a range is read as such an interval.
HALF_WIDTH_90: Final = 1.6448536269514722
MID_YEAR: Final = 0.5
# No cluster has more firms, and no firm more workers.
MOST_FIRMS: Final = 1e8

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
        if max(self.bounds or (self.value,)) < 1:
            raise ValueError("must not be below 1, since owners are workers and no firm is half a firm; correct the figure")
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


def whole_years(given: Any) -> Any:
    """Return a year, or the two ends of a span of years."""
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

    year: Annotated[int | tuple[int, int], BeforeValidator(whole_years)]
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

    @property
    def workers(self) -> float | None:
        """Workers of all firms, where both figures that make it are known."""
        if self.firms is None or self.workers_per_firm is None:
            return None
        return self.firms.middle * self.workers_per_firm.middle
