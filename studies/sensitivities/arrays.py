"""How is a study stored? Its design, what was seen and every index as labelled arrays, and the indices as a tidy table."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from studies.sensitivities.design import LEVELS
from studies.sensitivities.indices import GROWTH, RANKING, Findings
from studies.sensitivities.laboratory import ALL, Laboratory, Seen
from studies.sensitivities.split import MEANINGS, PARTS

INDEX_MEANINGS: Final = {
    "mu": "mean elementary effect: the sign tells the direction",
    "mu_star": "mean size of the elementary effects: how much the factor matters",
    "sigma": "spread of the elementary effects: how far the effect depends on where it is taken",
    "S1": "share of the variance that the factor explains alone",
    "ST": "share of the variance that would go if the factor were known, interactions counted",
}
BELOW_ZERO: Final = "below zero by sampling error: a share of a variance is never negative"
ABOVE_TOTAL: Final = "above ST by sampling error: alone a factor explains no more than with its interactions"
UNSETTLED: Final = "not settled: still moving as points were added"
CONSTANT: Final = "the outcome was the same at every point"
GROUPED: Final = "not defined for a group of parameters"


def assemble(laboratory: Laboratory, found: Findings, seen: Seen, attributes: dict[str, Any]) -> xr.Dataset:
    """Return a study as labelled arrays."""
    shape = (len(scope_names(laboratory)), len(laboratory.measures))
    variables = {
        name: (dims, values.reshape(*values.shape[:-1], *shape), {"units": unit, "long_name": meaning})
        for name, (dims, values, unit, meaning) in _by_scope(found).items()
    }
    points = {
        "design": (("point", "parameter"), found.plan.points, _words("1", "probability under the parameter's prior")),
        "seen": (("point", "seed", "case", "outcome"), seen.measures, _words("of the outcome", "outcome of one history")),
        "stopped": (("point", "seed", "case", "world"), seen.stopped, _words("1", "whether the history outgrew the bound")),
    }
    data = xr.Dataset(points | variables, _coordinates(laboratory, found), attributes)
    data["part"].attrs["long_name"] = "; ".join(f"{name}: {meaning}" for name, meaning in MEANINGS.items())
    data["index"].attrs["long_name"] = "; ".join(f"{name}: {INDEX_MEANINGS[name]}" for name in found.indices)
    return data


def _by_scope(found: Findings) -> dict[str, tuple[tuple[str, ...], NDArray[Any], str, str]]:
    """Return what there is for every cluster and outcome: dimensions, values whose last axis is both, unit, meaning."""
    each = ("cluster", "outcome")
    one, split = ("index", "factor", *each), found.split
    shares = ("part", *each)
    return {
        "value": (one, found.value, "of the outcome for mu, mu_star and sigma; 1 for S1 and ST", "index"),
        "low": (one, found.low, "of the index", "5 % of the bootstrap"),
        "high": (one, found.high, "of the index", "95 % of the bootstrap"),
        "change": (one, found.change, "1", "largest change on smaller shares; of Morris over the largest mu_star"),
        "settled": (one, found.settled, "1", "whether the index has settled"),
        "trail": (("growth", *one), found.trail, "of the index", "index on a share of the design"),
        "largest_change": (each, found.largest_change, "1", "largest change of an index that must settle"),
        "leaders_stay": (each, found.leaders_stay, "1", "whether the same factors led on every share"),
        "outcome_settled": (each, found.outcome_settled, "1", "whether the outcome's indices have settled"),
        "constant": (each, found.constant, "1", CONSTANT),
        "share": (shares, split.share, "1", "share of the variance of one history"),
        "share_low": (shares, split.low, "1", "5 % of the bootstrap over blocks of points"),
        "share_high": (shares, split.high, "1", "95 % of the bootstrap over blocks of points"),
        "variance": (each, split.variance, "of the outcome, squared", "variance of one history"),
    }


def _coordinates(laboratory: Laboratory, found: Findings) -> dict[str, Any]:
    return {
        "parameter": list(found.plan.problem.names),
        "group": ("parameter", list(found.plan.problem.groups)),
        "factor": list(found.plan.problem.factors),
        "index": list(found.indices),
        "growth": list(GROWTH),
        "part": list(PARTS),
        "case": [case.name for case in laboratory.cases],
        "cluster": list(scope_names(laboratory)),
        "outcome": [measure.name for measure in laboratory.measures],
        "unit": ("outcome", [measure.unit for measure in laboratory.measures]),
        "meaning": ("outcome", [measure.meaning for measure in laboratory.measures]),
        "world": ["status-quo", *(policy.name for policy in laboratory.policies)],
    }


def scope_names(laboratory: Laboratory) -> tuple[str, ...]:
    """Return over what outcomes are taken: the mean over clusters first, where there are several, then each."""
    names = tuple(case.name for case in laboratory.cases)
    return names if len(names) == 1 else (ALL, *names)


def _words(units: str, meaning: str) -> dict[str, str]:
    return {"units": units, "long_name": meaning}


def headline(data: xr.Dataset) -> xr.Dataset:
    """Return the part of a study that its verdict rests on: the mean over clusters, or the only one."""
    return data.isel(cluster=0)


def settled(data: xr.Dataset) -> bool:
    """Tell whether the indices of every outcome have settled, over the clusters together."""
    return bool(headline(data)["outcome_settled"].all())


def convergence_line(data: xr.Dataset) -> str:
    """Return whether the indices of one or more outcomes have settled, in a sentence: of a study, or of a part of one."""
    if bool(data["constant"].all()):
        return "nothing moved: no index is defined"
    change = float(data["largest_change"].max())
    scale = " of the largest mu*" if data.attrs["method"] == "morris" else ""
    if bool(data["outcome_settled"].all()):
        return f"indices have settled to \u00b1{max(change, 0.01):.2f}{scale}"
    size = f"{change:.2f}{scale}" if np.isfinite(change) else "not to be told, since half of the points show no variation"
    line = f"indices have NOT settled: the largest change over the last half is {size}"
    moved = data["leaders_stay"].values if data.attrs["method"] == "morris" else np.array(True)
    return line if bool(np.all(moved)) else f"{line}, and the leading factors changed"


def noise_floor(data: xr.Dataset) -> float:
    """Return about how large a mu_star luck alone can make, of one outcome of one cluster; NaN where luck is unknown.

    Two points whose luck is independent differ by twice the variance of its interplay, over the seeds of a point; points share
    their draws, so that the true floor is lower, and zero for a parameter that nothing reads.
    """
    interplay = float(data["share"].sel(part="interplay") * data["variance"])
    if np.isnan(interplay):
        return interplay
    return float(np.sqrt(2 * max(interplay, 0.0) / data.sizes["seed"]) * np.sqrt(2 / np.pi) * 2 * (LEVELS - 1) / LEVELS)


def ranked(data: xr.Dataset) -> list[int]:
    """Return the places of factors of one outcome of one cluster, the one that matters most first; unknown ones last."""
    values = data["value"].sel(index=RANKING[str(data.attrs["method"])]).values
    return [int(place) for place in np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")]


def note(index: str, value: float, total: float, settled_here: bool, constant: bool) -> str:
    """Return what a reader must know of one index; ``total`` is the factor's ST, or NaN."""
    if constant:
        return CONSTANT
    if np.isnan(value):
        return GROUPED
    said = []
    if index in ("S1", "ST") and value < 0:
        said.append(BELOW_ZERO)
    if index == "S1" and value > total:
        said.append(ABOVE_TOTAL)
    if not settled_here:
        said.append(UNSETTLED)
    return "; ".join(said)


def index_table(data: xr.Dataset) -> dict[str, NDArray[Any]]:
    """Return the tidy table of indices by column."""
    rows: list[tuple[Any, ...]] = []
    indices = [str(name) for name in data["index"].values]
    values, low, high, calm = (
        data[name].transpose("outcome", "cluster", "factor", "index").values for name in ("value", "low", "high", "settled")
    )
    constant = data["constant"].transpose("outcome", "cluster").values
    for kind, outcome in enumerate(data["outcome"].values):
        for scope, cluster in enumerate(data["cluster"].values):
            for factor, name in enumerate(data["factor"].values):
                for place, index in enumerate(indices):
                    at = (kind, scope, factor, place)
                    total = values[kind, scope, factor, indices.index("ST")] if "ST" in indices else np.nan
                    unit = str(data["unit"].values[kind]) if "ST" not in indices else "1"
                    said = note(index, values[at], total, bool(calm[at]), bool(constant[kind, scope]))
                    rows.append((outcome, cluster, name, index, values[at], low[at], high[at], bool(calm[at]), unit, said))
    return _columns(rows, ("outcome", "cluster", "parameter", "index", "value", "low", "high", "settled", "unit", "note"))


def _columns(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    return {name: np.array([row[place] for row in rows]) for place, name in enumerate(names)}
