"""Does every history end, whatever is asked, and does a stopped one say where and why? Rounds are counted, nothing is timed."""

import math
import os
import signal
from typing import Any

import numpy as np
import pytest

from model import simulate
from model import simulation as home
from model.batch import simulate_many
from model.clock import Clock
from model.compiling import kernel
from model.engines import compiled_engine
from model.errors import InputError
from model.lanes import firm_at, vacate
from model.latents import default_values, params_for
from model.mechanisms import clocks
from model.observe import COLUMNS, STOP_COLUMN, is_finite, mark_stop
from model.ordering import PATIENCE, order_by, sorter
from model.panels import LISTED, Stop, listed
from model.simulation import HistoryStopped, engine_named, run_histories
from model.world import NOT_FINITE, TOO_LARGE, due_max
from tests.model.million import broken
from tests.model.worlds import PRIORS, add_firm, given, small_world

FINITE = (1e12, 1e300)
UNFINITE = (math.inf, math.nan)
# What may be due in a quarter, and the event that is one too many.
MOST_ROUNDS = due_max(1) + 1


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times of the events that clocks have tried to set due."""
    tried: list[float] = []
    set_due = clocks.set_due

    def counted(w: Any, time: float, *event: Any) -> None:
        tried.append(time)
        set_due(w, time, *event)

    monkeypatch.setattr(clocks, "set_due", counted)
    return tried


@pytest.mark.parametrize("rate", FINITE)
@pytest.mark.parametrize("clock", clocks.OF_FIRMS, ids=lambda clock: clock.name)
def test_a_clock_of_a_firm_ends_however_fast_it_runs(clock: Clock, rate: float, rounds: list[float]) -> None:
    w = small_world()
    add_firm(w)
    for _ in range(3):
        clocks.strike(w, 0, clock.number, rate)
    often = clocks.is_among(clock.number, clocks.STRIKING_OFTEN)
    assert len(rounds) == (MOST_ROUNDS if often else 3)
    assert w.cluster.exhausted == (TOO_LARGE if often else 0)


@pytest.mark.parametrize("rate", [*FINITE, *UNFINITE])
def test_the_clock_of_entry_ends_however_fast_it_runs(rate: float, rounds: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    w = small_world()
    add_firm(w)
    monkeypatch.setattr(clocks, "entry_hazard", lambda w: rate)
    for _ in range(3):
        clocks.run_entry_clock(w)
    assert len(rounds) == (MOST_ROUNDS if rate in FINITE else 0)
    assert w.cluster.exhausted == (TOO_LARGE if rate in FINITE else NOT_FINITE)


@pytest.mark.parametrize("rate", UNFINITE)
def test_a_hazard_that_is_not_finite_stops_the_history_unless_the_firm_is_dead(rate: float, rounds: list[float]) -> None:
    w = small_world()
    add_firm(w)
    clocks.strike(w, 0, 0, rate)
    assert (len(rounds), w.cluster.exhausted) == (0, NOT_FINITE)
    w.cluster.exhausted = 0
    vacate(w.firms, 0)
    clocks.strike(w, 0, 0, rate)
    assert (len(rounds), w.cluster.exhausted) == (0, 0)


def test_the_pass_over_clocks_sees_a_firm_whose_hazard_is_not_finite() -> None:
    run_clocks = kernel(cache=False)(clocks.run_clocks)
    w = small_world()
    add_firm(w)
    firm_at(w.firms, 0).workers = 1.0
    # The attraction of an infinite surplus is no number.
    w.beside[0].surplus[0] = math.inf
    w.cluster.time = 10.0
    run_clocks(w, 0, 1)
    assert w.cluster.exhausted == NOT_FINITE


def test_keys_that_share_a_bucket_are_sorted_in_few_comparisons() -> None:
    compared = [0]

    def precedes(keys: np.ndarray, one: int, other: int) -> bool:
        compared[0] += 1
        return bool(keys[one] < keys[other])

    keys = np.arange(4000.0)[::-1].copy()
    order = np.arange(4000)
    sorter(precedes)(keys, order, 4000)
    assert list(order) == list(range(4000))[::-1]
    assert compared[0] < 4000 * (2 * PATIENCE + 2 * math.log2(4000))
    again = np.empty(4000, np.int64)
    order_by(keys, 4000, -1e12, 1.0, again, np.empty(4000, np.int64))
    assert list(again) == list(order)


ABSURD = {
    "entry_intensity": (1e12, TOO_LARGE), "spin_off_rate": (1e12, TOO_LARGE), "initiation_skill": (1e6, NOT_FINITE),
    "entry_floor": (1e300, TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize("name", ABSURD)
def test_both_engines_stop_alike(name: str) -> None:
    value, cause = ABSURD[name]
    histories = [
        run_histories(10, "status-quo", 1, engine_named(engine), changes={name: value}, years=2) for engine in home.ENGINES
    ]
    assert histories[0].panels[0].tobytes() == histories[1].panels[0].tobytes()
    assert histories[0].logs[0].tobytes() == histories[1].logs[0].tobytes()
    (stop,), (other,) = (one.stops() for one in histories)
    assert stop == other
    assert stop.cause == cause
    written = histories[0].panels[0][: stop.rows]
    assert np.isfinite(written).all()
    assert np.isnan(histories[0].panels[0][stop.rows :]).all()
    assert list(written[:, STOP_COLUMN]) == [0.0] * (stop.rows - 1) + [float(cause)] * (stop.rows > 0)


def test_every_parameter_may_be_absurd() -> None:
    """Each at both ends of its support, or 1e12 away: every history ends, and what it wrote holds together."""
    what = given(10, "all-at-once", quarters=24, decision=1.0, firms_max=300.0)
    values = default_values(PRIORS, 2 * len(PRIORS.parameters))
    for row, name in enumerate(PRIORS.parameters):
        low, high = PRIORS.entry(name).support
        values[name][2 * row : 2 * row + 2] = max(low, -1e12), min(high, 1e12)
    count = len(values[name])
    settings = np.repeat(np.array([what.setting]), count)
    ticks = np.tile(np.arange(25), (count, 1))
    panels = simulate_many(params_for(values), settings, np.arange(count, dtype=np.uint64), what.programmes, ticks, threads=1)
    names = np.repeat(list(PRIORS.parameters), 2)
    faults = {identity: names[which].tolist() for identity, which in broken(panels, ticks >= 0) if which.any()}
    # A ceiling that falls by e^(-1e12) a year is a price of 0.
    assert {identity for identity in faults if not identity.endswith("is above 0")} == set()


def test_a_stopped_history_warns_and_says_so_in_the_dataset() -> None:
    with pytest.warns(HistoryStopped, match=r"^seed 4: stopped for its size after 0 years, in 1975: .*; so were 1 more"):
        stopped = simulate(10, seeds=(4, 5), changes={"entry_intensity": 1e12}, years=2)
    assert stopped.attrs["stopped"].count("stopped for its size") == 2
    assert stopped.exhausted.values[:, 0].tolist() == [1.0, 1.0]
    assert np.isnan(stopped.firms.values[:, 1:]).all()
    assert simulate(10, years=2).attrs["stopped"] == "none"


def test_a_list_of_stops_is_bounded() -> None:
    stops = [Stop(seed, 0, 1975.0, NOT_FINITE) for seed in range(LISTED + 7)]
    assert listed(stops).endswith("; and 7 more")
    assert str(stops[0]) == "seed 0: stopped at its start, in 1975: a number was not finite; choose other parameters"
    assert listed([]) == "none"


def test_a_row_with_a_number_that_is_not_finite_is_seen() -> None:
    row = np.zeros(len(COLUMNS))
    assert is_finite(row)
    for value in (math.nan, math.inf, -math.inf):
        row[3] = value
        assert not is_finite(row)


def test_only_what_was_written_is_marked() -> None:
    panel = np.full((3, len(COLUMNS)), np.nan)
    w = small_world()
    w.cluster.exhausted = NOT_FINITE
    mark_stop(panel, w.cluster)
    assert np.isnan(panel).all()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_while_a_kernel_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel stands in for a long history: it ends once it is told to halt, as the real one does within a quarter."""
    halted: list[int] = []
    unsent = [number]

    def endless(world: Any, panel: Any, halt: np.ndarray, first: int, last: int) -> bool:
        if world.seed < 20:  # Short histories, until all have been handed out.
            return False
        if unsent:
            os.kill(os.getpid(), unsent.pop())
        while halt[0] == 0:
            pass
        halted.append(int(world.seed))
        return False

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, stop)
    monkeypatch.setattr(compiled_engine, "run_history", endless)
    try:
        with pytest.raises(KeyboardInterrupt):
            simulate(10, seeds=range(220), years=2)
    finally:
        signal.signal(number, before)
    assert 1 <= len(halted) < 200


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"seeds": range(10**9)}, "seeds: more than 10,000,000 are given"),
        ({"seeds": range(10**6)}, "seeds: 1,000,000 panels need .* GiB"),
        ({"years": 1e9}, "years: 1000000000.0: must be at most 1000"),
        ({"years_after": 1e300}, "years_after: 1e.300: must be at most 1000"),
        ({"years_after": math.nan}, "years_after: nan: must be at most 1000"),
    ],
)
def test_what_is_too_large_is_refused_before_any_work(asked: dict[str, Any], answer: str) -> None:
    with pytest.raises(InputError, match=f"^{answer}") as error:
        simulate(10, **asked)
    assert "\n" not in str(error.value)
