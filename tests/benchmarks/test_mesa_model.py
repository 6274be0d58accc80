"""Is the model in Mesa the same model? Without events it moves as the package does, number for number; with them, on average."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("mesa", reason="Mesa, in which the benchmark's peer is written, is not installed")

from benchmarks.mesa_model import ClusterByEquations, ClusterModel, Firm, run_mesa
from model.engines.quarter import begin, happen, move_firms_and_clocks, open_quarter, tick_time
from model.events import ATTEMPT, BREACH, ENTRY, EXIT, POACHING, SPIN_OFF, SUCCESSION
from model.lanes import firm_at
from model.mechanisms.birth import wind_up
from model.mechanisms.finance import own_share
from model.mechanisms.improvement import firm_success_chance
from model.observe import COLUMNS
from model.simulation import run_compiled
from model.start import new_world
from model.world import reseat_improved
from tests.model.worlds import Given, column, given, residuals

pytestmark = pytest.mark.peers

# A draw that no clock uses up in a test.
LONG = 1e4
# Mechanism, what is left of its clock's draw, and what it does, by their names in Mesa.
STRIKES = (
    (EXIT, "exit_left", "leave"), (SPIN_OFF, "spin_off_left", "spin_off"), (ATTEMPT, "attempt_left", "attempt"),
    (SUCCESSION, "succession_left", "succeed"), (BREACH, "breach_left", "break_trust"),
    (POACHING, "poaching_left", "lose_staff"), (ENTRY, "entry_left", "enter"),
)  # fmt: skip
CLOCKS = {mechanism: left for mechanism, left, _ in STRIKES if mechanism != ENTRY}
TRAITS = ("workers", "skill", "trained", "pending", "recognition", "trust", "access", "schooling", "cash", "born", "luck")
FIELDS = (*TRAITS, "log_efficiency", "output", "workers_best")

# Settings without events. No market abroad would not do: with a reach of 0 rounding decides who counts as an exporter.
QUIET: dict[str, dict[str, float]] = {
    "home": {"market": 500.0, "reach": 1.0},
    "shock": {"market": 2000.0, "reach": 0.0, "shock_time": 1.0, "shock_price": 0.4, "material_time": 0.5, "spillover": 0.0},
    "exports": {"market": 300.0, "reach": 300.0, "world_price": 0.9, "growth": 0.05, "own_cash": 1.0},
    "cheap": {
        "market": 300.0,
        "reach": 3000.0,
        "world_price": 0.9,
        "import_price": 0.7,
        "own_profit": 1.0,
        "count_failures": 1.0,
    },
}
# Parameters and settings with events: the case as it is, and a cluster where all that is rare in it happens often.
EVENTFUL: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "poor": ({}, {"market": 300.0, "access": 1.5}),
    "improving": (
        {
            "success_intercept": -1.5, "attempt_rate": 0.6, "exit_merger_share": 0.8, "awareness_start": 0.7,
            "learning_private_training": 0.4, "poaching_rate": 0.8, "spin_off_rate": 0.2, "subcontract_breach": 2.0,
            "succession_age": 5.0, "succession_rate": 0.2, "entry_connected": 0.4,
        },
        {"market": 120.0, "founders": 8.0, "founder_rung": 0.3, "reach": 200.0, "shock_time": 10.0, "traders": 1.0},
    ),
}  # fmt: skip
HISTORIES_MESA, HISTORIES_PACKAGE = 160, 800


MODELS = (ClusterModel, ClusterByEquations)


def status_quo(changes: dict[str, float] | None = None, **setting: float) -> Given:
    return given(10, changes=changes, structures={"history": "off"}, **setting)


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
        "luck": 0.3 * rng.normal(size=count),
    }
    return [{name: float(values[i]) for name, values in drawn.items()} for i in range(count)]


def without_events(
    what: Given, firms: list[dict[str, float]], kind: type[ClusterModel] = ClusterModel
) -> tuple[Any, ClusterModel]:
    """The same founders in the package's world and in Mesa, their clocks wound up so far that none strikes."""
    w, m = new_world(what.params, what.setting, what.programmes, 1), kind(what.params, what.setting, 1)
    begin(w)
    wind_up(w)
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
        if rung > 0:
            theirs.join_improved(m)
    reseat_improved(w)
    w.cluster.entry_residual = m.entry_left = LONG
    # So that the record of attempts discourages those who have not improved.
    w.cluster.discouragement = m.cluster.discouragement = 6.0
    return w, m


def pass_quarters(w: Any, m: ClusterModel, quarters: int) -> NDArray[np.float64]:
    """Let quarters without events pass in both; return the package's panel."""
    panel = np.full((quarters, len(COLUMNS)), np.nan)
    for tick in range(quarters):
        w.cluster.tick, w.cluster.time = tick, tick_time(tick)
        open_quarter(w, panel[tick])
        move_firms_and_clocks(w)
        m.step()
    assert w.cluster.due == 0
    return panel


def assert_same_firms(w: Any, m: ClusterModel, firms: list[Firm]) -> None:
    """Firms, in the order of the package's rows, and rungs stand as in the package."""
    for i, firm in enumerate(firms):
        ours = firm_at(w.firms, i)
        assert [getattr(firm, name) for name in FIELDS] == pytest.approx([ours[name] for name in FIELDS], rel=1e-9, abs=1e-12)
        assert firm.running == ours.alive
        # The package forgets these of the dead.
        assert not firm.running or (firm.heir, firm.rung.number) == (ours.heir, ours.rung)
        used = {clock: LONG - residuals(w, i)[clock] for clock in CLOCKS}
        theirs = {clock: LONG - getattr(firm, name) for clock, name in CLOCKS.items()}
        assert not firm.running or theirs == pytest.approx(used, rel=1e-7, abs=1e-9)
    assert [(rung.firms, rung.above) for rung in m.ladder] == [(rung.firms, rung.above) for rung in w.ladder]


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("setting", QUIET.values(), ids=QUIET)
def test_without_events_firms_move_as_in_the_package(setting: dict[str, float], kind: type[ClusterModel]) -> None:
    # So that profit's bounds show in the hazard of exit, which are beyond the hazard's own bounds by default. Luck only fades.
    changes = {"exit_profit_response": 1.0, "exit_floor": 0.001, "luck_sd": 0.0}
    what = status_quo(changes, founders=24, founder_rung=0.0, **setting)
    w, m = without_events(what, founders(np.random.default_rng(1), 24), kind)
    panel = pass_quarters(w, m, 8)
    np.testing.assert_allclose(np.array(m.rows), panel, rtol=1e-9, atol=1e-12)
    assert_same_firms(w, m, m.firms)
    assert LONG - m.entry_left == pytest.approx(LONG - w.cluster.entry_residual, rel=1e-7)


@pytest.mark.parametrize("kind", MODELS)
def test_clocks_strike_when_they_do_in_the_package(kind: type[ClusterModel]) -> None:
    changes = {"attempt_rate": 5.0, "spin_off_rate": 2.0, "luck_sd": 0.0}
    what = status_quo(changes, founders=24, founder_rung=0.0, market=500.0, own_profit=1.0)
    w, m = without_events(what, founders(np.random.default_rng(5), 24), kind)
    lefts = np.random.default_rng(6).uniform(0.0, 0.05, (24, len(CLOCKS)))
    for i, firm in enumerate(m.firms):
        for (clock, name), left in zip(CLOCKS.items(), lefts[i]):
            residuals(w, i)[clock] = left
            setattr(firm, name, left)
    w.cluster.entry_residual = m.entry_left = 0.001
    w.cluster.tick, w.cluster.time, m.cluster.tick = 4, tick_time(4), 4
    open_quarter(w, np.zeros(len(COLUMNS)))
    move_firms_and_clocks(w)
    m.open_quarter()
    m.share()
    m.agents.do("move")
    m.run_entry_clock()
    # Only a clock's first strike: what it is wound up to then is chance.
    acts = {name: code for code, _, name in STRIKES}
    package: dict[tuple[int, int], float] = {}
    mesa: dict[tuple[int, int], float] = {}
    for due in w.due[: w.cluster.due]:
        package.setdefault((int(due.mechanism), int(due.firm)), float(due.time))
    for time, actor, act in m.due:
        mesa.setdefault((acts[act.__name__], 0 if actor is m else actor.seat), time)
    assert mesa == pytest.approx(package, rel=1e-9)
    assert {mechanism for mechanism, _ in mesa} == set(acts.values())


def test_clocks_are_wound_up_to_exponential_draws() -> None:
    what = status_quo(founders=1)
    m = ClusterModel(what.params, what.setting, 1)
    entry = [ClusterModel(what.params, what.setting, seed).entry_left for seed in range(400)]
    assert np.mean(entry) == pytest.approx(1.0, abs=0.225)
    firms = [Firm(m, 0.0, 0.0, 1.0, 0) for _ in range(2000)]
    for name in CLOCKS.values():
        drawn = np.array([getattr(firm, name) for firm in firms])
        # Mean 1 with a standard error of 1/45, mean square 2 with one of 1/10.
        assert drawn.mean() == pytest.approx(1.0, abs=0.1)
        assert (drawn**2).mean() == pytest.approx(2.0, abs=0.45)
    m.open_quarter()
    assert np.mean([m.firms[0].ring(m, 0.0, 1.0, Firm.leave) for _ in range(2000)]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("luck", [1.0 - 1e-6, 1.0 + 1e-6], ids=["success", "failure"])
@pytest.mark.parametrize("one_logit", [0.0, 1.0], ids=["product", "one_logit"])
def test_success_is_as_likely_as_in_the_package(one_logit: float, luck: float, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = {"market": 1000.0, "access": 0.3, "one_logit": one_logit}
    what = status_quo({"success_intercept": -1.0}, founders=24, founder_rung=0.0, **setting)
    w, m = without_events(what, founders(np.random.default_rng(7), 24))
    pass_quarters(w, m, 1)
    for i, firm in enumerate(list(m.firms)):
        firm.cash, rung = 1000.0, firm.rung.number
        # The package's firms stand still, while those of Mesa climb and show others how.
        w.ladder[rung + 1].above = m.ladder[rung + 1].above
        chance = firm_success_chance(w, firm_at(w.firms, i))
        monkeypatch.setattr(m, "random", SimpleNamespace(random=partial(float, luck * chance)))
        firm.attempt(0.1)
        assert firm.rung.number - rung == (luck < 1.0), i


# Parameters that leave nothing to chance, and the flow that counts what happens.
EVENTS: dict[str, tuple[int, Callable[[Firm, float], None], dict[str, float], str]] = {
    "success": (ATTEMPT, Firm.attempt, {"success_intercept": 60.0}, "successes"),
    "failure": (ATTEMPT, Firm.attempt, {"success_intercept": -60.0}, "attempts"),
    "exit": (EXIT, Firm.leave, {"exit_merger_share": 0.0}, "exits"),
    "succession": (SUCCESSION, Firm.succeed, {}, ""),
    "breach": (BREACH, Firm.break_trust, {}, ""),
}


@pytest.mark.parametrize(("mechanism", "act", "changes", "counted"), EVENTS.values(), ids=EVENTS)
def test_an_event_does_what_it_does_in_the_package(
    mechanism: int, act: Callable[[Firm, float], None], changes: dict[str, float], counted: str
) -> None:
    what = status_quo(changes, founders=24, founder_rung=0.0, market=1000.0)
    w, m = without_events(what, founders(np.random.default_rng(2), 24))
    pass_quarters(w, m, 1)
    firms = list(m.firms)
    for i in range(0, 24, 2):
        happen(w, mechanism, i, 0.1, 1)
        act(firms[i], 0.1)
    assert_same_firms(w, m, firms)
    for name in ("attempts", "successes", "exits", "mergers", "awareness", "discouragement"):
        assert getattr(m.cluster, name) == pytest.approx(w.cluster[name], rel=1e-12)
    assert counted == "" or w.cluster[counted] > 3.0


@pytest.mark.parametrize("means", [1.01, 0.99], ids=["rich", "poor"])
def test_a_better_firm_takes_over_workers_if_it_can_pay(means: float) -> None:
    what = status_quo({"exit_merger_share": 1.0}, founders=2, founder_rung=0.0, market=1000.0)
    w, m = without_events(what, founders(np.random.default_rng(3), 2))
    pass_quarters(w, m, 1)
    leaver, buyer = m.firms
    price = 0.5 * w.ladder[1].outlay * own_share(w.p, w.s, buyer.recognition) * leaver.workers
    assert price < 0.45 * w.ladder[1].outlay * leaver.workers
    buyer.cash = firm_at(w.firms, 1).cash = means * price
    buyer.workers_best = firm_at(w.firms, 1).workers_best = 1000.0
    happen(w, EXIT, 0, 0.1, 1)
    leaver.leave(0.1)
    assert_same_firms(w, m, [leaver, buyer])
    assert m.cluster.mergers == w.cluster.mergers == float(means > 1.0)


@pytest.mark.parametrize("inheritance", [0.0, 2.0], ids=["none", "all"])
def test_newcomers_are_founded_as_in_the_package(inheritance: float) -> None:
    spreads = ("spin_off_skill_sd", "entry_skill_sd", "entry_schooling_sd", "entry_connected", "entry_cash_sd", "luck_sd")
    changes = {**dict.fromkeys(spreads, 0.0), "spin_off_inheritance": inheritance}
    what = status_quo(changes, founders=3, founder_rung=0.0, market=1000.0)
    w, m = without_events(what, founders(np.random.default_rng(4), 3))
    pass_quarters(w, m, 1)
    for i in range(3):
        happen(w, SPIN_OFF, i, 0.1, 1)
        m.firms[i].spin_off(0.1)
    if inheritance == 0.0:  # else whose technology an entrant copies is chance
        happen(w, ENTRY, 0, 0.2, 1)
        m.enter(0.2)
    assert len(m.firms) == w.cluster.rows == (7 if inheritance == 0.0 else 6)
    for i, firm in enumerate(m.firms[3:], start=3):
        ours = firm_at(w.firms, i)
        assert [getattr(firm, name) for name in FIELDS] == pytest.approx([ours[name] for name in FIELDS], rel=1e-9, abs=1e-12)
        assert firm.rung.number == ours.rung
    assert (m.cluster.spin_offs, m.cluster.entrants) == (w.cluster.spin_offs, w.cluster.entrants)


def test_some_entrants_copy_an_incumbent_but_for_one_rung() -> None:
    what = status_quo({"spin_off_inheritance": 0.5}, founders=200)
    m = ClusterModel(what.params, what.setting, 1)
    for i, firm in enumerate(m.firms):
        firm.rung = m.ladder[2 if i % 2 else 0]
        if i % 2:
            firm.join_improved(m)
    rungs = []
    for _ in range(800):
        m.enter(0.1)
        newcomer = m.firms[-1]
        rungs.append(newcomer.rung.number)
        newcomer.leave(0.1)
    # One in four copies, half of these from an improved firm: 100 of 800, 4.5 standard errors are 42.
    assert set(rungs) == {0, 1}
    assert sum(rungs) == pytest.approx(100, abs=42)


@pytest.mark.parametrize("founding", [0.0, 1.0], ids=["join", "found"])
def test_trained_staff_found_a_firm_or_join_a_rival(founding: float) -> None:
    what = status_quo({"poaching_founders": founding, "poaching_loss": 0.25}, founders=4)
    m = ClusterModel(what.params, what.setting, 1)
    loser, *rivals = m.firms
    gone = 0.0
    for _ in range(400):
        loser.trained = 1.0
        loser.lose_staff(0.1)
        gone += 1.0 - loser.trained
    assert gone == 100.0
    assert [firm.trained for firm in m.firms[4:]] == [0.25] * int(400 * founding)
    # One draw in four falls on the loser itself, and nobody wins: 300 of 400 reach a rival, 4.5 standard errors are 39.
    assert sum(firm.trained for firm in rivals) == pytest.approx(75.0 * (1.0 - founding), abs=0.25 * 39.0)


@pytest.mark.parametrize("seed", range(3))
def test_firms_are_counted_as_they_come_and_go(seed: int) -> None:
    changes, setting = EVENTFUL["improving"]
    what = status_quo(changes, quarters=60, **setting)
    m = ClusterModel(what.params, what.setting, seed)
    while m.running:
        m.step()
        assert set(m.firms) == set(m.agents)
        assert [firm.seat for firm in m.firms] == list(range(len(m.firms)))
        assert set(m.improved) == {firm for firm in m.firms if firm.rung.number > 0}
        assert [firm.seat_improved for firm in m.improved] == list(range(len(m.improved)))
        for rung in m.ladder:
            assert rung.firms == sum(firm.rung is rung for firm in m.firms)
    panel = np.array(m.rows)
    flows = column(panel, "entrants") + column(panel, "spin_offs") - column(panel, "exits")
    assert list(column(panel, "firms")) == list(np.cumsum(flows))


def statistics(panels: list[NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Figures of each history: stocks at the end, flows summed."""
    stacked = np.stack(panels)
    last = {name: column(stacked, name)[:, -1] for name in COLUMNS}
    workers = np.maximum(1.0, last["workers"])
    return {
        "log firms": np.log1p(last["firms"]),
        "log workers": np.log1p(last["workers"]),
        "improved share": last["improved_workers"] / workers,
        **{
            name: last[name]
            for name in ("price", "price_export", "managerial_capital", "schooling", "awareness", "discouragement")
        },
        **{name: column(stacked, name).sum(1) for name in ("entrants", "spin_offs", "exits", "mergers", "attempts", "successes")},
    }


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(("changes", "setting"), EVENTFUL.values(), ids=EVENTFUL)
def test_histories_are_alike_on_average(changes: dict[str, float], setting: dict[str, float], kind: type[ClusterModel]) -> None:
    # Of 60 figures in two scenarios, each two-sided at 4.5 standard errors, one or more would fail for 1 choice of seeds in 1,500
    # or fewer, were the laws the same: 7e-6 a figure if it were normal, 1.2e-5 with a spread taken from so many histories.
    what = status_quo(changes, quarters=60, **setting)
    mesa = statistics([run_mesa(what.params, what.setting, seed, kind) for seed in range(HISTORIES_MESA)])
    seeds = range(HISTORIES_PACKAGE)
    package = statistics([run_compiled(what.params, what.setting, what.programmes, seed)[0] for seed in seeds])
    for name, values in mesa.items():
        error = np.hypot(values.std() / HISTORIES_MESA**0.5, package[name].std() / HISTORIES_PACKAGE**0.5)
        assert 0.0 < error < np.inf, name
        assert abs(values.mean() - package[name].mean()) < 4.5 * error, name


def test_what_mesa_leaves_out_never_happens() -> None:
    what = status_quo(market=1400.0, quarters=120)
    panel, _ = run_compiled(what.params, what.setting, what.programmes, 1)
    for name in ("relocations", "zone_firms", "zone_space", "loans", "defaults", "trained", "granted"):
        assert column(panel, name).sum() == 0.0


def test_a_history_is_stopped_for_its_size() -> None:
    what = status_quo(market=1400.0, quarters=120, firms_max=30.0)
    panel = run_mesa(what.params, what.setting, 1)
    ended = int(np.isfinite(column(panel, "firms")).sum())
    assert ended < len(panel)
    assert list(column(panel, "exhausted")[:ended]) == [0.0] * (ended - 1) + [1.0]
    assert column(panel, "firms")[ended - 1] > 30.0
