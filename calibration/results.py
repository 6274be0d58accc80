"""What does a finished calibration leave? Groups for ArviZ, weighted histories, fans, checks and a manifest."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import xarray

from calibration import arviz_adapter
from execution import netcdf
from execution.labels import verdict_of
from execution.run import checked, read_manifest, run_at
from execution.writing import read_json
from model.arrays import Floats
from model.calls import public
from model.errors import InputError

POSTERIOR: Final = "posterior.nc"
HISTORIES: Final = "histories.nc"
PATHS: Final = "paths.nc"
EMULATOR: Final = "emulator.nc"
CHECKS: Final = "checks.json"
KIND: Final = "calibration"
FILES: Final = (POSTERIOR, HISTORIES, PATHS, EMULATOR, CHECKS)


class Otherwise(NamedTuple):
    """One choice, made otherwise, and what it does to the posterior; see ``calibration.otherwise``.

    Attributes
    ----------
    choice : str
        What is chosen, in words.
    weight : float
        Posterior weight of what is chosen where it is one of the things that may be, such as an early start; else NaN.
    ess, k_hat : float
        Effective number of the draws under the other choice, and the tail index of the ratios.
    parameter : str
        The parameter whose mean moves most.
    shift : float
        By how many posterior standard deviations it moves.
    chance : float
        How large the largest of all shifts would be, at the median, if draws were left out by chance alone.
    """

    choice: str
    weight: float
    ess: float
    k_hat: float
    parameter: str
    shift: float
    chance: float


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


@public
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
