"""Does a study of optimisation mean what its file says, and are all of its faults told at once?"""

from pathlib import Path
from typing import Any

import pytest

from model.errors import InputError
from model.plans import key_of
from studies.policy.study_file import REFERENCES, Open, Study, load_study

CONTENT: dict[str, Any] = {
    "cases": [10],
    "budget_share": [0.1, 0.3],
    "programmes": [
        {"programme": "training", "at": [0, 4], "for": 5, "part": [0, 2], "course": "intensive", "unit_cost": [4, 6]},
        {"programme": "credit", "at": 3, "for": 10},
        {"programme": "protection", "effect": [-0.1, 0.2], "for": 4},
    ],
}
SETTINGS = {"training.at": 1.0, "training.part": 1.0, "training.unit_cost": 5.0, "protection.effect": 0.1, "budget_share": 0.2}


def study(**changes: Any) -> Study:
    return load_study({**CONTENT, **changes})


def test_a_pair_is_open_and_a_number_is_fixed() -> None:
    assert study().opened == (
        Open("training.at", 0, 4),
        Open("training.unit_cost", 4, 6),
        Open("training.part", 0, 2),
        Open("protection.effect", -0.1, 0.2),
        Open("budget_share", 0.1, 0.3),
    )
    assert study().policies == REFERENCES
    assert [one.name for one in study(budget_share=0.2).opened][-1] == "protection.effect"


def test_parts_split_the_total_among_programmes_that_take_a_budget() -> None:
    # Credit names no part and has one of 1.
    assert study().shares({"training.part": 1.0, "budget_share": 0.3}) == {"training": 0.15, "credit": 0.15}
    policy = study().policy("mine", SETTINGS | {"training.part": 0.0})
    assert [spec.budget_share for spec in policy.funded()] == [0.0, 0.2, None]
    assert policy.name == "mine"


def test_the_policy_is_that_of_the_settings_and_its_luck_that_of_a_shipped_one() -> None:
    training, credit, protection = study().policy("mine", SETTINGS).programmes
    assert (training.at, training.years, training.unit_cost, training.course) == (1.0, 5, 5.0, "intensive")
    assert (credit.at, credit.years, protection.effect) == (3, 10, 0.1)
    # A programme's draws are keyed by its name, which is that of its kind, as in a policy that names none.
    assert key_of(str(training.name)) == key_of("training")


def test_two_of_a_kind_keep_their_names_whatever_their_dates() -> None:
    two = [{"programme": "training", "course": "pilot", "unit_cost": 1, "at": [0, 9]} for _ in range(2)]
    own = study(programmes=two)
    assert [one.name for one in own.opened][:2] == ["training.at", "training 2.at"]
    late = own.policy("mine", {"training.at": 8.0, "training 2.at": 1.0, "budget_share": 0.1})
    assert [(spec.name, spec.at) for spec in late.programmes] == [("training", 8.0), ("training 2", 1.0)]


def test_middle_and_latest() -> None:
    assert study().middle()["training.unit_cost"] == 5.0
    assert study().latest()["training.at"] == 4.0
    assert study().latest()["budget_share"] == pytest.approx(0.2)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "cases: [10, 10, atlantis]\n"
        "budget_share: [0.4, 0.1]\n"
        "trails: 3\n"
        "seed: -1\n"
        "policies: [free-beer]\n"
        "programmes:\n"
        "  - {programme: training, at: [5, 1], part: -1, unit_cost: 4}\n"
        "  - {programme: credit, budget: 3, fee: 2}\n"
        "  - {programme: protection, part: 1}\n"
        "  - {programme: matching_grant, cofinance: [0.5, 2], unit_cost: [0, 3]}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        load_study(path)
    said = error.value.faults
    assert all(line.startswith(f"{path}: ") for line in said)
    for key, rule in (
        ("trails: 3", "did you mean `trials`"),
        ("budget_share", "the low end must lie below the high end"),
        ("seed: -1", "greater than or equal to 0"),
        ("policies: policy: free-beer", "unknown policy"),
        ("cases: case: atlantis", "unknown case"),
        ("cases: 10", "named twice"),
        ("programmes.0.at: [5, 1]", "the low end must lie below"),
        ("programmes.0.part: -1", "must lie between 0 and"),
        ("programmes.1.budget: 3", "give `part:`"),
        ("programmes.1.fee: 2", "is not used by credit"),
        ("programmes.2.part: 1", "has no budget"),
        ("programmes.3.cofinance: 2.0", "less than or equal to 1"),
        ("programmes.3.unit_cost of matching_grant", "must be above 0"),
    ):
        assert any(key in line and rule in line for line in said), (key, said)
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"programmes": [{"programme": "credit"}], "budget_share": 0.2}, "no number is open"),
        ({"programmes": [{"programme": "credit", "part": 0}]}, "every part is 0"),
        ({"programmes": [{"programme": "credit", "at": [0, 20]}]}, "credit.at: 20: must begin before the horizon of 20"),
        ({"programmes": [{"programme": "protection", "effect": [0, 1]}]}, "is open and no programme takes a budget"),
        ({"programmes": []}, "programmes"),
        ({"programmes": 3}, "programmes: 3: must be a list"),
        ({"best": 50}, "best: 50: must not be above trials, 40"),
        ({"budget_share": 0}, "must lie above 0"),
        ({"cases": []}, "cases"),
    ],
)
def test_a_study_that_cannot_be_made_is_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputError) as error:
        study(**changes)
    assert any(rule in line for line in error.value.faults), error.value.faults


def test_a_name_follows_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("cases: [10]\nprogrammes: [{programme: credit, at: [0, 3]}]\n", encoding="utf-8")
    assert load_study(path).name == "mine"
    path.write_text("name: other\ncases: [10]\nprogrammes: [{programme: credit, at: [0, 3]}]\n", encoding="utf-8")
    with pytest.raises(InputError, match="name: 'other': unknown key"):
        load_study(path)
