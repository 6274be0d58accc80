"""How does an effect look in a cell, and who gains and who pays? Small drawings that are read at their own size on any screen."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from studies.numbers import MINUS
from studies.page.svg import Canvas, Scale, short, ticks

WIDTH: Final = 100.0
HEIGHT: Final = 16.0
# The ends of most intervals lie on the scale that all strips share; an arrow marks an end that lies beyond it.
ON_SCALE: Final = 0.9
ARROW: Final = 4.0
# What the ledger's drawing leaves to its labels at the left, and to each sign of its numbers at the right.
LABELS, SIGN = 112.0, 6.8
BAR: Final = 18.0


class Span(NamedTuple):
    """An effect with its 90 % interval and its Monte Carlo standard error, all in the unit of the strips."""

    mean: float
    low: float
    high: float
    mc_se: float


def shared_scale(spans: Sequence[Span]) -> Scale:
    """Return one scale for all strips: zero, every mean, and most of the intervals' ends lie on it."""
    known = [span for span in spans if all(map(math.isfinite, (span.mean, span.low, span.high)))]
    if not known:
        return Scale(-1.0, 1.0, 3.0, WIDTH - 3.0)
    means, lows, highs = (np.array([getattr(span, name) for span in known]) for name in ("mean", "low", "high"))
    low = min(0.0, float(means.min()), float(np.quantile(lows, 1 - ON_SCALE)))
    high = max(0.0, float(means.max()), float(np.quantile(highs, ON_SCALE)))
    margin = 0.04 * (high - low) or 1.0
    return Scale(low - margin, high + margin, 3.0, WIDTH - 3.0)


def strip(title: str, span: Span, across: Scale) -> Canvas:
    """Draw an effect: 90 % of the histories (thin), two Monte Carlo standard errors of the mean (thick), and the mean (dot)."""
    canvas = Canvas(WIDTH, HEIGHT, title, f"{title}: mean and central 90 % on the scale of the picture")
    y = HEIGHT / 2
    canvas.rule(across(0), 0, across(0), HEIGHT, "zero")
    if not math.isfinite(span.mean):
        return canvas
    if math.isfinite(span.low) and math.isfinite(span.high):
        canvas.rule(across(span.low), y, across(span.high), y, "thin")
        _arrow(canvas, across.start, -1.0, span.low < across.low)
        _arrow(canvas, across.end, 1.0, span.high > across.high)
    if math.isfinite(span.mc_se):
        canvas.rule(across(span.mean - 2 * span.mc_se), y, across(span.mean + 2 * span.mc_se), y, "thick")
    canvas.dot(across(span.mean), y, 3.2, "mean")
    return canvas


def _arrow(canvas: Canvas, x: float, direction: float, shown: bool) -> None:
    if shown:
        y, back = HEIGHT / 2, x - direction * ARROW
        canvas.line(np.array([back, x, back]), np.array([y - ARROW, y, y + ARROW]), "thin arrow")


def scale_strip(across: Scale, unit: str) -> Canvas:
    """Draw the scale that all strips share, once, with its numbers."""
    canvas = Canvas(WIDTH, 26, f"Scale of the picture, in {unit}", f"From {short(across.low)} to {short(across.high)} {unit}")
    canvas.rule(across.start, 4, across.end, 4, "axis")
    for value in ticks(across.low, across.high, 4):
        canvas.rule(across(value), 4, across(value), 8, "axis")
        canvas.text(across(value), 20, short(value), anchor="middle")
    return canvas


class Account(NamedTuple):
    """One column of a ledger: whose it is, and what they gain (or pay, below zero)."""

    whose: str
    gain: float


def ledger(title: str, accounts: Sequence[Account], total: Account, unit: str) -> Canvas:
    """Draw who gains and who pays, each bar beginning where the one before it ends, so that the last end is the total."""
    height = BAR * (len(accounts) + 1) + 8
    canvas = Canvas(330, height, title, f"{title}, in {unit}: {_told([*accounts, total])}")
    ends = np.cumsum([0.0, *(one.gain for one in accounts)])
    low, high = min(float(ends.min()), total.gain, 0.0), max(float(ends.max()), total.gain, 0.0)
    decimals = _decimals([*(one.gain for one in accounts), total.gain])
    longest = max(len(_fixed(one.gain, decimals)) for one in [*accounts, total])
    across = Scale(low, high if high > low else low + 1.0, LABELS, 330 - 10 - SIGN * longest)
    canvas.rule(across(0), 2, across(0), height - 2, "zero")
    for row, (one, begin) in enumerate(zip([*accounts, total], [*ends[:-1], 0.0], strict=True)):
        y, last = 4 + BAR * row, row == len(accounts)
        start, end = sorted((across(float(begin)), across(float(begin) + one.gain)))
        kind = "account total" if last else "account gains" if one.gain >= 0 else "account pays"
        if last:
            canvas.rule(LABELS, y - 1, 330, y - 1, "axis")
        canvas.text(LABELS - 6, y + 12, one.whose, "label", "end")
        canvas.add("rect", x=start, y=y + 2, width=max(end - start, 0.8), height=BAR - 6, kind=kind)
        canvas.text(328, y + 12, _fixed(one.gain, decimals), "label", "end")
    return canvas


def _told(accounts: Sequence[Account]) -> str:
    decimals = _decimals([one.gain for one in accounts])
    return "; ".join(f"{one.whose} {_fixed(one.gain, decimals)}" for one in accounts)


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals give the largest number three digits, at most three; all have as many, to be added up."""
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if largest <= 0 else min(3, max(0, 2 - math.floor(math.log10(largest))))


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:+,.{decimals}f}"
    return "0" if not any(digit in text for digit in "123456789") else text.replace("-", MINUS)
