"""Whom do matching grants and experts serve, at whose cost, and what do firms learn?"""

import numpy as np
import pytest

from model.engines.quarter import open_quarter
from model.events import EVENTS
from model.lanes import firm_at
from model.mechanisms.services import astray, books_read, is_chosen, matched
from model.observe import COLUMNS
from model.plans import Policy
from model.schema import PAID_BY_FIRM
from model.simulation import engine_named
from model.state import PLANNED_ONLY
from tests.model.worlds import add_firm, given, move_firms, programme, small_world, told, words

EVERYONE = {"training_take_up": 1.0, "awareness_start": 1.0}
CALM = {"state_module": 0.0}
# Nothing is read with error, and profits of all firms are such that a committee chooses them.
KNOWN = {"credit_noise": 0.0, "market": 1e6}


def open_first(w, first=0, last=1):
    for tick in range(first, last):
        w.cluster.tick, w.cluster.time = tick, tick / 4.0
        open_quarter(w, np.empty(len(COLUMNS)))
    return w


def served(kind, firms=12, changes=None, cash=9.0, **fields):
    """A world of some firms after the second quarter, in which a programme opened: before it no firm has sold anything."""
    line = programme(kind, **{"start": 0.25, "stop": 0.5, "unit_cost": 2.0, "budget": 500.0, **fields})
    w = small_world({**EVERYONE, "credit_noise": 0.0, **(changes or {})}, (line,), market=1e5, **CALM)
    for _ in range(firms):
        add_firm(w, cash=cash, workers=10.0)
    open_first(w, 0, 2)
    return w, {firm for event, firm, _ in told(w) if event == "served"}


def test_owners_pay_their_part_and_government_the_rest() -> None:
    w, names = served("matching_grant", cofinance=0.4)
    assert len(names) > 6, "profits are high, so that most are chosen"
    public = matched(2.0, 0.4)
    assert public == pytest.approx(1.2)
    assert w.programmes[0].spent == pytest.approx(public * len(names))
    for row in range(12):
        firm = firm_at(w.firms, row)
        got = int(firm.lineage) in names
        assert firm.cash == pytest.approx(9.0 - (2.0 - public) * got)
        assert firm.pending == pytest.approx(w.p.matching_gain * got)
    # The books of the quarter in which it ran, not yet closed: owners paid, and nothing was given to them.
    assert w.cluster.flow_old + w.cluster.flow_new == pytest.approx(-(2.0 - public) * len(names))


def test_whoever_cannot_pay_its_part_or_does_not_want_it_is_not_served() -> None:
    assert served("matching_grant", cofinance=0.5, cash=0.5)[1] == set()
    assert served("matching_grant", cofinance=0.5, changes={"training_take_up": 1e-9})[1] == set()
    assert served("experts", fee=1.0, changes={"training_take_up": 1e-9})[1] == set()
    assert served("matching_grant", trained_only=1.0)[1] == served("experts", trained_only=1.0)[1] == set()


@pytest.mark.parametrize("kind", ["matching_grant", "experts"])
def test_a_larger_budget_serves_the_same_firms_and_more_and_none_twice(kind: str) -> None:
    few, (w, many) = served(kind, budget=6.0)[1], served(kind, budget=500.0)
    assert 0 < len(few) <= 3 < len(many)
    assert few < many
    assert words(w).count("served") == len(many)
    w.programmes[0].stop = 5.0
    open_first(w, 2, 4)
    assert words(w).count("served") == len(many)


def test_a_committee_reads_profits_with_less_error_than_a_bank() -> None:
    """Of firms that earn well and firms that lose, a sharper committee chooses more of the good and fewer of the bad."""

    def chosen(noise: float, output: float) -> float:
        w = small_world({"credit_noise": 3.0, "matching_noise": noise}, (programme("matching_grant", budget=1.0),), **CALM)
        firms = [add_firm(w, workers=10.0, output=output) for _ in range(400)]
        w.cluster.wage_bill = w.cluster.workers = 10.0
        for rung in w.ladder:
            rung.price = 1.0
        assert (books_read(w, firms[0]) > 0.5) == (output > 7.0)
        return float(np.mean([is_chosen(w, w.programmes[0], firm) for firm in firms]))

    for output, better in ((8.2, 1.0), (5.7, -1.0)):
        assert better * (chosen(0.1, output) - chosen(1.0, output)) > 0.1


def test_less_goes_astray_where_owners_pay_a_part() -> None:
    assert astray(0.4, 0.5) == pytest.approx(0.2)
    w, names = served("matching_grant", cofinance=0.5, captured=0.4)
    assert w.cluster.flow_captured == pytest.approx(0.2 * len(names))
    (firm, *_) = [firm_at(w.firms, row) for row in range(12) if int(firm_at(w.firms, row).lineage) in names]
    assert firm.pending == pytest.approx(0.8 * w.p.matching_gain)


def test_nothing_is_learnt_from_services_where_the_site_does_not_work() -> None:
    line = programme("matching_grant", budget=500.0, unit_cost=2.0, start=0.25)
    w = small_world({**EVERYONE, "credit_noise": 0.0}, (line,), market=1e5, site_works=0.0, **CALM)
    for _ in range(12):
        add_firm(w, cash=9.0, workers=10.0)
    open_first(w, 0, 2)
    assert "served" in words(w)
    assert {float(firm_at(w.firms, row).pending) for row in range(12)} == {0.0}


def test_both_engines_leave_the_same_bits_of_all_that_a_policy_alone_may_have() -> None:
    cost = {kind: {"unit_cost": 1} for kind in PAID_BY_FIRM}
    lines = [{"programme": kind, "budget": 60, **cost.get(kind, {})} for kind in PLANNED_ONLY]
    everything = Policy.model_validate({"name": "all", "title": "All", "question": "Same?", "programmes": lines})
    what = given(9, everything, {"success_intercept": 0.0}, quarters=60, decision=10.0)
    (panel, log), (other_panel, other_log) = (engine_named(engine)(*what, 2) for engine in ("compiled", "simpy"))
    assert panel.tobytes() == other_panel.tobytes()
    assert log.tobytes() == other_log.tobytes()
    assert (log["event"] == EVENTS.index("served")).sum() > 20


def test_experts_bring_access_to_quality_for_a_fee_that_owners_pay() -> None:
    w, names = served("experts", fee=0.5)
    assert len(names) == 12
    assert w.programmes[0].spent == pytest.approx(1.5 * 12)
    assert {float(firm_at(w.firms, row).access) for row in range(12)} == {float(w.p.expert_access)}
    assert {float(firm_at(w.firms, row).cash) for row in range(12)} == {8.5}
    assert {float(firm_at(w.firms, row).pending) for row in range(12)} == {0.0}
    move_firms(w)
    assert 0.0 < firm_at(w.firms, 0).access < w.p.expert_access
