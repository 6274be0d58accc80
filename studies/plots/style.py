"""How does every plot look, and where is it drawn? Axes that are given or made, the marks of the report, and no global setting.

A mark carries its name of ``studies.page.palette.MARKS`` as a label that no legend shows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import fill
from typing import Any, Final

import numpy as np

from model.arrays import Floats
from model.errors import InputError
from model.surroundings import plots
from studies.page.palette import COLOURS, MARKS
from studies.page.svg import short
from studies.plots.telling import Told, tell

# CSS pixels, in which the palette counts, are three quarters of a point.
POINTS: Final = 0.75
SMALL, MIDDLE, LARGE = 7.5, 8.5, 10.0
# Characters of the smallest text in an inch.
LETTERS: Final = 17
_PAPER: Final[ContextVar[bool]] = ContextVar("on_paper", default=False)


@contextmanager
def on_paper() -> Iterator[None]:
    """Make figures within that no window, no notebook and no list of open figures knows, by Matplotlib's own settings."""
    with plots():
        import matplotlib
    before = _PAPER.set(True)
    try:
        # What a file of settings in the working directory says is meant for other pictures.
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            yield
    finally:
        _PAPER.reset(before)


def axes_for(ax: Any, count: int, columns: int, size: tuple[float, float], **shared: bool) -> Any:
    """Return axes to draw on, as an array of ``count``: those given, or those of a new figure.

    Parameters
    ----------
    ax : axes, an array of axes, or None for a new figure with a constrained layout
    columns : columns of the new figure
    size : width and height of each of its axes (inches)
    shared : ``sharex`` and ``sharey`` of the new figure

    Raises
    ------
    InputError
        If what is given are no axes, or too few or too many.
    """
    if ax is None:
        return _new(count, columns, size, shared)
    given = np.atleast_1d(np.asarray(ax, object)).ravel()
    if not all(hasattr(axis, "errorbar") for axis in given):
        raise InputError("ax: holds what is no Matplotlib axes; give axes, or leave it out for a new figure")
    if len(given) != count:
        raise InputError(f"ax: {len(given)} axes: this plot draws on {count}; give as many, or leave it out for a new figure")
    return given


def _new(count: int, columns: int, size: tuple[float, float], shared: dict[str, Any]) -> Any:
    """Return the axes of a new figure; those that the grid has too many are taken away."""
    columns = min(columns, count)
    rows = -(-count // columns)
    whole = (size[0] * columns, size[1] * rows + 0.3)
    if _PAPER.get():
        from matplotlib.figure import Figure

        grid = Figure(figsize=whole, layout="constrained").subplots(rows, columns, squeeze=False, **shared)
    else:
        grid = _pyplot().subplots(rows, columns, figsize=whole, layout="constrained", squeeze=False, **shared)[1]
    axes = grid.ravel()
    for spare in axes[count:]:
        spare.remove()
    return axes[:count]


def _pyplot() -> Any:
    """Return Matplotlib's list of open figures, by which notebooks and windows show them.

    Matplotlib may have been imported before where its variables are hidden (``model.surroundings.plots``); the backend that the
    user's own variable names, as every notebook sets it, is then taken up.
    """
    import os

    import matplotlib
    from matplotlib import pyplot

    asked = os.environ.get("MPLBACKEND", "")
    if asked and not pyplot.get_fignums() and matplotlib.get_backend().lower() == "agg" != asked.lower():
        # A notebook's backend looks at this setting when it is loaded, and only then shows figures at the end of a cell.
        matplotlib.rcParams["backend"] = asked
        pyplot.switch_backend(asked)
    return pyplot


def finished(ax: Any, axes: Any, told: Told, title: str = "") -> Any:
    """Attach the words to the axes, write title and source on a new figure, and return what the caller gave, or the new axes."""
    tell(axes, told)
    if ax is not None:
        return ax
    figure = axes[0].figure
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=LARGE + 1, color=COLOURS["ink"])
    width = int(LETTERS * figure.get_figwidth())
    figure.supxlabel(fill(told.source, width), x=0.01, ha="left", fontsize=SMALL, color=COLOURS["soft"])
    return axes[0] if len(axes) == 1 else axes


def dress(axis: Any, title: str, across: str, up: str = "", grid: str = "x") -> None:
    """Give axes their title, the words of both axes with units, and light lines at round numbers of one of them."""
    axis.set_title(title, loc="left", fontsize=LARGE, color=COLOURS["ink"])
    axis.set_xlabel(across, fontsize=MIDDLE, color=COLOURS["soft"])
    axis.set_ylabel(up, fontsize=MIDDLE, color=COLOURS["soft"])
    axis.tick_params(labelsize=MIDDLE, labelcolor=COLOURS["ink"], color=MARKS["axis"].colour)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(MARKS["axis"].colour)
    axis.grid(axis=grid, color=MARKS["grid"].colour, linewidth=MARKS["grid"].width * POINTS)
    axis.set_axisbelow(True)


def short_numbers(axis: Any, most: int = 5) -> None:
    """Write round numbers below axes as the pages write them, so few that they stay apart."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(most))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(float(value))))


def labelled_rows(axis: Any, names: Sequence[str]) -> None:
    """Give a plot of rows its names, the first at the top."""
    axis.set_yticks(range(len(names)), names, fontsize=MIDDLE)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def rule(axis: Any, name: str, x: Sequence[float], y: Sequence[float], colour: str | None = None) -> None:
    """Draw a straight line as one kind of mark; nothing where an end is unknown."""
    if not np.isfinite([*x, *y]).all():
        return
    mark = MARKS[name]
    style = {"color": colour or mark.colour, "alpha": mark.opacity, "linewidth": mark.width * POINTS}
    axis.plot(x, y, label=f"_{name}", solid_capstyle="butt", **style)


def dot(axis: Any, name: str, x: float, y: float, colour: str | None = None, marker: str = "o") -> None:
    """Draw a dot as one kind of mark; nothing where it is unknown."""
    if np.isfinite([x, y]).all():
        style = {"color": colour or MARKS[name].colour, "markeredgecolor": COLOURS["paper"], "markeredgewidth": 0.7}
        axis.plot([x], [y], label=f"_{name}", marker=marker, markersize=5.5, linestyle="none", zorder=4, **style)


def estimate(axis: Any, row: float, middle: float, low: float, high: float, error: float, colour: str | None = None) -> None:
    """Draw a mean in a row: 90 % of the histories (thin), two Monte Carlo standard errors either way (thick), the mean (dot)."""
    rule(axis, "thin", (low, high), (row, row), colour)
    rule(axis, "thick", (middle - 2 * error, middle + 2 * error), (row, row), colour)
    dot(axis, "mean", middle, row, colour)


def fan(
    axis: Any,
    x: Floats,
    curves: Floats,
    colour: str | None = None,
    dashes: Any = "-",
    label: str = "_median",
    bands: bool = True,
) -> None:
    """Draw bands, unless only the median is wanted, and a median.

    Parameters
    ----------
    x : float64, shape (t,)
    curves : float64, shape (5, t); quantiles at ``calibration.weights.FAN``, with gaps where they are NaN
    """
    for name, low, high in (("band90", curves[0], curves[4]), ("band50", curves[1], curves[3])) if bands else ():
        mark = MARKS[name]
        area = {"color": colour or mark.colour, "alpha": mark.opacity, "linewidth": 0}
        axis.fill_between(x, low, high, label=f"_{name}", **area)
    mark = MARKS["median"]
    axis.plot(x, curves[2], color=colour or mark.colour, linewidth=mark.width * POINTS, linestyle=dashes, label=label)


def seen(axis: Any, x: float, value: float, low: float, high: float) -> None:
    """Draw an observed figure with the central 90 % of its error."""
    rule(axis, "error", (x, x), (low, high))
    dot(axis, "seen", x, value)


def decided(axis: Any, year: float) -> None:
    """Draw the date of the decision."""
    axis.axvline(year, color=COLOURS["soft"], linewidth=0.8, linestyle="--", label="_decision", zorder=1)
    axis.annotate("decision", (year, 1.0), xycoords=("data", "axes fraction"), fontsize=7, va="bottom", ha="center")
