"""Structures side by side, with the exit code where one has not passed its gate; and a posterior taken instead of calibrated."""

import argparse
import json
import shlex
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from calibration import alternatives as module
from calibration.alternatives import Alternative
from calibration.gate import CHECKED, CORRECTED
from calibration.left_out import Ahead
from calibration.shipped import RENEW
from model.profile import Profile
from studies.cli import main
from studies.commands import chain


def alternative(folder: str, option: str, label: str, nats: float, weight: float) -> Alternative:
    structures = {"spillover": option, "ladder": "6"}
    elpd, k_hat = np.full(3, -5.0), np.array([0.2, 0.6, 0.4])
    return Alternative(folder, structures, label, label == CORRECTED, elpd, k_hat, Ahead(nats, 0.7), weight)


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    compared = [alternative("runs/on", "on", CORRECTED, 0.0, 0.9), alternative("runs/off", "off", CHECKED, 2.4, 0.1)]
    monkeypatch.setattr(module, "alternatives", lambda folders: compared)
    return argparse.Namespace(folders=["runs/on", "runs/off"], json=False, quiet=True, command="alternatives")


def test_each_structure_gets_its_lines(arguments: argparse.Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    # One of them has not passed its gate.
    assert chain.compare_structures(arguments) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "runs/on: as the first: elpd -15.0, +0.0 nats behind (se 0.7), weight 0.90"
    assert lines[2] == "runs/off: spillover=off: elpd -15.0, +2.4 nats behind (se 0.7), weight 0.10"
    assert lines[3] == f"  {CHECKED}; largest k-hat 0.60"


def test_programs_get_the_numbers(arguments: argparse.Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    arguments.json = True
    chain.compare_structures(arguments)
    told = json.loads(capsys.readouterr().out)["alternatives"]
    assert [one["weight"] for one in told] == [0.9, 0.1]
    assert told[1]["behind"] == [2.4, 0.7]
    assert told[1]["structures"]["spillover"] == "off"


def test_the_shipped_posterior_is_taken_and_not_calibrated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = []

    def take(out: Path, **asked: object) -> SimpleNamespace:
        taken.append((out, asked["seed"]))
        return SimpleNamespace(checks={"checks": [], "converged": True, "label": CORRECTED}, converged=True)

    monkeypatch.setattr("calibration.shipped.take", take)
    monkeypatch.setattr("calibration.calibrate", lambda *given, **asked: pytest.fail("it was calibrated anew"))
    words = ["calibrate", "--profile", "shipped", "--seed", "7", "--quiet", "--out", str(tmp_path / "run")]
    assert main(words) == 0
    assert taken == [(tmp_path / "run", 7)]
    assert main([*words, "--warm", "runs/another"]) == 2
    assert "--warm: the shipped posterior is taken and not calibrated; add --anew" in capsys.readouterr().err
    assert len(taken) == 1


def test_the_posterior_that_ships_is_calibrated_anew_where_that_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that the command which renews it can be given when it no longer holds, and would be refused."""
    made = []

    def anew(profile: Profile, out: Path, **asked: object) -> SimpleNamespace:
        made.append((profile.name, out, asked["warm"]))
        return SimpleNamespace(checks={"checks": [], "converged": True, "label": CORRECTED}, converged=True)

    monkeypatch.setattr("calibration.shipped.take", lambda *given, **asked: pytest.fail("it was taken"))
    monkeypatch.setattr("calibration.calibrate", anew)
    words = shlex.split(RENEW.partition(",")[0])[1:]
    assert main([*words, "--quiet", "--out", str(tmp_path / "run")]) == 0
    assert main([*words, "--quiet", "--out", str(tmp_path / "run"), "--warm", "runs/before"]) == 0
    assert made == [("shipped", tmp_path / "run", warm) for warm in (None, "runs/before")]
