"""Which failures do we name? Those that a user can act on, each with its exit code.

A message is one line: ``where: key: value: rule; remedy``.
"""

from typing import ClassVar


class TakeoffError(Exception):
    """A failure that a user can act on; the command line prints its message on one line and exits with ``exit_code``."""

    exit_code: ClassVar[int] = 1


class InputError(TakeoffError):
    """What the user gave is wrong (a key, a type, a unit, a range, a file)."""

    exit_code: ClassVar[int] = 2


class DamagedRun(TakeoffError):  # noqa: N818 - a state of a folder
    """A run folder holds files that do not agree with their checksums."""

    exit_code: ClassVar[int] = 4


class Interrupted(TakeoffError):  # noqa: N818 - not a mistake
    """The run was stopped from outside after saving its work; it can be resumed."""

    exit_code: ClassVar[int] = 75
