"""What can be typed of ``learn``, ``plan`` and the commands that look into runs."""

import pytest

from studies.cli import build_parser
from studies.parsing import subcommands


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("learn", ["runs/a", "--case", "10", "12"], {"folder": "runs/a", "cases": ["10", "12"], "out": None, "json": False}),
        ("learn", ["runs/a", "--json", "--out", "a.csv"], {"cases": None, "out": "a.csv", "json": True}),
        ("plan", [], {"profile": "quick", "on": "local", "out": "plan.sbatch"}),
        ("verify", ["runs/a", "--repair"], {"folder": "runs/a", "repair": True}),
        ("diff", ["a", "b"], {"folder": "a", "other": "b"}),
        ("serve", ["DIR", "--port", "0"], {"folder": "DIR", "port": 0}),
        ("doctor", ["--json"], {"json": True}),
    ],
)
def test_words_are_read(command: str, words: list[str], said: dict[str, object]) -> None:
    parsed = vars(build_parser().parse_args([command, *words]))
    assert {name: parsed[name] for name in said} == said


@pytest.mark.parametrize("command", ["learn", "plan", "status", "verify", "diff", "doctor"])
def test_each_has_an_example_of_itself(command: str) -> None:
    assert f"takeoff {command}" in (subcommands(build_parser())[command].epilog or "")
