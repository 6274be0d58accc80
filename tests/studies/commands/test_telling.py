"""What a command tells: lines for people or JSON for programs, and progress that can be quiet."""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from model.config import load_case
from studies.cli import main
from studies.commands.telling import NOT_WHOLE, exit_code, plain, progress_asked, tell


class Pair(NamedTuple):
    name: str
    value: float


def test_records_and_arrays_become_json_and_what_is_not_finite_null() -> None:
    given = {"pair": Pair("a", float("nan")), "array": np.array([1.0, np.inf]), "path": Path("x"), "flag": np.bool_(True)}
    told = plain(given)
    assert told == {"pair": {"name": "a", "value": None}, "array": [1.0, None], "path": "x", "flag": True}
    assert plain(load_case(10))["observations"][0]["firms"]["value"] == 500


@pytest.mark.parametrize("wanted", [True, False])
def test_one_of_the_two_is_printed_and_the_other_not_made(wanted: bool, capsys: pytest.CaptureFixture[str]) -> None:
    def never() -> list[str]:
        raise AssertionError

    arguments = argparse.Namespace(json=wanted)
    tell(arguments, (lambda: {"a": 1}) if wanted else never, never if wanted else (lambda: ["a", "b"]))
    said = capsys.readouterr().out
    assert (json.loads(said) == {"a": 1}) if wanted else said == "a\nb\n"


def test_quiet_shows_no_progress_and_still_warns(capsys: pytest.CaptureFixture[str]) -> None:
    progress = progress_asked(argparse.Namespace(quiet=True))
    progress.stage("a stage")
    progress.step("another", 1, 2)
    progress.say("warning: a worker died")
    progress.end()
    assert capsys.readouterr().err == "warning: a worker died\n"


@pytest.mark.parametrize("converged", [True, False])
def test_a_page_on_a_posterior_that_has_not_converged_ends_with_its_exit_code(
    converged: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("studies.commands.chain._report", lambda folder: (folder / "report.html", converged))
    assert main(["report", "run"]) == exit_code(converged) == (0 if converged else NOT_WHOLE)
    assert "report.html" in capsys.readouterr().out
