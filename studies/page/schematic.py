"""What does the paper's Figure 1 show? Its two curves, drawn anew without a scale: the number of firms and their profit by phase.

The shapes are ours, chosen to show the paper's words (WP 5703, sections III and IV); no number of the model enters.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from model.arrays import Floats
from studies.page.svg import Canvas, Scale

LEFT, RIGHT = 34.0, 626.0
# Shares of the axis of time at which the second and the third phase begin, and where the curves part.
EXPANSION, LAST, PARTING = 0.16, 0.56, 0.58
POINTS: Final = 121
# The first line of the last phase belongs to the solid curves, the second to the dotted ones.
LABELS: Final = (("initiation",), ("quantity expansion",), ("quality improvement (solid)", "or survival (dotted)"))


def _rise(time: Floats, middle: float, width: float) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-(time - middle) / width)), np.float64)


def firms(time: Floats, improves: bool) -> Floats:
    """Return the number of firms (share of the panel) at some times (shares of the axis), with or without improvement."""
    entered = 0.86 * _rise(time, 0.36, 0.075) + 0.02
    return entered * (1.0 - 0.66 * _rise(time, 0.74, 0.045)) if improves else entered


def profit(time: Floats, improves: bool) -> Floats:
    """Return the profit of a firm (share of the panel) at some times, with or without improvement."""
    earned = 0.1 + 0.78 * np.exp(-(((time - 0.2) / 0.17) ** 2))
    return earned + 0.62 * _rise(time, 0.76, 0.05) if improves else np.asarray(earned, np.float64)


def schematic() -> Canvas:
    """Draw both curves over the phases: solid with improvement, dotted without it."""
    told = (
        "A drawing without scale. The number of firms and profit rise at first; with entry profit falls. Solid: with improvement "
        "profit recovers, and firms become fewer and larger. Dotted: without it many small firms survive on low profit."
    )
    canvas = Canvas(640, 306, "The paper's Figure 1, drawn anew", told)
    across = Scale(0.0, 1.0, LEFT, RIGHT)
    for name, curve, top, bottom in (("number of firms", firms, 24.0, 124.0), ("profit of a firm", profit, 152.0, 252.0)):
        _panel(canvas, across, Scale(0.0, 1.0, bottom, top), name, curve)
    for start in (EXPANSION, LAST):
        canvas.rule(across(start), 24, across(start), 252, "zero")
    bounds = (0.0, EXPANSION, LAST, 1.0)
    for (first, last), lines in zip(pairwise(bounds), LABELS, strict=True):
        for row, words in enumerate(lines):
            canvas.text(0.5 * (across(first) + across(last)), 270 + 14 * row, words, "label", "middle")
    canvas.text(RIGHT, 302, "time (no scale)", "unit", "end")
    return canvas


def _panel(canvas: Canvas, across: Scale, up: Scale, name: str, curve: Callable[[Floats, bool], Floats]) -> None:
    """Draw one quantity: its common course, then the solid and the dotted course."""
    canvas.rule(across.start, up.start, across.end, up.start, "axis")
    canvas.rule(across.start, up.start, across.start, up.end, "axis")
    canvas.text(across.start, up.end - 8, f"{name} (no scale)", "unit")
    time = np.linspace(0.0, 1.0, POINTS)
    for improves, kind in ((True, "median"), (False, "median dotted")):
        shown = time if improves else time[time >= PARTING]
        canvas.line(
            np.array([across(value) for value in shown]), np.array([up(value) for value in curve(shown, improves)]), kind
        )
