"""How a result reaches the disk: whole, or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from model.errors import InputError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a temporary file beside ``path``, then put it in place in one step; parents are created.

    The temporary file keeps the suffix, since some writers choose their format by it. On an error nothing is left behind.

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        partial = Path(name)
        write(partial)
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; name another place") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8 with newlines as they are."""
    write_whole(path, lambda partial: partial.write_bytes(text.encode("utf-8")))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
