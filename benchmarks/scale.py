"""How cost grows with firms, clusters, years, draws and policies, and memory with firms.

``python -m benchmarks.scale [--quick] [--out F.json] [--figure F.svg]``

Core time of whole histories on one thread, the median over rounds in which all sizes take turns. A slope is that of the
logarithm of cost on the logarithm of size: 1 is proportional. A longer history has more firms; its cost is told for a firm of its
mean number. Memory a firm is the slope of a process's peak, since it has started, on the most firms alive at once.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.batch import drawn
from benchmarks.measuring import FIRMS, core_seconds, in_turn, spread, steady, tell
from model.batch import simulate_many, simulate_policies
from model.config import load_case, load_policy, load_priors
from model.policy import programmes_for
from studies.policy.chosen import DEFAULT_POLICIES

# What keeps so many firms alive (mean over 30 years), as a scenario's size.
SIZES = {500: 250, 2_000: 850, 10_000: 7_500, 50_000: 58_000, 100_000: 130_000}
HORIZON = 20
AXES = {"firms": "firms alive, mean over 30 years", "years": "years (cost for a firm alive)", "draws": "histories from the prior"}

PEAK = """
import sys
import numpy as np
from benchmarks.measuring import FIRMS, forget_peak, peak_memory, steady
from model.batch import simulate_many
for size in (10, int(sys.argv[1])):
    scenario = steady(size, 60)
    params, settings = scenario.many(1)
    # What starting took, more than many a history, is over once a first one has run.
    forget_peak()
    rows = simulate_many(params, settings, np.ones(1, np.uint64), scenario.programmes, np.arange(61)[None], threads=1)
print(rows[0, :, FIRMS].max(), peak_memory())
"""


def slope(sizes: Any, costs: Any) -> float:
    """Return the slope of log cost on log size."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def histories(size: int, quarters: int, count: int) -> tuple[Callable[[int], float], float]:
    """Return what runs steady histories and tells their core time, and the mean number of firms alive in them."""
    scenario = steady(size, quarters)
    params, settings = scenario.many(count)
    ticks = np.tile(np.arange(quarters + 1), (count, 1))

    def work(run: int) -> Any:
        seeds = np.arange(1 + count * run, 1 + count * (run + 1), dtype=np.uint64)
        return simulate_many(params, settings, seeds, scenario.programmes, ticks, threads=1)

    return lambda run: core_seconds(lambda: work(run)), float(np.mean(work(0)[:, :, FIRMS]))


def row(what: str, costs: Mapping[float, list[float]]) -> dict[str, Any]:
    """Return, and print, how cost grows with a size: core seconds by size, and the slope."""
    sizes, medians = list(costs), [spread(seconds).median for seconds in costs.values()]
    found = slope(sizes, medians)
    print(f"{what:>9}: slope {found:.3f}   " + "   ".join(f"{s:,.0f}: {m:.3g} s" for s, m in zip(sizes, medians, strict=True)))
    return {"what": what, "slope": found, "sizes": sizes, "seconds": medians, "spread": [spread(c) for c in costs.values()]}


def against_firms(runs: int) -> dict[str, Any]:
    """Cost against firms in one simulation; as many histories as make small ones measurable, counted out again."""
    works, sizes, counts = {}, {}, {}
    for firms, size in SIZES.items():
        counts[firms] = max(1, 10_000 // firms)
        works[str(firms)], sizes[firms] = histories(size, 120, counts[firms])
    found = in_turn(works, runs)
    return row("firms", {sizes[firms]: [s / counts[firms] for s in found[str(firms)]] for firms in sizes})


def against_years(runs: int) -> dict[str, Any]:
    """Cost for a firm against the length of a history."""
    made = {str(years): histories(800, 4 * years, 2) for years in (10, 20, 40, 80)}
    found = in_turn({years: work for years, (work, _) in made.items()}, runs)
    return row("years", {float(years): [s / firms for s in found[years]] for years, (_, firms) in made.items()})


def against_draws(runs: int) -> dict[str, Any]:
    """Cost against the number of histories from the prior of one cluster: the same ones, several times over."""
    base = drawn(100)

    def work(times: int) -> Callable[[int], float]:
        given = [np.tile(part, (times, 1)) if part.ndim == 2 else np.tile(part, times) for part in (*base[:3], base[4])]
        return lambda _: core_seconds(lambda: simulate_many(*given[:3], base[3], given[3], threads=1))

    return row("draws", {100.0 * int(n): s for n, s in in_turn({str(n): work(n) for n in (1, 2, 4, 8)}, runs).items()})


def against_clusters(runs: int) -> dict[str, Any]:
    """Cost against the number of clusters, each with as many histories of its own: copies of one, so that all are alike."""
    given = drawn(100)

    def work(clusters: int) -> Callable[[int], float]:
        return lambda _: core_seconds(lambda: [simulate_many(*given, threads=1) for _ in range(clusters)])

    return row("clusters", {float(n): s for n, s in in_turn({str(n): work(n) for n in (1, 2, 5, 10, 19)}, runs).items()})


def against_policies(runs: int) -> dict[str, Any]:
    """Cost against the number of policies that share a past: those of the default comparison."""
    params, settings, seeds, _, ticks = drawn(60)
    settings["quarters"] = ticks[:, 0] + 4 * HORIZON
    structures = load_priors().structures_with()
    policies = [programmes_for(load_policy(name), load_case(8), structures) for name in DEFAULT_POLICIES]

    def work(count: int) -> Callable[[int], float]:
        return lambda _: core_seconds(lambda: simulate_policies(params, settings, seeds, policies[:count], ticks, threads=1))

    return row("policies", {float(n): s for n, s in in_turn({str(n): work(n) for n in (1, 2, 5, 10)}, runs).items()})


def memory(sizes: tuple[int, ...]) -> dict[str, Any]:
    """Peak memory of a process against the most firms alive at once."""
    told = [
        subprocess.run([sys.executable, "-c", PEAK, str(size)], capture_output=True, text=True, check=True).stdout.split()
        for size in sizes
    ]
    firms, peaks = ([float(one[place]) for one in told] for place in (0, 1))
    found = float(np.polyfit(firms, peaks, 1)[0])
    print(f"   memory: {found:.0f} bytes a firm   " + "   ".join(f"{f:,.0f}: {p / 1e6:.0f} MB" for f, p in zip(firms, peaks)))
    return {"what": "memory", "bytes_a_firm": found, "sizes": firms, "bytes": peaks}


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw cost against size, one panel a kind of size, each beside proportional cost."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    shown = [one for one in rows if "slope" in one]
    figure = Figure(figsize=(3 * len(shown), 3.2), layout="constrained")
    for axis, one in zip(figure.subplots(1, len(shown)), shown, strict=True):
        sizes, seconds = np.array(one["sizes"]), np.array(one["seconds"])
        axis.loglog(sizes, seconds[0] * sizes / sizes[0], color="#9aa4b2", linewidth=1, linestyle="--", label="proportional")
        axis.loglog(sizes, seconds, color="#0072b2", marker="o", markersize=4, label="measured")
        axis.set_title(f"{one['what']}: slope {one['slope']:.2f}", loc="left", fontsize=10)
        axis.set_xlabel(AXES.get(one["what"], one["what"]))
        axis.set_xticks(sizes[::2], labels=[f"{size:,.0f}" for size in sizes[::2]])
        axis.xaxis.minorticks_off()
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(color="#e4e8ee")
    figure.axes[0].set_ylabel("core time (s)")
    figure.axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=120, metadata={"Software": None} if path.suffix == ".png" else {"Date": None})


def main() -> None:
    """Measure, print, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="end within 50 s: fewer runs")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--figure", type=Path, help="picture, .png or .svg")
    given, began = parser.parse_args(), time.perf_counter()
    runs = 2 if given.quick else 9
    kinds = (against_firms, against_clusters, against_years, against_draws, against_policies)
    rows = [*(against(runs) for against in kinds), memory((10_000, 30_000, 90_000))]
    if given.figure is not None:
        draw(rows, given.figure)
    tell("scale", rows, given.out, began)


if __name__ == "__main__":
    main()
