"""On what does an answer depend? Hashes of contents, of named packages of source, of versions; and the hash of a result."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from execution.chunks import digest
from model.compiling import sources_hash

REPOSITORY: Final = Path(__file__).resolve().parents[1]
LIBRARIES: Final = ("numpy", "scipy", "numba", "emcee", "arviz", "xarray", "jax", "optax", "industrial-takeoff")


def content_hash(content: Any) -> str:
    """Return the SHA-256 of content as JSON writes it, keys in order; what JSON does not know is written as text."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def source_hashes(packages: Iterable[str], root: Path = REPOSITORY) -> dict[str, str]:
    """Return the hash of the sources of each package, its subpackages included.

    Parameters
    ----------
    packages : iterable of str
        Dotted names. A kind of run names the packages whose code decides its numbers; ``tests/test_fingerprints.py`` derives
        the same names from the imports.
    root : Path
        The folder that holds the packages.
    """
    return {name: sources_hash(root.joinpath(*name.split("."))) for name in packages}


def versions(libraries: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """Return the versions of Python and of the libraries that numbers pass through."""
    installed = {"python": platform.python_version()}
    for library in libraries:
        try:
            installed[library] = version(library)
        except PackageNotFoundError:
            installed[library] = "absent"
    return installed


def result_hash(datasets: Mapping[str, Any]) -> str:
    """Return the SHA-256 over names, shapes and bytes of all variables of xarray datasets."""
    arrays: dict[str, np.ndarray] = {}
    for owner, dataset in datasets.items():
        for name, variable in dataset.variables.items():
            values = np.asarray(variable.values)
            arrays[f"{owner}/{name}"] = values.astype(str) if values.dtype == object else values
    return digest(arrays)
