"""What if nobody can receive what a command prints? One line, an exit code, and no traceback even when Python ends."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")


def said(words: str, streams: str) -> tuple[int, str]:
    """The exit code of ``takeoff``, and what it wrote to standard error, where a shell has directed the streams."""
    line = f"{sys.executable} -m industrial_takeoff {words} {streams}"
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="needs the device that is always full")
@pytest.mark.parametrize("words", ["explain schedule", "--help"])
def test_a_full_disk_is_one_line(words: str) -> None:
    code, line = said(words, f"> {FULL}")
    assert code == 2
    assert line == "takeoff: standard output: cannot be written: No space left on device; send it elsewhere\n"


def test_a_closed_output_is_one_line_and_no_file_takes_its_number() -> None:
    code, line = said("explain schedule", ">&-")
    assert code == 2
    assert line == "takeoff: standard output: cannot be written: Bad file descriptor; send it elsewhere\n"


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", "<&-"])
def test_notes_that_nobody_can_receive_are_dropped(streams: str) -> None:
    assert said("status nowhere", f">/dev/null {streams}")[0] == 2


def test_letters_that_a_stream_does_not_have_are_escaped() -> None:
    line = f"PYTHONIOENCODING=ascii {sys.executable} -m industrial_takeoff explain equations"
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_a_reader_who_has_seen_enough_is_no_failure() -> None:
    code, line = said("explain equations", "| head -n 1 > /dev/null")
    assert (code, line) == (0, "")
