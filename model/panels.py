"""What does a call to ``simulate`` leave? For each seed a panel and an event log, the histories that were stopped, a dataset."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats
from model.events import QUARTER
from model.observe import COLUMNS, MEANINGS, STOP_COLUMN, UNITS, event_words
from model.plans import Policy
from model.schema import Case
from model.world import NOT_FINITE, TOO_LARGE

if TYPE_CHECKING:
    import xarray as xr

# Histories that an attribute lists by name; it counts the others.
LISTED: Final = 100


class Stop(NamedTuple):
    """Where and why a history was stopped before its end.

    Attributes
    ----------
    seed : int
    rows : rows of its panel that were written; the first one is the start
    year : calendar year of the last of them, or of the start
    cause : ``model.world.TOO_LARGE`` or ``model.world.NOT_FINITE``
    """

    seed: int
    rows: int
    year: float
    cause: int

    def __str__(self) -> str:
        when = f"after {QUARTER * (self.rows - 1):g} years, in {self.year:g}" if self.rows else f"at its start, in {self.year:g}"
        if self.cause == TOO_LARGE:
            return f"seed {self.seed}: stopped for its size {when}: too many firms or events; choose other parameters"
        return f"seed {self.seed}: stopped {when}: a number was not finite; choose other parameters"


class Histories(NamedTuple):
    """Histories of one cluster: for each seed a panel, float64, shape (quarters + 1, len(COLUMNS)), and an event log.

    ``differs`` are the parameters that differ from their defaults, by name; ``structures`` are all structural choices. The policy
    acts from the calendar year ``decision`` on.
    """

    case: Case
    policy: Policy
    start_year: float
    seeds: list[int]
    panels: list[Floats]
    logs: list[NDArray[Any]]
    differs: Mapping[str, float] = {}
    structures: Mapping[str, str] = {}
    decision: float = math.nan

    @property
    def since(self) -> Floats:
        """Years since the start, float64, shape (quarters + 1,)."""
        return np.asarray(QUARTER * np.arange(len(self.panels[0])))

    def stops(self) -> list[Stop]:
        """Return the histories that were stopped before their end, in the order of the seeds."""
        panels = zip(self.seeds, self.panels, strict=True)
        return [stop_of(panel, seed, self.start_year) for seed, panel in panels if np.isnan(panel[-1, 0])]

    def attributes(self) -> dict[str, str]:
        """Return what a file says of these histories: case, policy, what differs from the defaults, and stopped histories."""
        return {
            "case": self.case.title,
            "policy": self.policy.title,
            "decision": f"{self.decision:g}",
            "parameters": "; ".join(f"{name}={value!r}" for name, value in self.differs.items()) or "defaults",
            "structures": "; ".join(f"{name}={option}" for name, option in self.structures.items()),
            "stopped": listed(self.stops()),
        }

    def dataset(self) -> "xr.Dataset":
        """Return the histories labelled: panel variables over (seed, time), units in attributes, and events over ``event``."""
        import xarray as xr

        panels = np.stack(self.panels)
        data: dict[str, Any] = {
            name: (("seed", "time"), panels[:, :, column], {"units": UNITS[name], "long_name": MEANINGS[name]})
            for column, name in enumerate(COLUMNS)
            if name != "time"
        }
        for field in ("time", "firm", "other", "detail"):
            data[f"event_{field}"] = ("event", np.concatenate([log[field] for log in self.logs]))
        data["event_word"] = ("event", event_words(np.concatenate([log["event"] for log in self.logs])))
        data["event_seed"] = ("event", np.repeat(np.array(self.seeds, np.uint64), [len(log) for log in self.logs]))
        return xr.Dataset(
            data,
            coords={
                "seed": self.seeds,
                "time": ("time", self.since, {"unit": "years", "long_name": MEANINGS["time"]}),
                "year": ("time", self.start_year + self.since, {"unit": "calendar years", "long_name": "calendar year"}),
            },
            attrs=self.attributes(),
        )


def stop_of(panel: Floats, seed: int, start_year: float) -> Stop:
    """Return where and why a history was stopped, from its panel, shape (quarters + 1, len(COLUMNS))."""
    rows = int(np.isfinite(panel[:, 0]).sum())
    # Without a row there is no mark, and only a number that is not finite keeps the first row from being written.
    cause = int(panel[rows - 1, STOP_COLUMN]) if rows else NOT_FINITE
    return Stop(seed, rows, start_year + QUARTER * max(0, rows - 1), cause)


def listed(stops: list[Stop]) -> str:
    """Return stopped histories as one text, the first ``LISTED`` by name; "none" where there are none."""
    more = [f"and {len(stops) - LISTED:,} more"] if len(stops) > LISTED else []
    return "; ".join([*(str(stop) for stop in stops[:LISTED]), *more]) or "none"
