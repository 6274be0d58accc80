"""When is a cluster in which phase, and when does it improve? Shares of the histories in each phase, year by year, and the dates
at which improved firms come to employ half of the workers.
"""

from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats
from model.observe import PHASES
from studies.page.svg import Canvas, Scale, ticks

# From the bottom, so that the height of improvement is its share.
STACKED: Final = ("improvement", "expansion", "initiation", "survival", "extinct")
# Probabilities of the bounds of the central 90 %, and of the median.
BOUNDS: Final = (0.05, 0.5, 0.95)
TOP, BOTTOM, LEGEND, MARKER = 40.0, 122.0, 160.0, 27.0
LEGEND_LEFT, COLUMN = 44.0, 94.0


class Timing(NamedTuple):
    """When improved firms come to employ half of the workers.

    Attributes
    ----------
    low, middle, high : 5 %, 50 % and 95 % quantiles of the first such year (calendar years), among histories in which it comes
    chance : share of the histories in which it comes by the year ``last``
    """

    low: float
    middle: float
    high: float
    chance: float
    last: float


def timing(years: Floats, made: Floats) -> Timing | None:
    """Return when the transition comes, or None where it comes in no history.

    Parameters
    ----------
    years : float64, shape (t,); calendar years
    made : float64, shape (t,); share of the histories that have made the transition, which never falls
    """
    chance = float(made[-1]) if len(made) else 0.0
    if not chance > 0.0:
        return None
    low, middle, high = (float(years[np.argmax(made >= bound * chance * (1.0 - 1e-12))]) for bound in BOUNDS)
    return Timing(low, middle, high, chance, float(years[-1]))


def phases(title: str, years: Floats, shares: Floats, when: Timing | None, decision: float | None = None) -> Canvas:
    """Draw the share of the histories in each phase, one over the other, and above them the time of improvement.

    Parameters
    ----------
    years : float64, shape (t,); calendar years
    shares : float64, shape (phases, t); in the order of ``model.observe.PHASES``. What is missing to 1 has not begun, or was
        stopped
    when : the time of improvement; its median is a dot, its central 90 % a line
    decision : year after which the status quo is projected
    """
    canvas = Canvas(330, 184, title, f"{title}: share of draws in each phase over {years[0]:.0f}-{years[-1]:.0f}")
    across, up = Scale(float(years[0]), float(years[-1]), 44, 314), Scale(0.0, 1.0, BOTTOM, TOP)
    if decision is not None:
        canvas.add("rect", x=across(decision), y=TOP, width=across.end - across(decision), height=BOTTOM - TOP, kind="projection")
    canvas.axes(across, up, ticks(float(years[0]), float(years[-1]), 5), [0.0, 0.5, 1.0])
    canvas.text(across.start - 5, 12, "share of draws", "unit")
    x = np.array([across(year) for year in years])
    base = np.zeros(len(years))
    for name in STACKED:
        above = base + np.nan_to_num(shares[PHASES.index(name)])
        lower, upper = (np.array([up(value) for value in edge]) for edge in (base, above))
        canvas.band(x, lower, upper, f"phase {name}")
        base = above
    if when is not None:
        canvas.rule(across(when.low), MARKER, across(when.high), MARKER, "thin")
        tip = f"improved firms employ half of the workers: {when.middle:.0f} ({when.low:.0f} to {when.high:.0f})"
        canvas.dot(across(when.middle), MARKER, 4, "mean", tip)
    _legend(canvas)
    return canvas


def _legend(canvas: Canvas) -> None:
    """Write the name of each phase beside its shade, three in a line."""
    for index, name in enumerate(STACKED):
        x, y = LEGEND_LEFT + COLUMN * (index % 3), LEGEND + 16 * (index // 3)
        canvas.add("rect", x=x, y=y - 8, width=9, height=9, kind=f"phase {name}")
        canvas.text(x + 13, y, name)
