"""Where do a run's histories come from? ``histories.nc`` of a calibration, read into what a replay needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.config import Case
from model.errors import InputError
from studies.decision import normalised
from studies.histories import Floats, Histories

FILE = "histories.nc"


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


def load_histories(folder: Path, cases: Sequence[Case], most: int | None = None) -> list[Histories]:
    """Return the weighted histories of clusters, at most the first ``most`` of each.

    Raises
    ------
    InputError
        If the folder is no run, or holds no histories of a case.
    """
    from calibration.histories import structures, triples

    stored = open_histories(folder)
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
