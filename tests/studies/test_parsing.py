"""What is typed wrongly is answered with the nearest word; every command has an example that can be typed as it stands."""

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.cores import MOST_THREADS
from model.simulation import LONGEST_YEARS
from studies import parsing
from studies.cli import build_parser, main
from studies.parsing import nearest, shown, subcommands

COMMANDS = subcommands(build_parser())
JSON = ("advise", "check", "compare", "diff", "doctor", "explain", "list", "plan", "status", "verify")


# Python refuses to read so many digits.
MANY = "9" * 5000


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as leave:
        main(words)
    assert leave.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_one_letter_off_is_recognised(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"did you mean {command}?" in refused([command[:-1] + "x" + command[-1]], capsys)


@pytest.mark.parametrize(
    ("command", "option"),
    [(name, option) for name, parser in COMMANDS.items() for action in parser._actions for option in action.option_strings[-1:]],
)
def test_an_option_one_letter_off_is_recognised(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    needed = [str((action.choices or ["1"])[0]) for action in COMMANDS[command]._actions if not action.option_strings]
    said = refused([command, *needed, option[:-1] + "q" + option[-1]], capsys)
    assert f"takeoff {command}: " in said
    assert "did you mean --" in said


@pytest.mark.parametrize(
    ("command", "action"),
    [(name, action) for name, parser in COMMANDS.items() for action in parser._actions if action.choices],
    ids=lambda value: value if isinstance(value, str) else value.dest,
)
def test_a_value_one_letter_off_is_recognised(command: str, action: argparse.Action, capsys: pytest.CaptureFixture[str]) -> None:
    needed = ["1" for other in COMMANDS[command]._actions if not other.option_strings and other is not action]
    for choice in action.choices or ():
        said = refused([command, *needed, *action.option_strings[-1:], f"{choice}q"], capsys)
        assert f"did you mean {choice}?" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example_that_parses(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leave:
        main([command, "--help"])
    text = capsys.readouterr().out
    assert leave.value.code == 0
    lines = text.split("example:\n")[1].splitlines()
    assert any(line.strip().startswith(f"takeoff {command}") for line in lines)
    for line in lines:
        words = shlex.split(line.split(" > ")[0])
        assert words[0] == "takeoff"
        assert build_parser().parse_args(words[1:]).command == words[1]
    unexplained = [action.dest for action in COMMANDS[command]._actions if not action.help]
    assert unexplained == []


def test_what_programs_read_is_offered_as_json_and_every_command_may_be_quiet() -> None:
    options = {
        name: {option for action in parser._actions for option in action.option_strings} for name, parser in COMMANDS.items()
    }
    assert [name for name in JSON if "--json" not in options[name]] == []
    assert [name for name in options if "--quiet" not in options[name]] == []


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    with pytest.raises(SystemExit) as leave:
        main(["--version"])
    assert leave.value.code == 0
    assert capsys.readouterr().out == f"takeoff {version('industrial-takeoff')}\n"


def test_a_word_is_shown_short_and_without_control_characters() -> None:
    assert shown("\x1b[2J\n") == r"'\x1b[2J\n'"
    assert len(shown("x" * 10_000)) < 80


@pytest.mark.parametrize(
    "read",
    [
        parsing.seed, parsing.seeds, parsing.draw, parsing.horizon, parsing.years, parsing.executor, parsing.shard,
        parsing.change,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["", MANY, f"-{MANY}", f"1:{MANY}", "\x1b[2J", f"1/{MANY}", f"local:{MANY}", "nan", "x", "\u0663\u00b2"]
)
def test_a_word_that_is_wrong_is_refused_in_few_characters(read: object, text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as error:
        read(text)  # type: ignore[operator]
    assert len(str(error.value)) < 300
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize(
    ("read", "least", "most"),
    [
        (parsing.seed, "0", str(2**64 - 1)),
        (parsing.horizon, "1", str(parsing.MOST_YEARS)),
        (parsing.years, "0", str(parsing.MOST_YEARS)),
        (parsing.executor, "local:1", f"local:{parsing.MOST_THREADS}"),
    ],
)
def test_a_number_has_bounds(read: Callable[[str], object], least: str, most: str) -> None:
    read(least)
    read(most)
    kind, colon, number = most.rpartition(":")
    for beyond in (f"{kind}{colon}{int(number) + 1}", f"{kind}{colon}-1"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"{'2.64-1' if int(number) > 1000 else number}; write for instance"):
            read(beyond)


def test_the_bounds_are_those_of_the_model() -> None:
    assert (parsing.MOST_YEARS, parsing.MOST_THREADS) == (LONGEST_YEARS, MOST_THREADS)


def words_of(command: str, action: argparse.Action, word: str) -> list[str]:
    """Return a command that gives a word to one of its options or arguments, and harmless ones to those that it needs."""
    needed = [one for one in COMMANDS[command]._actions if not one.option_strings and (one is action or one.nargs != "?")]
    given = [word if one is action else str((one.choices or ["10"])[0]) for one in needed]
    return [command, *given, *([action.option_strings[-1], word] if action.option_strings else [])]


@pytest.fixture
def within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("word", [MANY, f"local:{MANY}", f"1:{MANY}", f"a={MANY}", "/" + "x/" * 4000], ids=lambda word: word[:9])
@pytest.mark.parametrize(
    ("command", "action"),
    [(name, action) for name, parser in COMMANDS.items() for action in parser._actions if action.nargs != 0],
    ids=lambda value: value if isinstance(value, str) else value.dest,
)
@pytest.mark.usefixtures("within")
def test_a_word_of_5000_characters_is_one_line_wherever_it_stands(
    command: str, action: argparse.Action, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words_of(command, action, word))
    except SystemExit as leave:
        code = int(str(leave.code))
    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith("takeoff")
    assert said.count("\n") == 1
    assert len(said) < 700
    assert list(tmp_path.iterdir()) == []


def test_nothing_near_is_not_guessed() -> None:
    assert nearest("xyz", ["training", "credit"]) == ""


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {}])
def test_help_has_no_colour_in_a_pipe(environment: dict[str, str]) -> None:
    import os

    done = subprocess.run(
        [sys.executable, "-m", "studies.cli", "simulate", "--help"],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("words", [["explain"], ["explain", "schedule"], ["explain", "equations"], ["explain", "parameters"],
    ["explain", "entry_intensity"], ["explain", "spillover"], ["explain", "training"], ["explain", "kumasi"],
    *(["list", kind] for kind in ("cases", "commands", "parameters", "policies", "profiles"))], ids=" ".join)  # fmt: skip
def test_json_says_as_much_as_the_lines(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    lines = capsys.readouterr().out
    assert content
    if words[0] == "list":
        assert [line.split()[0] for line in lines.splitlines()] == [row["name"] for row in content]
