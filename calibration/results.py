"""What does a finished calibration leave? Groups for ArviZ, weighted histories, fans, checks and a manifest."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray

from calibration import arviz_adapter
from calibration.keys import RESAMPLING, number
from calibration.learned.surrogate import Surrogate
from calibration.observation import FIGURES, STATEMENTS, Table
from calibration.predictive import Predictive
from calibration.simulator import ClusterSimulator
from calibration.stages import Chains
from execution import netcdf
from execution.labels import verdict_of
from execution.run import checked, read_manifest, run_at
from execution.writing import read_json
from model.arrays import Floats
from model.errors import InputError

POSTERIOR: Final = "posterior.nc"
HISTORIES: Final = "histories.nc"
PATHS: Final = "paths.nc"
CHECKS: Final = "checks.json"
KIND: Final = "calibration"
FILES: Final = (POSTERIOR, HISTORIES, PATHS, CHECKS)
# Draws an ensemble kept in posterior.nc.
DRAWS_KEPT: Final = 1000
PRIOR_DRAWS: Final = 4000


@dataclass(frozen=True, repr=False)
class Posterior:
    """A finished calibration, as read from its folder.

    Attributes
    ----------
    path : the run folder
    groups : ArviZ's ``InferenceData`` or ``DataTree``
    histories : weighted (parameters, latents, seed), see ``calibration.histories``
    paths : fans over time of those histories
    checks : the verdict: label, converged, checks, clusters, coverage
    manifest : fingerprint, versions, counts
    """

    path: Path
    groups: Any
    histories: xarray.Dataset
    paths: xarray.Dataset
    checks: dict[str, Any]
    manifest: dict[str, Any]

    def __repr__(self) -> str:
        """Return a short table: the verdict, and what there is."""
        held = self.histories.sizes
        return "\n".join(
            [
                f"Posterior in {self.path}",
                f"  verdict    {verdict_of(self.converged)}; {self.label}",
                f"  histories  {held.get('draw', 0)} of each of {held.get('case', 0)} clusters",
                f"  parameters {held.get('calibrated', 0)} calibrated, of {held.get('parameter', 0)}",
                f"  groups     {', '.join(str(name).strip('/') for name in _names(self.groups))}",
            ]
        )

    @property
    def label(self) -> str:
        """One of the three labels without which no number is shown."""
        return str(self.checks["label"])

    @property
    def converged(self) -> bool:
        """Whether the gate passed."""
        return bool(self.checks["converged"])

    def whitened(self) -> tuple[list[str], Floats, Floats]:
        """Return the calibrated parameters' names, whitened draws (n, d) and weights (n,).

        They are the exact draws where a correction passed its gate, else those of the sampler.
        """
        if self.converged:
            stored = self.histories
            return [str(name) for name in stored["calibrated"].values], stored["z"].values, stored["weight"].values[0]
        draws = self.groups["unconstrained_posterior"]
        z = draws["z"].values.reshape(-1, draws.sizes["parameter"])
        return [str(name) for name in draws["parameter"].values], z, np.full(len(z), 1.0 / len(z))


def _names(groups: Any) -> list[Any]:
    """Return the names of groups in a mapping, a ``DataTree`` or an ``InferenceData``."""
    return list(groups.groups()) if callable(getattr(groups, "groups", None)) else list(groups)


def load_posterior(path: str | Path) -> Posterior:
    """Read a finished calibration.

    Raises
    ------
    InputError
        If the folder holds no finished calibration.
    DamagedRun
        If a file was changed or cannot be read.
    """
    folder = finished_calibration(path)
    return Posterior(
        folder,
        arviz_adapter.assemble(netcdf.datasets(checked(folder, POSTERIOR))),
        netcdf.read(checked(folder, HISTORIES)),
        netcdf.read(checked(folder, PATHS)),
        read_json(checked(folder, CHECKS)),
        read_manifest(folder),
    )


def finished_calibration(path: str | Path) -> Path:
    """Return the folder of a finished calibration.

    Raises
    ------
    InputError
        If the folder holds none.
    DamagedRun
        If its fingerprint or manifest cannot be read.
    """
    folder = Path(path)
    run = run_at(folder)
    if run.kind != KIND:
        raise InputError(f"{folder}: holds a run of another kind ({run.kind}); name the run folder of a calibration")
    if not run.finished:
        raise InputError(f"{folder}: holds no finished calibration; go on with takeoff calibrate --out {folder} --resume")
    return folder


def kept_steps(sampled: Chains) -> tuple[Floats, Floats]:
    """Return z (ensemble, draw, d) and log probability (ensemble, draw): walkers stacked into draws, evenly thinned."""
    ensembles, steps, walkers, size = sampled.z.shape
    wanted = np.unique(np.linspace(0, steps * walkers - 1, min(DRAWS_KEPT, steps * walkers)).astype(int))
    return sampled.z.reshape(ensembles, -1, size)[:, wanted], sampled.log_prob.reshape(ensembles, -1)[:, wanted]


def groups(
    simulator: ClusterSimulator,
    surrogate: Surrogate,
    sampled: Chains,
    predicted: Predictive,
    tables: list[Table],
    seed: int,
) -> dict[str, xarray.Dataset]:
    """Return the groups of ``posterior.nc``."""
    z, log_prob = kept_steps(sampled)
    ensembles, draws, size = z.shape
    chain = {"chain": np.arange(ensembles), "draw": np.arange(draws)}
    prior_z = np.random.Generator(np.random.Philox(number(seed, RESAMPLING, 0))).standard_normal((PRIOR_DRAWS, size))
    case = {"case": [cluster.name for cluster in simulator.cases]}
    density = surrogate.log_density(z.reshape(-1, size)).reshape(ensembles, draws, -1)
    numbers = np.repeat(np.arange(ensembles)[:, None], draws, axis=1)
    sampler = {"lp": (("chain", "draw"), log_prob), "ensemble": (("chain", "draw"), numbers)}
    whitened = xarray.Dataset({"z": (("chain", "draw", "parameter"), z)}, {**chain, "parameter": list(simulator.names)})
    return {
        "posterior": _physical(simulator, z),
        "prior": _physical(simulator, prior_z[None]),
        "sample_stats": xarray.Dataset(sampler, chain),
        "log_likelihood": xarray.Dataset({"tables": (("chain", "draw", "case"), density)}, {**chain, **case}),
        **_tables(predicted, tables, case, ensembles),
        "unconstrained_posterior": whitened,
    }


def _tables(
    predicted: Predictive, tables: list[Table], case: dict[str, list[str]], ensembles: int
) -> dict[str, xarray.Dataset]:
    """Return the groups of predicted and of observed figures and statements; predictions are dealt out to the ensembles."""
    row = {**case, "date": ["last", "earlier"], "figure": list(FIGURES), "statement": list(STATEMENTS)}
    each = len(predicted.figures) // ensembles
    figures = predicted.figures[: each * ensembles].reshape(ensembles, each, *predicted.figures.shape[1:])
    said = predicted.said[: each * ensembles].reshape(ensembles, each, *predicted.said.shape[1:])
    of_figures, of_statements = ("case", "date", "figure"), ("case", "date", "statement")
    return {
        "posterior_predictive": xarray.Dataset(
            {"figures": (("chain", "draw", *of_figures), figures), "statements": (("chain", "draw", *of_statements), said)},
            {"chain": np.arange(ensembles), "draw": np.arange(each), **row},
        ),
        "observed_data": xarray.Dataset(
            {
                "figures": (of_figures, np.stack([table.value for table in tables])),
                "statements": (of_statements, np.stack([table.said for table in tables])),
            },
            row,
        ),
    }


def _physical(simulator: ClusterSimulator, z: Floats) -> xarray.Dataset:
    chains, draws, size = z.shape
    values = simulator.priors.from_normal(simulator.names, z.reshape(-1, size)).reshape(z.shape)
    variables = {
        name: (
            ("chain", "draw"),
            values[:, :, column],
            {"units": simulator.priors.entry(name).unit, "long_name": simulator.priors.entry(name).meaning},
        )
        for column, name in enumerate(simulator.names)
    }
    return xarray.Dataset(variables, {"chain": np.arange(chains), "draw": np.arange(draws)})


def plain(content: Any) -> Any:
    """Return content as JSON holds it: what is not finite is null."""
    if isinstance(content, float | np.floating):
        return float(content) if np.isfinite(content) else None
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple | np.ndarray):
        return [plain(value) for value in content]
    if isinstance(content, np.integer | np.bool_):
        return content.item()
    json.dumps(content)
    return content
