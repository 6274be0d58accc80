"""How is a comparison stored? As labelled arrays, so that any outcome of any history can be taken up again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from calibration.weights import FAN
from model.arrays import Floats
from model.config import Policy
from studies.policy.counterfactuals import SHOWN, STATES, Comparison
from studies.policy.outcomes import NAMES, OUTCOMES

# Net value of each history by years after the decision.
WORTH: Final = "net_value_by_year"
# What differs between structures; the rest belongs to the histories and is stored once.
BY_STRUCTURE = ["level", "weight", "after", "lost", WORTH]


def _padded(values: NDArray[Any], size: int, axis: int = 0) -> Floats:
    room = [(0, 0)] * values.ndim
    room[axis] = (0, size - values.shape[axis])
    return np.pad(np.asarray(values, np.float64), room, constant_values=np.nan)


def dataset(comparisons: Sequence[Comparison], horizon: int, policies: Mapping[str, Policy]) -> xr.Dataset:
    """Return comparisons under one structure as labelled arrays; clusters are padded with NaN to the longest."""
    count = max(len(item.histories) for item in comparisons)
    steps = max(len(item.years) for item in comparisons)
    kinds = list(comparisons[0].contrasts)
    arrays: dict[str, tuple[tuple[str, ...], list[Any]]] = {
        "level": (("policy", "history", "outcome"), [_padded(item.levels, count, 1) for item in comparisons]),
        WORTH: (("policy", "history", "years_after"), [_padded(item.worth, count, 1) for item in comparisons]),
        "weight": (("history",), [np.nan_to_num(_padded(item.weights, count)) for item in comparisons]),
        "draw": (("history",), [_padded(item.histories.draw, count) for item in comparisons]),
        "contrast": (
            ("kind", "history"),
            [np.array([_padded(item.contrasts[kind], count) for kind in kinds]).reshape(-1, count) for item in comparisons],
        ),
        "lost": ((), [item.lost for item in comparisons]),
        "path": (("quantity", "probability", "step"), [_padded(item.past, steps, 2) for item in comparisons]),
        "share": (("state", "step"), [_padded(item.shares, steps, 1) for item in comparisons]),
        "year": (("step",), [_padded(item.years, steps) for item in comparisons]),
        "after": (("policy", "quantity", "probability", "years_after"), [item.after for item in comparisons]),
    }
    data = xr.Dataset(
        {name: (("case", *dims), np.stack(values)) for name, (dims, values) in arrays.items()},
        coords={
            "case": [item.histories.case.name for item in comparisons],
            "policy": list(comparisons[0].policies),
            "outcome": list(NAMES),
            "kind": kinds,
            "quantity": list(SHOWN),
            "probability": list(FAN),
            "state": list(STATES),
            "years_after": np.arange(horizon + 1.0),
        },
    )
    return _described(data, horizon, comparisons[0].futures, policies)


def _described(data: xr.Dataset, horizon: int, futures: int, policies: Mapping[str, Policy]) -> xr.Dataset:
    names = [str(name) for name in data["policy"].values]
    data.attrs["horizon"], data.attrs["futures"] = horizon, futures
    data["policy"].attrs["titles"] = [policies[name].title for name in names]
    data["outcome"].attrs["units"] = [outcome.unit for outcome in OUTCOMES]
    data["outcome"].attrs["meanings"] = [outcome.meaning for outcome in OUTCOMES]
    data["years_after"].attrs["unit"] = "years after the decision"
    data["year"].attrs["unit"] = "calendar years"
    data["path"].attrs["meaning"] = "quantiles of the status quo at calendar years"
    data["share"].attrs["meaning"] = "shares of the weight, by phase and past the transition, of the status quo at calendar years"
    data["share"].attrs["unit"] = "1"
    data["after"].attrs["meaning"] = "quantiles by year after the decision"
    data[WORTH].attrs["meaning"] = "net value within so many years after the decision, discounted"
    data[WORTH].attrs["unit"] = "wage-years"
    return data


def described(data: xr.Dataset, dimension: str, attribute: str) -> dict[str, str]:
    """Return what an attribute of a dimension says of each of its labels, such as a policy's title."""
    # A list of one text comes back from a file as that text.
    told = np.atleast_1d(data[dimension].attrs[attribute])
    return dict(zip(map(str, data[dimension].values), map(str, told), strict=True))


def titles(data: xr.Dataset) -> dict[str, str]:
    """Return the titles of a stored result's policies by name, as they were when it was made."""
    return described(data, "policy", "titles")


def merged(comparisons: Sequence[Comparison], horizon: int, policies: Mapping[str, Policy]) -> xr.Dataset:
    """Return comparisons as one dataset; what belongs to a structure has the dimension ``structure``."""
    structures = list(dict.fromkeys(item.structure for item in comparisons))
    whole = [dataset([item for item in comparisons if item.structure == name], horizon, policies) for name in structures]
    several = xr.concat([part[BY_STRUCTURE] for part in whole], "structure")
    return whole[0].drop_vars(BY_STRUCTURE).merge(several.assign_coords(structure=[name or "base" for name in structures]))
