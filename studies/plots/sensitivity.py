"""Which factor decides an outcome? Its indices with their sampling errors: size and spread of effects, or shares of variance."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from model.calls import public
from studies.numbers import amount
from studies.page.palette import SERIES
from studies.plots.given import chosen, dataset
from studies.plots.style import MIDDLE, axes_for, dot, dress, finished, labelled_rows, rule
from studies.plots.telling import Told, source_of
from studies.sensitivities.arrays import INDEX_MEANINGS, ranked

if TYPE_CHECKING:
    import xarray as xr

FILE: Final = "sensitivity.nc"
# The indices that are drawn, by method, with the signs of the literature; the first one ranks the factors at a glance.
DRAWN: Final = {
    "morris": {"mu_star": "\u03bc*", "sigma": "\u03c3"},
    "sobol": {"ST": "total (ST)", "S1": "first order (S1)"},
    "given-data": {"S1": "alone (S1)", "unique": "beyond all others (unique)"},
}
MARKERS: Final = ("o", "D")
# Where the indices of a factor stand around its row, and the heights of a row and of what is around the rows (inches).
SHIFTS: Final = (-0.16, 0.16)
ROW, AROUND = 0.32, 1.1
MOST: Final = 15
NAMED: Final = 4
FLOOR: Final = " Dotted: what the best factor reaches once in twenty times where none tells anything; S1 left of it may be luck."


class Index(NamedTuple):
    """One index of one factor, with the ends of the central 90 % of its bootstrap."""

    factor: str
    name: str
    value: float
    low: float
    high: float


@public
def plot_sensitivity(
    data: "xr.Dataset | str | Path",
    outcome: str | None = None,
    *,
    cluster: str | None = None,
    most: int = MOST,
    ax: Any = None,
) -> Any:
    """Draw the indices of an outcome by factor, the one that matters most at the top.

    Parameters
    ----------
    data : what ``studies.sensitivity`` returns, or its run folder
    outcome : name of an outcome; the first if not given
    cluster : the mean over clusters, or one of them; the first of the data if not given
    most : how many factors
    ax : axes; a new figure if not given

    Returns
    -------
    axes

    Raises
    ------
    InputError
        If a name is unknown, or the data are another kind of result.
    """
    data = dataset(data, FILE, ("value", "low", "high", "factor", "index"), "studies.sensitivity")
    what, where = (_one_of(data, name, value) for name, value in (("outcome", outcome), ("cluster", cluster)))
    one, method = data.sel(outcome=what, cluster=where), str(data.attrs["method"])
    factors = [str(one["factor"].values[row]) for row in ranked(one)][:most]
    indices = [_index(one, factor, name) for name in DRAWN[method] for factor in factors]
    (axis,) = axes_for(ax, 1, 1, (7.0, ROW * len(factors) + AROUND))
    _draw(axis, indices, factors, DRAWN[method])
    _draw_floor(axis, one)
    labelled_rows(axis, factors)
    unit = str(one["unit"].item()) if method == "morris" else "share of the variance, 1"
    dress(axis, f"{what.replace('_', ' ')} ({where})", f"{' and '.join(DRAWN[method].values())} ({unit})")
    axis.legend(facecolor="white", edgecolor="none", framealpha=0.9, fontsize=MIDDLE, loc="lower right")
    return finished(ax, [axis], _told(what, where, method, indices, factors, unit, source_of(data.attrs)))


def _one_of(data: "xr.Dataset", name: str, value: str | None) -> str:
    """Return a label of the data, the first if none is chosen."""
    known = data[name].values
    return str(known[0]) if value is None else chosen(name, value, known)


def _index(one: "xr.Dataset", factor: str, name: str) -> Index:
    """Return an index; where the bootstrap is unknown, its ends are NaN."""
    cell = one.sel(factor=factor, index=name)
    return Index(factor, name, *(float(cell[which]) for which in ("value", "low", "high")))


def _draw(axis: Any, indices: list[Index], factors: list[str], signs: Mapping[str, str]) -> None:
    """Draw every index in the row of its factor, and zero, from which indices are read, inside the axes."""
    names = list(signs)
    for index in indices:
        number = names.index(index.name)
        height = factors.index(index.factor) + SHIFTS[number]
        rule(axis, "thick", (index.low, index.high), (height, height), SERIES[number])
        dot(axis, "mean", index.value, height, SERIES[number], MARKERS[number])
    for sign, colour, marker in zip(signs.values(), SERIES, MARKERS, strict=False):
        axis.plot([], [], color=colour, marker=marker, linestyle="none", label=sign)
    axis.axvline(0.0, color="none")


def _draw_floor(axis: Any, one: "xr.Dataset") -> None:
    """Draw how far luck comes, where that is known."""
    if "floor" in one:
        luck = float(one["floor"].sel(index="S1"))
        axis.axvline(luck, color=SERIES[0], linestyle=":", label="luck's best, once in 20 (S1)")


def _told(outcome: str, cluster: str, method: str, indices: list[Index], factors: list[str], unit: str, source: str) -> Told:
    names = list(dict.fromkeys(index.name for index in indices))
    meanings = "; ".join(f"{name}: {INDEX_MEANINGS[name]}" for name in names)
    caption = (
        f"What decides {outcome.replace('_', ' ')} ({cluster}), by factor, the one that matters most at the top. {meanings}. "
        "Thick line: sampling error, 90 % of the bootstrap over the design. An index without a dot is not defined."
        f"{FLOOR if method == 'given-data' else ''}"
    )
    leading = [index for factor in factors[:NAMED] for index in indices if index.factor == factor]
    told = [f"{one.factor} {one.name} {_between(one)}" for one in leading if np.isfinite(one.value)]
    alt = f"Leading factors of {outcome.replace('_', ' ')} ({cluster}), in {unit}: {'; '.join(told) or 'none is defined'}."
    return Told(caption, alt, source)


def _between(index: Index) -> str:
    return f"{amount(index.value)} ({amount(index.low)} to {amount(index.high)})"
