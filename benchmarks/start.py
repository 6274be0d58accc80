"""Time to the first result: where the model has been compiled, where it has not, and where many start at once.

``python -m benchmarks.start [--quick] [--out F.json]``

Wall time of whole commands, a bare Python beside them. *Cold* is an empty cache of compiled code; *together* are processes that
all start on one empty cache, of which one compiles.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import in_turn, options, spread, tell, wall_seconds

TAKEOFF = Path(sys.executable).with_name("takeoff")
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "takeoff --help": [str(TAKEOFF), "--help"],
    "takeoff simulate 10": [str(TAKEOFF), "simulate", "10"],
}


def run(command: list[str], **environment: str) -> str:
    """Run a command to its end; return what it told meanwhile."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    return done.stderr


def warm(runs: int) -> list[dict[str, Any]]:
    """Measure commands on a warm cache."""
    for command in COMMANDS.values():
        run(command)
    found = in_turn(
        {name: lambda _, command=command: wall_seconds(lambda: run(command)) for name, command in COMMANDS.items()}, runs
    )
    rows = []
    for name, seconds in found.items():
        told = spread(seconds)
        print(f"{name:>22}: {told} s")
        rows.append({"what": name, "runs": runs, **told._asdict()})
    return rows


def cold() -> list[dict[str, Any]]:
    """Measure the first result on an empty cache, and check that a user is told what takes so long."""
    with tempfile.TemporaryDirectory() as folder:
        told = []
        seconds = wall_seconds(lambda: told.append(run(COMMANDS["takeoff simulate 10"], NUMBA_CACHE_DIR=folder)))
    said = "compiling" in told[0]
    print(f"{'on an empty cache':>22}: {seconds:.3g} s, {'and says so' if said else 'WITHOUT A WORD'}")
    return [{"what": "takeoff simulate 10, empty cache", "runs": 1, "said": said, "median": seconds}]


def together(count: int) -> list[dict[str, Any]]:
    """Measure many that start at once on an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        began = time.perf_counter()
        started = [
            subprocess.Popen(
                COMMANDS["takeoff simulate 10"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(count)
        ]
        told = [process.communicate() for process in started]
        seconds = time.perf_counter() - began
    failed = sum(process.returncode != 0 for process in started)
    compiled = sum("compiling" in errors for _, errors in told)
    results = len({output for output, _ in told})
    print(f"{count} at once, empty cache: {seconds:.3g} s; {compiled} compiled, {failed} failed, {results} result")
    return [{"what": "at once, empty cache", "processes": count, "compiled": compiled, "failed": failed, "median": seconds}]


def main() -> None:
    """Measure, print and write."""
    given, began = options(__doc__), time.perf_counter()
    rows = warm(3 if given.quick else 15)
    rows += cold()
    if not given.quick:
        rows += together(24)
    tell("start", rows, given.out, began)


if __name__ == "__main__":
    main()
