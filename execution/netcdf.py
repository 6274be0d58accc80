"""How do labelled arrays reach a file and come back? As netCDF: written whole, read into memory, group by group."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from execution import reading
from execution.writing import write_atomic
from model.errors import DamagedRun, InputError

if TYPE_CHECKING:
    import xarray as xr

SUFFIX: Final = ".nc"
_ENGINE: Final = "h5netcdf"
# Numbers of an array from which on it is compressed.
_LARGE: Final = 1000


def write(path: Path, content: "xr.Dataset | Mapping[str, xr.Dataset]") -> None:
    """Write a dataset, or datasets as groups by name, whole or not at all.

    The file is made in memory, since HDF5 does not survive a disk that fills up.
    """
    import xarray as xr

    labelled = content if isinstance(content, xr.Dataset) else xr.DataTree.from_dict(dict(content))
    stored = labelled.to_netcdf(engine=_ENGINE, encoding=_packed(content))
    write_atomic(path, lambda temporary: temporary.write_bytes(stored))


def _packed(content: "xr.Dataset | Mapping[str, xr.Dataset]") -> dict[str, Any]:
    """Return the encoding of every large array of numbers: compressed without loss, the like bytes of all numbers together."""
    import xarray as xr

    if not isinstance(content, xr.Dataset):
        return {f"/{name}": packed for name, dataset in content.items() if (packed := _packed(dataset))}
    return {
        str(name): {"zlib": True, "complevel": 4, "shuffle": True}
        for name, variable in content.variables.items()
        if variable.dtype.kind in "fiub" and variable.size >= _LARGE
    }


def read(path: Path) -> "xr.Dataset":
    """Return the one dataset of a file, loaded into memory; see ``datasets``."""
    return datasets(path)[path.name]


def datasets(path: Path) -> dict[str, "xr.Dataset"]:
    """Return the datasets of a file, loaded into memory: its groups by name, or its only dataset by the file's name.

    HDF5 reads from memory, since it would ask the file system for a lock, which not every one has.

    Raises
    ------
    InputError
        If the file is missing or cannot be opened.
    DamagedRun
        If the file is no netCDF or is cut short.
    """
    import xarray as xr

    if not reading.lies(path):
        raise InputError(f"{path}: cannot be opened: is missing; name a run whose files are there")
    stored = reading.content(path)
    try:
        with xr.open_datatree(BytesIO(stored), engine=_ENGINE) as tree:
            groups = {str(name): node.to_dataset(inherit=False).load() for name, node in tree.children.items()}
            return groups or {path.name: tree.to_dataset().load()}
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise DamagedRun(f"{path}: cannot be read: {reason}; put it aside and run the command again with --resume") from error
