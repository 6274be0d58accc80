"""How is a run stopped? A signal asks, and the work stops at the next safe place; a second Ctrl-C does not wait for one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from industrial_takeoff import SIGNALS
from model.errors import Interrupted


@dataclass
class Stop:
    """Whether the run was asked to stop, and by which signal."""

    asked: str = ""

    def check(self, *_: object) -> None:
        """Stop here if asked to: called where all work is saved, also as a callback whose arguments do not matter.

        Raises
        ------
        Interrupted
            If a signal has arrived.
        """
        if self.asked:
            raise Interrupted(f"interrupted by {self.asked}; the work is saved: run the same command with --resume")


@contextmanager
def listening() -> Iterator[Stop]:
    """Turn SIGINT, SIGTERM and SIGUSR1 into a stop at the next safe place; outside the main thread, no signal is heard."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.asked = signal.Signals(number).name

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
