"""How is a number put on paper? A small plotting canvas in SVG: scales, axes, bands, lines, dots and bars.

Written out by hand so that a page stays one file, its text can be searched and read aloud, and its colours follow the page.
"""

import math
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers between ``low`` and ``high``, at most about ``most``."""
    if not high > low:
        return [low]
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return powers of ten between ``low`` and ``high``, or of 1, 3 and 10 where few would fit."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = [10.0**k for k in range(first, last + 1)]
    if len(powers) > most:
        return powers[:: math.ceil(len(powers) / most)]
    if len(powers) >= 3:
        return powers
    return [v for k in range(first - 1, last + 1) for v in (10.0**k, 3 * 10.0**k) if low <= v <= high] or powers


def short(value: float) -> str:
    """Return a number as it stands at an axis."""
    text = f"{value / 1e6:g}m" if abs(value) >= 1e6 else f"{value / 1e3:g}k" if abs(value) >= 1e4 else f"{value:g}"
    return text.replace("-", "\u2212")


@dataclass(frozen=True)
class Scale:
    """A map from values to positions, linear or logarithmic; what lies outside is put at the edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the position of a value."""
        bounded = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(bounded / self.low) / math.log(self.high / self.low)
        else:
            share = (bounded - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


@dataclass
class Canvas:
    """A drawing with a title and a description for readers who cannot see it; coordinates are those of its view box."""

    width: float
    height: float
    title: str
    description: str
    marks: list[str] = field(default_factory=list)

    def add(self, name: str, content: str | None = None, **attributes: str | float) -> None:
        """Add one element; attribute names take ``_`` for ``-``, and ``kind`` for the class."""
        shown = "".join(
            f' {"class" if key == "kind" else key.replace("_", "-")}="{_coordinate(value)}"' for key, value in attributes.items()
        )
        self.marks.append(f"<{name}{shown}/>" if content is None else f"<{name}{shown}>{escape(content)}</{name}>")

    def text(
        self, x: float, y: float, content: str, kind: str = "tick", anchor: Literal["start", "middle", "end"] = "start"
    ) -> None:
        """Write ``content`` with its base line at (x, y)."""
        self.add("text", content, x=x, y=y, kind=kind, text_anchor=anchor)

    def band(self, x: Floats, low: Floats, high: Floats, kind: str) -> None:
        """Fill between two curves, leaving gaps where either is unknown."""
        known = np.isfinite(low) & np.isfinite(high)
        for part in _runs(known):
            upper = [f"{_round(a)},{_round(b)}" for a, b in zip(x[part], high[part], strict=True)]
            lower = [f"{_round(a)},{_round(b)}" for a, b in zip(x[part], low[part], strict=True)]
            self.add("path", d="M" + "L".join(upper + lower[::-1]) + "Z", kind=kind)

    def line(self, x: Floats, y: Floats, kind: str) -> None:
        """Draw a curve, leaving gaps where it is unknown."""
        for part in _runs(np.isfinite(y)):
            points = [f"{_round(a)},{_round(b)}" for a, b in zip(x[part], y[part], strict=True)]
            self.add("path", d="M" + "L".join(points), kind=kind)

    def rule(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """Draw a straight line."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, kind=kind)

    def dot(self, x: float, y: float, radius: float, kind: str, tip: str = "") -> None:
        """Draw a dot, with a tip that a pointer brings up."""
        if tip:
            self.marks.append(
                f'<circle cx="{_round(x)}" cy="{_round(y)}" r="{_round(radius)}" '
                f'class="{escape(kind)}"><title>{escape(tip)}</title></circle>'
            )
        else:
            self.add("circle", cx=x, cy=y, r=radius, kind=kind)

    def axes(self, across: Scale, up: Scale, x_ticks: list[float], y_ticks: list[float], unit: str = "") -> None:
        """Draw a frame of light grid lines with their numbers; the unit stands over the upright axis."""
        for value in y_ticks:
            y = up(value)
            self.rule(across.start, y, across.end, y, "grid")
            self.text(across.start - 5, y + 3.5, short(value), anchor="end")
        for value in x_ticks:
            self.rule(across(value), up.start, across(value), up.start + 4, "axis")
            self.text(across(value), up.start + 16, f"{value:.0f}", anchor="middle")
        self.rule(across.start, up.start, across.end, up.start, "axis")
        if unit:
            self.text(across.start - 5, up.end - 11, unit, "unit")

    def __html__(self) -> str:
        """Return the drawing for a template, which does not escape it again."""
        return self.svg()

    def svg(self) -> str:
        """Return the drawing as one element that scales with the page."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_round(self.width)} {_round(self.height)}" role="img">'
            f"<title>{escape(self.title)}</title><desc>{escape(self.description)}</desc>" + "".join(self.marks) + "</svg>"
        )


def _round(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _coordinate(value: str | float) -> str:
    return _round(value) if isinstance(value, int | float) else escape(value)


def _runs(known: NDArray[np.bool_]) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], known.astype(np.int8), [0]))))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
