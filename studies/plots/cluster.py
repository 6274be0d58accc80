"""How did a cluster's histories go? A panel a quantity, a line a seed, the decision, and what was observed."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.arrays import Floats
from model.calls import public
from model.observe import UNITS
from model.schema import Case
from studies.numbers import amount
from studies.page.palette import MARKS
from studies.page.pictures import SHOWN, Point, observed_points
from studies.plots.given import dataset, known_case, several
from studies.plots.style import POINTS, axes_for, decided, dress, finished, seen
from studies.plots.telling import Told, key, listed

if TYPE_CHECKING:
    import xarray as xr

WORDS: Final = dict(SHOWN)
# A line is never fainter than this, however many there are.
FAINTEST: Final = 0.15


@public
def plot_cluster(
    histories: "xr.Dataset | str | Path",
    case: Case | None = None,
    *,
    quantities: Sequence[str] | str = tuple(WORDS),
    ax: Any = None,
) -> Any:
    """Draw histories of one cluster over time, one line a seed, with the figures that were observed of it.

    Parameters
    ----------
    histories : what ``model.simulate`` returns, or a netCDF file that ``takeoff simulate --out`` wrote
    case : what was observed; the case of the tables that has the same title if not given
    quantities : variables of the panel, one axes each
    ax : as many axes as quantities; a new figure with two columns if not given

    Returns
    -------
    axes, or an array of axes

    Raises
    ------
    InputError
        If a quantity is unknown, or the histories are another kind of result.
    """
    data = dataset(histories, "", ("firms", "seed", "year"), "model.simulate")
    names = several("quantities", quantities, [name for name, one in data.data_vars.items() if one.dims == ("seed", "time")])
    of, shown = known_case(str(data.attrs.get("case", "")), case), str(data.attrs.get("case", "a cluster"))
    points = [] if of is None else list(observed_points(of))
    decision, years = float(data.attrs.get("decision", math.nan)), np.asarray(data["year"].values, np.float64)
    axes = axes_for(ax, len(names), 2, (4.5, 2.5), sharex=True)
    for axis, name in zip(axes, names, strict=True):
        _draw(axis, years, np.asarray(data[name].values, np.float64), [one for one in points if one.name == name])
        dress(axis, WORDS.get(name, name.replace("_", " ")), "calendar year", UNITS[name], "y")
        if years[0] <= decision <= years[-1]:
            decided(axis, decision)
    policy = str(data.attrs.get("policy", ""))
    whose = f"{shown}: {policy.lower()}" if policy else shown
    return finished(ax, axes, _told(data, names, points, whose), whose)


def _draw(axis: Any, years: Floats, values: Floats, points: list[Point]) -> None:
    """Draw one quantity: ``values`` has shape (seeds, quarters + 1)."""
    mark = MARKS["median"]
    for line in values:
        axis.plot(years, line, color=mark.colour, linewidth=mark.width * POINTS, alpha=max(FAINTEST, len(values) ** -0.5))
    for point in points:
        seen(axis, point.time, point.value, point.low, point.high)
    known = values[np.isfinite(values)]
    axis.set_ylim(bottom=min(0.0, float(known.min())) if len(known) else 0.0)


def _told(data: "xr.Dataset", names: list[str], points: list[Point], title: str) -> Told:
    count = data.sizes["seed"]
    about = f"{title}: {count} {'history' if count == 1 else 'histories'} by calendar year, one line a seed"
    marks = f" {key('seen', 'error')}" if points else ""
    ends = [f"{WORDS.get(name, name)} {_ends(np.asarray(data[name].values, np.float64))} {UNITS[name]}" for name in names]
    observed = [f"{WORDS.get(one.name, one.name)} {amount(one.value)} in {one.time:g}" for one in points if one.name in names]
    alt = f"{about}. From first to last year, means over seeds: {'; '.join(ends)}."
    alt += f" Observed: {listed(observed)}." if observed else ""
    return Told(f"{about}. The dashed line is the decision.{marks}", alt, source_of_histories(data))


def _ends(values: Floats) -> str:
    first, last = (float(np.mean(end[np.isfinite(end)])) if np.isfinite(end).any() else math.nan for end in values.T[[0, -1]])
    return f"{amount(first)} to {amount(last)}"


def source_of_histories(data: "xr.Dataset") -> str:
    """Return what histories are: they stand on no posterior, unless their file says so."""
    label = data.attrs.get("label")
    return str(label) if label else f"Simulated, on no posterior; parameters: {data.attrs.get('parameters', 'not told')}"
