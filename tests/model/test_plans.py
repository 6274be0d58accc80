"""Does a policy refuse what it does not use, and does the order of its programmes change nothing?"""

import re
from itertools import permutations
from typing import Any

import pytest

from model.config import load_case, load_policy, load_priors, policy_names
from model.errors import InputError
from model.mechanisms.programmes import is_triggered
from model.observe import COLUMNS
from model.plans import FIRST_KEY, SOME, USED, Policy, PolicyProgramme, key_of, names_of
from model.policy import programmes_for
from model.schema import PAID_BY_FIRM
from model.state import PLANNED_ONLY, PROGRAMMES
from tests.model.worlds import compiled, given, programme, small_world

STRUCTURES = load_priors().structures_with()
ANY = {
    "budget": 5, "budget_share": 0.1, "course": "pilot", "unit_cost": 1, "fee": 0.5, "captured": 0.1, "cofinance": 0.5,
    "effect": 0.5, "eligible": "trained",
}  # fmt: skip


def policy(*programmes: dict[str, object]) -> Policy:
    return Policy.model_validate({"name": "mine", "title": "Mine", "question": "Why?", "programmes": list(programmes)})


def test_every_programme_says_which_keys_it_uses() -> None:
    assert tuple(USED) == PROGRAMMES
    assert set(SOME) == set(ANY)


@pytest.mark.parametrize("kind", PROGRAMMES)
def test_a_key_that_a_programme_does_not_use_is_refused(kind: str, tmp_path) -> None:
    path = tmp_path / "mine.yaml"
    cost = {"unit_cost": 1} if kind in PAID_BY_FIRM else {}
    keys = {key: value for key, value in ANY.items() if key not in USED[kind]}
    lines = "\n".join(f"    {key}: {value}" for key, value in {**cost, **keys}.items())
    path.write_text(f"title: Mine\nquestion: Why?\nprogrammes:\n  - programme: {kind}\n{lines}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_policy(path)
    told = str(error.value).splitlines()
    assert sorted(line.split(": ")[1] for line in told) == sorted(f"programmes.0.{key}" for key in keys)
    assert all(f"is not used by {kind}" in line and "; leave it out" in line for line in told)


@pytest.mark.parametrize("kind", PROGRAMMES)
def test_every_key_that_a_programme_uses_is_taken(kind: str) -> None:
    for key in USED[kind]:
        cost = {"unit_cost": 1} if kind in PAID_BY_FIRM else {}
        assert PolicyProgramme.model_validate({"programme": kind, **cost, key: ANY[key]}).programme == kind


def test_what_a_policy_alone_may_have_is_no_history() -> None:
    case = load_case(10).model_dump(by_alias=True, exclude_unset=True)
    case["history"] = [{"programme": PLANNED_ONLY[1], "from": 2000}]
    with pytest.raises(ValueError, match="is a policy's alone"):
        type(load_case(10)).model_validate(case)


def test_protection_gets_no_part_of_the_budget() -> None:
    shares = [spec.budget_share for spec in policy({"programme": "protection", "effect": 0.1}, {"programme": "zone"}).funded()]
    assert shares == [None, 0.2]


def test_names_are_kinds_and_those_of_several_are_numbered_by_when_they_begin() -> None:
    late, early, own = ({"programme": "zone", "at": 5}, {"programme": "zone"}, {"programme": "credit", "name": "zone"})
    assert names_of(policy(late, early).programmes) == ("zone 2", "zone")
    assert names_of(policy(late, early, own).programmes) == ("zone 3", "zone 2", "zone")


def test_keys_follow_from_names_and_lie_above_the_rows_of_history() -> None:
    keys = [key_of(name) for name in (*PROGRAMMES, *policy_names())]
    assert len(set(keys)) == len({*PROGRAMMES, *policy_names()})
    assert min(keys) >= FIRST_KEY
    # What government brings in is keyed by a multiple of 2**40, in words of 63 bits.
    assert (max(keys) + 2) << 40 < 1 << 63


def test_history_keeps_the_keys_of_its_rows() -> None:
    programmes = programmes_for(load_policy("training"), load_case(8), STRUCTURES)
    assert programmes.key.tolist() == [0, 1, key_of("training")]


def test_the_order_of_lines_in_a_file_changes_no_bit() -> None:
    lines = (
        {"programme": "training", "unit_cost": 1, "for": 2},
        {"programme": "export_preference", "unit_cost": 5},
        {"programme": "grant", "unit_cost": 1, "name": "cash"},
        {"programme": "zone", "at": 1},
    )
    orders = [policy(*order) for order in permutations(lines)]
    programmes = {programmes_for(one, load_case(9), STRUCTURES).tobytes() for one in orders}
    assert len(programmes) == 1
    panels = [compiled(given(9, one, quarters=100, decision=20.0))[0].tobytes() for one in (orders[0], orders[-1])]
    assert panels[0] == panels[1]


def test_a_programme_that_repeats_spends_a_part_each_time() -> None:
    (first, second) = policy({"programme": "zone", "budget": 30, "at": 2, "repeat": {"every": 4, "times": 2}}).funded()
    assert [(spec.name, spec.at, spec.budget) for spec in (first, second)] == [("zone, time 1", 2, 15), ("zone, time 2", 6, 15)]
    shared = policy({"programme": "zone", "repeat": {"every": 4, "times": 4}}, {"programme": "credit"})
    assert [spec.budget_share for spec in shared.funded()] == [0.025, 0.025, 0.025, 0.025, 0.1]
    twice = shared + shared
    assert len(set(names_of(twice.programmes))) == len(twice.programmes) == 10


def test_a_budget_by_year_is_a_programme_in_each_year_that_has_a_part() -> None:
    parts = policy({"programme": "zone", "budget": 40, "at": 2, "by_year": [0.5, 0, 0.25, 0.25]}).funded()
    assert [(spec.name, spec.at, spec.years, spec.budget) for spec in parts] == [
        ("zone, year 1", 2, 1, 20),
        ("zone, year 3", 4, 1, 10),
        ("zone, year 4", 5, 1, 10),
    ]
    assert [spec.budget for spec in policy({"programme": "zone", "budget": 40, "by_year": [1, 0]}).scaled(0.5).programmes] == [20]


def test_a_budget_by_year_is_granted_and_spent_in_its_years() -> None:
    early = policy({"programme": "training", "unit_cost": 1, "budget": 30, "by_year": [0.9, 0.1]})
    late = policy({"programme": "training", "unit_cost": 1, "budget": 30, "by_year": [0.1, 0.9]})
    panels = [compiled(given(9, one, quarters=120, decision=20.0))[0] for one in (early, late)]
    granted = [panel[:, COLUMNS.index("granted")] - panel[79, COLUMNS.index("granted")] for panel in panels]
    for row, first in zip(granted, (27.0, 3.0), strict=True):
        assert row[[82, 119]] == pytest.approx([first, 30.0])


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"by_year": [0.5, 0.4]}, "sum to 0.9; they must sum to 1"),
        ({"by_year": [1.0]}, "at least 2"),
        ({"by_year": [1.5, -0.5]}, "by_year"),
        ({"by_year": [0.5, 0.5], "repeat": {"every": 2, "times": 2}}, "excludes repeat and when"),
        ({"by_year": [0.5, 0.5], "when": {"improved_firms": 5}}, "excludes repeat and when"),
        ({"by_year": [0.5, 0.5], "for": 3}, "by_year has 2 years, but for says 3"),
        ({"by_year": [0.5, 0.5], "programme": "protection"}, "parts a budget, and protection has none"),
    ],
)
def test_a_budget_by_year_that_makes_no_sense_is_refused(more: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        policy({"programme": "zone", **more})


def test_a_programme_opens_on_its_date_and_waits_for_firms_until_it_must():
    w = small_world(programmes=(programme("zone", start=2.0, trigger_firms=3.0, trigger_after=4.0), programme("zone", start=2.0)))
    waiting, dated = w.programmes[0], w.programmes[1]
    told = []
    for time, improved in ((1.75, 9), (2.0, 2), (2.0, 3), (5.75, 2), (6.0, 2)):
        w.cluster.time, w.cluster.improved_firms = time, improved
        told.append((is_triggered(w, waiting), is_triggered(w, dated)))
    assert told == [(False, False), (False, True), (True, True), (False, True), (True, True)]
