"""How do labelled arrays reach a file and come back? As netCDF: written whole, read into memory, group by group."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from execution import reading
from execution.writing import write_atomic
from model.errors import DamagedRun, InputError

if TYPE_CHECKING:
    import xarray as xr

SUFFIX: Final = ".nc"
_ENGINE: Final = "h5netcdf"


def write(path: Path, content: "xr.Dataset | Mapping[str, xr.Dataset]") -> None:
    """Write a dataset, or datasets as groups by name, whole or not at all.

    The file is made in memory, since HDF5 does not survive a disk that fills up.
    """
    import xarray as xr

    labelled = content if isinstance(content, xr.Dataset) else xr.DataTree.from_dict(dict(content))
    stored = labelled.to_netcdf(engine=_ENGINE)
    write_atomic(path, lambda temporary: temporary.write_bytes(stored))


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
