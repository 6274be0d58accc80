"""Do programmes reach the engines as a policy and a case's history say?"""

import numpy as np
import pytest

from model.config import load_case, load_policy, load_priors, policy_names
from model.policy import BY_BUDGET, idle_programmes, programmes_for
from model.schema import Policy, PolicyProgramme, Trigger
from model.state import COURSES, CREDIT, INTENSIVE, PROGRAMME, PROGRAMMES, TRAINING_PROGRAMME, ZONE

STRUCTURES = load_priors().structures_with()
WITHOUT_HISTORY = load_priors().structures_with({"history": "off"})


def test_the_status_quo_is_history_alone() -> None:
    case = load_case(8)
    programmes = programmes_for(load_policy("status-quo"), case, STRUCTURES)
    assert programmes.dtype.names == PROGRAMME.names
    assert [PROGRAMMES[kind] for kind in programmes.kind] == ["export_preference", "training"]
    assert (programmes.of_history == 1).all()
    np.testing.assert_array_equal(programmes.start, [2005, 2007])
    np.testing.assert_array_equal(programmes.stop, [2011, 2011])
    assert programmes.tobytes() == programmes_for(None, case, STRUCTURES).tobytes()


def test_history_may_be_switched_off() -> None:
    assert len(programmes_for(None, load_case(8), WITHOUT_HISTORY)) == 0
    assert len(programmes_for(load_policy("all-at-once"), load_case(8), WITHOUT_HISTORY)) == 3


def test_a_sequence_keeps_order_gap_and_shares() -> None:
    programmes = programmes_for(load_policy("training-then-credit-and-zone"), load_case(9), STRUCTURES)
    np.testing.assert_array_equal(programmes.kind, [TRAINING_PROGRAMME, CREDIT, ZONE])
    np.testing.assert_array_equal(programmes.start, [0, 5, 5])
    np.testing.assert_array_equal(programmes.course[:1], [INTENSIVE])
    np.testing.assert_allclose(programmes.budget_share, 0.2 / 3)
    np.testing.assert_array_equal(programmes.opened, -1)
    np.testing.assert_array_equal(programmes.trigger_firms, 0)


def test_a_trigger_waits_for_firms_or_a_date() -> None:
    programmes = programmes_for(load_policy("training-then-when-ready"), load_case(9), STRUCTURES)
    np.testing.assert_array_equal(programmes.trigger_firms, [0, 5, 5])
    np.testing.assert_array_equal((programmes.start + programmes.trigger_after)[1:], [6, 6])
    np.testing.assert_array_equal(programmes.trained_only, [0, 1, 1])


@pytest.mark.parametrize("name", ["training", "technology-training", "pilot"])
def test_a_course_reaches_its_code(name: str) -> None:
    policy = load_policy(name)
    programmes = programmes_for(policy, load_case(9), STRUCTURES)
    assert COURSES[programmes.course[0]] == policy.programmes[0].course
    assert programmes.unit_cost[0] == policy.programmes[0].unit_cost


def test_policies_are_an_algebra_in_python() -> None:
    training = PolicyProgramme(programme="training", course="intensive", unit_cost=5, years=3)
    zone = PolicyProgramme(programme="zone", at=2, eligible="trained", when=Trigger(improved_firms=3))
    mine = Policy(name="mine", title="Mine", question="What?", programmes=(training, zone))
    np.testing.assert_allclose(programmes_for(mine, load_case(9), STRUCTURES).budget_share, 0.1)
    both = mine.scaled(0.5) + load_policy("credit").delayed(4)
    programmes = programmes_for(both, load_case(9), STRUCTURES)
    np.testing.assert_allclose(programmes.budget_share, [0.05, 0.05, 0.2])
    np.testing.assert_array_equal(programmes.start, [0, 2, 4])
    np.testing.assert_array_equal(programmes.stop[:1], [3])
    assert np.isinf(programmes.trigger_after).all()


def test_equal_programmes_share_a_budget_once_each() -> None:
    zone = PolicyProgramme(programme="zone")
    mine = Policy(name="mine", title="Mine", question="What?", programmes=(zone, zone))
    assert [spec.budget_share for spec in mine.funded()] == [0.1, 0.1]
    paid = PolicyProgramme(programme="zone", budget=7)
    assert [spec.budget for spec in Policy(name="m", title="M", question="?", programmes=(paid,)).scaled(2).programmes] == [14]


def own(**entries: object) -> Policy:
    given = {"programme": "training", "unit_cost": 5, "for": 5, **entries}
    return Policy.model_validate({"name": "mine", "title": "Mine", "question": "Why?", "programmes": [given]})


@pytest.mark.parametrize("name", policy_names())
def test_no_shipped_policy_is_idle_within_the_usual_horizon(name: str) -> None:
    assert idle_programmes(load_policy(name), 20) == ()


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"at": 20}, "never acts: it begins at or beyond the horizon of 20 years"),
        ({"at": 300}, "never acts: it begins at or beyond the horizon"),
        ({"budget": 0}, "never acts: its budget is 0"),
        ({"budget_share": 0}, "never acts: its budget is 0"),
        ({"budget": 4}, "never acts: its budget of 4 pays for no firm"),
        ({"programme": "zone", "unit_cost": 0, "captured": 1}, "never acts: all of it is captured"),
        ({"programme": "market_place", "effect": 0}, "never acts: its effect is 0"),
        ({"programme": "credit", "unit_cost": 0, "eligible": "trained"}, "its policy trains none"),
        ({"at": 18}, "is cut by the horizon of 20 years"),
        ({"for": 25}, "is cut by the horizon of 20 years"),
        ({"when": {"improved_firms": 5, "at_latest": 18}}, "may open in year 18, and is then cut"),
    ],
)
def test_a_programme_that_cannot_act_is_named_with_its_dates(entries: dict, reason: str) -> None:
    (line,) = idle_programmes(own(**entries), 20)
    at, years = entries.get("at", 0), entries.get("for", 5)
    programme = entries.get("programme", "training")
    assert line.startswith(f"policy mine: programme 1 ({programme}, years {at} to {at + years} after the decision): ")
    assert reason in line


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"fee": 5, "budget": 0},
        {"programme": "protection", "budget": 0, "effect": 0.25, "unit_cost": 0},
        {"when": {"improved_firms": 10**5, "at_latest": 6}},
        {"programme": "foreign_investment", "for": 30, "unit_cost": 0},
    ],
)
def test_a_programme_that_may_act_is_not_named(entries: dict) -> None:
    assert idle_programmes(own(**entries), 20) == ()


@pytest.mark.parametrize("programme", BY_BUDGET)
def test_every_programme_that_spends_needs_a_budget(programme: str) -> None:
    assert "its budget is 0" in idle_programmes(own(programme=programme, budget=0), 20)[0]


def test_a_history_that_ends_before_the_decision_meets_no_programme() -> None:
    assert all("ends before the decision" in line for line in idle_programmes(load_policy("all-at-once"), -3.0))
    assert len(idle_programmes(load_policy("all-at-once"), 0.0)) == 3
