"""Where do a run's histories come from? ``histories.nc`` of a calibration, read into what a replay needs."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calibration.weights import normalised
from model.arrays import Floats
from model.config import Case, load_priors
from model.errors import InputError
from studies.policy.replay import Histories

FILE = "histories.nc"

_logger = logging.getLogger(__name__)


def open_histories(folder: Path) -> Any:
    """Return a run's stored histories.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    from calibration.histories import read

    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; name the run folder of a calibration")
    if not (folder / FILE).is_file():
        raise InputError(f"{folder}: holds no {FILE}; run `takeoff calibrate --out {folder}` first")
    return read(folder / FILE)


def _check_version(folder: Path, stored: Any) -> None:
    """Refuse histories that lack a parameter of this model; warn where its sources are not those that made them."""
    from execution.store import FINGERPRINT, read_json
    from model.compiling import sources_hash

    held = {str(name) for name in stored["parameter"].values}
    missing = [name for name in load_priors().names() if name not in held]
    if missing:
        raise InputError(f"{folder}: {missing[0]}: this parameter is newer than the run; calibrate again in a new folder")
    made_by = read_json(folder / FINGERPRINT).get("equations", {}).get("model") if (folder / FINGERPRINT).is_file() else None
    if made_by != sources_hash():
        _logger.warning("%s was made by other sources of the model: its histories may not replay bit for bit", folder)


def load_histories(folder: Path, cases: Sequence[Case], most: int | None = None) -> list[Histories]:
    """Return the weighted histories of clusters, at most the first ``most`` of each.

    Raises
    ------
    InputError
        If the folder is no run, or holds no histories of a case.
    """
    from calibration.histories import structures, triples

    stored = open_histories(folder)
    _check_version(folder, stored)
    held = {str(name) for name in stored["case"].values}
    found = []
    for case in cases:
        if case.name not in held:
            raise InputError(
                f"{folder}: case: {case.name}: has no histories in this run; choose one of {', '.join(sorted(held))}"
            )
        one = triples(stored, case.name)
        part = slice(most)
        found.append(
            Histories(
                case,
                {name: np.ascontiguousarray(value[part]) for name, value in one.values.items()},
                one.latents[part],
                np.ascontiguousarray(one.keys[part]),
                normalised(one.weights[part]),
                one.draw[part],
                structures(stored),
            )
        )
    return found


def whitened(posterior: Any) -> tuple[list[str], Floats, Floats]:
    """Return the calibrated parameters' names, whitened draws (n, d) and weights (n,).

    They are the exact draws where a correction passed its gate, else those of the sampler.
    """
    import xarray as xr

    if posterior.converged:
        stored = posterior.histories
        return [str(name) for name in stored["calibrated"].values], stored["z"].values, stored["weight"].values[0]
    with xr.open_dataset(posterior.path / "posterior.nc", group="unconstrained_posterior", engine="h5netcdf") as draws:
        z = draws["z"].values
        names = [str(name) for name in draws["parameter"].values]
    flat = z.reshape(-1, z.shape[-1])
    return names, flat, np.full(len(flat), 1.0 / len(flat))
