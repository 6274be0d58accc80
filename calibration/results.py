"""What does a finished calibration leave? Groups for ArviZ, weighted histories, fans, checks and a manifest."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import xarray

from calibration import arviz_adapter, distil
from calibration.exact import ExactDraws
from calibration.keys import RESAMPLING, number
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
EMULATOR: Final = "emulator.nc"
CHECKS: Final = "checks.json"
KIND: Final = "calibration"
FILES: Final = (POSTERIOR, HISTORIES, PATHS, EMULATOR, CHECKS)
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
                f"  groups     {', '.join(self.group_names)}",
            ]
        )

    @property
    def group_names(self) -> list[str]:
        """Names of ArviZ's groups."""
        return [str(name).strip("/") for name in _names(self.groups)]

    @property
    def label(self) -> str:
        """One of the three labels without which no number is shown."""
        return str(self.checks["label"])

    @property
    def converged(self) -> bool:
        """Whether the gate passed."""
        return bool(self.checks["converged"])

    def whitened(self) -> tuple[list[str], Floats, Floats]:
        """Return the calibrated parameters' names, whitened draws (n, d) and weights (n,), which sum to one."""
        draws, told = self.groups["unconstrained_posterior"], self.groups["sample_stats"]
        z = draws["z"].values.reshape(-1, draws.sizes["parameter"])
        log_weight = told["log_weight"].values.ravel()
        weights = np.exp(log_weight - log_weight.max())
        return [str(name) for name in draws["parameter"].values], z, weights / weights.sum()


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


class Draws(NamedTuple):
    """The draws that stand for the posterior in ``posterior.nc``.

    Attributes
    ----------
    z : float64, shape (chains, draws, d)
        Whitened parameters.
    log_weight : float64, shape (chains, draws)
        Log importance weights: zero where draws have equal weights.
    log_likelihood : float64, shape (chains, draws, cases)
        Of each row (nats).
    """

    z: Floats
    log_weight: Floats
    log_likelihood: Floats


def sampled_draws(sampled: Chains, coefficients: Floats) -> Draws:
    """Return draws of the sampler with equal weights: chains of an ensemble stacked into draws, evenly thinned."""
    ensembles, steps, chains, size = sampled.z.shape
    wanted = np.unique(np.linspace(0, steps * chains - 1, min(DRAWS_KEPT, steps * chains)).astype(int))
    z = sampled.z.reshape(ensembles, -1, size)[:, wanted]
    emulated = distil.likelihood(coefficients, z.reshape(-1, size)).reshape(*z.shape[:2], -1)
    return Draws(z, np.zeros(z.shape[:2]), emulated)


def weighted_draws(exact: ExactDraws, coefficients: Floats) -> Draws:
    """Return the draws of the exact correction with their log weights, as one chain."""
    likelihood = exact.estimate.log_ratio + distil.likelihood(coefficients, exact.z)
    return Draws(exact.z[None], exact.estimate.log_ratio.sum(axis=1)[None], likelihood[None])


def groups(
    simulator: ClusterSimulator, draws: Draws, predicted: Predictive, tables: list[Table], seed: int
) -> dict[str, xarray.Dataset]:
    """Return the groups of ``posterior.nc``; every number drawn from them must use ``sample_stats.log_weight``."""
    chains, count, size = draws.z.shape
    chain = {"chain": np.arange(chains), "draw": np.arange(count)}
    prior_z = np.random.Generator(np.random.Philox(number(seed, RESAMPLING, 0))).standard_normal((PRIOR_DRAWS, size))
    case = {"case": [cluster.name for cluster in simulator.cases]}
    meaning = {"long_name": "log importance weight of a draw; zero where draws have equal weights", "units": "nats"}
    told = {
        "log_weight": (("chain", "draw"), draws.log_weight, meaning),
        "lp": (("chain", "draw"), draws.log_likelihood.sum(axis=2) - 0.5 * (draws.z**2).sum(axis=2)),
    }
    whitened = {**chain, "parameter": list(simulator.names)}
    axes = ("chain", "draw", "parameter")
    return {
        "posterior": _physical(simulator, draws.z),
        "prior": _physical(simulator, prior_z[None]),
        "sample_stats": xarray.Dataset(told, chain),
        "log_prior": xarray.Dataset({"z": (axes, -0.5 * draws.z**2 - 0.5 * np.log(2 * np.pi))}, whitened),
        "log_likelihood": xarray.Dataset({"tables": (("chain", "draw", "case"), draws.log_likelihood)}, {**chain, **case}),
        **_tables(predicted, tables, case, chains),
        "unconstrained_posterior": xarray.Dataset({"z": (axes, draws.z)}, whitened),
    }


def _tables(predicted: Predictive, tables: list[Table], case: dict[str, list[str]], chains: int) -> dict[str, xarray.Dataset]:
    """Return the groups of predicted and of observed figures and statements; predictions are dealt out to the chains."""
    row = {**case, "date": ["last", "earlier"], "figure": list(FIGURES), "statement": list(STATEMENTS)}
    each = len(predicted.figures) // chains
    figures = predicted.figures[: each * chains].reshape(chains, each, *predicted.figures.shape[1:])
    said = predicted.said[: each * chains].reshape(chains, each, *predicted.said.shape[1:])
    of_figures, of_statements = ("case", "date", "figure"), ("case", "date", "statement")
    return {
        "posterior_predictive": xarray.Dataset(
            {"figures": (("chain", "draw", *of_figures), figures), "statements": (("chain", "draw", *of_statements), said)},
            {"chain": np.arange(chains), "draw": np.arange(each), **row},
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
