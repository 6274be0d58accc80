"""Who is killed? A child forked from a process in which everything is imported and compiled, so that a death costs little time.

Reads requests from its input, a JSON object a line, and answers each with one: how the child ended, and by which calls it
changed its folder. Two clusters stand for nineteen, and what was taught and sampled by JAX once is not computed again.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

CLUSTERS = 2
# How the names of chunks begin that JAX computes.
OF_JAX = ("emulator-", "joint-", "integrals-", "weighed-", "check-", "exact-", "more-")


def warm() -> None:
    """Import what a command needs, make two clusters of nineteen, and look at the sources once: they may be edited meanwhile."""
    import model.compiling as compiling

    compiling.sources_hash = cache(compiling.sources_hash)
    import arviz
    import emcee
    import h5netcdf
    import xarray

    import calibration.pipeline as pipeline
    import studies.cli
    import studies.commands.chain
    import studies.policy.compare
    import studies.report.page
    import studies.sweeps.sweep
    from model.config import all_cases

    del arviz, emcee, h5netcdf, xarray, studies
    cases = all_cases()[:CLUSTERS]
    pipeline.all_cases = lambda: cases


def remember(chunks: Path) -> None:
    """Take what JAX computes from the chunks of another run.

    JAX starts threads, which a process that is forked from this one would lack: it would wait for them for ever. Nothing here may
    therefore use JAX, and what it leaves is the same in every run.
    """
    import execution.executors as executors
    from execution.chunks import load_chunk
    from execution.tasks import Task, together

    run = executors.Threads.run

    def recalling(self: Any, function: Any, context: Any, tasks: Any, heed: Any) -> Any:
        def recalled(given: Any, task: Task, *arguments: Any) -> Any:
            stored = [chunks / f"{name}.npz" for name in task.parts or (task.name,)]
            if not task.name.startswith(OF_JAX) or not all(path.is_file() for path in stored):
                return function(given, *arguments)
            parts = [load_chunk(path) for path in stored]
            return together(parts) if task.parts else parts[0]

        named = (task._replace(arguments=(task, *task.arguments)) for task in tasks)
        return run(self, recalled, context, named, heed)

    executors.Threads.run = recalling


def jump(seconds: float) -> None:
    """Make clocks jump back and forth by so much at every look."""
    real, looks = {name: getattr(time, name) for name in ("time", "monotonic", "perf_counter")}, [0]

    def clock(name: str) -> Any:
        def look() -> float:
            looks[0] += 1
            return float(real[name]() + seconds * (looks[0] * 7919 % 13 - 6))

        return look

    for name in real:
        setattr(time, name, clock(name))


def live(request: dict[str, Any], journal: int) -> None:
    """Run one command in the child, and end with its exit code."""
    from industrial_takeoff import SIGNALS
    from studies.cli import main

    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if request.get("jump"):
        jump(request["jump"])
    ctypes.CDLL(None).arm(request["folder"].encode(), request.get("at", 0), request.get("fault", 0), journal)
    code = 1
    try:
        code = main(request["words"])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except BaseException:  # noqa: BLE001 - the process that was forked must not be fallen back into
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def practise(words: list[str]) -> dict[str, Any]:
    """Run a command in this process, so that all that are forked from it find its code compiled and loaded."""
    from studies.cli import main

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        code = main(words)
    return {"code": code, "calls": [], "said": said.getvalue()}


def serve(request: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """Fork a child for a request and say how it ended."""
    said, journal = scratch / "said", scratch / "journal"
    gc.freeze()  # a child that collects would copy every page
    child = os.fork()
    if child == 0:
        for number in (1, 2):
            os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND), number)
        live(request, os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND))
    if "after" in request:
        time.sleep(request["after"])
        os.kill(child, getattr(signal, request.get("signal", "SIGKILL")))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    calls = [line.split(" ", 2) for line in journal.read_text().splitlines()] if journal.exists() else []
    return {"code": status, "calls": [[kind, path] for _, kind, path in calls], "said": said.read_text()}


def main() -> None:
    """Serve requests until the input ends."""
    scratch = Path(sys.argv[1])
    if len(sys.argv) > 2:
        remember(Path(sys.argv[2]))
    warm()
    for line in sys.stdin:
        request = json.loads(line)
        answer = practise(request["words"]) if request.get("here") else serve(request, scratch)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
