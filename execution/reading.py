"""How is a file of a run opened? Only if it is a file: a pipe in its stead would block for ever, a device would never end."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from model.errors import DamagedRun, InputError


def opened(path: Path) -> BufferedReader:
    """Return a file opened for reading.

    Raises
    ------
    DamagedRun
        If it is missing, or if something else than a file bears its name.
    InputError
        If it cannot be opened, which says nothing of what it holds.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise DamagedRun(f"{path}: is missing; go on with the same command and --resume") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be opened: {reason}; make it readable") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise DamagedRun(f"{path}: is a folder, a pipe or a device where a file is due; put it aside and resume")
    return os.fdopen(handle, "rb")


def content(path: Path) -> bytes:
    """Return the bytes of a file; see ``opened``."""
    with opened(path) as file:
        try:
            return file.read()
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}; try again") from error


def lies(path: Path) -> bool:
    """Tell whether anything bears a name: a file, but also a pipe or a link that leads nowhere."""
    return os.path.lexists(path)
