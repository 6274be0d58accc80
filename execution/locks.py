"""Who may write? Whoever holds the lock of a file; death releases it.

Some file systems have no locks. One writer can do without; two that may write at once cannot.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from execution.writing import naming_faults
from model.errors import InputError

SHARED: Final = fcntl.LOCK_SH
ALONE: Final = fcntl.LOCK_EX
_WITHOUT_LOCKS: Final = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
# Somebody who asks whether a lock is held takes it for an instant; a lock counts as held after so many tries.
_TRIES: Final = 5
_TRY_SECONDS: Final = 0.02
_WAIT_SECONDS: Final = 0.2


class NoLocks(Exception):  # noqa: N818 - a property of a file system
    """The file system has no locks."""


def opened(path: Path) -> int:
    """Return a handle of a lock's file, which is made if absent and never emptied; a link is refused, and a pipe does not block.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    if path.is_symlink():
        raise InputError(f"{path}: cannot be written: it is a link, which is not followed; remove it")
    with naming_faults(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)


def take(handle: int, kind: int) -> bool:
    """Try to take a lock, and tell whether it was free.

    Raises
    ------
    NoLocks
        If the file system has none.
    InputError
        If the file system refuses for another reason.
    """
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _WITHOUT_LOCKS:
            raise NoLocks from error
        raise InputError(f"a lock of the run folder: {error.strerror}; name a folder on another file system") from error
    return True


def take_soon(handle: int, kind: int) -> bool:
    """Try a few times to take a lock, which somebody may hold for an instant; see ``take``."""
    for attempt in range(_TRIES):
        if attempt > 0:
            time.sleep(_TRY_SECONDS)
        if take(handle, kind):
            return True
    return False


def wait_for(handle: int, heed: Callable[[], None]) -> None:
    """Wait until nobody else holds a lock, and take it; ``heed`` is called meanwhile and may raise.

    A file system without locks grants it at once: only shards and commands that replace the same file could meet there.
    """
    try:
        while not take(handle, ALONE):
            heed()
            time.sleep(_WAIT_SECONDS)
    except NoLocks:
        return


def held(path: Path) -> bool:
    """Tell whether anybody holds the lock of a file alone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}; remove it") from error
    try:
        return not take(handle, SHARED)
    finally:
        os.close(handle)
