"""A batch beside the sum of its parts, on one core and on two; its memory; how soon it stops.

``python -m benchmarks.batch [--quick] [--out F.json]``

Histories are drawn from the prior of one cluster, as a calibration draws them, and from that of all for what is *stopped at the
bound* on their number of firms. *Parts* is the kernel alone, called once for all
histories; *batch* is ``simulate_many`` with its checks, arrays, chunks and threads. Memory is the peak of a process that reads
so many histories in blocks of 500. A stop is an interrupt (SIGINT) sent into a batch of clusters of some 100,000 firms.
"""

import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.measuring import core_seconds, in_turn, options, ratio, spread, tell, wall_seconds
from calibration.simulator import far_too_many
from model.batch import EXHAUSTED, Bench, new_bench, run_chunk, simulate_many
from model.config import all_cases, load_case, load_priors
from model.latents import LATENTS, draw_values, observation_ticks, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for

CASE = 8
BLOCK = 500

STREAM = """
import sys
from benchmarks.batch import BLOCK, drawn
from benchmarks.measuring import peak_memory
from model.batch import simulate_many
for first in range(0, int(sys.argv[1]), BLOCK):
    simulate_many(*drawn(BLOCK, first))
print(peak_memory() / 1e6)
"""

# A shell that starts commands in the background has them ignore interrupts.
ENDLESS = """
import signal
import numpy as np
from benchmarks.measuring import steady
from model.batch import simulate_many
scenario = steady(80_000, 4_000)
params, settings = scenario.many(400)
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
simulate_many(params, settings, np.arange(400, dtype=np.uint64), scenario.programmes, np.zeros((400, 1), np.int64))
"""


def drawn(count: int, first: int = 0, number: int = CASE) -> tuple[Any, ...]:
    """Return what ``simulate_many`` is given for histories of a case drawn from the prior."""
    case, priors, source = load_case(number), load_priors(), np.random.default_rng(first)
    structures = priors.structures_with()
    values = draw_values(priors, count, source)
    settings, start = settings_for(case, values, source.standard_normal((count, len(LATENTS))), structures)
    settings["firms_max"] = far_too_many(case)
    seeds = np.arange(first, first + count, dtype=np.uint64)
    return params_for(values), settings, seeds, programmes_for(None, case, structures), observation_ticks(case, start)


def bench_for(params: Any, settings: Any, programmes: Any) -> Bench:
    """Return the memory in which all these histories can be run."""
    largest = settings.view(np.recarray)[int(np.argmax(settings["firms_max"]))]
    return new_bench(params.view(np.recarray)[0], largest, int(settings["quarters"].max()), programmes.view(np.recarray))


def run_parts(bench: Bench, params: Any, settings: Any, seeds: Any, programmes: Any, ticks: Any) -> Any:
    """Run all histories in one call of the kernel; return their rows, shape (1, n, 1, ticks, columns)."""
    records = [np.ascontiguousarray(a).view(np.recarray) for a in (params, settings, programmes)]
    out = np.empty((1, len(seeds), 1, ticks.shape[1], len(COLUMNS)))
    ends = np.array([len(programmes)])
    run_chunk(bench, records[0], records[1], seeds, records[2], ends, len(programmes), ticks, out, np.zeros(1, np.uint8))
    return out


def parts(params: Any, settings: Any, seeds: Any, programmes: Any, ticks: Any) -> None:
    """Run all histories in one call of the kernel, in memory of their own."""
    run_parts(bench_for(params, settings, programmes), params, settings, seeds, programmes, ticks)


def stopped(count: int) -> list[dict[str, Any]]:
    """Measure the share of the prior's histories that are stopped at their bound, and of the time that they take."""
    seconds, marks = [], []
    for case in all_cases():
        params, settings, seeds, programmes, ticks = drawn(count, number=case.number)
        bench = bench_for(params, settings, programmes)
        for j in range(count):
            one = slice(j, j + 1)
            began = time.thread_time()
            rows = run_parts(bench, params[one], settings[one], seeds[one], programmes, ticks[one])
            seconds.append(time.thread_time() - began)
            marks.append(bool(rows[0, 0, 0, 0, EXHAUSTED] > 0))
    spent, ended = np.array(seconds), np.array(marks)
    found = {"of histories": ended.mean(), "of their time": spent[ended].sum() / spent.sum()}
    shares = ", ".join(f"{share:.2%} {of}" for of, share in found.items())
    about = f"of {len(spent):,} histories from the prior of all cases, {spent.mean() * 1e3:.2f} ms each"
    print(f"{about}, stopped at the bound: {shares}")
    return [{"what": f"stopped at the bound, share {of}", "histories": len(spent), "median": float(x)} for of, x in found.items()]


def batches(count: int, runs: int) -> list[dict[str, Any]]:
    """Measure what a batch adds to its parts, and what a second core saves."""
    given = drawn(count)
    for threads in (1, 2):
        simulate_many(*given, threads=threads)
    cores = in_turn(
        {
            "parts": lambda _: core_seconds(lambda: parts(*given)),
            "batch": lambda _: core_seconds(lambda: simulate_many(*given, threads=1)),
        },
        runs,
    )
    walls = in_turn(
        {
            "one": lambda _: wall_seconds(lambda: simulate_many(*given, threads=1)),
            "two": lambda _: wall_seconds(lambda: simulate_many(*given, threads=2)),
        },
        runs,
    )
    overhead, faster = ratio(cores["batch"], cores["parts"]), ratio(walls["one"], walls["two"])
    print(f"a batch of {count} histories: core time over that of its parts {overhead}; {spread(cores['batch']).median:.3g} s")
    print(f"two threads: {faster} times as fast as one")
    return [
        {"what": "batch over parts, core time", "histories": count, "runs": runs, **overhead._asdict()},
        {"what": "one thread over two, wall time", "histories": count, "runs": runs, **faster._asdict()},
    ]


def memory(counts: tuple[int, ...]) -> list[dict[str, Any]]:
    """Measure the peak memory of processes that stream histories."""
    rows = []
    for count in counts:
        done = subprocess.run([sys.executable, "-c", STREAM, str(count)], capture_output=True, text=True, check=True)
        peak = float(done.stdout)
        rows.append({"what": "peak memory, MB", "histories": count, "median": peak})
        print(f"peak memory of {count:,} histories: {peak:.0f} MB")
    return rows


def stops(runs: int) -> list[dict[str, Any]]:
    """Measure how long a batch goes on after an interrupt."""
    seconds = []
    for run in range(runs):
        process = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if process.stdout is not None:
            process.stdout.readline()
        time.sleep(3.0 + 0.37 * run)
        process.send_signal(signal.SIGINT)
        began = time.perf_counter()
        if process.wait() == 0:
            raise RuntimeError("the batch came to its end before it was interrupted")
        seconds.append(time.perf_counter() - began)
    told = spread(seconds)
    print(f"after an interrupt a batch of clusters of 100,000 firms ends within {told} s")
    return [{"what": "s from interrupt to end", "runs": runs, **told._asdict()}]


def main() -> None:
    """Measure, print and write."""
    given, began = options(__doc__), time.perf_counter()
    rows = batches(400 if given.quick else 1_600, 7 if given.quick else 15)
    rows += stopped(40 if given.quick else 400)
    rows += memory((500, 2_000) if given.quick else (500, 4_000, 32_000))
    rows += stops(2 if given.quick else 5)
    tell("batch", rows, given.out, began)


if __name__ == "__main__":
    main()
