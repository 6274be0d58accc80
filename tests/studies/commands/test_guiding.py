"""Does the page in the terminal name commands that exist, and fit a terminal?"""

import re
import shlex

import pytest

from studies.cli import build_parser, main
from studies.commands.guiding import GUIDE
from studies.parsing import subcommands

LINES = [
    re.split(r"\s{3,}", line.strip())[0]
    for line in GUIDE.read_text(encoding="utf-8").splitlines()
    if line.startswith("  takeoff ")
]


def test_it_is_printed_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide"]) == 0
    assert capsys.readouterr().out == GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str) -> None:
    words = shlex.split(line)
    assert build_parser().parse_args(words[1:]).command == words[1]


def test_what_a_newcomer_needs_is_there() -> None:
    named = {line.split()[1] for line in LINES}
    # What is left out is for those who compare calibrations or write programs.
    assert set(subcommands(build_parser())) - named == {"alternatives", "validate", "diff", "completion", "guide"}


def test_it_fits_a_terminal_of_120_columns() -> None:
    assert max(map(len, GUIDE.read_text(encoding="utf-8").splitlines())) <= 120
