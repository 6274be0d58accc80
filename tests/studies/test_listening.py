"""Whenever a signal comes, even a second one, a command ends with a line and an exit code, and never with a traceback."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from industrial_takeoff import INTERRUPTED, SIGNALS
from studies.listening import Listening, Stopped

ROOT = Path(__file__).resolve().parents[2]
# The instructions before the first `try`.
FIRST = 3
# Each child runs a command in which a signal comes at one of the instructions of the functions that begin and end every command.
PROGRAM = """
import os, signal, sys
import industrial_takeoff
from studies import cli, listening, streams
from studies.commands import inspecting
WATCHED = {one.__code__ for one in (
    industrial_takeoff.main, streams.guarded, cli.main, cli._run, cli._told, cli._kept,
    listening.Listening.begin, listening.Listening.end, listening.Listening._stop,
)}
at, every, step = int(sys.argv[1]), int(sys.argv[2]), 0

def run(number, wanted):
    seen = 0
    def watch(frame, event, argument):
        nonlocal seen
        if frame.f_code not in WATCHED:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen += 1
            if seen in wanted:
                os.kill(os.getpid(), number)
        return watch
    def answer(arguments):
        print("the answer")
        return 0
    inspecting.doctor = answer
    sys.argv = ["takeoff", "doctor"]
    sys.settrace(watch)
    code = industrial_takeoff.main()
    sys.settrace(None)
    # What comes later meets the end of the process.
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code if seen >= wanted[0] else 99)

ended = False
while not ended:
    for number in industrial_takeoff.SIGNALS:
        for wanted in ([at + step], [at + step, at + step + 5, at + step + 11]):
            child = os.fork()
            if child == 0:
                out = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(out, 1), os.dup2(out, 2)
                try:
                    run(number, wanted)
                except BaseException:
                    import traceback
                    traceback.print_exc()
                os._exit(1)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = open("said").read()
            ended = ended or code == 99
            # Before the first handler is set the signal ends the process, as it does while Python starts.
            ends = {0: "the answer" in said, 75: "takeoff: interrupted" in said, 99: True, -number: not said}
            if not ends.get(code) or "Traceback" in said:
                sys.exit(f"{number} at instructions {wanted}: exit code {code}: {said}")
    step += every
print(at + step)
"""


@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.slow)])
def test_a_signal_at_any_instruction_is_one_line(every: int, tmp_path: Path) -> None:
    words = [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}", str(FIRST), str(every)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # So many instructions, at least, come before the last.
    assert int(done.stdout) > 150


class HalfMade:
    """What a library leaves when a signal comes within its constructor: the finaliser misses what was not yet set."""

    def __init__(self) -> None:
        signal.raise_signal(signal.SIGTERM)
        self.open = True

    def __del__(self) -> None:
        if self.open:
            self.open = False


class Finalised:
    """A signal that comes while it is finalised raises an exception that Python drops."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


class Turned:
    """A signal in the middle of compiled code, which makes another error of it, as Cython does; then a message of ours."""

    def __init__(self) -> None:
        from model.errors import DamagedRun

        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise DamagedRun("f.nc: cannot be read: returned a result with an exception set") from None


@pytest.mark.parametrize("kind", ["HalfMade", "Finalised", "Turned"])
def test_a_signal_within_a_constructor_a_finaliser_or_compiled_code_is_one_line(kind: str) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import industrial_takeoff
from studies.commands import inspecting
from tests.studies.test_listening import {kind}
def answer(arguments):
    made = {kind}()
    del made
    print("went on")
    return 0
inspecting.doctor = answer
sys.argv = ["takeoff", "doctor"]
sys.exit(industrial_takeoff.main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "\ntakeoff: interrupted\n")


@pytest.fixture
def kept_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put Python's hook for dropped exceptions back, which a signal has changed for the process that it ends."""
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)


@pytest.mark.usefixtures("kept_hook")
def test_what_was_there_before_is_there_again() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    listening = Listening()
    listening.begin()
    assert [signal.getsignal(number) for number in SIGNALS] != before
    with pytest.raises(Stopped, match="SIGTERM"):
        signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(number) for number in SIGNALS] == before
    listening.end()
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_command_leaves_no_handler_behind() -> None:
    from studies.cli import main

    before = [signal.getsignal(number) for number in SIGNALS]
    assert main(["list", "profiles"]) == 0
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert INTERRUPTED == 75
