"""Do clocks strike as often as their hazards say? Observed against expected strikes, clock by clock, along one busy history.

A single-strike clock is expected to strike in a quarter with probability 1 - e^(-h dt), one that strikes often h dt times; the
difference is a martingale whose variance is at most the expected count. Beyond ``Z`` standard errors a right model falls with
probability 1e-6 a clock.
"""

import itertools
import math
from collections.abc import Callable
from importlib import import_module

import numpy as np
import pytest

from model.clock import OFTEN, ONCE, QUARTERLY, Clock, Conditions
from model.compiling import kernel
from model.engines import quarter
from model.engines.simpy_engine import open_market
from model.events import (
    BIRTH,
    CLOCKS,
    ENTRY,
    FIRM_CLOCKS,
    FIRST,
    HOMES,
    INVITATION,
    OUTCOME,
    PEER,
    QUARTER,
    SIGNAL,
    TRAINING,
    TRAITS,
)
from model.lanes import block_count, lane_of
from model.mechanisms.birth import wind_up
from model.mechanisms.clocks import ALL, OF_FIRMS, comes_before, run_clocks, run_entry_clock
from model.mechanisms.programmes import govern
from model.start import new_world
from model.state import GROUP, LANES
from model.world import World
from tests.model.worlds import given, small_world

Z = 4.9
FEWEST = 25  # strikes of a clock, without which its test would say nothing


def awaited_of(clock: Clock) -> Callable[[World, int, int], float]:
    """What counts the strikes that a group of blocks is expected to have of one clock."""
    hazard, often = clock.hazard, clock.repeats == OFTEN

    @kernel(cache=False)
    def expected_strikes(w: World, first: int, last: int) -> float:
        total = 0.0
        conditions = Conditions(w.p, w.s, w.cluster, w.seed, w.case)
        for b in range(first, last):
            for lane in range(LANES):
                firm, aside = lane_of(w.firms, b, lane), lane_of(w.beside, b - first, lane)
                if firm.alive == 1:
                    rate = hazard(conditions, aside, firm)
                    total += rate * QUARTER if often else 1.0 - math.exp(-rate * QUARTER)
        return total

    return expected_strikes


expected_strikes = {clock.number: awaited_of(clock) for clock in OF_FIRMS}
move_group = kernel(quarter.move_group)
run_group = kernel(run_clocks)


@pytest.fixture(scope="module")
def strikes() -> tuple[np.ndarray, np.ndarray]:
    """Observed and expected strikes of every clock."""
    changes = {
        "success_intercept": 1.0, "attempt_rate": 0.6, "attempt_discouragement": 0.1, "relocation_rate": 9.0,
        "relocation_cost": 1.0, "succession_rate": 0.4, "enforcement_fading": 4.0, "poaching_rate": 1.0, "state_capacity": 10.0,
    }
    what = given(9, "all-at-once", changes, {"market": -1.0}, quarters=140, decision=8.0, capacity=50.0, site_works=1.0)
    what.programmes["budget_share"] *= 60.0
    w = new_world(*what, 5)
    quarter.begin(w)
    observed, awaited = np.zeros(len(CLOCKS)), np.zeros(len(CLOCKS))
    for tick in range(140):
        w.cluster.tick, w.cluster.time = tick, quarter.tick_time(tick)
        govern(w)
        open_market(w)
        wind_up(w)
        w.cluster.due = 0
        blocks = block_count(w.cluster.rows)
        for first in range(0, blocks, GROUP):
            last = min(first + GROUP, blocks)
            move_group(w, first, last)
            for mechanism, expected in expected_strikes.items():
                awaited[mechanism] += expected(w, first, last)
            run_group(w, first, last)
        awaited[ENTRY] += ALL[ENTRY].hazard(w) * QUARTER
        run_entry_clock(w)
        for mechanism in range(len(CLOCKS)):
            observed[mechanism] += (w.due[: w.cluster.due].mechanism == mechanism).sum()
        for k in quarter_order(w):
            due = w.due[k]
            quarter.happen(w, due.mechanism, due.firm, due.time, due.number)
        quarter.close_quarter(w)
    return observed, awaited


def quarter_order(w: World) -> list[int]:
    return sorted(range(int(w.cluster.due)), key=lambda k: float(w.due[k].time))


@pytest.mark.parametrize("mechanism", range(len(CLOCKS)), ids=CLOCKS)
def test_a_clock_strikes_as_often_as_its_hazard_says(strikes: tuple[np.ndarray, np.ndarray], mechanism: int) -> None:
    observed, awaited = strikes
    assert awaited[mechanism] > FEWEST
    assert abs(observed[mechanism] - awaited[mechanism]) < Z * math.sqrt(awaited[mechanism])


def test_clocks_hold_to_their_list() -> None:
    assert [clock.name for clock in ALL] == list(CLOCKS)
    assert [clock.number for clock in ALL] == list(range(len(CLOCKS)))
    for clock in ALL:
        assert clock.repeats in (ONCE, QUARTERLY, OFTEN)
        home = f"model.mechanisms.{clock.home.module}"
        assert import_module(home).CLOCK is clock
        assert clock.hazard.__module__ == home
    assert [clock.number for clock in OF_FIRMS] == [number for number, home in enumerate(HOMES) if home.owner == "a firm"]
    assert max(clock.number for clock in OF_FIRMS) == FIRM_CLOCKS - 1


def test_numbers_of_clocks_are_keys_of_draws_and_never_change() -> None:
    known = ("exit", "spin_off", "attempt", "relocation", "loan", "succession", "breach", "poaching", "entry")
    assert CLOCKS[: len(known)] == known
    assert len(CLOCKS) <= min(BIRTH, TRAITS, PEER, OUTCOME, SIGNAL, INVITATION, TRAINING, FIRST)


def test_events_of_one_time_have_one_order() -> None:
    w = small_world()
    order = [(1.0, 3, 9, 5), (2.0, 1, 9, 5), (2.0, 2, 8, 7), (2.0, 2, 9, 5), (2.0, 2, 9, 6)]
    for row, (time, mechanism, lineage, number) in enumerate(order):
        due = w.due[row]
        due.time, due.mechanism, due.lineage, due.number = time, mechanism, lineage, number
    for first, second in itertools.combinations(range(len(order)), 2):
        assert comes_before(w, first, second)
        assert not comes_before(w, second, first)
