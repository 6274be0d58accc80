"""On what does an answer depend? Hashes by which a resume refuses a change."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from calibration.observation import ErrorModel
from calibration.store import digest
from model.compiling import sources_hash
from model.priors import Priors
from model.profile import Profile
from model.schema import Case

LIBRARIES: Final = ("numpy", "scipy", "numba", "emcee", "arviz", "xarray", "jax", "optax", "industrial-takeoff")
# What may differ between two sessions of one run without changing a bit of its answer.
FREE: Final = {
    "threads",
    "slurm",
    "title",
    "policy_draws",
    "policies",
    "horizon",
    "morris_trajectories",
    "sobol_samples",
    "point_seeds",
    "sensitivity_cases",
}


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that numbers pass through."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "absent"
    return found


def fingerprint(
    cases: Iterable[Case],
    priors: Priors,
    structures: Mapping[str, str],
    profile: Profile,
    seed: int,
    errors: ErrorModel,
) -> dict[str, Any]:
    """Return the fingerprint of a calibration: a mismatch names the part that differs."""
    return {
        "data": {case.name: _hash(case.model_dump(mode="json")) for case in cases},
        "priors": {name: _hash(entry.model_dump(mode="json")) for name, entry in priors.parameters.items()},
        "structures": dict(structures),
        "errors": _hash(vars(errors)),
        "equations": {"model": sources_hash(), "calibration": sources_hash(Path(__file__).resolve().parent)},
        "configuration": {**profile.model_dump(mode="json", exclude=FREE), "seed": seed},
        "versions": versions(),
    }


def result_hash(datasets: Mapping[str, Any]) -> str:
    """Return the SHA-256 over names, shapes and bytes of all variables of xarray datasets."""
    arrays: dict[str, np.ndarray] = {}
    for owner, dataset in datasets.items():
        for name, variable in dataset.variables.items():
            values = np.asarray(variable.values)
            arrays[f"{owner}/{name}"] = values.astype(str) if values.dtype == object else values
    return digest(arrays)
