"""When does each event fall? Every firm has an internal clock for every mechanism: it runs at the mechanism's hazard and strikes
when it has used up an exponential draw (modified next-reaction method, Anderson 2007); hazards are constant in a quarter.
"""

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from model.clock import OFTEN, ONCE, Clock, Conditions
from model.compiling import equation, step
from model.events import ENTRY, HOMES, QUARTER
from model.lanes import CACHED, UNDRAWN, kept, lane_of, lowest_bit
from model.ordering import order_by, sorter
from model.randomness import exponential
from model.state import ALIVE, COUNT_MAX, LANES
from model.world import TOO_LARGE, World, due_max, stop_unfinite

Pass = Callable[[World, int, int], None]

# Every clock, in the order of numbers, and the clocks of firms alone.
ALL: Final[tuple[Clock, ...]] = tuple(import_module(f"model.mechanisms.{home.module}").CLOCK for home in HOMES)
OF_FIRMS: Final = tuple(clock for clock in ALL if clock.home.owner == "a firm")
# Sets of clocks, a bit each.
STRIKING_ONCE: Final = sum(1 << clock.number for clock in ALL if clock.repeats == ONCE)
STRIKING_OFTEN: Final = sum(1 << clock.number for clock in ALL if clock.repeats == OFTEN)
# So few events are compared one with another faster than they are put into buckets.
FEW: Final = 8


@equation
def is_among(mechanism: int, clocks: int) -> bool:
    """Whether a clock is in a set of clocks, a bit each."""
    return (clocks >> mechanism) & 1 == 1


@step
def set_due(w: World, time: float, mechanism: int, lineage: int, firm: int, number: int) -> None:
    """Note an event that falls in this quarter; ``number`` is which strike of its clock it is."""
    k = w.cluster.due
    if k >= min(due_max(w.cluster.rows), len(w.due)):
        w.cluster.exhausted = TOO_LARGE
        return
    due = w.due[k]
    due.time = time
    due.mechanism = mechanism
    due.lineage = lineage
    due.firm = firm
    due.number = number
    w.cluster.due = k + 1


def pass_of(clock: Clock) -> Pass:
    """Return the step that runs one mechanism's clocks of a group of blocks through the quarter and marks those that strike.

    Each mechanism has a step of its own, since a compiler that knows the hazard makes a better loop.
    """
    mechanism, hazard, rests, fetch = clock.number, clock.hazard, clock.rests, clock.fetch

    @step
    def run_clock(w: World, first: int, last: int) -> None:
        if rests(w.cluster):
            return
        conditions = Conditions(kept(w.p), kept(w.s), kept(w.cluster), w.seed, w.case)
        firms, beside, ahead = w.firms, w.beside, last - first if w.cluster.rows > CACHED else 0
        for b in range(first, last):
            rates = beside[b - first].rate
            if ahead > 0:
                fetch(firms, b + ahead)
            for lane in range(LANES):
                rates[mechanism, lane] = hazard(conditions, lane_of(beside, b - first, lane), lane_of(firms, b, lane))
        for b in range(first, last):
            residual, rates, struck = firms[b].residual, beside[b - first].rate, beside[b - first].struck
            for lane in range(LANES):
                left, spent = residual[mechanism, lane], rates[mechanism, lane] * QUARTER
                # Written so that a hazard which is no number strikes too, and ``strike`` stops the history.
                strikes = not (spent < left)
                # Written so that both columns change whether it strikes or not: the compiler would else store by condition, which
                # some processors do very slowly.
                residual[mechanism, lane] = left - (0.0 if strikes else spent)
                struck[lane] |= int(strikes) << mechanism

    return run_clock


def one_after_another(passes: Sequence[Pass]) -> Pass:
    """Return the step that takes all passes in their order.

    It nests halves of halves: the compiler recurses into every level, and a chain of many passes would be too deep for it.
    """
    if len(passes) == 1:
        return passes[0]
    half = len(passes) // 2
    first_half, second_half = one_after_another(passes[:half]), one_after_another(passes[half:])

    @step
    def run_passes(w: World, first: int, last: int) -> None:
        first_half(w, first, last)
        second_half(w, first, last)

    return run_passes


entry_hazard = ALL[ENTRY].hazard
run_passes = one_after_another([pass_of(clock) for clock in OF_FIRMS])


@step
def run_clocks(w: World, first: int, last: int) -> None:
    """Run all clocks of a group of blocks through the quarter, and set due what strikes."""
    unmark(w, first, last)
    run_passes(w, first, last)
    set_struck_due(w, first, last)


@step
def unmark(w: World, first: int, last: int) -> None:
    """Take the marks of clocks that struck in the group before off its lanes."""
    for b in range(first, last):
        struck = w.beside[b - first].struck
        for lane in range(LANES):
            struck[lane] = 0


@step
def set_struck_due(w: World, first: int, last: int) -> None:
    """Set due the events of the clocks that the passes have marked."""
    for b in range(first, last):
        struck, rates, striking = w.beside[b - first].struck, w.beside[b - first].rate, 0
        for lane in range(LANES):
            striking |= 1 << lane if struck[lane] != 0 else 0
        while striking != 0:
            lane = lowest_bit(striking)
            clocks = struck[lane]
            while clocks != 0:
                mechanism = lowest_bit(clocks)
                strike(w, LANES * b + lane, mechanism, rates[mechanism, lane])
                clocks &= clocks - 1
            striking &= striking - 1


@step
def strike(w: World, i: int, mechanism: int, rate: float) -> None:
    """Set due the events of a clock that strikes in this quarter; a hazard that is not finite stops the history.

    Where more events fall due than a quarter can hold, the history is stopped too, and with it the loop.
    """
    block, lane = w.firms[i // LANES], i % LANES
    if block.marks[lane] & ALIVE == 0:
        return
    if not rate < math.inf:
        stop_unfinite(w.cluster)
        return
    lineage = block.lineage[lane]
    number = int(block.count[mechanism, lane])
    left = QUARTER
    residual = block.residual[mechanism, lane]
    if residual == UNDRAWN:
        residual = exponential(w.seed, w.case, lineage, mechanism, number)
    while rate * left >= residual and w.cluster.exhausted == 0:
        left -= residual / rate
        number += 1
        set_due(w, w.cluster.time + (QUARTER - left), mechanism, lineage, i, number)
        if is_among(mechanism, STRIKING_ONCE):
            left = 0.0
            break
        residual = exponential(w.seed, w.case, lineage, mechanism, number)
        if not is_among(mechanism, STRIKING_OFTEN):
            left = 0.0
            break
    if number > COUNT_MAX:
        w.cluster.exhausted = TOO_LARGE
        number = COUNT_MAX
    block.count[mechanism, lane] = number
    block.residual[mechanism, lane] = residual - rate * left


@step
def run_entry_clock(w: World) -> None:
    """Run the cluster's own clock of entry from outside through the quarter, as ``strike`` runs those of firms."""
    cluster = w.cluster
    rate = entry_hazard(w)
    if not rate < math.inf:
        stop_unfinite(cluster)
        return
    left = QUARTER
    residual = cluster.entry_residual
    while rate * left >= residual and cluster.exhausted == 0:
        left -= residual / rate
        cluster.entry_count += 1
        set_due(w, cluster.time + (QUARTER - left), ENTRY, 0, 0, int(cluster.entry_count))
        residual = exponential(w.seed, w.case, 0, ENTRY, int(cluster.entry_count))
    cluster.entry_residual = residual - rate * left


@equation
def comes_before(w: World, a: int, b: int) -> bool:
    """Whether one event precedes another: by time, then mechanism, then lineage, then its number."""
    one, other = w.due[a], w.due[b]
    if one.time != other.time:
        return bool(one.time < other.time)
    if one.mechanism != other.mechanism:
        return bool(one.mechanism < other.mechanism)
    if one.lineage != other.lineage:
        return bool(one.lineage < other.lineage)
    return bool(one.number < other.number)


sort_by_time = sorter(comes_before)


@step
def put_in_order(w: World) -> None:
    """Put the positions of the quarter's events into ``w.order``, by (time, mechanism, lineage)."""
    count = w.cluster.due
    if count <= FEW:
        for k in range(count):
            w.order[k] = k
    else:
        for k in range(count):
            w.keys[k] = w.due[k].time
        order_by(w.keys, count, w.cluster.time, QUARTER, w.order, w.heads)
    sort_by_time(w, w.order, count)
