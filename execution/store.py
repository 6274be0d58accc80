"""Where does a run live? A folder with a lock that death releases, a fingerprint, and chunks that are whole or absent.

A chunk is written beside its place, flushed to disk and renamed into it, with the SHA-256 of its arrays inside: a run killed
at any write leaves a folder that reads.
"""

import errno
import fcntl
import glob
import hashlib
import json
import os
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TextIO

import numpy as np

from model.arrays import Arrays
from model.errors import DamagedRun, InputError, Interrupted

CHUNKS: Final = "chunks"
FINGERPRINT: Final = "fingerprint.json"
MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "sha256"
OWNER: Final = "owner"
LOCK: Final = ".lock"
FINISHING: Final = ".finishing"
TEMPORARY: Final = ".partial-"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_WAIT_SECONDS: Final = 0.2
# A shard that asks whether another lives holds that one's lock for an instant; a lock is refused after so many tries.
_TRIES: Final = 5
_TRY_SECONDS: Final = 0.02
# The longest name of a chunk (bytes): a file's name may have 255, and a temporary one is longer than its own.
_LONGEST: Final = 200


class Shard(NamedTuple):
    """Part ``part`` (from 0) of ``of`` parts of every stage."""

    part: int
    of: int

    @property
    def lock(self) -> str:
        """Name of the file that a living shard holds locked."""
        return f".shard-{self.part + 1}-of-{self.of}"


def digest(arrays: Arrays) -> str:
    """Return the SHA-256 over names, types, shapes and bytes of arrays, in the order of their names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        total.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to disk, and put it in its place at once.

    What earlier deaths left of the same file is cleared.

    Raises
    ------
    Interrupted
        If the disk is full.
    InputError
        If the place cannot be written.
    """
    with _naming_faults(path):
        clear_litter(path.parent, path.stem)
    _write(path, write)


def _write(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(f"{TEMPORARY}{path.stem}.{secrets.token_hex(6)}{path.suffix}")
    with _naming_faults(path), _writing_in(path.parent):
        try:
            write(temporary)
            _flush(temporary)
            temporary.replace(path)
            _flush(path.parent)
        except BaseException:
            with suppress(OSError):
                # HDF5 goes on writing what it holds back when its objects are dropped, and crashes if there is no room even then.
                os.truncate(temporary, 0)
            raise
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def _naming_faults(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into what the user can do about it."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Interrupted(f"{path}: the disk is full; make room and run the same command with --resume") from error
        if error.errno in _REFUSED:
            raise InputError(f"{path}: cannot be written: {error.strerror}; name another folder") from error
        raise
    except RuntimeError as error:
        # HDF5, when what it held back finds no room.
        if any(f"errno = {number}," in str(error) for number in _FULL):
            raise Interrupted(f"{path}: the disk is full; make room and run the same command with --resume") from error
        raise


@contextmanager
def _writing_in(folder: Path) -> Iterator[None]:
    """Hold a folder as one that is written in: temporary files of a folder that nobody holds were left by the dead."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: then ``clear_litter`` does nothing
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def clear_litter(folder: Path, stem: str = "") -> None:
    """Delete the temporary files that the dead left in a folder, unless somebody is writing there.

    Parameters
    ----------
    stem : str
        Only those of the file of this name, its suffix left out.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.glob(f"{TEMPORARY}{glob.escape(stem)}{'.' if stem else ''}*"):
                left.unlink(missing_ok=True)
    finally:
        os.close(handle)


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
    """A run's folder, held by one writer, or by the shards of one run.

    Parameters
    ----------
    path : Path
        Made with its parents if absent.
    fingerprint : dict
        What the run's answer depends on; compared with that of an existing folder.
    resume : bool
        Whether an existing folder may be continued. A shard always may: its fellows began it.
    shard : Shard, optional
        Which part this writer does; shards of one run write at the same time.

    Raises
    ------
    InputError
        If the folder exists and resuming was not asked for, is no run, belongs to another run, is in use or cannot be written.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any], resume: bool = False, shard: Shard | None = None) -> None:
        self.path = path
        self._fingerprint = json.loads(json.dumps(fingerprint))
        self._mark = _mark(self._fingerprint)
        self._resume = resume or shard is not None
        self._shard = shard
        self._locks: list[TextIO] = []

    def __enter__(self) -> Self:
        self._refuse_early()
        try:
            with _naming_faults(self.path):
                (self.path / CHUNKS).mkdir(parents=True, exist_ok=True)
            self._lock(LOCK, fcntl.LOCK_EX if self._shard is None else fcntl.LOCK_SH, "is being written by another run")
            if self._shard is not None:
                self._lock(self._shard.lock, fcntl.LOCK_EX, f"shard {self._shard.part + 1}/{self._shard.of} is running already")
            self._begin()
        except OSError as error:
            self.__exit__(None, None, None)
            raise InputError(f"{self.path}: out: cannot be written: {error.strerror}; name another folder") from error
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _begin(self) -> None:
        self._clear()
        if not (self.path / FINGERPRINT).exists():
            write_json(self.path / FINGERPRINT, self._fingerprint)
        else:
            self._refuse_another()  # two that began at once

    def _clear(self) -> None:
        for folder in (self.path, self.path / CHUNKS):
            clear_litter(folder)

    def _lock(self, name: str, kind: int, held: str) -> None:
        with _naming_faults(self.path / name):
            file = (self.path / name).open("w")
        self._locks.append(file)
        for tries in range(_TRIES):
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if tries == _TRIES - 1:
                    raise InputError(f"{self.path}: out: {held}; wait for it or name another folder") from error
                time.sleep(_TRY_SECONDS)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._locks:
            self._locks.pop().close()

    def _refuse_early(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: out: is a file; name a folder")
        if not self.path.exists():
            return
        entries = {entry.name for entry in self.path.iterdir()}
        if FINGERPRINT not in entries:
            ours = all(name == CHUNKS or name.startswith((LOCK, ".shard-", TEMPORARY)) for name in entries)
            chunks = self.path / CHUNKS
            if ours and not (chunks.exists() and any(not entry.name.startswith(TEMPORARY) for entry in chunks.iterdir())):
                return  # killed before it wrote its fingerprint, or being begun by another shard
            raise InputError(f"{self.path}: out: exists and is no run; name another folder")
        self._refuse_another()
        if not self._resume:
            raise InputError(f"{self.path}: out: exists; add --resume to continue it or name another folder")

    def _refuse_another(self) -> None:
        differing = differences(read_json(self.path / FINGERPRINT), self._fingerprint)
        if differing:
            raise InputError(f"{self.path}: out: holds another run: {'; '.join(differing)}; name another folder")

    def alive(self, shard: Shard) -> bool:
        """Tell whether a shard of this run is at work: death releases its lock."""
        if shard == self._shard:
            return True
        try:
            with (self.path / shard.lock).open("r") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    @contextmanager
    def finishing(self, heed: Callable[[], None]) -> Iterator[None]:
        """Hold, alone among shards, the right to write finished files; ``heed`` is called while waiting for it."""
        with _naming_faults(self.path / FINISHING):
            opened = (self.path / FINISHING).open("w")
        with opened as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    heed()
                    time.sleep(_WAIT_SECONDS)
            self._clear()
            yield

    def save(self, name: str, arrays: Arrays) -> None:
        """Store a chunk, whole or not at all."""
        arrays = {**{key: np.asarray(value) for key, value in arrays.items()}, OWNER: np.array(f"{name} {self._mark}")}
        stored: Any = {**arrays, CHECKSUM: np.array(digest(arrays))}

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.savez(file, **stored)

        _write(self._place(name), write)

    def has(self, name: str) -> bool:
        """Tell whether a chunk is stored."""
        return self._place(name).exists()

    def load(self, name: str) -> Arrays:
        """Return a chunk; see ``load_chunk``."""
        return load_chunk(self._place(name), self._mark)

    def _place(self, name: str) -> Path:
        """Return a chunk's path, which no name leads out of the folder: names hold names of clusters and policies."""
        if not name or name[0] == "." or len(name.encode()) > _LONGEST or any(sign in name for sign in "/\\\0"):
            raise InputError(
                f"{name[:60]!r}: cannot name a piece of a run: no slash, no dot at its beginning, at most {_LONGEST} bytes; "
                "give the cluster or policy another name"
            )
        return self.path / CHUNKS / f"{name}.npz"

    def remember(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return a stored chunk, or compute and store it."""
        if not self.has(name):
            self.save(name, compute())
        return self.load(name)


def _mark(fingerprint: Any) -> str:
    return hashlib.sha256(json.dumps(fingerprint, sort_keys=True).encode()).hexdigest()[:16]


def mark_of(folder: Path) -> str:
    """Return the mark that every chunk of a run folder bears, a hash of its fingerprint.

    Raises
    ------
    DamagedRun
        If the fingerprint cannot be read.
    """
    return _mark(read_json(folder / FINGERPRINT))


def load_chunk(path: Path, mark: str = "") -> Arrays:
    """Return the arrays of a chunk.

    Parameters
    ----------
    mark : str
        Of the run that it must be of; any if empty.

    Raises
    ------
    DamagedRun
        If the file cannot be read, its checksum differs, or it is another piece or of another run.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays: Arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise DamagedRun(f"{path}: cannot be read: {error}; delete it and resume") from error
    found = str(arrays.pop(CHECKSUM, ""))
    if found != digest(arrays):
        raise DamagedRun(f"{path}: does not agree with its checksum; delete it and resume")
    owner = str(arrays.pop(OWNER, ""))
    if mark and owner != f"{path.stem} {mark}":
        raise DamagedRun(f"{path}: is another piece, or of another run; delete it and resume")
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
