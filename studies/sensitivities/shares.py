"""How are shares of variance on a posterior stored? As labelled arrays by factor, cluster and outcome, and as a tidy table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from calibration.weights import effective_size
from model.arrays import Floats
from model.config import Case
from studies.sensitivities.arrays import INDEX_MEANINGS, words
from studies.sensitivities.given import ALONE, SHARES
from studies.sensitivities.indices import GROWTH, TOLERANCE

STILL: Final = "does not vary in this cluster"
NOT_TOLD: Final = (
    "not told from luck: the best of as many factors that tell nothing comes as far once in twenty times, or further"
)
AXES: Final = ("index", "factor", "cluster", "outcome")
EACH: Final = AXES[2:]


class Studied(NamedTuple):
    """One cluster: its draws' weights (n,), its factors' quantities (n, members) by name, and its outcomes (n, k)."""

    case: Case
    weights: Floats
    factors: dict[str, Floats]
    outcomes: Floats


class Shared(NamedTuple):
    """What ``given.shares`` says of one cluster; and S1 on growing numbers of its draws, ``trail``, (growth, factors, k)."""

    studied: Studied
    value: Floats
    low: Floats
    high: Floats
    floor: Floats
    together: Floats
    trail: Floats


def assembled(clusters: Sequence[Shared], outcomes: Sequence[tuple[str, str, str]], attributes: Mapping[str, Any]) -> xr.Dataset:
    """Return the shares of all clusters as labelled arrays; a factor that does not vary in a cluster has none there.

    Parameters
    ----------
    clusters : the shares, cluster by cluster
    outcomes : name, unit and meaning of each outcome
    attributes : attributes of the dataset
    """
    factors = list(dict.fromkeys(name for one in clusters for name in one.studied.factors))
    coordinates = {
        "index": list(SHARES),
        "factor": factors,
        "cluster": [one.studied.case.name for one in clusters],
        "outcome": [name for name, _, _ in outcomes],
        "unit": ("outcome", [unit for _, unit, _ in outcomes]),
        "meaning": ("outcome", [meaning for _, _, meaning in outcomes]),
        "growth": list(GROWTH),
    }
    data = xr.Dataset(_by_factor(clusters, factors) | _by_outcome(clusters), coordinates, dict(attributes))
    data["index"].attrs["long_name"] = "; ".join(f"{name}: {INDEX_MEANINGS[name]}" for name in SHARES)
    return data


def _by_factor(clusters: Sequence[Shared], factors: Sequence[str]) -> dict[str, Any]:
    """Return the variables that exist for every factor, NaN where it does not vary."""
    variables = {
        "value": ("share of the variance of the outcome between draws", AXES),
        "low": ("5 % of the bootstrap over draws", AXES),
        "high": ("95 % of the bootstrap over draws", AXES),
        "trail": ("S1 on a share of the draws", ("growth", *AXES[1:])),
    }
    rows = [[factors.index(name) for name in one.studied.factors] for one in clusters]
    filled = {}
    for name, (meaning, axes) in variables.items():
        parts = [np.asarray(getattr(one, name)) for one in clusters]
        whole = np.full((len(parts[0]), len(factors), len(clusters), parts[0].shape[-1]), np.nan)
        for column, part in enumerate(parts):
            whole[:, rows[column], column] = part
        filled[name] = (axes, whole, words("1", meaning))
    return filled


def _by_outcome(clusters: Sequence[Shared]) -> dict[str, Any]:
    """Return the variables that exist for every outcome of every cluster."""
    floor = np.stack([one.floor for one in clusters], axis=1)
    largest = np.stack([np.nan_to_num(np.abs(one.trail[:-1] - one.trail[-1]).max(axis=(0, 1))) for one in clusters])
    return {
        "floor": (
            ("index", *EACH),
            floor,
            words("1", "what the best of the factors reaches by luck, but for once in twenty times"),
        ),
        "together": (
            EACH,
            np.stack([one.together for one in clusters]),
            words("1", "share that all factors explain together by lines"),
        ),
        "largest_change": (EACH, largest, words("1", "largest change of an S1 as draws were added")),
        "outcome_settled": (EACH, largest <= TOLERANCE, words("1", f"whether no S1 changed by more than {TOLERANCE}")),
        "constant": (EACH, np.isnan(floor).all(axis=0), words("1", "whether the outcome was the same in every draw")),
        "draws": ("cluster", [effective_size(one.studied.weights) for one in clusters], words("1", "effective number of draws")),
    }


def told(data: xr.Dataset) -> xr.DataArray:
    """Return which shares are told from luck: above what the best of as many factors that tell nothing reaches."""
    return data["value"] > data["floor"]


def share_table(data: xr.Dataset) -> dict[str, NDArray[Any]]:
    """Return the tidy table of shares: arrays of shape (rows,) by column, a row for each outcome, cluster, factor and index."""
    axes = ("outcome", "cluster", "factor", "index")
    whole = data[["value", "low", "high", "floor"]].assign(told=told(data))
    cells = {str(name): part.broadcast_like(data["value"]).transpose(*axes).values.ravel() for name, part in whole.items()}
    labels = [column.ravel() for column in np.meshgrid(*(data[name].values for name in axes), indexing="ij")]
    notes = np.where(np.isnan(cells["value"]), STILL, np.where(cells["told"], "", NOT_TOLD))
    return {**dict(zip(("outcome", "cluster", "parameter", "index"), labels, strict=True)), **cells, "note": notes}


def leading(data: xr.Dataset) -> Iterator[tuple[str, str, list[tuple[str, float]]]]:
    """Yield each cluster and outcome with the factors whose S1 is told from luck, and that share, the largest first."""
    first = data["value"].where(told(data)).sel(index=ALONE)
    for cluster in data["cluster"].values:
        for outcome in data["outcome"].values:
            one = first.sel(cluster=cluster, outcome=outcome).dropna("factor")
            order = np.argsort(-one.values, kind="stable")
            yield str(cluster), str(outcome), [(str(one["factor"].values[row]), float(one.values[row])) for row in order]
