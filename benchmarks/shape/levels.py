"""Which levels do histories reach at the observations? Figures of Tables 1-2 beside the prior predictive of their clusters.

A figure lies within the central 90 % where its rank among simulated histories lies between .05 and .95. Workers per firm are
compared after the bias of surveys, which miss the small, is added to their logarithm. A history that died out has no figure.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from benchmarks.shape.draws import Observed
from benchmarks.shape.estimates import NONE, Estimate, difference, mean, share
from model.arrays import Floats
from model.observe import COLUMNS, TRANSITION_SHARE
from model.schema import Case
from model.world import TOO_LARGE

# Clusters whose improved firms employ 300 to 1,200 workers on average.
LARGE: Final = (5, 11, 12, 18)
# Clusters whose number of firms is a target: Hamamatsu's three, Zhili's five thousand.
COUNTED: Final = (2, 4)
LISTED: Final = ("success", "never_needed")
# Its success is given, not explained.
IMPOSED: Final = 18


class Level(NamedTuple):
    """A figure of a table: of which case and observation, and what it counts, ``firms`` or ``workers_per_firm``."""

    case: int
    observation: int
    what: str


def column(rows: Floats, name: str) -> Floats:
    """Return a column of rows, by name."""
    return rows[..., COLUMNS.index(name)]


def figure(case: Case, level: Level) -> float:
    """Return the figure of the table; NaN where it gives none."""
    seen = getattr(case.observations[level.observation], level.what)
    return math.nan if seen is None else float(seen.middle)


def simulated(told: Observed, level: Level) -> Floats:
    """Return what histories show in place of a figure, shape (n,); NaN for those without a cluster.

    A history that was stopped for its size has more firms than any figure; their sizes are not known.
    """
    seen = getattr(told.case.observations[level.observation], level.what)
    bias = 0.0 if seen is None else float(getattr(seen, "selection_bias", 0.0) or 0.0)
    rows = told.rows[:, level.observation]
    firms, workers = column(rows, "firms"), column(rows, "workers")
    alive = firms > 0.0
    if level.what == "firms":
        return np.where(column(rows, "exhausted") == TOO_LARGE, np.inf, np.where(alive, firms, np.nan))
    return np.where(alive, workers / np.where(alive, firms, 1.0) * math.exp(bias), np.nan)


def rank(told: Observed, level: Level) -> Estimate:
    """Return the share of histories that show less than the figure."""
    shown = simulated(told, level)
    return share(np.where(np.isnan(shown), np.nan, shown < figure(told.case, level)))


def levels(cases: Mapping[int, Case]) -> list[Level]:
    """Return the figures to be reached: workers of large improved clusters, two counts of firms, and African sizes."""
    sizes = [*LARGE, *(number for number, case in cases.items() if case.covariates.region == "africa" and number not in LARGE)]
    wanted = [*(Level(number, -1, "workers_per_firm") for number in sizes), *(Level(number, -1, "firms") for number in COUNTED)]
    return [level for level in wanted if level.case in cases and not math.isnan(figure(cases[level.case], level))]


def improved(told: Observed) -> Floats:
    """Return 1 for histories that have improved by the last observation, shape (n,); one that died out has not."""
    rows = told.rows[:, -1]
    workers = column(rows, "workers")
    share_improved = column(rows, "improved_workers") / np.where(workers > 0.0, workers, 1.0)
    return np.where(np.isfinite(workers), share_improved >= TRANSITION_SHARE, np.nan)


def chance(observed: Sequence[Observed], chosen: Callable[[Case], bool]) -> Estimate:
    """Return the mean chance of improvement by the last observation over the cases chosen; cases are given, not drawn."""
    chances = [share(improved(told)) for told in observed if chosen(told.case)]
    chances = [one for one in chances if one.histories > 0]
    if not chances:
        return NONE
    error = math.sqrt(sum(one.error**2 for one in chances)) / len(chances)
    return Estimate(sum(one.value for one in chances) / len(chances), error, sum(one.histories for one in chances))


def is_listed(case: Case) -> bool:
    """Tell whether the table lists the cluster as improved at its last observation."""
    return case.number != IMPOSED and case.observations[-1].improvement in LISTED


def is_not_listed(case: Case) -> bool:
    """Tell whether the table does not list the cluster; a cluster said to be in transition is neither."""
    return case.observations[-1].improvement == "not_listed"


def gap(observed: Sequence[Observed]) -> Estimate:
    """Return the chance of improvement of listed clusters less that of the others."""
    return difference(chance(observed, is_listed), chance(observed, is_not_listed))


def stopped(observed: Sequence[Observed]) -> Estimate:
    """Return the share of histories that are stopped before the last observation."""
    return share(np.concatenate([(column(told.rows[:, -1], "exhausted") > 0.0).astype(np.float64) for told in observed]))


def clusters(observed: Sequence[Observed]) -> list[dict[str, float | str]]:
    """Return a line for each case: medians of firms and workers per firm beside the figures, P(improved), ms a history."""
    lines: list[dict[str, float | str]] = []
    for told in observed:
        number = told.case.number
        line: dict[str, float | str] = {"case": number, "name": told.case.name}
        for what in ("firms", "workers_per_firm"):
            level = Level(number, -1, what)
            shown = simulated(told, level)
            alive = shown[~np.isnan(shown)]
            line |= {what: float(np.median(alive)) if len(alive) else math.nan, f"{what}_table": figure(told.case, level)}
        chance_improved = share(improved(told))
        line |= {"improved": chance_improved.value, "improved_error": chance_improved.error, "ms": told.milliseconds}
        lines.append(line)
    return lines


def cost(observed: Sequence[Observed]) -> Estimate:
    """Return the mean over cases of ms a history; its error is that of the histories' own spread, and not known."""
    told = mean(np.array([one.milliseconds for one in observed]))
    return Estimate(told.value, math.nan, told.histories)
