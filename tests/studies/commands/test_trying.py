"""Does ``takeoff trial`` tell what it held, for people and for programs?"""

import json
from pathlib import Path

import pytest

from calibration.shipped import SHIPPED, is_shipped
from studies.cli import build_parser, main
from studies.commands.trying import HEAD, SHOWN
from studies.trials import defaults
from studies.trials.estimates import ESTIMANDS, OUTCOMES

ASKED = ["trial", "10", "--posterior", str(SHIPPED), "--draws", "4", "--firms", "30", "--years", "1", "--quiet"]
shipped_only = pytest.mark.skipif(not is_shipped(), reason="no posterior is shipped yet")


@shipped_only
def test_people_get_a_table_with_what_was_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "--out", str(tmp_path / "trial"), "--panel", str(tmp_path / "firms.csv")]) in (0, 3)
    said = capsys.readouterr().out
    assert "50 % of 30 firms, year 1 after, 4 histories" in said
    assert all(word in said for word in HEAD)
    assert all(word in said for *_, word in SHOWN)
    assert "80 of 150 firms in Mexico" in said
    assert (tmp_path / "trial" / "trial.csv").exists()
    assert (tmp_path / "firms.csv").exists()


@shipped_only
def test_programs_get_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "--out", str(tmp_path / "trial"), "--json"]) in (0, 3)
    told = json.loads(capsys.readouterr().out)
    assert (told["policy"], told["firms"], told["share"], told["years"]) == ("pilot", 30, 0.5, 1)
    assert len(told["rows"]) == 3 * (1 + len(ESTIMANDS) * len(OUTCOMES))


def test_the_defaults_of_the_command_are_those_of_the_function() -> None:
    told = vars(build_parser().parse_args(["trial", "10"]))
    assert {name: told[name] for name in ("policy", "firms", "share", "years", "draws")} == {
        name.lower(): value for name, value in vars(defaults).items() if name.isupper()
    }


def test_what_is_shown_is_estimated() -> None:
    assert all(not outcome or (estimand in ESTIMANDS and outcome in OUTCOMES) for estimand, outcome, _ in SHOWN)


BAD = [
    ["trial", "atlantis"],
    ["trial", "10", "--share", "1"],
    ["trial", "10", "--share", "half"],
    ["trial", "10", "--firms", "0"],
    ["trial", "10", "--firms", "9"],
    ["trial", "10", "--years", "0"],
    ["trial", "10", "--draws", "none"],
    ["trial", "10", "--policy", "zone"],
    ["trial", "10", "--panel", "firms.xlsx"],
    ["trial", "10", "--posterior", "nowhere"],
]


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_wrong_input_is_one_line_and_leaves_nothing(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(words)
    except SystemExit as leave:
        code = int(str(leave.code))
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (2, 1), said
    assert said.startswith("takeoff")
    assert list(tmp_path.iterdir()) == []
