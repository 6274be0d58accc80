"""The ranking that ``compare`` and ``advise`` print: the table that was written, below its verdict."""

from pathlib import Path

import pytest

from studies.commands.ranking import effects_in, ranked, ranking_content, ranking_lines
from studies.files.tables import read_table, write_table
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


@pytest.mark.parametrize("converged", [True, False])
def test_the_verdict_stands_at_the_head(converged: bool) -> None:
    lines = ranking_lines(ROWS + OTHER, "a label", converged)
    assert lines[0].startswith("converged: a label" if converged else "NOT CONVERGED: a label")
    text = "\n".join(lines)
    assert "+12" in text
    assert "99" not in text
    assert "state_capacity=off" in text
    assert ranking_content(ROWS, "a label", converged)["converged"] is converged
