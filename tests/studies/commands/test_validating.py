"""Does `takeoff validate` say of each parameter whether it passed, and end with the exit code of a verdict?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration import validation
from studies.cli import main
from studies.commands import validating

NAMES = ("entry_intensity", "exit_base")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command asks for, where the second parameter's ranks all lie at one end."""
    given: dict[str, Any] = {}
    ranks = np.stack([np.arange(40) % 33, np.zeros(40, np.int64)], axis=1)
    zeros = {name: np.zeros((40, 2)) for name in ("truth", "mean", "sd")}

    def validate(posterior: Any, out: Any, **how: Any) -> Any:
        given.update(posterior=posterior, out=out, **how)
        return validation.summary({**zeros, "rank": ranks, "accepted": np.ones(40)}, NAMES)

    monkeypatch.setattr(validation, "validate", validate)
    return given


def test_a_parameter_that_is_off_is_named_and_the_exit_code_is_that_of_no_convergence(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["validate", "runs/first", "--replicates", "40", "--out", str(tmp_path / "v"), "--quiet"]) == 3
    said = capsys.readouterr().out
    assert asked["posterior"] == "runs/first"
    assert asked["replicates"] == 40
    lines = {line.split()[0]: line for line in said.splitlines() if line.startswith(NAMES)}
    assert "passed" in lines["entry_intensity"]
    assert "OFF" in lines["exit_base"]
    assert "NOT PASSED: 1 parameters are off: 40 synthetic tables" in said


def test_what_it_tells_programs(asked: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["validate", "--json", "--quiet", "--out", str(tmp_path)]) == 3
    told = json.loads(capsys.readouterr().out)
    assert asked["posterior"] is None
    assert told["parameters"]["exit_base"]["passed"] is False
    assert told["parameters"]["exit_base"]["covered_90"] == 0.0
    assert told["validation"].endswith(validation.VALIDATION_FILE)
    assert validating.validate_posterior.__module__ == "studies.commands.validating"
