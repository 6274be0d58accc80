"""Does the ranking of policies survive another structure of the model? Comparisons on several posteriors, and on their mixture.

Each posterior has its own structure, and policies were compared on each. The mixture takes the histories of all, each with its
posterior's stacking weight (``calibration.alternatives``): who does not know which structure is right decides by it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from calibration.alternatives import Alternative
from calibration.weights import normalised
from execution import netcdf
from execution.labels import provenance, verdict_of
from execution.run import checked, holds, read_manifest, revised
from model.arrays import Floats
from model.errors import InputError
from studies.files.labels import sidecar_of
from studies.files.tables import write_table
from studies.policy.compare import POLICIES, columns_of
from studies.policy.outcomes import BY_NAME, RANKED_BY
from studies.policy.standings import standings

ALTERNATIVES: Final = "alternatives.csv"
FILES: Final = (ALTERNATIVES, sidecar_of(Path(ALTERNATIVES)).name)
# What stands for a structure's name in the rows of the first posterior, and of the mixture.
MAIN: Final = "main"
STACKED: Final = "stacked"
UNITS: Final = {"mean": "wage-years", "mc_se": "wage-years", "expected_regret": "wage-years", "weight": "1", "p_best": "1"}


@dataclass(frozen=True)
class Ranked:
    """One line of ``alternatives.csv``: a policy's net value in a cluster, under one structure or under the mixture.

    Attributes
    ----------
    structure : what the posterior chooses otherwise than the first, ``main`` for the first, ``stacked`` for the mixture
    weight : its stacking weight
    mean, mc_se, p_best, expected_regret, unbeaten : as in ``decision.csv``, among the policies that all posteriors compared
    """

    case: str
    structure: str
    weight: float
    policy: str
    mean: float
    mc_se: float
    p_best: float
    expected_regret: float
    unbeaten: int


class Survival(NamedTuple):
    """Whether a cluster's leader is kept.

    Attributes
    ----------
    case, leader : the cluster, and the policy with the highest expected net value under the first structure
    leaders : by structure, which policy leads there
    unbeaten : whether the first leader belongs to the set that cannot be beaten under every structure and under the mixture
    """

    case: str
    leader: str
    leaders: dict[str, str]
    unbeaten: bool


def structure_names(compared: Sequence[Alternative]) -> list[str]:
    """Return a name for each alternative: what it chooses otherwise than the first one; ``main`` is the first."""
    first = compared[0].structures
    names = [MAIN]
    for one in compared[1:]:
        other = [f"{name}={option}" for name, option in one.structures.items() if first.get(name) != option]
        names.append(", ".join(other) or Path(one.folder).name)
    return names


def have_policies(compared: Sequence[Alternative]) -> bool:
    """Whether policies were compared on all of these posteriors."""
    return all(holds(Path(one.folder), POLICIES) for one in compared)


def compare_rankings(compared: Sequence[Alternative]) -> list[Ranked]:
    """Rank policies under each structure and under their mixture, and write ``alternatives.csv`` beside the first comparison.

    Raises
    ------
    InputError
        If policies were not compared on every posterior, or not over the same years, or no policy is common to all.
    DamagedRun
        If a comparison was changed or cannot be read.
    """
    folders = [Path(one.folder) for one in compared]
    several = [netcdf.read(checked(folder, POLICIES)).isel(structure=0, missing_dims="ignore") for folder in folders]
    for folder, other in zip(folders[1:], several[1:], strict=True):
        check_alike(folders[0], several[0], folder, other)
    weights = np.array([one.weight for one in compared])
    rows = list(rankings(several, structure_names(compared), weights))
    with revised(folders[0], FILES):
        write_table(folders[0] / ALTERNATIVES, columns_of(Ranked, rows), UNITS, _label(compared), ("mean", "p_best"))
    return rows


def check_alike(folder: Path, one: xr.Dataset, other_folder: Path, other: xr.Dataset) -> None:
    """Check that two comparisons can be set side by side.

    Raises
    ------
    InputError
        If they differ in the years after the decision, or share no policy but the status quo.
    """
    if one.attrs["horizon"] != other.attrs["horizon"]:
        rule = f"{other.attrs['horizon']}, but {one.attrs['horizon']} in {folder / POLICIES}"
        raise InputError(f"{other_folder / POLICIES}: horizon: {rule}; compare both with the same --horizon")
    if len(_common([one, other], "policy")) < 2:
        rule = f"shares no policy with {folder / POLICIES}"
        raise InputError(f"{other_folder / POLICIES}: {rule}; compare the same --policy on both")


def _common(several: Sequence[xr.Dataset], dimension: str) -> list[str]:
    """Return the labels that all have, in the order of the first."""
    others = [set(one[dimension].values.tolist()) for one in several[1:]]
    return [str(name) for name in several[0][dimension].values if all(name in other for other in others)]


def rankings(several: Sequence[xr.Dataset], names: Sequence[str], weights: Floats) -> Iterator[Ranked]:
    """Return the ranking of each cluster under each structure, and under the mixture of all.

    Parameters
    ----------
    several : comparisons, one a posterior, of one structure each
    names, weights : a name and a stacking weight for each; weights sum to one
    """
    policies = _common(several, "policy")
    for case in _common(several, "case"):
        here = [one.sel(case=case, policy=policies)[["level", "weight", "draw"]] for one in several]
        here = [one.isel(history=one["weight"].values > 0) for one in here]
        kept = [line for line in zip(names, weights.tolist(), here, strict=True) if line[2].sizes["history"]]
        mixed = [(STACKED, 1.0, mixture(here, weights))] if len(kept) == len(here) else []
        for name, share, one in [*kept, *mixed]:
            levels = one["level"].sel(outcome=RANKED_BY).transpose("policy", "history").values
            for row in standings(one, levels, BY_NAME[RANKED_BY].direction):
                judged = row.mean, row.mc_se, row.p_best, row.expected_regret, int(row.unbeaten)
                yield Ranked(case, name, share, row.policy, *judged)


def mixture(several: Sequence[xr.Dataset], weights: Floats) -> xr.Dataset:
    """Return the histories of one cluster of all posteriors together; draws of two posteriors are never the same draw."""
    parts, first = [], 0.0
    for one, share in zip(several, weights, strict=True):
        weight, draw = share * normalised(one["weight"].values), one["draw"].values
        parts.append(one.assign(weight=("history", weight), draw=("history", draw - draw.min() + first)))
        first += draw.max() - draw.min() + 1.0
    return xr.concat(parts, "history")


def survivals(rows: Sequence[Ranked]) -> list[Survival]:
    """Return for each cluster whether the leader under the first structure leads, or is at least not beaten, under the others.

    Clusters without a history under the first structure are left out.
    """
    kept = []
    for case in dict.fromkeys(row.case for row in rows):
        here = [row for row in rows if row.case == case]
        names = dict.fromkeys(row.structure for row in here)
        leaders = {name: _leader(row for row in here if row.structure == name) for name in names}
        if MAIN in leaders:
            first = leaders[MAIN]
            kept.append(Survival(case, first, leaders, all(row.unbeaten for row in here if row.policy == first)))
    return kept


def _leader(rows: Iterable[Ranked]) -> str:
    return max(rows, key=lambda row: row.mean).policy


def survival_line(every: Sequence[Survival]) -> str:
    """Return one sentence: in how many clusters the ranking survives."""
    same = sum(set(one.leaders.values()) == {one.leader} for one in every)
    unbeaten = sum(one.unbeaten for one in every)
    return (
        f"In {same} of {len(every)} clusters the same policy leads under every structure and under their mixture; "
        f"in {unbeaten} the leader of the first is never beaten."
    )


def _label(compared: Sequence[Alternative]) -> Mapping[str, str]:
    """Return what the table says of itself: all labels, and that it converged only where all posteriors did."""
    label = "; ".join(dict.fromkeys(one.label for one in compared))
    origins = [read_manifest(Path(one.folder)) for one in compared]
    verdict = verdict_of(all(one.converged for one in compared))
    depends = {"calibrations": [origin["fingerprint"] for origin in origins]}
    return provenance(label, verdict, origins[0]["seed"], depends)
