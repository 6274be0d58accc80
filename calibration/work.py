"""What does every stage of a calibration share? The clusters, their rows, the counts of the profile, the folder, and a stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from calibration.arrays import Floats, Progress
from calibration.observation import ErrorModel, Simulate, Table
from calibration.store import RunFolder
from calibration.training_set import Sizes
from model.errors import Interrupted
from model.profile import Profile

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


@dataclass
class Stop:
    """Whether the run was asked to stop, and by what."""

    asked: str = ""

    def check(self) -> None:
        """Stop here if asked to: called where all work is saved.

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
        stop.asked = signal.Signals(number).name

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def silent(stage: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Work:
    """What the stages of one calibration share.

    Attributes
    ----------
    simulate : the simulator, or a stand-in
    tables : rows of Tables 1-2, cluster by cluster
    features : (cases, features) what the networks are told of each cluster
    threads : threads for work whose bits do not depend on their number
    """

    simulate: Simulate
    tables: list[Table]
    features: Floats
    sizes: Sizes
    profile: Profile
    seed: int
    folder: RunFolder
    errors: ErrorModel
    threads: int
    progress: Progress = silent
    stop: Stop = field(default_factory=Stop)

    def tick(self, stage: str, done: int, total: int) -> None:
        """Show progress, and stop if asked to."""
        self.progress(stage, done, total)
        self.stop.check()
