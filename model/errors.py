"""Which failures have names? Those that a user can act on, each with its exit code.

A message is one line: ``where: key: value: rule; remedy``.
"""

from typing import ClassVar


def shown(text: str) -> str:
    """Return text as a terminal may show it: control characters, of which a name may be full, are escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


class TakeoffError(Exception):
    """A failure that a user can act on; the command line prints its message on one line and exits with ``exit_code``."""

    exit_code: ClassVar[int] = 1


class InputError(TakeoffError):
    """The user's input is wrong: a key, a type, a unit, a range or a file."""

    exit_code: ClassVar[int] = 2


class DamagedRun(TakeoffError):  # noqa: N818 - names the state of a folder
    """A run folder contains files that do not agree with their checksums."""

    exit_code: ClassVar[int] = 4


class Interrupted(TakeoffError):  # noqa: N818 - an interruption is no error
    """The run was stopped from outside after it had saved its work; it can be resumed."""

    exit_code: ClassVar[int] = 75
