"""Is the model in Mesa the same model? Without events it moves as the package does, number for number; with them, on average."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("mesa", reason="Mesa, in which the benchmark's peer is written, is not installed")

from benchmarks.mesa_model import ClusterModel, run_mesa
from model.engines.quarter import begin, move_firms_and_clocks, open_quarter, tick_time
from model.events import ATTEMPT, BREACH, EXIT, POACHING, SPIN_OFF, SUCCESSION
from model.lanes import firm_at
from model.observe import COLUMNS
from model.simulation import run_compiled
from model.start import new_world
from tests.model.worlds import Given, column, given, residuals

# A draw that no clock uses up in a test.
LONG = 1e4
CLOCKS = {
    EXIT: "exit_left", SPIN_OFF: "spin_off_left", ATTEMPT: "attempt_left", SUCCESSION: "succession_left",
    BREACH: "breach_left", POACHING: "poaching_left",
}  # fmt: skip
TRAITS = ("workers", "skill", "trained", "pending", "recognition", "trust", "access", "schooling", "cash", "born")
FIELDS = (*TRAITS, "log_efficiency", "output", "surplus", "workers_best")

SETTINGS: dict[str, dict[str, float]] = {
    "home": {"market": 500.0, "reach": 0.0},
    "shock": {"market": 2000.0, "reach": 0.0, "shock_time": 1.0, "shock_price": 0.4, "material_time": 0.5, "spillover": 0.0},
    "exports": {"market": 300.0, "reach": 300.0, "world_price": 0.9, "growth": 0.05, "decision": 1.0},
    "cheap": {"market": 300.0, "reach": 3000.0, "world_price": 0.9, "import_price": 0.7, "own_profit": 1.0},
}


def status_quo(**setting: float) -> Given:
    return given(10, structures={"history": "off"}, **setting)


def founders(rng: np.random.Generator, count: int) -> list[dict[str, float]]:
    """Firms of all kinds: on three rungs, young and old, rich and bankrupt, taught and not."""
    improved = np.arange(count) % 3
    drawn = {
        "workers": rng.uniform(1.0, 40.0, count),
        "skill": rng.normal(size=count),
        "trained": rng.uniform(size=count) * (np.arange(count) % 4 > 0),
        "pending": rng.uniform(size=count) * (np.arange(count) % 2),
        "recognition": rng.uniform(size=count) * (improved > 0),
        "trust": rng.uniform(size=count) * (improved > 0),
        "access": rng.uniform(size=count) * (improved > 0),
        "schooling": rng.uniform(6.0, 14.0, count),
        "cash": rng.uniform(-6.0, 20.0, count),
        "born": rng.uniform(-25.0, 0.0, count),
    }
    return [{name: float(values[i]) for name, values in drawn.items()} for i in range(count)]


def without_events(what: Given, firms: list[dict[str, float]]) -> tuple[Any, ClusterModel]:
    """The same founders in the package's world and in Mesa, their clocks wound up so far that none strikes."""
    w, m = new_world(what.params, what.setting, what.programmes, 1), ClusterModel(what.params, what.setting, 1)
    begin(w)
    for i, traits in enumerate(firms):
        ours, theirs, rung = firm_at(w.firms, i), m.firms[i], i % 3
        for ladder in (w.ladder, m.ladder):
            ladder[0].firms -= 1.0
            ladder[rung].firms += 1.0
        ours.rung, theirs.rung = rung, m.ladder[rung]
        theirs.heir, theirs.trader = i % 5 == 0, i % 7 == 0
        ours.heir, ours.trader = theirs.heir, theirs.trader
        for name, value in traits.items():
            ours[name] = value
            setattr(theirs, name, value)
        residuals(w, i)[:] = LONG
        for clock in CLOCKS.values():
            setattr(theirs, clock, LONG)
    w.cluster.entry_residual = m.entry_left = LONG
    return w, m


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_without_events_firms_move_as_in_the_package(setting: dict[str, float]) -> None:
    quarters, count = 8, 24
    what = status_quo(founders=count, founder_rung=0.0, **setting)
    w, m = without_events(what, founders(np.random.default_rng(1), count))
    panel = np.full((quarters, len(COLUMNS)), np.nan)
    for tick in range(quarters):
        w.cluster.tick, w.cluster.time = tick, tick_time(tick)
        open_quarter(w, panel[tick])
        move_firms_and_clocks(w)
        m.step()
    assert w.cluster.due == 0
    assert len(m.firms) == count
    np.testing.assert_allclose(np.array(m.rows), panel, rtol=1e-9, atol=1e-12)
    for i, firm in enumerate(m.firms):
        ours = firm_at(w.firms, i)
        assert [getattr(firm, name) for name in FIELDS] == pytest.approx([ours[name] for name in FIELDS], rel=1e-9, abs=1e-12)
        used = {clock: LONG - residuals(w, i)[clock] for clock in CLOCKS}
        assert {clock: LONG - getattr(firm, name) for clock, name in CLOCKS.items()} == pytest.approx(used, rel=1e-7, abs=1e-9)
    assert LONG - m.entry_left == pytest.approx(LONG - w.cluster.entry_residual, rel=1e-7)


def statistics(panels: list[NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Figures of each history: stocks at the end, flows summed."""
    stacked = np.stack(panels)
    last = {name: column(stacked, name)[:, -1] for name in COLUMNS}
    workers = np.maximum(1.0, last["workers"])
    return {
        "log firms": np.log1p(last["firms"]),
        "log workers": np.log1p(last["workers"]),
        "improved share": last["improved_workers"] / workers,
        **{name: last[name] for name in ("price", "managerial_capital", "schooling", "awareness", "discouragement")},
        **{name: column(stacked, name).sum(1) for name in ("entrants", "spin_offs", "exits", "mergers", "attempts", "successes")},
    }


def test_histories_are_alike_on_average() -> None:
    # 14 figures, each two-sided at 4.5 standard errors: were the laws the same, other seeds would fail one time in 5,000 or less
    # (7e-6 a figure were it normal, about 1.4e-5 with the spread taken from so many histories).
    what = status_quo(market=140.0, quarters=60)
    mesa = statistics([run_mesa(what.params, what.setting, seed) for seed in range(120)])
    package = statistics([run_compiled(what.params, what.setting, what.programmes, seed)[0] for seed in range(600)])
    apart = {
        name: (values.mean() - package[name].mean()) / np.hypot(values.std() / 120**0.5, package[name].std() / 600**0.5)
        for name, values in mesa.items()
    }
    assert {name: z for name, z in apart.items() if abs(z) > 4.5} == {}


def test_what_mesa_leaves_out_never_happens() -> None:
    what = status_quo(market=1400.0, quarters=120)
    panel, _ = run_compiled(what.params, what.setting, what.programmes, 1)
    for name in ("relocations", "zone_firms", "zone_space", "loans", "defaults", "trained", "public_cost"):
        assert column(panel, name).sum() == 0.0


def test_a_history_is_stopped_for_its_size() -> None:
    what = status_quo(market=1400.0, quarters=120, firms_max=30.0)
    panel = run_mesa(what.params, what.setting, 1)
    ended = int(np.isfinite(column(panel, "firms")).sum())
    assert ended < len(panel)
    assert list(column(panel, "exhausted")[:ended]) == [0.0] * (ended - 1) + [1.0]
    assert column(panel, "firms")[ended - 1] > 30.0
