"""Where does a run live? A folder with a lock that death releases, a fingerprint, and chunks that are whole or absent.

A chunk is written beside its place, flushed to disk and renamed into it, with the SHA-256 of its arrays inside: a run killed
at any write leaves a folder that reads.
"""

import fcntl
import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from calibration.arrays import Arrays
from model.errors import DamagedRun, InputError

CHUNKS: Final = "chunks"
FINGERPRINT: Final = "fingerprint.json"
MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "sha256"


def digest(arrays: Arrays) -> str:
    """Return the SHA-256 over names, types, shapes and bytes of arrays, in the order of their names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        total.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to disk, and put it in its place at once."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{threading.get_ident()}{path.suffix}")
    try:
        write(temporary)
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_atomic(path, write)


def read_json(path: Path) -> Any:
    """Read a JSON file of a run.

    Raises
    ------
    DamagedRun
        If it cannot be parsed.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedRun(f"{path}: cannot be read: {error}; run the command again in a new folder") from error


class RunFolder:
    """A run's folder, held by one writer.

    Parameters
    ----------
    path : Path
        Made with its parents if absent.
    fingerprint : dict
        What the run's answer depends on; compared with that of an existing folder.
    resume : bool
        Whether an existing folder may be continued.

    Raises
    ------
    InputError
        If the folder exists and resuming was not asked for, is no run, belongs to another run, or is in use.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any], resume: bool = False) -> None:
        self.path = path
        self._fingerprint = json.loads(json.dumps(fingerprint))
        self._resume = resume
        self._lock: Any = None

    def __enter__(self) -> Self:
        self._refuse_early()
        (self.path / CHUNKS).mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise InputError(f"{self.path}: out: is being written by another run; wait for it or name another folder") from error
        if not (self.path / FINGERPRINT).exists():
            write_json(self.path / FINGERPRINT, self._fingerprint)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.close()

    def _refuse_early(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: out: is a file; name a folder")
        if not self.path.exists() or not any(entry.name != ".lock" for entry in self.path.iterdir()):
            return
        mark = self.path / FINGERPRINT
        if not mark.exists():
            only_chunks = {entry.name for entry in self.path.iterdir()} <= {CHUNKS, ".lock"}
            if only_chunks and not any((self.path / CHUNKS).iterdir()):
                return  # killed before it wrote its fingerprint
            raise InputError(f"{self.path}: out: exists and is no run; name another folder")
        differing = differences(read_json(mark), self._fingerprint)
        if differing:
            raise InputError(f"{self.path}: out: holds another run: {'; '.join(differing)}; name another folder")
        if not self._resume:
            raise InputError(f"{self.path}: out: exists; add --resume to continue it or name another folder")

    def save(self, name: str, arrays: Arrays) -> None:
        """Store a chunk, whole or not at all."""
        arrays = {key: np.asarray(value) for key, value in arrays.items()}
        stored: Any = {**arrays, CHECKSUM: np.array(digest(arrays))}

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.savez(file, **stored)

        write_atomic(self.path / CHUNKS / f"{name}.npz", write)

    def has(self, name: str) -> bool:
        """Tell whether a chunk is stored."""
        return (self.path / CHUNKS / f"{name}.npz").exists()

    def load(self, name: str) -> Arrays:
        """Return a chunk; see ``load_chunk``."""
        return load_chunk(self.path / CHUNKS / f"{name}.npz")

    def remember(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return a stored chunk, or compute and store it."""
        if not self.has(name):
            self.save(name, compute())
        return self.load(name)


def load_chunk(path: Path) -> Arrays:
    """Return the arrays of a chunk.

    Raises
    ------
    DamagedRun
        If the file cannot be read or its checksum differs.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays: Arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise DamagedRun(f"{path}: cannot be read: {error}; delete it and resume") from error
    found = str(arrays.pop(CHECKSUM, ""))
    if found != digest(arrays):
        raise DamagedRun(f"{path}: does not agree with its checksum; delete it and resume")
    return arrays


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Return what differs between two fingerprints, named by key, at most five lines."""
    if isinstance(old, dict) and isinstance(new, dict):
        lines = [
            line for key in sorted({*old, *new}) for line in differences(old.get(key), new.get(key), f"{path}.{key}".strip("."))
        ]
        return lines[:5]
    return [] if old == new else [f"{path} was {_short(old)}, is {_short(new)}"]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 16 else text[:13] + "..."
