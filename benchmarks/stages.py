"""What each stage of a quarter, and each kind of event, costs: the processor's time-stamp counter is read between them.

``python -m benchmarks.stages [--quick] [--out F.json]``

The loop below is the engine's, stage by stage; its panels are compared with the engine's, bit for bit, so that it measures the
model and nothing else. No log of events is kept, as in calibration. Reading the counter takes some 10 ns, about fifteen times a
quarter and once an event, which a line of its own shows and which is taken off.
"""

import time
from typing import Any, Final

import numpy as np
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from benchmarks.measuring import ENOUGH, FIRMS, QUARTERS, SIZES, Scenario, options, spread, steady, tell
from model.compiling import kernel, prepare, step
from model.engines.compiled_engine import fetch_later
from model.engines.quarter import begin, happen, tick_time
from model.events import CLOCKS
from model.lanes import block_count, stand
from model.mechanisms.agglomeration import count, gather
from model.mechanisms.birth import wind_up
from model.mechanisms.clocks import OF_FIRMS, pass_of, put_in_order, run_entry_clock, set_struck_due, unmark
from model.mechanisms.growth import move_blocks
from model.mechanisms.improvement import press
from model.mechanisms.knowledge import learn_blocks
from model.mechanisms.luck import draw_luck
from model.mechanisms.market import clear
from model.mechanisms.production import supply
from model.mechanisms.programmes import govern
from model.mechanisms.valuation import value
from model.observe import COLUMNS, record
from model.simulation import run_compiled
from model.start import new_world
from model.state import GROUP
from model.sums import empty, total
from model.world import World, bury

cgutils: Any = untyped_cgutils
ir: Any = cgutils.ir
STAGES: Final = (
    "government", "counts and sums", "traders and outlays", "luck", "efficiency and output", "market", "record and pressure",
    "worth and the row", "newborn clocks", "what rungs share", "growth and cash", "learning and training", "strikes",
    "clock of entry", "order of events", "rows of the dead", *(f"clock: {clock.name}" for clock in OF_FIRMS),
)  # fmt: skip
(
    GOVERNMENT, COUNTS, TRADERS, LUCK, OUTPUT, MARKET, PRESSURE, WORTH, NEWBORN, SHARED, GROWTH, LEARNING, STRIKES, ENTRY_CLOCK,
    ORDER, DEAD,
) = range(len(STAGES) - len(OF_FIRMS))  # fmt: skip


def stamp() -> int:
    """Return the processor's time-stamp counter; Python has none, so the clock in nanoseconds."""
    return time.perf_counter_ns()


def _stamp_intrinsic(typing: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        known = ir.FunctionType(ir.IntType(64), [])
        return builder.call(cgutils.get_or_insert_function(builder.module, known, "llvm.readcyclecounter"), [])

    return types.int64(), generate


_stamp: Any = intrinsic(_stamp_intrinsic)
overload(stamp, strict=False)(lambda: lambda: _stamp())  # noqa: PLW0108 - Numba wants a function


@step
def took(spent: NDArray[np.int64], times: NDArray[np.int64], stage: int, since: int) -> int:
    """Book what passed since a stamp on a stage, and return a new stamp."""
    now = stamp()
    spent[stage] += now - since
    times[stage] += 1
    return stamp()


def timed_pass(position: int) -> Any:
    """Return the step that runs the clock at a position among those of firms, then those after it, and books each."""
    run, stage = pass_of(OF_FIRMS[position]), len(STAGES) - len(OF_FIRMS) + position
    others = timed_pass(position + 1) if position + 1 < len(OF_FIRMS) else None
    if others is None:

        @step
        def last(w: World, first: int, end: int, spent: NDArray[np.int64], times: NDArray[np.int64], at: int) -> int:
            run(w, first, end)
            return took(spent, times, stage, at)

        return last

    @step
    def following(w: World, first: int, end: int, spent: NDArray[np.int64], times: NDArray[np.int64], at: int) -> int:
        run(w, first, end)
        return others(w, first, end, spent, times, took(spent, times, stage, at))

    return following


every_pass = timed_pass(0)


@step
def timed_passes(w: World, first: int, end: int, spent: NDArray[np.int64], times: NDArray[np.int64], at: int) -> int:
    """Run the clocks of a group of blocks as ``run_clocks`` does, and book each pass."""
    unmark(w, first, end)
    return every_pass(w, first, end, spent, times, at)


@step
def timed_market(w: World, spent: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Do what ``open_market`` does, and book each stage."""
    at = stamp()
    count(w)
    at = took(spent, times, COUNTS, at)
    gather(w)
    at = took(spent, times, TRADERS, at)
    draw_luck(w)
    at = took(spent, times, LUCK, at)
    supply(w)
    at = took(spent, times, OUTPUT, at)
    clear(w)
    at = took(spent, times, MARKET, at)
    press(w)
    took(spent, times, PRESSURE, at)


@step
def timed_moves(w: World, spent: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Do what ``move_firms_and_clocks`` does, and book each stage."""
    at = stamp()
    wind_up(w)
    at = took(spent, times, NEWBORN, at)
    w.cluster.due = 0
    empty(w.sums.repaid)
    blocks = block_count(w.cluster.rows)
    for first in range(0, blocks, GROUP):
        end = min(first + GROUP, blocks)
        at = stamp()
        stand(w.firms, first, end, w.ladder, w.beside)
        at = took(spent, times, SHARED, at)
        move_blocks(w, first, end)
        at = took(spent, times, GROWTH, at)
        learn_blocks(w, first, end)
        at = took(spent, times, LEARNING, at)
        at = timed_passes(w, first, end, spent, times, at)
        set_struck_due(w, first, end)
        at = took(spent, times, STRIKES, at)
    w.cluster.repaid += total(w.sums.repaid)
    run_entry_clock(w)
    took(spent, times, ENTRY_CLOCK, at)


@step
def timed_events(w: World, spent: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Do what ``run_events`` and ``close_quarter`` do; events are booked behind the stages, by mechanism."""
    at = stamp()
    put_in_order(w)
    at = took(spent, times, ORDER, at)
    for k in range(w.cluster.due):
        fetch_later(w, k)
        due = w.due[w.order[k]]
        happen(w, due.mechanism, due.firm, due.time, due.number)
        at = took(spent, times, len(STAGES) + due.mechanism, at)
    at = stamp()
    wind_up(w)
    at = took(spent, times, NEWBORN, at)
    bury(w)
    took(spent, times, DEAD, at)


@kernel
def timed_history(w: World, panel: NDArray[np.float64], last: int, spent: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Run one history as ``run_history`` does, and book each stage."""
    begin(w)
    for tick in range(last):
        w.cluster.tick = tick
        w.cluster.time = tick_time(tick)
        at = stamp()
        govern(w)
        took(spent, times, GOVERNMENT, at)
        timed_market(w, spent, times)
        at = stamp()
        value(w)
        record(w, panel[tick])
        took(spent, times, WORTH, at)
        if tick == w.s.quarters or w.cluster.exhausted != 0:
            return
        timed_moves(w, spent, times)
        if w.cluster.exhausted != 0:
            return
        timed_events(w, spent, times)


@kernel
def empty_stamps(count: int, spent: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Book nothing, so many times."""
    at = stamp()
    for _ in range(count):
        at = took(spent, times, 0, at)


def booked(scenario: Scenario, seeds: range) -> tuple[Any, Any, float, float]:
    """Run histories; return stamps and times by stage, firm-quarters, and the stamps of a nanosecond."""
    spent, times = np.zeros((2, len(STAGES) + len(CLOCKS)), np.int64)
    panel = np.full((int(scenario.setting.quarters) + 1, len(COLUMNS)), np.nan)
    firm_quarters, began, stamped = 0.0, time.perf_counter_ns(), _read()
    for seed in seeds:
        world = new_world(*scenario, seed, 0)
        given = world, panel, len(panel), spent, times
        prepare(timed_history, *given)
        if seed == seeds[0]:
            began, stamped = time.perf_counter_ns(), _read()
        timed_history(*given)
        firm_quarters += float(np.nansum(panel[:, FIRMS]))
    per_ns = (_read() - stamped) / (time.perf_counter_ns() - began)
    return spent, times, firm_quarters, per_ns


@kernel
def _read() -> int:
    return stamp()


def overhead() -> float:
    """Return the stamps that booking nothing takes."""
    spent, times = np.zeros((2, 1), np.int64)
    least = np.inf
    for _ in range(20):
        spent[:] = 0
        empty_stamps(1000, spent, times)
        least = min(least, spent[0] / 1000)
    return float(least)


def check(scenario: Scenario) -> None:
    """Stop where the loop above does not leave the engine's panel, bit for bit."""
    spent, times = np.zeros((2, len(STAGES) + len(CLOCKS)), np.int64)
    expected = run_compiled(*scenario, 7)[0]
    panel = np.full_like(expected, np.nan)
    timed_history(new_world(*scenario, 7, 0), panel, len(panel), spent, times)
    if panel.tobytes() != expected.tobytes():
        raise RuntimeError("the timed loop's panel differs from the engine's; bring its order of stages up to date")


def measure(firms: int, size: int, runs: int) -> list[dict[str, Any]]:
    """Measure every stage and kind of event at one size."""
    scenario = steady(size, QUARTERS)
    histories = max(1, round(ENOUGH / (firms * QUARTERS)))
    booked(scenario, range(1, 2))
    check(scenario)
    nothing = overhead()
    # Nanoseconds of each stage and mechanism, and how often each was booked, over firm-quarters; both (runs, stages and clocks).
    spent, often = [], []
    for run in range(runs):
        stamps, times, firm_quarters, per_ns = booked(scenario, range(1 + run * histories, 1 + (run + 1) * histories))
        spent.append(np.maximum(stamps - nothing * times, 0.0) / per_ns / firm_quarters)
        often.append(times / firm_quarters)
    cost, share = np.array(spent), np.array(often)
    events = slice(len(STAGES), None)
    rows = [_row(firms, name, cost[:, k]) for k, name in enumerate(STAGES)]
    rows.append(_row(firms, "all stages", cost[:, : len(STAGES)].sum(axis=1)))
    for k, name in enumerate(CLOCKS, len(STAGES)):
        if share[:, k].min() > 0.0:
            rows.append(_row(firms, name, cost[:, k] / share[:, k], float(share[:, k].mean())))
    every = share[:, events].sum(axis=1)
    rows.append(_row(firms, "all events", cost[:, events].sum(axis=1) / every, float(every.mean())))
    return rows


def _row(firms: int, name: str, ns: NDArray[np.float64], often: float | None = None) -> dict[str, Any]:
    """Print and return what a stage costs a firm-quarter, or, where ``often`` is given, what an event costs of so many in one."""
    told = spread(ns.tolist())
    unit = "a firm-quarter" if often is None else f"an event, {often:.4f} a firm-quarter"
    print(f"{firms:>7,} {name:>24} {told!s:>30} ns {unit}")
    return {"firms": firms, "stage": name, "ns": told._asdict(), "events_a_firm_quarter": often}


def main() -> None:
    """Measure and print."""
    asked, began = options(__doc__), time.perf_counter()
    rows = [row for firms, size in SIZES.items() for row in measure(firms, size, 3 if asked.quick else 7)]
    tell("stages", rows, asked.out, began)


if __name__ == "__main__":
    main()
