"""Do stocks follow from flows, and flows from the event log? At every tick, for several clusters and policies.

A row holds the flows of the quarter that ended at its time: an event at t in (t_q-1, t_q] belongs to row q, and so does what
government does at t_q itself.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.events import EVENTS, QUARTER
from tests.model.worlds import Given, column, compiled, given

# Which events a column counts.
COUNTED = {
    "entrants": ("pioneer", "entry", "foreign_investment"),
    "spin_offs": ("spin_off",),
    "exits": ("exit", "merger"),
    "mergers": ("merger",),
    "attempts": ("attempt_failed", "attempt_succeeded"),
    "successes": ("attempt_succeeded",),
    "relocations": ("relocation",),
    "loans": ("loan",),
    "defaults": ("default",),
    "trained": ("trained",),
}

KNOWING = {"success_intercept": 1.0, "attempt_rate": 0.6, "exit_merger_share": 0.9}
# Each with what it must show at least once, so that no equality holds for want of events.
HISTORIES = {
    "nairobi": (given(9, quarters=160), ("entrants", "spin_offs", "exits", "attempts")),
    "ethiopia with its history": (given(8, quarters=120, start_year=1990.0), ("entrants", "trained")),
    "technology training": (
        given(9, "technology-training", KNOWING, quarters=120, decision=10.0), ("trained", "successes", "mergers"),
    ),
    "credit": (given(17, "credit", quarters=120, decision=4.0), ("loans", "defaults")),
    "zone": (given(10, "zone", quarters=120, decision=15.0, capacity=300.0), ("relocations",)),
    "foreign investment": (given(12, "foreign-investment", quarters=100, decision=10.0), ("entrants",)),
    "all at once": (
        given(9, "all-at-once", {"relocation_rate": 2.0}, quarters=120, decision=10.0, capacity=100.0), ("loans", "trained"),
    ),
    "a small market": (given(2, latents={"market": -3.0}, quarters=200), ("exits",)),
}


@pytest.fixture(params=HISTORIES)
def history(request: pytest.FixtureRequest) -> tuple[Given, tuple[str, ...], NDArray[np.float64], NDArray[Any]]:
    what, shown = HISTORIES[request.param]
    panel, log, _, _ = compiled(what, seed=4)
    return what, shown, panel, log


def rows_of(times: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.ceil(times / QUARTER).astype(np.int64)


def test_firms_are_those_before_plus_births_less_deaths(history) -> None:
    _, _, panel, _ = history
    flow = column(panel, "entrants") + column(panel, "spin_offs") - column(panel, "exits")
    np.testing.assert_array_equal(column(panel, "firms"), np.cumsum(flow))


def test_flows_are_counts_of_events(history) -> None:
    _, shown, panel, log = history
    for name, counted in COUNTED.items():
        codes = [EVENTS.index(event) for event in counted]
        times = log["time"][np.isin(log["event"], codes)]
        counts = np.bincount(rows_of(times), minlength=len(panel))
        np.testing.assert_array_equal(column(panel, name), counts, err_msg=name)
        if name in shown:
            assert len(times) > 0, f"no {name}: this history tells nothing of them"


def test_the_log_is_in_order_of_time_and_within_the_history(history) -> None:
    what, _, panel, log = history
    assert (np.diff(log["time"]) >= 0.0).all()
    assert log["time"][0] == 0.0
    assert log["time"][-1] <= what.setting.quarters * QUARTER
    np.testing.assert_array_equal(column(panel, "time"), np.arange(len(panel)) * QUARTER)


def test_nobody_acts_before_birth_or_after_death(history) -> None:
    _, _, panel, log = history
    births = {EVENTS.index(word) for word in ("pioneer", "entry", "spin_off", "foreign_investment")}
    deaths = {EVENTS.index(word) for word in ("exit", "merger")}
    living: set[int] = set()
    for line in log[log["event"] != EVENTS.index("programme")]:
        firm, event = int(line["firm"]), int(line["event"])
        if event in births:
            assert firm not in living
            living.add(firm)
        else:
            assert firm in living, f"{EVENTS[event]} of a firm that is not there"
            living -= {firm} if event in deaths else set()
    assert len(living) == column(panel, "firms")[-1]


def test_sums_of_the_panel_agree(history) -> None:
    _, _, panel, _ = history
    firms = column(panel, "firms")
    parts = {
        "improved_firms": "firms", "zone_firms": "firms", "exporters": "improved_firms", "mergers": "exits",
        "successes": "attempts", "improved_workers": "workers", "exported": "output",
    }
    for part, whole in parts.items():
        assert (column(panel, part) <= column(panel, whole) * (1.0 + 1e-12)).all(), f"{part} of {whole}"
    np.testing.assert_allclose(column(panel, "workers_per_firm") * firms, column(panel, "workers"), rtol=1e-14)
    sales = column(panel, "sales")
    np.testing.assert_allclose(column(panel, "margin") * sales, column(panel, "profits"), rtol=1e-12, atol=1e-9)
    assert (np.diff(column(panel, "granted")) >= 0.0).all()
    assert (np.diff(column(panel, "loan_losses")) >= 0.0).all()
    assert (np.diff(column(panel, "transitioned")) >= 0.0).all()


def test_a_dead_cluster_is_extinct_and_may_be_born_again() -> None:
    changes = {"exit_base": 1.0, "exit_floor": 1.0, "exit_profit_response": 0.0, "entry_intensity": 0.3}
    panel, _, _, _ = compiled(given(9, changes=changes, quarters=200), 3)
    dead = column(panel, "firms") == 0.0
    assert dead.any()
    assert (column(panel, "phase")[dead] == 4.0).all()
    for name in ("workers", "output", "sales", "profits", "workers_per_firm", "margin"):
        assert (column(panel, name)[dead] == 0.0).all(), name
    assert np.isfinite(panel).all()
