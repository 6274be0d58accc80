"""Where does a run live? A folder with a lock that death releases, a fingerprint, and chunks that are whole or absent.

A chunk is written beside its path, flushed to disk and renamed into it: a run killed at any write leaves a folder that reads.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from execution.chunks import load_chunk, save_chunk
from execution.locks import ALONE, SHARED, NoLocks, held, opened, take_soon, wait_for
from execution.writing import TEMPORARY, clear_litter, naming_faults, read_json, write_json
from model.arrays import Arrays
from model.errors import InputError

CHUNKS: Final = "chunks"
FINGERPRINT: Final = "fingerprint.json"
LOCK: Final = ".lock"
FINISHING: Final = ".finishing"
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


class RunFolder:
    """A run's folder, held by one writer, or by the shards of one run.

    Parameters
    ----------
    path : Path
        Made with its parents if absent.
    fingerprint : mapping
        What the run's answer depends on; compared with that of an existing folder.
    resume : bool
        Whether an existing folder may be continued. A shard always may: its fellows began it.
    shard : Shard, optional
        Which part this writer does; shards of one run write at the same time.

    Raises
    ------
    InputError
        When it is entered: if the folder exists and resuming was not asked for, is no run, belongs to another run, is in use,
        cannot be written, or has no locks though shards share it.
    """

    def __init__(self, path: Path, fingerprint: Mapping[str, Any], resume: bool = False, shard: Shard | None = None) -> None:
        self.path = path
        self._fingerprint = json.loads(json.dumps(fingerprint))
        self._mark = _mark(self._fingerprint)
        self._resume = resume or shard is not None
        self._shard = shard
        self._locks: list[int] = []

    def __enter__(self) -> Self:
        self._refuse_early()
        try:
            with naming_faults(self.path):
                (self.path / CHUNKS).mkdir(parents=True, exist_ok=True)
            self._lock(LOCK, ALONE if self._shard is None else SHARED, "is being written by another run")
            if self._shard is not None:
                self._lock(self._shard.lock, ALONE, f"shard {self._shard.part + 1}/{self._shard.of} is running already")
            self._begin()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _begin(self) -> None:
        self._clear()
        if not (self.path / FINGERPRINT).exists():
            write_json(self.path / FINGERPRINT, self._fingerprint)
        else:
            self._refuse_another()  # Two runs may have begun at once.

    def _clear(self) -> None:
        with naming_faults(self.path):
            for folder in (self.path, self.path / CHUNKS):
                clear_litter(folder)

    def _lock(self, name: str, kind: int, reason: str) -> None:
        handle = opened(self.path / name)
        self._locks.append(handle)
        try:
            free = take_soon(handle, kind)
        except NoLocks as error:
            if self._shard is not None:
                raise InputError(f"{self.path}: --shard: shards need locks, and there are none here; name another") from error
            return
        if not free:
            raise InputError(f"{self.path}: out: {reason}; wait for it or name another folder")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._locks:
            os.close(self._locks.pop())

    def _refuse_early(self) -> None:
        with naming_faults(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise InputError(f"{self.path}: out: is a file; name a folder")
            if not self.path.exists():
                return
            entries = {entry.name for entry in self.path.iterdir()}
        if FINGERPRINT not in entries:
            ours = all(name == CHUNKS or name.startswith((LOCK, ".shard-", TEMPORARY)) for name in entries)
            chunks = self.path / CHUNKS
            if ours and not (chunks.exists() and any(not entry.name.startswith(TEMPORARY) for entry in chunks.iterdir())):
                return  # A run was killed before it wrote its fingerprint, or another shard is beginning it.
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
        return shard == self._shard or held(self.path / shard.lock)

    @contextmanager
    def finishing(self, heed: Callable[[], None]) -> Iterator[None]:
        """Hold, alone among shards, the right to write finished files; ``heed`` is called while waiting for it."""
        with finishing(self.path, heed):
            self._clear()
            yield

    def save(self, name: str, arrays: Arrays) -> None:
        """Store a chunk, whole or not at all."""
        save_chunk(self._path(name), arrays, self._mark)

    def has(self, name: str) -> bool:
        """Tell whether a chunk is stored."""
        return self._path(name).exists()

    def load(self, name: str) -> Arrays:
        """Return a chunk; see ``execution.chunks.load_chunk``."""
        return load_chunk(self._path(name), self._mark)

    def _path(self, name: str) -> Path:
        """Return a chunk's path, which no name leads out of the folder: names hold names of clusters and policies."""
        if not name or name[0] == "." or len(name.encode()) > _LONGEST or any(sign in name for sign in "/\\\0"):
            raise InputError(
                f"{name[:60]!r}: cannot name a piece of a run: no slash, no dot at its beginning, at most {_LONGEST} bytes; "
                "give the cluster or policy another name"
            )
        return self.path / CHUNKS / f"{name}.npz"


@contextmanager
def finishing(folder: Path, heed: Callable[[], None]) -> Iterator[None]:
    """Hold the right to write a run's finished files; ``heed`` is called while somebody else has it, and may raise.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    handle = opened(folder / FINISHING)
    try:
        wait_for(handle, heed)
        yield
    finally:
        os.close(handle)


def chunk_paths(folder: Path) -> list[Path]:
    """Return the paths of the chunks that lie in a run folder, by name."""
    return sorted((folder / CHUNKS).glob("[!.]*.npz"))


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
