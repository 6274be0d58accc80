"""How does a result reach the disk? Whole or not at all: a file is written beside its path, flushed, and renamed into it."""

import errno
import fcntl
import glob
import json
import math
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from execution import reading
from model.errors import DamagedRun, InputError, Interrupted

TEMPORARY: Final = ".partial-"
# Bounds of the JSON that a run holds, far beyond what any run writes.
_MOST_BYTES: Final = 2**26
_MOST_DIGITS: Final = 100
_DEEPEST: Final = 100
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a temporary file beside ``path``, then put it in place in one step; parents are created.

    The temporary file keeps the suffix, since some writers choose their format by it. On an error nothing is left behind, and
    what an earlier death left of the same file is cleared.

    Raises
    ------
    InputError
        If the path cannot be written.
    Interrupted
        If the disk is full.
    """
    with naming_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_litter(path.parent, path.stem)
    replace_by(path, write)


def replace_by(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole, as ``write_atomic`` does, into a folder that exists and from which litter has been cleared."""
    temporary = path.with_name(f"{TEMPORARY}{path.stem}.{secrets.token_hex(6)}{path.suffix}")
    with naming_faults(path), _writing_in(path.parent):
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


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8 with newlines as they are; see ``write_atomic``."""
    write_atomic(path, lambda temporary: temporary.write_bytes(text.encode("utf-8")))


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole, with keys in order; see ``write_atomic``."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a run, which is a mapping.

    Raises
    ------
    InputError
        If it cannot be opened, is no regular file, or is larger than any file of a run.
    DamagedRun
        If it is missing, is no regular file, is no JSON, is too large, holds a number of too many digits, is nested too deep, or
        is no mapping.
    """
    text = reading.content(path)
    try:
        if len(text) > _MOST_BYTES:
            raise ValueError(f"is larger than {_MOST_BYTES:,} bytes")
        content = json.loads(text.decode("utf-8"), parse_int=_whole, parse_float=_decimal)
        if _levels(content) > _DEEPEST:
            raise RecursionError
    except (ValueError, RecursionError) as error:
        reason = str(error)[:100] if isinstance(error, ValueError) else f"is nested deeper than {_DEEPEST} levels"
        raise DamagedRun(f"{path}: cannot be read: {reason}; run the command again in a new folder") from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise DamagedRun(f"{path}: holds a {kind} where a mapping is due; run the command again in a new folder")
    return content


def _levels(content: Any) -> int:
    """Return on how many levels JSON is nested, without a call for each."""
    levels, layer = 0, [content]
    while layer:
        levels += 1
        parts = (part.values() if isinstance(part, dict) else part for part in layer if isinstance(part, dict | list))
        layer = [value for part in parts for value in part]
    return levels


def _whole(text: str) -> int:
    return int(_short(text))


def _decimal(text: str) -> float:
    value = float(_short(text))
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _short(text: str) -> str:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number has more than {_MOST_DIGITS} digits")
    return text


@contextmanager
def naming_faults(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into what the user can do about it.

    Raises
    ------
    InputError
        If the path cannot be written.
    Interrupted
        If the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Interrupted(f"{path}: the disk is full; make room and run the same command with --resume") from error
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; name another path") from error
    except RuntimeError as error:
        # HDF5 raises this when what it held back finds no room.
        if any(f"errno = {number}," in str(error) for number in _FULL):
            raise Interrupted(f"{path}: the disk is full; make room and run the same command with --resume") from error
        raise


@contextmanager
def _writing_in(folder: Path) -> Iterator[None]:
    """Hold a folder as one that is written in: temporary files of a folder that nobody holds were left by the dead."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # On a file system without locks nothing is held, and ``clear_litter`` deletes nothing.
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def clear_litter(folder: Path, stem: str = "") -> None:
    """Delete the temporary files that the dead left in a folder, unless somebody is writing there.

    Parameters
    ----------
    stem : str
        Name of a file without its suffix: only temporary files of that file are deleted. All of them if empty.
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
