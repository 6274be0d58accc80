"""How does the command meet a terminal, a pipe, a full disk or nothing? Output that is lost is one line and an exit code.

A note on standard error that nobody can receive is dropped, since there is nowhere to say so.
"""

import os
import sys
from collections.abc import Callable
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Final

from model.errors import InputError

OUTPUT: Final = 1
NOTES: Final = 2


class Stream(TextIOWrapper):
    """Standard output or standard error."""

    def write(self, text: str) -> int:
        """Write text; see ``flush``."""
        return self._kept(lambda: super(Stream, self).write(text)) or 0

    def flush(self) -> None:
        """Hand on what was written.

        Raises
        ------
        InputError
            If it is an answer and the stream takes no more.
        """
        self._kept(super().flush)

    def _kept(self, action: Callable[[], int | None]) -> int | None:
        try:
            return action()
        except BrokenPipeError:
            raise
        except OSError as error:
            # What is still held back goes nowhere: Python would complain about it when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if self.fileno() == OUTPUT:
                raise InputError(f"standard output: cannot be written: {error.strerror}; send it elsewhere") from error
            return None


def guarded(command: Callable[[], int]) -> int:
    """Run a command whose streams may be closed, full or without letters beyond ASCII, and return its exit code."""
    _open_closed_descriptors()
    sys.stdout = _stream(OUTPUT, sys.stdout)
    sys.stderr = _stream(NOTES, sys.stderr)
    try:
        try:
            return command()
        finally:
            sys.stdout.flush()
    except InputError as error:
        sys.stderr.write(f"takeoff: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), OUTPUT)
        return 0


def _open_closed_descriptors() -> None:
    """Open the standard streams that are closed, lest a file of results takes their number and receives what is printed."""
    for descriptor, mode in ((0, os.O_RDONLY), (OUTPUT, os.O_RDONLY), (NOTES, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free is this one. Writing an answer to it fails, as it must.
            os.open(os.devnull, mode)


def _stream(descriptor: int, old: object) -> Stream:
    """Return a stream that takes over the buffer of the old one, if there is an old one."""
    if isinstance(old, TextIOWrapper):
        encoding, line_buffering = old.encoding, old.line_buffering
        return Stream(old.detach(), encoding, "backslashreplace", line_buffering=line_buffering)
    return Stream(BufferedWriter(FileIO(descriptor, "w", closefd=False)), "utf-8", "backslashreplace")
