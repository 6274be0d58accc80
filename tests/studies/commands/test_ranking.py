"""The ranking that ``compare`` and ``advise`` print: the table that was written, below its verdict."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from model.plans import Policy
from studies.commands.ranking import Setting, effects_in, ranked, ranking_content, ranking_lines, setting_line, setting_of
from studies.files.tables import read_table, write_table
from studies.policy.chosen import Budget
from studies.policy.compare import columns_of
from studies.policy.decision_table import Effects


def row(case: str, policy: str, mean: float, outcome: str = "net_value", structure: str = "") -> Effects:
    return Effects(case, policy, outcome, mean, mean - 1, mean + 1, 0.5, 0.25, 2.0, 10.0, 8.0, structure, unit="wage-years")


ROWS = [
    row("10-kumasi", "status-quo", 0.0),
    row("10-kumasi", "training", 12.0),
    row("10-kumasi", "training", 99.0, outcome="firms"),
    row("05-wenzhou", "status-quo", 0.0),
    row("05-wenzhou", "training", -3.0),
]
OTHER = [row("10-kumasi", "training", 7.0, structure="state_capacity=off")]


@pytest.mark.parametrize("rows", [ROWS, ROWS + OTHER], ids=["one structure", "two"])
def test_rows_read_back_from_the_file_are_those_written(rows: list[Effects], tmp_path: Path) -> None:
    write_table(tmp_path / "decision.csv", columns_of(Effects, rows))
    read = effects_in(read_table(tmp_path / "decision.csv"))
    assert [(one.case, one.policy, one.outcome, one.mean, one.structure) for one in read] == [
        (one.case, one.policy, one.outcome, one.mean, one.structure) for one in rows
    ]


def test_the_best_policy_of_each_cluster_comes_first() -> None:
    assert [(one.case, one.policy) for one in ranked(ROWS + OTHER)] == [
        ("10-kumasi", "training"),
        ("10-kumasi", "status-quo"),
        ("05-wenzhou", "status-quo"),
        ("05-wenzhou", "training"),
    ]


def programme(**given: object) -> dict[str, object]:
    return {"programme": "credit", **given}


def policy(name: str, *programmes: dict[str, object], **given: object) -> Policy:
    return Policy.model_validate({"name": name, "title": name, "question": "What?", "programmes": programmes, **given})


FIFTH, NOTHING = Budget(0.2, 0.0), Budget(0.0, 0.0)
SETTING = Setting(20, 0.05, (200, 200), 8, {"training": FIFTH, "zone": FIFTH, "protection": NOTHING})


def test_one_line_says_under_what_policies_were_compared() -> None:
    line = "20 years after the decision; 200 histories a cluster, 8 futures of each; discounted at 5 % a year; "
    assert setting_line(SETTING) == f"{line}budget: 20 % of a year's wage bill each; protection: no budget."
    assert SETTING.equal_budgets
    few = SETTING._replace(histories=(16, 48), futures=1, budgets={"protection": NOTHING})
    assert "16 to 48 histories a cluster, 1 future of each" in setting_line(few)
    assert "no policy has a budget" in setting_line(few)


def test_unequal_budgets_are_told_with_who_has_which() -> None:
    mine = SETTING._replace(budgets={**SETTING.budgets, "mine": Budget(0.1, 30.0)})
    told = setting_line(mine)
    bill = "of a year's wage bill"
    assert f"UNEQUAL BUDGETS (training, zone: 20 % {bill}; mine: 10 % {bill} and 30.0 wage-years; protection: no budget)" in told
    assert "more money may win by itself" in told
    assert not mine.equal_budgets
    assert "\n" not in told


def test_the_setting_is_read_from_the_comparison_and_from_the_policies() -> None:
    weight = np.array([[[0.4, 0.3, 0.3, 0.0, 0.0, 0.0], [0.2, 0.3, 0.1, 0.1, 0.2, 0.1]]])
    data = xr.Dataset({"weight": (("structure", "case", "history"), weight)}, attrs={"horizon": 15, "futures": 2})
    policies = {
        "status-quo": policy("status-quo"),
        "two": policy("two", programme(), programme(programme="zone")),
        "own": policy("own", programme(budget=30.0), programme(programme="zone", budget_share=0.1)),
        "free": policy("free", {"programme": "protection"}),
    }
    budgets = {"two": Budget(0.2, 0.0), "own": Budget(0.1, 30.0), "free": Budget(0.0, 0.0)}
    assert setting_of(data, policies) == Setting(15, 0.05, (2, 3), 2, budgets)


@pytest.mark.parametrize("converged", [True, False])
def test_the_verdict_stands_at_the_head(converged: bool) -> None:
    lines = ranking_lines(ROWS + OTHER, "a label", converged, SETTING)
    assert lines[0].startswith("converged: a label" if converged else "NOT CONVERGED: a label")
    text = "\n".join(lines)
    assert "+12" in text
    assert "99" not in text
    assert "state_capacity=off" in text
    assert ranking_content(ROWS, "a label", converged)["converged"] is converged
