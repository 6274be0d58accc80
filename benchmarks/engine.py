"""What a firm-quarter and an event cost in each engine, beside C++ and Mesa.

``python -m benchmarks.engine [--quick] [--out F.json]``

Whole histories of 30 years with births, deaths and all events, on one core, contestants in turn within each round and with the
same seeds; medians over rounds, ratios from contestants of the same round.

- *compiled*, *simpy*: the model's engines.
- *cpp*: the model in C++ as its equations read, firm after firm, with the C library's exp and log; *cpp-best*: the compiled
  engine's own algorithm in C++. Both by g++ -O3 -march=native -ffp-contract=off; their panels are compared with the engine's.
- *mesa*: the model in Mesa, firms calling the package's equations, without programmes and event log, with chance of its own;
  *mesa-by-hand*: the same with every formula of a firm written out. Tests compare what they do, and their distributions.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import cpp_kernels, mesa_model
from benchmarks.measuring import ENOUGH, FIRMS, QUARTERS, SIZES, Scenario, in_turn, options, ratio, spread, steady, tell
from model.batch import new_bench, run_chunk
from model.compiling import prepare
from model.observe import COLUMNS
from model.simulation import engine_named, run_compiled

# Firms that each contestant can be waited for.
LARGEST = {"simpy": 500, "mesa": 500, "mesa-by-hand": 500}
# Firm-quarters of one measurement, of the slow ones.
SLOW = {"simpy": 20_000, "mesa": 20_000, "mesa-by-hand": 60_000}
ROUNDING = 1e-8

# What one contestant's histories cost: seconds, panels (n, quarters + 1, columns).
Measured = tuple[float, Any]


def compiled(scenario: Scenario, seeds: Any) -> Measured:
    """Run histories one after another in one memory, as a thread of a batch does."""
    params, settings = scenario.many(len(seeds))
    records = [np.ascontiguousarray(a).view(np.recarray) for a in (params, settings, scenario.programmes)]
    quarters = int(settings["quarters"].max())
    bench = new_bench(records[0][0], records[1][0], quarters, records[2])
    out = np.full((1, len(seeds), 1, quarters + 1, len(COLUMNS)), np.nan)
    ticks = np.tile(np.arange(quarters + 1), (len(seeds), 1))
    ends = np.array([len(records[2])])
    given = bench, records[0], records[1], seeds, records[2], ends, int(ends[0]), ticks, out, np.zeros(1, np.uint8)
    prepare(run_chunk, *given)
    began = time.thread_time()
    run_chunk(*given)
    return time.thread_time() - began, out[0, :, 0]


def cpp(kind: str) -> Callable[[Scenario, Any], Measured]:
    """Return what runs histories in a C++ peer."""

    def run(scenario: Scenario, seeds: Any) -> Measured:
        params, settings = scenario.many(len(seeds))
        found = cpp_kernels.batch(kind, params, settings, seeds, scenario.programmes)
        return float(found.seconds.sum()), found.panels

    return run


def one_by_one(history: Callable[[Scenario, int], Any]) -> Callable[[Scenario, Any], Measured]:
    """Return what runs histories of a slow contestant."""

    def run(scenario: Scenario, seeds: Any) -> Measured:
        began = time.thread_time()
        panels = [history(scenario, int(seed)) for seed in seeds]
        return time.thread_time() - began, np.stack(panels)

    return run


def mesa(scenario: Scenario, seed: int, kind: type[mesa_model.ClusterModel]) -> Any:
    """Run one history in Mesa."""
    return mesa_model.run_mesa(scenario.params, scenario.setting, seed, kind)


CONTESTANTS: dict[str, Callable[[Scenario, Any], Measured]] = {
    "compiled": compiled,
    "cpp": cpp("plain"),
    "cpp-best": cpp("best"),
    "simpy": one_by_one(lambda scenario, seed: engine_named("simpy")(*scenario, seed)[0]),
    "mesa": one_by_one(lambda scenario, seed: mesa(scenario, seed, mesa_model.ClusterByEquations)),
    "mesa-by-hand": one_by_one(lambda scenario, seed: mesa(scenario, seed, mesa_model.ClusterModel)),
}


def agreement(scenario: Scenario) -> str:
    """Return how the C++ peers' panels compare with the engine's, which stops here if they are not the same model."""
    seeds = np.arange(1, 3, dtype=np.uint64)
    panels = {name: CONTESTANTS[name](scenario, seeds)[1] for name in ("compiled", "cpp", "cpp-best")}
    if panels["cpp-best"].tobytes() != panels["compiled"].tobytes():
        raise RuntimeError("cpp-best: its panel differs from the compiled engine's; the ratio would compare two models")
    apart = ~np.isclose(panels["cpp"], panels["compiled"], rtol=ROUNDING, atol=ROUNDING, equal_nan=True).all(axis=2)
    agreed = np.where(apart.any(axis=1), apart.argmax(axis=1), apart.shape[1])
    return f"cpp-best to the bit, cpp to {ROUNDING:g} for {agreed.min()} of {apart.shape[1]} quarters"


def measure(firms: int, size: int, runs: int) -> list[dict[str, Any]]:
    """Measure all contestants at one size."""
    scenario = steady(size, QUARTERS)
    names = [name for name in CONTESTANTS if firms <= LARGEST.get(name, firms)]
    same = agreement(scenario)
    counts = {name: max(1, round(SLOW.get(name, ENOUGH) / (firms * QUARTERS))) for name in names}
    alive: dict[str, float] = {}

    def work(name: str) -> Callable[[int], float]:
        def cost(run: int) -> float:
            seeds = np.arange(1 + run * counts[name], 1 + (run + 1) * counts[name], dtype=np.uint64)
            seconds, panels = CONTESTANTS[name](scenario, seeds)
            alive[name] = float(np.nanmean(panels[:, :, FIRMS]))
            return 1e9 * seconds / float(np.nansum(panels[:, :, FIRMS]))

        return cost

    found = in_turn({name: work(name) for name in names}, runs)
    events = len(run_compiled(*scenario, 1)[1])
    quarters = float(np.nansum(run_compiled(*scenario, 1)[0][:, FIRMS]))
    rows = []
    print(f"{firms:,} firms: {same}; a firm-quarter in {quarters / events:.0f} has an event")
    for name in names:
        told, beside = spread(found[name]), ratio(found[name], found["compiled"])
        event = told.median * quarters / events
        costs = f"{told!s:>32} ns a firm-quarter, {event:>8,.0f} an event"
        print(f"{name:>9} {alive[name]:>7,.0f} alive {costs}, {beside} x compiled")
        rows.append(
            {
                "engine": name,
                "firms": firms,
                "mean_firms": alive[name],
                "runs": runs,
                "ns_per_firm_quarter": told._asdict(),
                "ns_per_event": event,
                "over_compiled": beside._asdict(),
            }
        )
    return rows


def fixed_cost(runs: int) -> dict[str, Any]:
    """Measure what a history costs that ends as it begins."""
    scenario, count = steady(1, 0), 2_000
    costs = in_turn({"us": lambda run: 1e6 * compiled(scenario, np.arange(count, dtype=np.uint64))[0] / count}, runs)["us"]
    told = spread(costs)
    print(f"fixed cost of a history: {told} microseconds")
    return {"engine": "compiled", "what": "fixed cost, microseconds a history", "runs": runs, **told._asdict()}


def main() -> None:
    """Measure, print and write."""
    given, began = options(__doc__), time.perf_counter()
    runs = 3 if given.quick else 15
    rows = [row for firms, size in SIZES.items() for row in measure(firms, size, runs)]
    rows.append(fixed_cost(runs))
    tell("engine", rows, given.out, began)


if __name__ == "__main__":
    main()
