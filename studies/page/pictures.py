"""How does a history look at a glance? As lines of blocks in a terminal, beside what was observed of the cluster."""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats
from model.figures import HALF_WIDTH_90, LogFigure
from model.observe import COLUMNS, UNITS
from model.panels import Histories
from model.schema import Case
from studies.numbers import amount
from studies.page.figures import Observed
from studies.page.svg import short

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
SHOWN: Final = (
    ("firms", "firms"),
    ("workers_per_firm", "workers a firm"),
    ("improved_firms", "improved firms"),
    ("exporters", "exporters"),
    ("profitability", "profit / fixed cost"),
    ("price", "price"),
    ("schooling", "schooling of entrepreneurs"),
    ("managerial_capital", "managerial capital"),
)
# Characters of a line of blocks, and of the words before it.
WIDTH: Final = 60
MARGIN: Final = 27


class Point(NamedTuple):
    """A figure that was observed: its calendar time, its value, and its central 90 % interval."""

    name: str
    time: float
    value: float
    low: float
    high: float


def observed_points(case: Case) -> Iterator[Point]:
    """Yield those figures of a case that a picture shows; the interval is the error model's, for a range the range itself."""
    for seen in case.observations:
        for name in ("firms", "workers_per_firm", "schooling"):
            figure = getattr(seen, name)
            if figure is None:
                continue
            spread = HALF_WIDTH_90 * figure.sd
            ends = figure.middle - spread, figure.middle + spread
            if isinstance(figure, LogFigure):
                ends = figure.middle * math.exp(-spread), figure.middle * math.exp(spread)
            yield Point(name, seen.time, figure.middle, *ends)
        if seen.workers is not None and seen.firms is not None and seen.workers_per_firm is not None:
            reach = math.exp(HALF_WIDTH_90 * math.hypot(seen.firms.sd, seen.workers_per_firm.sd))
            yield Point("workers", seen.time, seen.workers, seen.workers / reach, seen.workers * reach)


def observed_of(case: Case, name: str) -> tuple[Observed, ...]:
    """Return the observed figures of one quantity as a fan draws them."""
    return tuple(
        Observed(one.time, one.value, one.low, one.high, f"{one.time:g}: {amount(one.value)} {UNITS[name]}")
        for one in observed_points(case)
        if one.name == name
    )


def sparkline(values: Floats, width: int = WIDTH) -> str:
    """Return values as a line of blocks between their least and their largest."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return ""
    cells = [part for part in np.array_split(known, min(width, len(known))) if len(part)]
    means = np.array([float(np.mean(part)) for part in cells])
    low, high = float(means.min()), float(means.max())
    level = (
        np.zeros(len(means), int) + 1
        if high == low
        else 1 + np.round((means - low) / (high - low) * (len(BLOCKS) - 2)).astype(int)
    )
    return "".join(BLOCKS[k] for k in level)


def _number(value: float) -> str:
    return short(float(f"{value:.3g}"))


def terminal_plot(histories: Histories, title: str) -> str:
    """Return a picture of the first seed's history in text: a line a quantity with its unit, the decision, what was observed."""
    panel = histories.panels[0]
    rows = int(np.isfinite(panel[:, 0]).sum())
    years = histories.start_year + histories.since[: max(1, rows)]
    width = min(WIDTH, len(years))
    ends = f"{years[0]:.0f}", f"{years[-1]:.0f}"
    lines = [title, f"{'':{MARGIN}} {ends[0]}{ends[1]:>{max(1, width - len(ends[0]))}}"]
    for name, words in SHOWN:
        known = panel[:rows, COLUMNS.index(name)]
        if len(known):
            told = f"{_number(known[0])} → {_number(known[-1])} (max {_number(known.max())}) {UNITS[name]}"
            lines.append(f"{words:>{MARGIN}} {sparkline(known):{width}} {told}")
    if years[0] <= histories.decision <= years[-1] and len(years) > 1:
        column = round((width - 1) * (histories.decision - years[0]) / (years[-1] - years[0]))
        lines.append(f"{'decision':>{MARGIN}} {'':{column}}▲{'':{width - column - 1}} {histories.decision:g}")
    return "\n".join([*lines, *_observed_lines(histories.case)])


def _observed_lines(case: Case) -> list[str]:
    """Return what was observed of a cluster, a line a year."""
    words, lines = dict(SHOWN), []
    points = list(observed_points(case))
    for seen in case.observations:
        figures = [
            f"{_number(point.value)} {words[point.name]} ({_number(point.low)} to {_number(point.high)})"
            for point in points
            if point.time == seen.time and point.name in words
        ]
        figures += [f"exports: {seen.exports.level}"] if seen.exports is not None else []
        lines.append(f"{f'observed in {seen.time:g}':>{MARGIN}} {', '.join(figures) or 'no figure'}")
    return lines
