"""What does an error of the posterior cost each method, as a picture? Cost across, errors up, both on log scales."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.calibration.curves import MEASURES, Point, curves
from studies.page.palette import COLOURS, series
from studies.page.svg import short
from studies.plots.paper import save_plot
from studies.plots.style import POINTS, SMALL, axes_for, dress, finished
from studies.plots.telling import Told

PICTURE: Final = Path(__file__).resolve().parents[2] / "docs" / "figures" / "calibration-benchmark.png"
# There are fewer colours than methods, so shapes differ too.
SHAPES: Final = "osD^vPX"
TITLES: Final = {
    "mean_error": "error of means (posterior SDs)",
    "sd_error": "error of SDs (posterior SDs)",
    "c2st": "C2ST (0.5: cannot be told apart)",
}


def plot_costs(about: dict[str, Any], ax: Any = None) -> Any:
    """Draw the errors of every method against processor seconds, a panel for each measure; see ``studies.plots``."""
    axes, found = axes_for(ax, len(MEASURES), len(MEASURES), (3.4, 3.4)), curves(about["rows"])
    prior = next(row for row in about["rows"] if row["method"] == "the prior")
    for axis, measure in zip(axes, MEASURES, strict=True):
        for number, (method, points) in enumerate(found.items()):
            _line(axis, points, measure, number, method)
        axis.axhline(prior[measure], color=COLOURS["soft"], linewidth=0.8, label="the prior itself")
        axis.set_xscale("log")
        if measure != "c2st":
            axis.set_yscale("log")
        dress(axis, TITLES[measure], "processor seconds", grid="both")
        for scale in (axis.xaxis, *([axis.yaxis] if measure != "c2st" else [])):
            _number(scale)
    names = axes[0].get_legend_handles_labels()
    axes[0].figure.legend(*names, loc="outside upper center", ncols=len(names[0]), frameon=False, fontsize=SMALL)
    return finished(ax, axes, words(about, found))


def _number(scale: Any) -> None:
    """Write a log scale's marks as plain numbers, at 1, 2 and 5 of each power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    scale.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    scale.set_major_formatter(FuncFormatter(lambda value, _: short(float(value))))
    scale.set_minor_formatter(NullFormatter())


def _line(axis: Any, points: Sequence[Point], measure: str, number: int, label: str) -> None:
    """Draw a method: medians joined, and from the least to the largest of the seeds."""
    colour, dashes = series(number)
    x, y = [point.cost.median for point in points], [point.errors[measure].median for point in points]
    axis.plot(
        x,
        y,
        color=colour,
        linestyle=dashes,
        linewidth=2.0 * POINTS,
        marker=SHAPES[number % len(SHAPES)],
        markersize=4.5,
        label=label,
    )
    for across, point in zip(x, points, strict=True):
        told = point.errors[measure]
        axis.plot([across] * 2, [told.least, told.largest], color=colour, linewidth=1.5 * POINTS, label="_spread")


def words(about: dict[str, Any], found: dict[str, list[Point]]) -> Told:
    """Return what the picture says."""
    numbers = "; ".join(
        f"{name}: " + ", ".join(f"{point.cost.median:.0f} s, means {point.errors['mean_error'].median:.3f}" for point in points)
        for name, points in found.items()
    )
    caption = (
        "Error of the posterior against processor seconds, by method. Dots are medians over seeds and bars reach from the least "
        "to the largest; grey: the prior as an answer. Lower and further left is better. Our road with programs compiled before, "
        "where several seeds ran."
    )
    return Told(caption, numbers, f"python -m benchmarks.calibration, {about['date']}, {about['machine']['processor']}")


def draw(about: dict[str, Any], path: Path = PICTURE) -> None:
    """Write the picture."""
    save_plot(path, plot_costs, about, dpi=120)
