"""How is a study stored? As labelled arrays of its design, its outcomes and every index, and as a tidy table of the indices."""

from collections.abc import Mapping, Sequence
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
    "unique": "share of the variance that is lost if all other factors are known and this one is not",
}
BELOW_ZERO: Final = "below zero by sampling error: a share of a variance is never negative"
ABOVE_TOTAL: Final = "above ST by sampling error: alone a factor explains no more than with its interactions"
UNSETTLED: Final = "not settled: still moving as points were added"
CONSTANT: Final = "the outcome was the same at every point"
GROUPED: Final = "not defined for a group of parameters"


def assemble(laboratory: Laboratory, findings: Findings, seen: Seen, attributes: dict[str, Any]) -> xr.Dataset:
    """Return a study as labelled arrays, with units and meanings in their attributes.

    Parameters
    ----------
    laboratory : the clusters, policies and measures
    findings : what the study says about every outcome of every scope, scope after scope
    seen : the outcomes of all histories
    attributes : attributes of the dataset
    """
    shape = (len(scope_names(laboratory)), len(laboratory.measures))
    variables = {
        name: (dims, values.reshape(*values.shape[:-1], *shape), {"units": unit, "long_name": meaning})
        for name, (dims, values, unit, meaning) in _by_scope(findings).items()
    }
    points = {
        "design": (("point", "parameter"), findings.plan.points, words("1", "probability under the parameter's prior")),
        "seen": (("point", "seed", "case", "outcome"), seen.measures, words("of the outcome", "outcome of one history")),
        "stopped": (("point", "seed", "case", "world"), seen.stopped, words("1", "whether the history outgrew the bound")),
    }
    data = xr.Dataset(points | variables, _coordinates(laboratory, findings), attributes)
    data["part"].attrs["long_name"] = "; ".join(f"{name}: {meaning}" for name, meaning in MEANINGS.items())
    data["index"].attrs["long_name"] = "; ".join(f"{name}: {INDEX_MEANINGS[name]}" for name in findings.indices)
    return data


def _by_scope(findings: Findings) -> dict[str, tuple[tuple[str, ...], NDArray[Any], str, str]]:
    """Return the variables that exist for every scope and outcome: dimensions, values, unit and meaning.

    The last axis of the values holds every outcome of every scope.
    """
    each = ("cluster", "outcome")
    one, split = ("index", "factor", *each), findings.split
    shares = ("part", *each)
    return {
        "value": (one, findings.value, "of the outcome for mu, mu_star and sigma; 1 for S1 and ST", "index"),
        "low": (one, findings.low, "of the index", "5 % of the bootstrap"),
        "high": (one, findings.high, "of the index", "95 % of the bootstrap"),
        "change": (one, findings.change, "1", "largest change on smaller shares; of Morris over the largest mu_star"),
        "settled": (one, findings.settled, "1", "whether the index has settled"),
        "trail": (("growth", *one), findings.trail, "of the index", "index on a share of the design"),
        "largest_change": (each, findings.largest_change, "1", "largest change of an index that must settle"),
        "leaders_stay": (each, findings.leaders_stay, "1", "whether the same factors led on every share"),
        "outcome_settled": (each, findings.outcome_settled, "1", "whether the outcome's indices have settled"),
        "constant": (each, findings.constant, "1", CONSTANT),
        "share": (shares, split.share, "1", "share of the variance of one history"),
        "share_low": (shares, split.low, "1", "5 % of the bootstrap over blocks of points"),
        "share_high": (shares, split.high, "1", "95 % of the bootstrap over blocks of points"),
        "variance": (each, split.variance, "of the outcome, squared", "variance of one history"),
    }


def _coordinates(laboratory: Laboratory, findings: Findings) -> dict[str, Any]:
    """Return the labels of all dimensions."""
    return {
        "parameter": list(findings.plan.problem.names),
        "group": ("parameter", list(findings.plan.problem.groups)),
        "factor": list(findings.plan.problem.factors),
        "index": list(findings.indices),
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
    """Return the scopes of outcomes: where there are several clusters, their mean comes first; then each cluster."""
    names = tuple(case.name for case in laboratory.cases)
    return names if len(names) == 1 else (ALL, *names)


def words(units: str, meaning: str) -> dict[str, str]:
    """Return the attributes that say what a variable is."""
    return {"units": units, "long_name": meaning}


def headline(data: xr.Dataset) -> xr.Dataset:
    """Return the part of a study that decides whether it has settled: the mean over clusters, or the only cluster."""
    return data.isel(cluster=0)


def settled(data: xr.Dataset) -> bool:
    """Return whether the indices of every outcome have settled, over the clusters together."""
    return bool(headline(data)["outcome_settled"].all())


def convergence_line(data: xr.Dataset) -> str:
    """Return a sentence that says whether the indices of a study, or of some of its outcomes, have settled."""
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
    """Return about how large luck alone can make a mu_star, for one outcome of one cluster in the outcome's unit.

    The difference of two points whose luck is independent has twice the variance of the interplay, over the seeds of a point.
    Points share their draws, so the true floor is lower, and it is zero for a parameter that nothing reads. The result is NaN
    where luck is unknown.
    """
    interplay = float(data["share"].sel(part="interplay") * data["variance"])
    if np.isnan(interplay):
        return interplay
    return float(np.sqrt(2 * max(interplay, 0.0) / data.sizes["seed"]) * np.sqrt(2 / np.pi) * 2 * (LEVELS - 1) / LEVELS)


def ranked(data: xr.Dataset) -> list[int]:
    """Return the positions of the factors of one outcome of one cluster, the one that matters most first, undefined ones last."""
    values = data["value"].sel(index=RANKING[str(data.attrs["method"])]).values
    return [int(factor) for factor in np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")]


def note(index: str, value: float, total: float, settled_here: bool, constant: bool) -> str:
    """Return the words that go with one index, empty where it needs none.

    Parameters
    ----------
    index : name of the index
    value : its value
    total : ST of the same factor, or NaN
    settled_here : whether the index has settled
    constant : whether the outcome was the same at every point
    """
    if constant:
        return CONSTANT
    if np.isnan(value):
        return GROUPED
    remarks = []
    if index in ("S1", "ST") and value < 0:
        remarks.append(BELOW_ZERO)
    if index == "S1" and value > total:
        remarks.append(ABOVE_TOTAL)
    if not settled_here:
        remarks.append(UNSETTLED)
    return "; ".join(remarks)


def index_table(data: xr.Dataset) -> dict[str, NDArray[Any]]:
    """Return the tidy table of indices: arrays of shape (rows,) by column, a row for each outcome, cluster, factor and index."""
    labels = [data[name].values for name in ("outcome", "cluster", "factor", "index")]
    value, low, high, calm = (
        data[name].transpose("outcome", "cluster", "factor", "index").values for name in ("value", "low", "high", "settled")
    )
    constant = data["constant"].transpose("outcome", "cluster").values
    shares = "ST" in labels[3]
    total = value[:, :, :, list(labels[3]).index("ST")] if shares else np.full(value.shape[:3], np.nan)
    rows = []
    for cell in np.ndindex(value.shape):
        names = tuple(axis[position] for axis, position in zip(labels, cell, strict=True))
        unit = "1" if shares else str(data["unit"].values[cell[0]])
        remark = note(str(names[3]), float(value[cell]), float(total[cell[:3]]), bool(calm[cell]), bool(constant[cell[:2]]))
        rows.append((*names, value[cell], low[cell], high[cell], bool(calm[cell]), unit, remark))
    return _columns(rows, ("outcome", "cluster", "parameter", "index", "value", "low", "high", "settled", "unit", "note"))


def undefined(table: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Return the rows of the table of indices that have no value for a reason that their note gives, bool, shape (rows,)."""
    grouped = (table["note"] == GROUPED) & np.isin(table["index"], ("mu", "sigma"))
    return np.asarray((table["note"] == CONSTANT) | grouped)


def _columns(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the columns of a table from its rows."""
    return {name: np.array([row[column] for row in rows]) for column, name in enumerate(names)}
