"""How does a history look at a glance? As lines of blocks in a terminal, or as a PNG."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from execution.writing import write_atomic
from model.arrays import Floats
from model.observe import COLUMNS
from model.simulation import Histories
from model.surroundings import plots
from studies.page.svg import short

if TYPE_CHECKING:
    import xarray as xr

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
SHOWN: Final = (
    ("firms", "firms"),
    ("workers_per_firm", "workers a firm"),
    ("profitability", "profit / fixed cost"),
    ("price", "price"),
    ("improved_firms", "improved firms"),
    ("managerial_capital", "managerial capital (SD)"),
)


def sparkline(values: Floats, width: int = 60) -> str:
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
    """Return a picture of the first seed's history in text, one line a quantity."""
    first = histories.panels[0]
    years = histories.start_year + histories.since
    lines = [title, f"{'':24} {years[0]:.0f}{'':52}{years[-1]:.0f}"]
    for name, words in SHOWN:
        values = first[:, COLUMNS.index(name)]
        known = values[np.isfinite(values)]
        if len(known):
            lines.append(
                f"{words:>24} {sparkline(values):60} {_number(known[0])} → {_number(known[-1])} (max {_number(known.max())})"
            )
    return "\n".join(lines)


def save_plot(histories: "xr.Dataset", title: str, path: Path) -> None:
    """Write a PNG with one panel a quantity and one line a seed; whole or not at all."""
    with plots():
        import matplotlib
        from matplotlib.figure import Figure

    # What a file of settings in the working directory says is meant for other pictures.
    matplotlib.rcdefaults()
    matplotlib.use("Agg")
    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True)
    years = histories["year"]
    for axis, (name, words) in zip(axes.ravel(), SHOWN, strict=True):
        for seed in range(len(histories["seed"])):
            when = years if years.dims == ("time",) else years.isel(seed=seed)
            axis.plot(
                when, histories[name].isel(seed=seed), color="#0072b2", linewidth=1.4, alpha=max(0.15, 1 / len(histories["seed"]))
            )
        axis.set_title(words, loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#e4e8ee")
        axis.set_ylim(bottom=min(0.0, float(np.nanmin(histories[name]))))
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    write_atomic(path, lambda partial: figure.savefig(partial, dpi=150, metadata={"Software": None}))
