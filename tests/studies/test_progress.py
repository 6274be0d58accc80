"""Progress: a bar on a terminal, a line now and then in a log, stages at once."""

import io

from studies.progress import QUIET_SECONDS, Progress, span


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_stages_at_once_and_lines_now_and_then() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Progress(stream, clock)
    for done in range(1, 201):
        clock.now += 0.5
        progress.step("work", done, 200)
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("work")
    assert "0 s]" in lines[0]
    assert len(lines) - 1 == 99 // QUIET_SECONDS
    assert "2/s" in lines[1]
    assert "left" in lines[1]
    assert "\r" not in stream.getvalue()


class Plain(Terminal):
    encoding = "ascii"


def test_a_terminal_without_blocks_gets_a_bar_of_ascii_and_no_control_signs() -> None:
    for kind, full in ((Plain, "#"), (Terminal, "█")):
        clock, stream = Clock(), kind()
        Progress(stream, clock).step("work on \x1b[2J", 1, 1)
        assert full * 24 in stream.getvalue()
        assert "\x1b[2J" not in stream.getvalue()


def test_a_terminal_gets_a_bar_that_ends() -> None:
    clock, stream = Clock(), Terminal()
    progress = Progress(stream, clock)
    for done in range(1, 5):
        clock.now += 1
        progress.step("work", done, 4)
    progress.end()
    text = stream.getvalue()
    # The first step announces its stage.
    assert text.count("\r") == 3
    assert text.endswith("\n")
    assert "4 of 4, 1/s" in text


def test_spans() -> None:
    assert [span(x) for x in (3.2, 75, 7300)] == ["3 s", "1 min 15 s", "2 h 01 min"]
