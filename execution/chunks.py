"""What is a chunk? The arrays of one task in one file, with their checksum and the name of the run that they belong to."""

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from execution import reading
from execution.writing import replace_by
from model.arrays import Arrays
from model.errors import DamagedRun

CHECKSUM: Final = "sha256"
OWNER: Final = "owner"


def digest(arrays: Arrays) -> str:
    """Return the SHA-256 over names, types, shapes and bytes of arrays, in the order of their names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        total.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def save_chunk(path: Path, arrays: Arrays, mark: str) -> None:
    """Store a chunk, whole or not at all.

    Parameters
    ----------
    mark : str
        Of the run that it belongs to; see ``execution.store.mark_of``.
    """
    owned = {**{key: np.asarray(value) for key, value in arrays.items()}, OWNER: np.array(f"{path.stem} {mark}")}
    stored: Any = {**owned, CHECKSUM: np.array(digest(owned))}

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **stored)

    replace_by(path, write)


def load_chunk(path: Path, mark: str = "") -> Arrays:
    """Return the arrays of a chunk.

    Parameters
    ----------
    mark : str
        Of the run that it must belong to; any run if empty.

    Raises
    ------
    DamagedRun
        If the file is missing or no chunk, its checksum differs, or it is another piece or of another run.
    InputError
        If the file cannot be opened, which says nothing of what it holds.
    """
    file = reading.opened(path)
    try:
        with file, np.load(file, allow_pickle=False) as stored:
            arrays: Arrays = {name: stored[name] for name in stored.files}
            agrees = str(arrays.pop(CHECKSUM, "")) == digest(arrays)
            owner = str(arrays.pop(OWNER, ""))
    except Exception as error:
        raise DamagedRun(f"{path}: cannot be read: {_first_line(error)}; delete it and resume") from error
    if not agrees:
        raise DamagedRun(f"{path}: does not agree with its checksum; delete it and resume")
    if mark and owner != f"{path.stem} {mark}":
        raise DamagedRun(f"{path}: is another piece, or of another run; delete it and resume")
    return arrays


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
