"""How does a signal stop a command? By an exception, once, while the command works; before, after and again, it ends the process.

An exception that is raised where nobody catches it would be a traceback. Work that keeps its pieces listens in its own way, and
stops at the next safe point (``execution.stopping``).
"""

import signal
import sys
from types import FrameType
from typing import Any

from industrial_takeoff import SIGNALS, leave_at_once


class Stopped(KeyboardInterrupt):
    """A signal asked us to stop."""


class Listening:
    """Turns signals into an exception, once: a second signal, or one after ``end``, meets what was there before.

    Attributes
    ----------
    asked : the signal that came, empty before
    """

    def __init__(self) -> None:
        self.asked = ""
        self._before: dict[int, Any] = {}

    def begin(self) -> None:
        """Listen from now on."""
        for number in SIGNALS:
            # A handler that no Python code has set reads as None.
            self._before[number] = signal.getsignal(number) or signal.SIG_DFL
            signal.signal(number, self._stop)

    def end(self) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.end()
        sys.unraisablehook = _end_quietly
        self.asked = signal.Signals(number).name
        raise Stopped(self.asked)


def _end_quietly(lost: Any) -> None:
    """Drop what an object says that the exception left half made; end at once where Python has dropped the exception itself.

    Python drops an exception that is raised while an object is finalised or a process forks.
    """
    if issubclass(lost.exc_type, Stopped):
        leave_at_once()
