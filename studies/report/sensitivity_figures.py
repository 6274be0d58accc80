"""What does each figure of a study show? Bars with intervals, size against spread of effects, and indices as the design grows."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats
from studies.numbers import amount
from studies.page.figures import gutter
from studies.page.svg import Canvas, Scale, short, ticks

SERIES: Final = ("cell", "band50")
ROW: Final = 13.0
GAP: Final = 9.0
LABELLED: Final = 8
# A label nearer than this to another one (px) is left out; the dot's tip still has it.
APART: Final = 12.0
LETTER: Final = 6.4


class Bar(NamedTuple):
    """One value with its interval; NaN is not drawn."""

    value: float
    low: float
    high: float


def bars(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[Bar]]], unit: str, width: float = 700) -> Canvas:
    """Draw one group of bars a label, from the top, and in it one bar with its interval a series.

    Parameters
    ----------
    series : pairs of a name and its bars, (labels,) each; at most two
    """
    tall = ROW * len(series) + GAP
    height = 30 + tall * len(labels) + 40
    canvas = Canvas(width, height, title, f"{title}, in {unit}")
    left = gutter(labels)
    across = _across([bar for _, row in series for bar in row], left, width - 62)
    for value in ticks(across.low, across.high, 5):
        canvas.rule(across(value), 24, across(value), height - 36, "grid")
        canvas.text(across(value), height - 22, short(value), anchor="middle")
    for index, label in enumerate(labels):
        canvas.text(left - 8, 30 + tall * index + 0.5 * ROW * len(series) + 4, label, "label", "end")
        for layer, (name, row) in enumerate(series):
            _bar(canvas, across, 30 + tall * index + ROW * layer, row[index], SERIES[layer], f"{label}, {name}")
    canvas.rule(across(0), 24, across(0), height - 36, "axis")
    canvas.text(across.end, height - 6, unit, "unit", "end")
    _legend(canvas, left, [name for name, _ in series])
    return canvas


def _across(every: Sequence[Bar], left: float, right: float) -> Scale:
    known = [value for bar in every for value in bar if np.isfinite(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    margin = 0.03 * (high - low) or 1.0
    return Scale(low - (margin if low < 0 else 0.0), high + margin, left, right)


def _bar(canvas: Canvas, across: Scale, y: float, bar: Bar, kind: str, label: str) -> None:
    if not np.isfinite(bar.value):
        canvas.text(across(0) + 4, y + 9, "\u2013")
        return
    start, end = sorted((across(0), across(bar.value)))
    canvas.add("rect", x=start, y=y, width=max(end - start, 0.5), height=ROW - 3, kind=kind)
    if np.isfinite(bar.low) and np.isfinite(bar.high):
        canvas.rule(across(bar.low), y + ROW / 2 - 1.5, across(bar.high), y + ROW / 2 - 1.5, "error")
    tip = f"{label}: {amount(bar.value)} (90 % {amount(bar.low)} to {amount(bar.high)})"
    canvas.dot(across(bar.value), y + ROW / 2 - 1.5, 2.5, "seen", tip)
    reach = max(across(v) for v in (bar.value, bar.high, 0.0) if np.isfinite(v))
    canvas.text(reach + 5, y + 9, amount(bar.value, 2))


def _legend(canvas: Canvas, left: float, names: Sequence[str]) -> None:
    x = left
    for name, kind in zip(names, SERIES, strict=False):
        canvas.add("rect", x=x, y=6, width=10, height=10, kind=kind)
        canvas.text(x + 14, 15, name)
        x += 34 + LETTER * len(name)


def scatter(title: str, names: Sequence[str], across_values: Floats, up_values: Floats, unit: str) -> Canvas:
    """Draw mu_star against sigma, with the line where they are equal; the factors furthest out are labelled."""
    canvas = Canvas(460, 330, title, f"{title}: mean size of effects (across) against their spread (up), in {unit}")
    known = np.isfinite(across_values) & np.isfinite(up_values)
    if not known.any():
        return canvas
    across = Scale(0.0, 1.08 * float(across_values[known].max()) or 1.0, 56, 440)
    up = Scale(0.0, 1.08 * float(up_values[known].max()) or 1.0, 272, 26)
    for value in ticks(0, up.high, 4):
        canvas.rule(across.start, up(value), across.end, up(value), "grid")
        canvas.text(across.start - 5, up(value) + 3.5, short(value), anchor="end")
    for value in ticks(0, across.high, 5):
        canvas.rule(across(value), up.start, across(value), up.start + 4, "axis")
        canvas.text(across(value), up.start + 16, short(value), anchor="middle")
    equal = min(across.high, up.high)
    canvas.rule(across(0), up(0), across(equal), up(equal), "zero")
    canvas.text(across.end, 304, f"mu*: mean size of effects, {unit}", "unit", "end")
    canvas.text(8, 14, f"sigma: spread of effects, {unit}", "unit")
    taken: list[tuple[float, float]] = []
    order = np.argsort(-np.where(known, across_values, -np.inf), kind="stable")
    for rank, factor in enumerate(order[: int(known.sum())]):
        x, y = across(float(across_values[factor])), up(float(up_values[factor]))
        tip = f"{names[factor]}: mu* {amount(float(across_values[factor]))}, sigma {amount(float(up_values[factor]))}"
        canvas.dot(x, y, 3.5, "mean", tip)
        if rank < LABELLED and all(abs(y - other) > APART or abs(x - there) > 150 for there, other in taken):
            right = x + 7 + LETTER * len(names[factor]) < 458
            canvas.text(x + (7 if right else -7), y + 4, names[factor], "tick", "start" if right else "end")
            taken.append((x, y))
    return canvas


def growth(title: str, shares: Sequence[float], names: Sequence[str], curves: Floats, unit: str) -> Canvas:
    """Draw indices (shares, names) as the design grows to its whole."""
    canvas = Canvas(460, 200, title, f"{title}: indices on growing shares of the design, in {unit}")
    known = curves[np.isfinite(curves)]
    if len(known) == 0:
        return canvas
    low, high = min(0.0, float(known.min())), max(float(known.max()), 1e-12)
    across, up = Scale(shares[0], shares[-1], 56, 290), Scale(low, 1.08 * high, 158, 22)
    for value in ticks(low, up.high, 4):
        canvas.rule(across.start, up(value), across.end, up(value), "grid")
        canvas.text(across.start - 5, up(value) + 3.5, short(value), anchor="end")
    for share in shares:
        canvas.text(across(share), 174, f"{100 * share:.0f} %", anchor="middle")
    canvas.text(across.end, 192, "share of the design", "unit", "end")
    canvas.text(8, 12, unit, "unit")
    x_positions = np.array([across(share) for share in shares])
    ends: list[float] = []
    for column in np.argsort(-np.nan_to_num(curves[-1], nan=-np.inf), kind="stable"):
        heights = np.array([up(value) if np.isfinite(value) else np.nan for value in curves[:, column]])
        canvas.line(x_positions, heights, "thin median")
        if np.isfinite(curves[-1, column]):
            y = max(up(float(curves[-1, column])) + 4, (ends[-1] if ends else 0.0) + APART)
            canvas.text(across.end + 6, y, names[column])
            ends.append(y)
    return canvas
