"""How far is the work? A terminal shows a bar with a rate and the time left; a log gets a line now and then."""

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from model.errors import plain

# The least time between two lines of a log, and between two drawings of a bar (s).
QUIET_SECONDS: Final = 30.0
REDRAW_SECONDS: Final = 0.1
# Characters of a bar.
BAR: Final = 24
SIGNS: Final = ("█", "·")


def signs(stream: TextIO) -> tuple[str, str]:
    """Return the signs of the full and the empty part of a bar, from ASCII where the stream has no others."""
    try:
        "".join(SIGNS).encode(stream.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return "#", "."
    return SIGNS


def span(seconds: float) -> str:
    """Return a duration (s) as a short text in seconds, minutes or hours."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Progress:
    """Shows stages and the steps within a stage; libraries get its ``step`` as a callback ``(stage, done, total)``.

    One that is ``quiet`` shows neither, but still writes what it is told to ``say``: warnings, and what becomes of workers.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic, *, quiet: bool = False) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._quiet = quiet
        self._begun = clock()
        self._stage = ""
        self._stage_begun = self._begun
        self._stage_done = 0
        self._told = float("-inf")
        self._open = False

    def say(self, text: str) -> None:
        """Write one line, after erasing a bar that is being drawn."""
        if self._open:
            self._stream.write("\r\x1b[K")
            self._open = False
        self._stream.write(plain(text) + "\n")
        self._stream.flush()

    def stage(self, name: str) -> None:
        """Announce a stage at once, unless progress is to be quiet."""
        if self._quiet:
            return
        self._stage, self._stage_done, self._stage_begun, self._told = name, 0, self._clock(), self._clock()
        self.say(f"[{span(self._clock() - self._begun):>9}] {name}")

    def step(self, stage: str, done: int, total: int) -> None:
        """Take note that ``done`` of ``total`` pieces of a stage are done; most calls write nothing."""
        if self._quiet:
            return
        if stage != self._stage:
            self.stage(stage)
            # Pieces that were done before the first call, or were read from disk, do not belong to the stage's rate.
            self._stage_done = done
        now = self._clock()
        terminal = self._stream.isatty()
        if now - self._told < (REDRAW_SECONDS if terminal else QUIET_SECONDS) and not (terminal and done >= total):
            return
        self._told = now
        line = self._line(done, total, done - self._stage_done, now - self._stage_begun)
        if terminal:
            filled = BAR * done // max(total, 1)
            full, empty = signs(self._stream)
            self._stream.write(f"\r\x1b[K{plain(stage)} {full * filled}{empty * (BAR - filled)} {line}")
            self._stream.flush()
            self._open = True
        else:
            self.say(f"[{span(now - self._begun):>9}]   {line}")

    @staticmethod
    def _line(done: int, total: int, since: int, elapsed: float) -> str:
        """Return the count, the rate and the time left, where ``since`` pieces were done in ``elapsed`` seconds."""
        if since <= 0 or elapsed <= 0:
            return f"{done:,} of {total:,}"
        rate = since / elapsed
        shown = f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s" if rate >= 0.1 else f"{span(1.0 / rate)} each"
        return f"{done:,} of {total:,}, {shown}, {span((total - done) / rate)} left"

    def end(self) -> None:
        """End the line of a bar that is being drawn."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False
