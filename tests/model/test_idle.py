"""Is a programme that can never act told of by name, with the reason, and none that may act?"""

import pytest

from model.config import load_policy, policy_names
from model.idle import BY_BUDGET, idle_programmes
from model.plans import USED, Policy
from model.schema import PAID_BY_FIRM


def own(**entries: object) -> Policy:
    kind = str(entries.get("programme", "training"))
    cost = {"unit_cost": 5} if kind in PAID_BY_FIRM else {}
    given = {"programme": kind, "for": 5, **cost, **entries}
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
        ({"programme": "zone", "captured": 1}, "never acts: all of it is captured"),
        ({"programme": "campaign", "effect": 0}, "never acts: its effect is 0"),
        ({"programme": "protection", "effect": 0}, "never acts: its effect is 0"),
        ({"programme": "experts", "budget": 2, "fee": 1}, "never acts: its budget of 2 pays for no firm; raise it above 4"),
        ({"programme": "matching_grant", "budget": 2, "cofinance": 0.5}, "pays for no firm; raise it above 2.5"),
        ({"programme": "matching_grant", "cofinance": 1}, "costs no public money: owners pay all of it"),
        ({"programme": "credit", "cofinance": 1}, "costs no public money: co-financiers lend all of it"),
        ({"fee": 6}, "costs no public money: its fee of 6 is above its `unit_cost`, 5"),
        ({"programme": "credit", "eligible": "trained"}, "its policy trains none"),
        ({"at": 18}, "is cut by the horizon of 20 years"),
        ({"for": 25}, "is cut by the horizon of 20 years"),
        ({"when": {"improved_firms": 5, "at_latest": 18}}, "may open in year 18, and is then cut"),
        ({"when": {"improved_firms": 5, "at_latest": 30}}, "opens at 5 improved firms or never: `at_latest` lies at or beyond"),
        ({"when": {"improved_firms": 5}, "until": {"improved_firms": 5}}, "it closes at 5 improved firms and opens at 5"),
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
        {"programme": "protection", "effect": 0.25},
        {"programme": "protection", "effect": -0.25},
        {"programme": "credit", "until": {"improved_firms": 5}},
        {"when": {"improved_firms": 10**5, "at_latest": 6}},
        {"programme": "foreign_investment", "for": 30},
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


def test_programmes_are_told_of_by_their_names() -> None:
    lines = idle_programmes(own(name="the late one", at=30), 20)
    assert [line.split(",")[0] for line in lines] == ["policy mine: programme 1 (the late one"]
    repeated = idle_programmes(own(repeat={"every": 12, "times": 3}), 20)
    assert len(repeated) == 1
    assert "programme 3 (training, time 3, years 24 to 29" in repeated[0]


def test_all_keys_that_need_a_price_are_known() -> None:
    assert {kind for kind, keys in USED.items() if "unit_cost" in keys} == set(PAID_BY_FIRM)
