"""Which failures have names, and how are they told? Those that a user can act on, each with its exit code, one line a fault.

A line is ``where: key: value: rule; remedy``. Whatever was read from outside is shortened and its control characters are escaped
before it reaches a screen.
"""

import os
import stat
from pathlib import Path
from reprlib import Repr
from typing import Any, ClassVar, Final

# Characters of one line of a message, and of one value in it.
LONGEST_LINE: Final = 2000
LONGEST_VALUE: Final = 60
# A nested value is shown to this depth.
_SHOWN_DEPTH: Final = 3


def plain(text: str, longest: int = LONGEST_LINE) -> str:
    """Return a text as one line of printable characters; of a longer text the middle is left out."""
    if len(text) > longest:
        text = f"{text[: longest // 2 - 2]}...{text[len(text) - longest // 2 + 2 :]}"
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)


def shown(value: Any) -> str:
    """Return a value as a message shows it, in a bounded time: never longer than ``LONGEST_VALUE`` characters."""
    short = Repr()
    short.maxlevel = _SHOWN_DEPTH
    short.maxstring = short.maxother = short.maxlong = LONGEST_VALUE
    try:
        text = short.repr(value)
    except ValueError:
        # Python refuses to write a whole number of more than some thousand digits.
        text = "a number of too many digits"
    return plain(text, LONGEST_VALUE)


class TakeoffError(Exception):
    """A failure that a user can act on: each argument is one fault, printed on one line, and ``exit_code`` follows."""

    exit_code: ClassVar[int] = 1

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults, a printable line each."""
        return tuple(plain(str(fault)) for fault in self.args)

    def __str__(self) -> str:
        return "\n".join(self.faults)


class InputError(TakeoffError):
    """The user's input is wrong: a key, a type, a unit, a range or a file."""

    exit_code: ClassVar[int] = 2


class DamagedRun(TakeoffError):  # noqa: N818 - names the state of a folder
    """A run folder contains files that do not agree with their checksums."""

    exit_code: ClassVar[int] = 4


class Interrupted(TakeoffError):  # noqa: N818 - an interruption is no error
    """The run was stopped from outside after it had saved its work; it can be resumed."""

    exit_code: ClassVar[int] = 75


def file_bytes(path: Path, most: int) -> bytes:
    """Return the bytes of a file, without waiting for a pipe or a device and without reading what is too large.

    Raises
    ------
    InputError
        If there is no such file, it is no regular file, it may not be read, or it holds more than ``most`` bytes.
    """
    try:
        _refuse_odd(path, path.stat())
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(handle, "rb") as file:
            _refuse_odd(path, os.fstat(handle))  # The path may lead to another file by now.
            content = file.read(most + 1) or b""
    except (OSError, ValueError) as error:
        # A ValueError tells of a path with a character that no path may have.
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}; name a readable file") from error
    if len(content) > most:
        raise InputError(f"{path}: is larger than {most:,} bytes; name a smaller file")
    return content


def _refuse_odd(path: Path, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        kind = "a folder" if stat.S_ISDIR(state.st_mode) else "no regular file"
        raise InputError(f"{path}: cannot be read: is {kind}; name a readable file")
