"""What is a cluster's posterior? A set of weighted histories (parameters, latents, seed), each of which replays bit for bit.

For each posterior draw and cluster one history is kept, drawn by weight among all those simulated for the exact
likelihood: it passes near the cluster's row. Policies are compared by replaying these same histories.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray

from calibration.likelihood import Estimate
from calibration.simulator import ClusterSimulator
from execution.store import write_atomic
from model.arrays import Floats, Seeds
from model.latents import LATENTS


class Triples(NamedTuple):
    """Weighted histories of one cluster.

    ``values``: every parameter by name, (n,) each; ``latents`` (n, l); ``keys`` (n,) seeds; ``weights`` (n,) sum to one;
    ``draw`` (n,) counts the posterior's draws.
    """

    values: dict[str, Floats]
    latents: Floats
    keys: Seeds
    weights: Floats
    draw: np.ndarray


def assemble(simulator: ClusterSimulator, z: Floats, estimate: Estimate, surrogate: Floats, weights: Floats) -> xarray.Dataset:
    """Return the histories kept, as ``histories.nc`` stores them.

    Parameters
    ----------
    z : array (n, d)
        Whitened parameters of the draws.
    surrogate : array (n, cases)
        The surrogate's log-likelihood.
    weights : array (n,)
        Of the draws: importance weights where the correction passed its gate, equal where not.
    """
    cases, names = simulator.cases, tuple(simulator.priors.defaults)
    values = np.empty((len(cases), len(z), len(names)))
    for case in range(len(cases)):
        found = simulator.values(z, np.ascontiguousarray(estimate.keys[:, case]))
        values[case] = np.stack([found[name] for name in names], axis=1)
    return xarray.Dataset(
        {
            "values": (
                ("case", "draw", "parameter"),
                values,
                {"long_name": "every parameter of each history, in the unit of its prior"},
            ),
            "latents": (("case", "draw", "latent"), estimate.latents.transpose(1, 0, 2), {"units": "SD"}),
            "seed": (("case", "draw"), estimate.keys.T),
            "weight": (("case", "draw"), np.broadcast_to(weights, (len(cases), len(z)))),
            "z": (("draw", "calibrated"), z, {"units": "SD", "long_name": "whitened calibrated parameters"}),
            "log_likelihood": (("draw", "case"), estimate.log_likelihood, {"long_name": "exact, estimated"}),
            "log_likelihood_variance": (("draw", "case"), estimate.variance),
            "log_likelihood_surrogate": (("draw", "case"), surrogate),
            "ess": (("draw", "case"), estimate.ess, {"long_name": "effective number of histories behind the one kept"}),
        },
        {
            "case": [case.name for case in cases],
            "number": ("case", [case.number for case in cases]),
            "parameter": list(names),
            "latent": list(LATENTS),
            "calibrated": list(simulator.names),
        },
        {"structures": "; ".join(f"{name}={option}" for name, option in simulator.structures.items())},
    )


def write(path: Path, dataset: xarray.Dataset) -> None:
    """Write a dataset, whole or not at all; made in memory, since HDF5 does not survive a disk that fills up."""
    content = dataset.to_netcdf(engine="h5netcdf")
    write_atomic(path, lambda temporary: temporary.write_bytes(content))


def read(path: Path) -> xarray.Dataset:
    """Return a stored dataset, loaded into memory."""
    with xarray.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()


def triples(stored: xarray.Dataset, case: str) -> Triples:
    """Return the histories of one cluster, by its name."""
    one = stored.sel(case=case)
    values = {str(name): one["values"].sel(parameter=name).values.copy() for name in stored["parameter"].values}
    return Triples(
        values,
        one["latents"].values.copy(),
        one["seed"].values.astype(np.uint64),
        one["weight"].values.copy(),
        np.arange(one.sizes["draw"]),
    )


def structures(stored: xarray.Dataset) -> dict[str, str]:
    """Return the structural choices under which the histories were simulated."""
    return dict(part.split("=", 1) for part in str(stored.attrs["structures"]).split("; ") if part)
