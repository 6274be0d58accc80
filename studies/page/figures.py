"""What does each figure of the report show? Fans over time, prior beside posterior, ranks of the table, policies side by side."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats
from studies.page.svg import Canvas, Scale, log_ticks, short, ticks

FONT_ROW: Final = 20.0
# How far beyond the upper quartile a linear fan is drawn.
CUT: Final = 2.0
HALF_WIDTH_90: Final = 1.6448536269514722


def gutter(labels: Sequence[str]) -> float:
    """Return the room that labels of 12 px need at the left."""
    return max(120.0, 14.0 + 6.9 * max((len(label) for label in labels), default=0))


class Observed(NamedTuple):
    """An observed figure with the central 90 % of its error."""

    year: float
    value: float
    low: float
    high: float
    label: str


class Row(NamedTuple):
    """One line of a forest: a label, a mean with its 90 % interval and Monte Carlo error, and a word beside it."""

    label: str
    mean: float
    low: float
    high: float
    mc_se: float
    note: str = ""


def fan(
    title: str,
    years: Floats,
    curves: Floats,
    unit: str,
    observed: Sequence[Observed] = (),
    decision: float | None = None,
    log: bool = False,
    beside: Floats | None = None,
) -> Canvas:
    """Draw a fan over calendar time.

    Parameters
    ----------
    years : float64, shape (t,); calendar years
    curves : float64, shape (5, t); quantiles at ``calibration.weights.FAN``, NaN before a cluster's start
    observed : figures of the table, drawn with error bars
    decision : year after which the fan is a projection under the status quo
    log : whether the upright axis is logarithmic
    beside : float64, shape (5, k); curves of other fans that the upright axis has to hold as well
    """
    canvas = Canvas(330, 210, title, f"{title}: median and central 50 and 90 % over {years[0]:.0f}-{years[-1]:.0f}, in {unit}")
    across = Scale(float(years[0]), float(years[-1]), 44, 314)
    up = _upright(curves if beside is None else beside, observed, log)
    marks = log_ticks(up.low, up.high) if log else ticks(up.low, up.high, 4)
    if decision is not None:
        canvas.add(
            "rect", x=across(decision), y=up.end, width=across.end - across(decision), height=up.start - up.end, kind="projection"
        )
    canvas.axes(across, up, ticks(float(years[0]), float(years[-1]), 5), marks, unit)
    x_positions = np.array([across(year) for year in years])
    low, lower, middle, upper, high = (_heights(up, curve, log) for curve in curves)
    canvas.band(x_positions, low, high, "band90")
    canvas.band(x_positions, lower, upper, "band50")
    canvas.line(x_positions, middle, "median")
    if not log and up.low < 0 < up.high:
        canvas.rule(across.start, up(0), across.end, up(0), "zero")
    _add_observed(canvas, across, up, observed)
    return canvas


def _add_observed(canvas: Canvas, across: Scale, up: Scale, observed: Sequence[Observed]) -> None:
    for seen in observed:
        x = across(seen.year)
        canvas.rule(x, up(seen.low), x, up(seen.high), "error")
        canvas.dot(x, up(seen.value), 4, "seen", seen.label)


def _heights(up: Scale, curve: Floats, log: bool) -> Floats:
    floor = up.low if log else -np.inf
    return np.array([up(max(value, floor)) if np.isfinite(value) else np.nan for value in curve])


def _upright(curves: Floats, observed: Sequence[Observed], log: bool) -> Scale:
    values = np.concatenate([curves[np.isfinite(curves)], [v for seen in observed for v in (seen.low, seen.high)]])
    if len(values) == 0:
        return Scale(1.0 if log else 0.0, 10.0 if log else 1.0, 182, 24, log)
    if log:
        low, high = max(float(values.min()), 1.0), max(float(values.max()), 10.0)
        return Scale(low / 1.15, max(high, 5 * low) * 1.15, 182, 24, True)
    # A band that runs far beyond the upper quartile is cut at the frame, so that the middle can be read.
    quartile = float(np.nanmax(curves[3])) if np.isfinite(curves[3]).any() else float(values.max())
    low, high = min(float(values.min()), 0.0), float(values.max())
    if quartile > 0:
        high = min(high, CUT * quartile)
        low = max(low, -CUT * quartile)
    margin = 0.06 * (high - low) or 1.0
    return Scale(low - (margin if low < 0 else 0.0), high + margin, 182, 24)


def contraction(names: Sequence[str], quantiles: Floats, errors: Floats, moved: Sequence[str]) -> Canvas:
    """Draw each parameter's posterior on the scale of its prior.

    Parameters
    ----------
    names : parameters, from the top; p of them
    quantiles : float64, shape (p, 5); posterior quantiles at ``calibration.weights.FAN``, as standard normal scores of the prior
    errors : float64, shape (p,); Monte Carlo standard errors of the medians, in the same scores
    moved : what these data did to each parameter, in a few words
    """
    height = 52 + FONT_ROW * len(names)
    canvas = Canvas(
        800, height, "Prior and posterior", "Posterior quantiles of every calibrated parameter in standard scores of its prior"
    )
    across = Scale(-3.0, 3.0, 215, 565)
    canvas.add(
        "rect",
        x=across(-HALF_WIDTH_90),
        y=22,
        width=across(HALF_WIDTH_90) - across(-HALF_WIDTH_90),
        height=height - 50,
        kind="prior",
    )
    for score in range(-3, 4):
        canvas.rule(across(score), 22, across(score), height - 28, "zero" if score == 0 else "grid")
        canvas.text(across(score), height - 12, short(score), anchor="middle")
    canvas.text(
        across(0), 14, "prior median = 0, one prior standard deviation = 1; shaded: central 90 % of the prior", "unit", "middle"
    )
    for row, (name, curve, error, word) in enumerate(zip(names, quantiles, errors, moved, strict=True)):
        y = 36 + FONT_ROW * row
        low, lower, middle, upper, high = (across(float(value)) for value in curve)
        canvas.text(205, y + 4, name, "label", "end")
        canvas.add("rect", x=lower, y=y - 5, width=upper - lower, height=10, kind="band50")
        canvas.rule(low, y, high, y, "thin")
        canvas.rule(across(float(curve[2]) - 2 * float(error)), y, across(float(curve[2]) + 2 * float(error)), y, "thick")
        canvas.dot(middle, y, 3.5, "mean", f"{name}: posterior median {curve[2]:+.2f} prior standard deviations")
        canvas.text(577, y + 4, word, "tick")
    return canvas


def ranks(rows: Sequence[str], columns: Sequence[str], shares: Floats, tips: Sequence[Sequence[str]]) -> Canvas:
    """Draw where each observed figure lies in its predictive distribution.

    Parameters
    ----------
    rows, columns : labels of clusters and of kinds of figure
    shares : float64, shape (rows, columns); shares of the predictive distribution below the figure, NaN where there is none
    tips : words for each dot, one sequence a row
    """
    left, cell = gutter(rows), 130.0
    width, height = left + cell * len(columns) + 10, 40 + FONT_ROW * len(rows) + 10
    canvas = Canvas(
        width, height, "Coverage of Table 2", "Rank of every figure of Table 2 in its posterior predictive distribution"
    )
    for column, name in enumerate(columns):
        across = Scale(0.0, 1.0, left + cell * column + 8, left + cell * (column + 1) - 8)
        canvas.text((across.start + across.end) / 2, 14, name, "label", "middle")
        canvas.add("rect", x=across(0.05), y=24, width=across(0.95) - across(0.05), height=height - 34, kind="prior")
        canvas.rule(across(0.5), 24, across(0.5), height - 10, "zero")
        for row in range(len(rows)):
            y, share = 38 + FONT_ROW * row, float(shares[row, column])
            canvas.rule(across.start, y, across.end, y, "grid")
            if np.isfinite(share):
                inside = 0.05 <= share <= 0.95
                canvas.dot(across(share), y, 4, "mean" if inside else "missed", tips[row][column])
    for row, name in enumerate(rows):
        canvas.text(left - 10, 42 + FONT_ROW * row, name, "label", "end")
    return canvas


def spots(title: str, rows: Sequence[str], chances: Sequence[Sequence[tuple[float, str]]]) -> Canvas:
    """Draw chances between 0 and 1 as dots, one row for each label.

    Parameters
    ----------
    rows : labels, from the top
    chances : for each row its chances, each with the words that its dot shows
    """
    left = gutter(rows)
    width, height = left + 330, 48 + FONT_ROW * len(rows)
    canvas = Canvas(width, height, title, f"{title}: chance that each holds, one dot a cluster")
    across = Scale(0.0, 1.0, left + 8, width - 16)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        canvas.rule(across(share), 8, across(share), height - 36, "zero" if share == 0.5 else "grid")
        canvas.text(across(share), height - 20, f"{100 * share:.0f}", anchor="middle")
    canvas.text(across.end, height - 5, "chance that it holds (%)", "unit", "end")
    for row, (name, dots) in enumerate(zip(rows, chances, strict=True)):
        y = 18 + FONT_ROW * row
        canvas.text(left - 8, y + 4, name, "label", "end")
        for chance, words in dots:
            canvas.dot(across(chance), y, 3.5, "mean", words)
    return canvas


def forest(title: str, rows: Sequence[Row], unit: str, width: float = 480) -> Canvas:
    """Draw each row's mean with its 90 % interval (thin line) and two Monte Carlo standard errors either way (thick line)."""
    height = 48 + FONT_ROW * len(rows)
    canvas = Canvas(width, height, title, f"{title}, in {unit}")
    known = np.array([v for row in rows for v in (row.low, row.high, row.mean) if np.isfinite(v)] + [0.0])
    margin = 0.05 * float(known.max() - known.min()) or 1.0
    left = gutter([row.label for row in rows])
    right = width - 6.2 * max((len(row.note) for row in rows), default=0) - 6
    across = Scale(float(known.min()) - margin, float(known.max()) + margin, left, right - 8)
    for value in ticks(across.low, across.high, 4):
        canvas.rule(across(value), 8, across(value), height - 36, "grid")
        canvas.text(across(value), height - 20, short(value), anchor="middle")
    canvas.rule(across(0), 8, across(0), height - 36, "zero")
    canvas.text(across.end, height - 5, unit, "unit", "end")
    for index, row in enumerate(rows):
        y = 18 + FONT_ROW * index
        canvas.text(left - 8, y + 4, row.label, "label", "end")
        canvas.text(right, y + 4, row.note, "tick")
        if not np.isfinite(row.mean):
            continue
        if np.isfinite(row.low):
            canvas.rule(across(row.low), y, across(row.high), y, "thin")
        if np.isfinite(row.mc_se):
            canvas.rule(across(row.mean - 2 * row.mc_se), y, across(row.mean + 2 * row.mc_se), y, "thick")
        canvas.dot(
            across(row.mean),
            y,
            3.5,
            "mean",
            f"{row.label}: {row.mean:,.3g} (MC s.e. {row.mc_se:.2g}; 90 % {row.low:,.3g} to {row.high:,.3g})",
        )
    return canvas


def chances(rows: Sequence[str], columns: Sequence[str], shares: Floats, best: NDArray[np.int64]) -> Canvas:
    """Draw the chance of being the best policy, as a shade and a number in each cell.

    Parameters
    ----------
    rows, columns : labels of clusters and of policies
    shares : float64, shape (rows, columns); chances between 0 and 1, NaN where a policy was not compared
    best : int64, shape (rows,); the column that is framed in each row
    """
    left, top, cell, tall = gutter(rows), 22.0 + 0.62 * gutter(columns), 62.0, 24.0
    canvas = Canvas(
        left + cell * len(columns) + 0.8 * gutter(columns),
        top + tall * len(rows) + 8,
        "Chance of being best",
        "Chance that each policy is the best, by cluster",
    )
    for column, name in enumerate(columns):
        x = left + cell * (column + 0.5)
        canvas.add("text", name, x=x, y=top - 8, kind="label", transform=f"rotate(-38 {x:.0f} {top - 8:.0f})")
    for row, name in enumerate(rows):
        y = top + tall * row
        canvas.text(left - 10, y + 16, name, "label", "end")
        for column in range(len(columns)):
            share = float(shares[row, column])
            x = left + cell * column
            if not np.isfinite(share):
                continue
            canvas.add(
                "rect", x=x + 1, y=y + 1, width=cell - 2, height=tall - 2, kind="cell", fill_opacity=f"{0.06 + 0.8 * share:.2f}"
            )
            canvas.text(x + cell / 2, y + 16, f"{100 * share:.0f}", "celltext strong" if share > 0.55 else "celltext", "middle")
            if column == int(best[row]):
                canvas.add("rect", x=x + 1, y=y + 1, width=cell - 2, height=tall - 2, kind="frame")
    return canvas
