"""How does a result reach the disk: whole, or not at all."""

from collections.abc import Callable
from pathlib import Path

from execution.store import write_atomic
from model.errors import InputError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a temporary file beside ``path``, then put it in place in one step; parents are created.

    The temporary file keeps the suffix, since some writers choose their format by it. On an error nothing is left behind,
    and what an earlier death left is cleared.

    Raises
    ------
    InputError
        If the place cannot be written.
    Interrupted
        If the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, write)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; name another place") from error


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8 with newlines as they are."""
    write_whole(path, lambda partial: partial.write_bytes(text.encode("utf-8")))
