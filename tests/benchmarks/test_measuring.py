"""Do benchmarks tell what they measured? Turns, ratios and slopes of known numbers; scenarios that are what they say."""

import importlib

import numpy as np
import pytest

from benchmarks.measuring import in_turn, machine, peak_memory, ratio, spread, steady
from benchmarks.scale import slope
from benchmarks.tables import told
from model.observe import COLUMNS
from model.simulation import run_compiled


def test_contestants_take_turns_from_both_ends() -> None:
    calls: list[str] = []

    def work(name: str, base: float):
        def one(run: int) -> float:
            calls.append(f"{name}{run}")
            return base + run

        return one

    measured = in_turn({"a": work("a", 1.0), "b": work("b", 10.0)}, 3)
    assert calls == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert measured == {"a": [1.0, 2.0, 3.0], "b": [10.0, 11.0, 12.0]}


def test_ratios_are_of_one_round() -> None:
    # Both doubled in the second round, as on a machine that was busy then: the ratio does not move.
    assert ratio([3.0, 6.0, 3.0], [1.0, 2.0, 1.0]) == (3.0, 3.0, 3.0)
    assert spread([5.0, 1.0, 3.0]) == (3.0, 1.0, 5.0)
    assert told({"median": 42.51, "least": 9.996, "largest": 1234.5}) == "42.5 (10 to 1,234)"


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_slopes_of_powers(power: float) -> None:
    sizes = np.array([10.0, 100.0, 5_000.0])
    assert slope(sizes, 3.0 * sizes**power) == pytest.approx(power)


def test_a_scenario_begins_with_its_firms_and_has_every_kind_of_event() -> None:
    scenario = steady(300, 80)
    panel, log = run_compiled(*scenario, 1)
    assert panel[0, COLUMNS.index("firms")] == 300.0
    assert (panel[:, COLUMNS.index("firms")] > 100.0).all()
    assert len(set(log["event"].tolist())) >= 6


def test_the_machine_is_told() -> None:
    assert {"processor", "cores", "python", "numba", "numpy"} <= set(machine())
    assert peak_memory() > 10_000_000


@pytest.mark.parametrize("name", ["stages", "batch", "start", "scale", "variance"])
def test_every_benchmark_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert f"python -m benchmarks.{name} [--quick] [--out F.json]" in (module.__doc__ or "")
