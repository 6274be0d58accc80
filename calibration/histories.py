"""What is a cluster's posterior? A set of weighted histories (parameters, latents, seed), each of which replays bit for bit.

For each posterior draw and cluster one history is kept, drawn by weight among all those simulated for the exact
likelihood: it passes near the cluster's row. Policies are compared by replaying these same histories.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray

from calibration.results import HISTORIES, finished_calibration
from calibration.simulator import ClusterSimulator, policy_values
from calibration.weights import normalised, systematic
from execution import netcdf
from execution.fingerprint import content_hash
from execution.run import checked, run_at
from model.arrays import Floats, Ints, Seeds
from model.compiling import sources_hash
from model.config import load_priors
from model.errors import InputError
from model.latents import LATENTS
from model.schema import Case

if TYPE_CHECKING:
    # At run time it would import both samplers, of which whoever reads histories needs none.
    from calibration.correction import Estimate

_logger: Final = logging.getLogger(__name__)
# Hashes of what some histories give, in a folder whose reader replays them before they are believed (``calibration.shipped``).
REPLAYS: Final = "replays.json"
# Roles of parameters that a run may lack where they are newer than it. A policy's acts on nothing that was calibrated, and is
# drawn as the simulator draws it; a constant has the value at which the run's histories still replay.
ADDED: Final = ("policy", "constant")


@dataclass(frozen=True)
class WeightedHistories:
    """Weighted histories of one cluster.

    Attributes
    ----------
    case : the cluster
    values : every parameter by name in the unit of its prior, (n,) each
    latents : (n, latents) standard normals
    keys : (n,) seeds
    weights : (n,) summing to one
    draw : (n,) which parameter vector of the posterior a history belongs to
    structures : structural choices in force
    """

    case: Case
    values: Mapping[str, Floats]
    latents: Floats
    keys: Seeds
    weights: Floats
    draw: Ints
    structures: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.keys)

    def repeated(self, times: int) -> "WeightedHistories":
        """Return each history several times in turn, its weight shared: its futures."""
        return replace(
            self,
            values={name: np.repeat(value, times) for name, value in self.values.items()},
            latents=np.repeat(self.latents, times, axis=0),
            keys=np.repeat(self.keys, times),
            weights=np.repeat(self.weights / times, times),
            draw=np.repeat(self.draw, times),
        )

    def distinct(self) -> "WeightedHistories":
        """Return each history once that comes several times, with the weight of all."""
        _, first, position = np.unique(self.draw, return_index=True, return_inverse=True)
        alike = np.array_equal(self.keys[first][position], self.keys)
        if not alike or len(first) == len(self):
            return self
        kept = self.rows(first)
        return replace(kept, weights=np.asarray(np.bincount(position, self.weights), np.float64))

    def part(self, first: int, count: int) -> "WeightedHistories":
        """Return ``count`` histories from ``first`` on; their weights no longer sum to one."""
        return self.rows(slice(first, first + count))

    def rows(self, chosen: slice | Ints) -> "WeightedHistories":
        """Return some histories by their positions; their weights no longer sum to one."""
        return replace(
            self,
            values={name: np.ascontiguousarray(value[chosen]) for name, value in self.values.items()},
            latents=self.latents[chosen],
            keys=np.ascontiguousarray(self.keys[chosen]),
            weights=self.weights[chosen],
            draw=self.draw[chosen],
        )


def assemble(simulator: ClusterSimulator, z: Floats, estimate: "Estimate", emulated: Floats, weights: Floats) -> xarray.Dataset:
    """Return the histories kept, as ``histories.nc`` stores them.

    Parameters
    ----------
    z : array (n, d)
        Whitened parameters of the draws.
    emulated : array (n, cases)
        The emulator's log-likelihood, distilled.
    weights : array (n,)
        Of the draws: importance weights where the correction passed its gate, equal where not.
    """
    cases = simulator.cases
    meaning = {"long_name": "every parameter of each history, in the unit of its prior"}
    return xarray.Dataset(
        {
            "values": (("parameter", "draw", "case"), _values(simulator, z, estimate), meaning),
            "latents": (("case", "draw", "latent"), estimate.own[:, :, : len(LATENTS)].transpose(1, 0, 2), {"units": "SD"}),
            "seed": (("case", "draw"), estimate.keys.T),
            "weight": (("case", "draw"), np.broadcast_to(weights, (len(cases), len(z)))),
            "z": (("draw", "calibrated"), z, {"units": "SD", "long_name": "whitened calibrated parameters"}),
            "log_likelihood": (("draw", "case"), estimate.log_ratio + emulated, {"long_name": "exact, estimated"}),
            "log_likelihood_variance": (("draw", "case"), estimate.variance),
            "log_likelihood_surrogate": (("draw", "case"), emulated, {"long_name": "the emulator's, distilled"}),
            "ess": (("draw", "case"), estimate.ess, {"long_name": "effective number of histories behind the one kept"}),
        },
        {
            "case": [case.name for case in cases],
            "number": ("case", [case.number for case in cases]),
            "parameter": list(simulator.priors.defaults),
            "latent": list(LATENTS),
            "calibrated": list(simulator.names),
        },
        {"structures": "; ".join(f"{name}={option}" for name, option in simulator.structures.items())},
    )


def _values(simulator: ClusterSimulator, z: Floats, estimate: "Estimate") -> Floats:
    """Return every parameter of every history (parameters, n, cases), of draws z (n, d) and the histories kept.

    Most parameters are the same in all clusters, whose values lie beside each other and are then stored as one.
    """
    by_case = [
        simulator.values(z, estimate.own[:, case], np.ascontiguousarray(estimate.keys[:, case]))
        for case in range(len(simulator.cases))
    ]
    return np.stack([np.stack([named[name] for named in by_case], axis=1) for name in simulator.priors.defaults])


def weighted_histories(stored: xarray.Dataset, case: Case, most: int | None = None) -> WeightedHistories:
    """Return the histories of one cluster.

    Parameters
    ----------
    stored : Dataset
        As ``assemble`` returns it.
    most : int, optional
        Where more are stored, as many are resampled by weight, and these have equal weights.

    Raises
    ------
    InputError
        If the dataset holds no histories of that cluster.
    """
    held = [str(name) for name in stored["case"].values]
    if case.name not in held:
        raise InputError(f"case: {case.name}: has no histories in this run; choose one of {', '.join(held)}")
    one, numbers = stored.sel(case=case.name), stored["draw"].values
    if most is not None and most < len(numbers):
        rows = systematic(one["weight"].values, most)
        one, numbers = one.isel(draw=rows).assign(weight=("draw", np.ones(most))), numbers[rows]
    values = one["values"].transpose("parameter", "draw").values
    keys = np.ascontiguousarray(one["seed"].values.astype(np.uint64))
    return WeightedHistories(
        case,
        completed(dict(zip(map(str, stored["parameter"].values), map(np.ascontiguousarray, values), strict=True)), keys),
        one["latents"].values.copy(),
        keys,
        normalised(one["weight"].values.copy()),
        numbers,
        structures(stored),
    )


def completed(values: dict[str, Floats], keys: Seeds) -> dict[str, Floats]:
    """Return the values (n,) of every parameter of n histories, those counted that are newer than the run; see ``ADDED``.

    Parameters
    ----------
    keys : uint64, shape (n,)
        Seeds of the histories, by which a policy's parameters are drawn.
    """
    priors = load_priors()
    if all(name in values for name in priors.defaults):
        return values
    policy = policy_values(priors, keys)
    defaults = {name: np.full(len(keys), float(value)) for name, value in priors.defaults.items()}
    return {name: values.get(name, policy.get(name, defaults[name])) for name in priors.defaults}


def load_histories(folder: Path, cases: Sequence[Case], most: int | None = None) -> list[WeightedHistories]:
    """Return the weighted histories that a finished calibration holds of clusters; see ``weighted_histories`` for ``most``.

    Raises
    ------
    InputError
        If the folder is no finished calibration, lacks a parameter of this model, or holds no histories of a case, or those of
        another cluster of its name.
    DamagedRun
        If the file was changed or cannot be read.
    """
    stored = open_histories(folder)
    _check_version(folder, stored)
    check_content(folder, run_at(folder).depends, cases)
    return [weighted_histories(stored, case, most) for case in cases]


def open_histories(folder: Path) -> xarray.Dataset:
    """Return the stored histories of a finished calibration; see ``load_histories`` for what is raised."""
    return netcdf.read(checked(finished_calibration(folder), HISTORIES))


def _check_version(folder: Path, stored: xarray.Dataset) -> None:
    """Refuse histories that lack a parameter of this model; warn where its sources are not those that made them."""
    held = {str(name) for name in stored["parameter"].values}
    known = load_priors()
    missing = [name for name in known.names() if name not in held and known.entry(name).role not in ADDED]
    if missing:
        raise InputError(f"{folder}: {missing[0]}: this parameter is newer than the run; calibrate again in a new folder")
    same = run_at(folder).depends.get("equations", {}).get("model") == sources_hash()
    if not same and not (folder / REPLAYS).exists():
        _logger.warning("%s was made by other sources of the model: its histories may not replay bit for bit", folder)


def check_content(folder: Path, depends: Mapping[str, Any], cases: Iterable[Case]) -> None:
    """Refuse a case whose name a calibration knows and whose content it does not.

    Parameters
    ----------
    depends : mapping
        The calibration's fingerprint, which holds the hash of every case under ``data``.

    Raises
    ------
    InputError
        If a case differs from the one of its name on which the run was calibrated.
    """
    held = depends.get("data")
    for case in cases:
        if isinstance(held, dict) and case.name in held and held[case.name] != content_hash(case.model_dump(mode="json")):
            rule = f"differs from the cluster of that name on which {folder} was calibrated"
            raise InputError(f"{case.path or 'case'}: {case.name}: {rule}; give it another name, or calibrate again")


def structures(stored: xarray.Dataset) -> dict[str, str]:
    """Return the structural choices under which the histories were simulated."""
    return dict(part.split("=", 1) for part in str(stored.attrs["structures"]).split("; ") if part)
