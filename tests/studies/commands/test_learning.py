"""What ``takeoff learn`` shows: the bounds, and what to know and to measure first in each cluster."""

import json
from pathlib import Path

import pytest

from studies.cli import main
from studies.commands.learning import SHOWN, first, learning_lines
from studies.policy.learn import CEILING, EVPI, EVPPI, EVSI, Learnt
from tests.studies.policy.learnable import compared_policies, learnable, stored_histories


def row(kind: str, name: str, worth: float, size: int = 0) -> Learnt:
    told = {"size": size, "unit": "firms", "price": 85.0} if size else {}
    return Learnt("10-kumasi", kind, name, worth, 2.0, worth / 500, 0.004, 0.25, "zone", 500.0, 60.0, "meaning", **told)  # type: ignore[arg-type]


ROWS = [
    row(CEILING, "everything and luck", 90.0),
    row(EVPI, "everything", 30.0),
    *(row(EVPPI, f"quantity_{number}", number - 1.5) for number in range(6)),
    row(EVSI, "trial", 12.0, 150),
    row(EVSI, "trial", 14.0, 600),
    row(EVSI, "survey", -1.0, 100),
]


def test_the_first_are_the_most_valuable_and_a_measurement_comes_once() -> None:
    assert [one.name for one in first(ROWS, EVPPI)] == ["quantity_5", "quantity_4", "quantity_3"]
    assert [(one.name, one.size) for one in first(ROWS, EVSI)] == [("trial", 600), ("survey", 100)]


def test_lines_tell_the_bounds_the_first_and_the_price() -> None:
    lines = learning_lines(ROWS, "surrogate, corrected", True)
    assert lines[0] == "converged: surrogate, corrected"
    text = "\n".join(lines)
    assert "10-kumasi: zone leads; wage bill 500 wage-years a year; 60 effective draws" in text
    assert "all that can be known is worth +30.0 (s.e. 2.0); with luck foreseen, at most 90.0" in text
    assert "first to know: quantity_5 +3.50 (s.e. 2.0), quantity_4" in text
    assert any(line.split() == ["trial", "600", "firms", "+14.0", "2.0", "+2.8", "25", "%", "85.0"] for line in text.splitlines())


def test_where_nothing_changes_the_choice_the_line_says_so() -> None:
    none = [one for one in ROWS if one.kind != EVPPI or one.worth <= 0]
    lines = learning_lines(none, "label", False)
    assert "first to know: no quantity alone changes the choice for the better" in lines
    assert any("trial" in line for line in lines)
    lines = learning_lines([one for one in none if one.kind != EVSI or one.worth <= 0], "label", False)
    assert "first to measure: no measurement changes the choice for the better" in lines


def test_the_command_prints_for_people_and_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = stored_histories()
    folder = learnable(tmp_path / "run", stored, compared_policies(stored))
    assert main(["learn", str(folder), "--case", "10", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("converged: surrogate, corrected\n")
    assert "first to know: zone_cost" in said
    assert said.index("plot-study") < said.index(f"table      {folder / 'learning.csv'}")
    assert main(["learn", str(folder), "--case", "10", "--quiet", "--json", "--out", str(tmp_path / "a.csv")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["table"] == str(tmp_path / "a.csv")
    assert {one["kind"] for one in told["learning"]} >= {CEILING, EVPI, EVPPI, EVSI}
    assert len([one for one in told["learning"] if one["kind"] == EVPPI]) > SHOWN
