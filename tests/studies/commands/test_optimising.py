"""What ``takeoff optimise`` shows: the best settings on fresh histories, what the search promised too much, how flat it is."""

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.shipped import SHIPPED
from studies.cli import main
from studies.commands.optimising import optimum_content, optimum_lines
from studies.policy.optimise import FINALIST, FLATNESS, OPTIMUM, REFERENCE, TRIAL, Optimum
from studies.policy.optimum import MEASURED
from studies.policy.study_file import load_study

STUDY = {"cases": [1], "programmes": [{"programme": "credit", "at": [0, 5]}], "budget_share": 0.1}


def optimum(reference: float, error: float) -> Optimum:
    """Three trials, of which two were run again, and the status quo, which lies ``reference`` behind the better one."""
    table = {name: np.array([4.0, 3.0, np.nan, 1.0]) for name in (*MEASURED, *(f"search_{name}" for name in MEASURED))}
    table |= {
        "name": np.array(["trial-0001", "trial-0002", "trial-0003", "status-quo"]),
        "kind": np.array([FINALIST, FINALIST, TRIAL, REFERENCE]),
        "recommended": np.array([1, 0, 0, 0]),
        "curse": np.array([12.0, 8.0, np.nan, 0.0]),
        "behind": np.array([0.0, 1.0, np.nan, reference]),
        "behind_se": np.array([0.0, 1.0, np.nan, error]),
    }
    flat = {"number": np.array(["credit.at"]), "low": np.array([0.0]), "high": np.array([5.0]), "recommended": np.array([2.5])}
    for errors in (1, 2):
        flat |= {f"low_{errors}": np.array([2.0]), f"high_{errors}": np.array([3.0]), f"settings_{errors}": np.array([7])}
    return Optimum(load_study(STUDY), Path("runs/x"), table, {**flat, "importance": np.array([0.25])}, "label", True)


def test_lines_tell_the_best_the_curse_and_the_flat_top() -> None:
    text = "\n".join(optimum_lines(optimum(3.0, 1.0)))
    assert text.startswith("converged: label\n")
    assert "trial-0001 *" in text
    assert "trial-0003" not in text
    assert "Best of the search on fresh histories: credit.at 2.50." in text
    assert "looked better by +10.0 on average" in text
    assert "status-quo is worth 3.00 less (s.e. 1.0); which these histories can tell." in text
    assert "2.00 to 3.00, 7 settings" in text
    assert "25 %" in text


def test_a_reference_that_is_ahead_is_told_of() -> None:
    assert "status-quo is worth 3.00 more (s.e. 1.0); which these histories can tell." in "\n".join(
        optimum_lines(optimum(-3.0, 1.0))
    )
    assert "3.00 more (s.e. 2.0); these histories cannot tell them apart." in "\n".join(optimum_lines(optimum(-3.0, 2.0)))


def test_programs_get_every_row() -> None:
    told = optimum_content(optimum(3.0, 1.0))
    assert told["recommended"] == "trial-0001"
    assert [row["name"] for row in told["optimum"]][-1] == "status-quo"
    assert told["flatness"][0]["number"] == "credit.at"


def test_the_command_runs_and_a_wrong_study_is_told_of_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("optuna", reason="needs the extra `optimise`")
    monkeypatch.chdir(tmp_path)
    study = (
        "cases: [1]\nprogrammes: [{programme: credit, at: [0, 1], for: 1}]\nbudget_share: 0.1\npolicies: [training]\n"
        f"posterior: {SHIPPED}\nhorizon: 2\ntrials: 2\nbest: 1\ndraws: 3\nfresh_draws: 3\nfutures: 1\nfresh_futures: 1\n"
    )
    Path("mine.yaml").write_text(study, encoding="utf-8")
    assert main(["optimise", "mine.yaml", "--quiet", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == {"optimum": f"runs/optimise-mine/{OPTIMUM}", "flatness": f"runs/optimise-mine/{FLATNESS}"}
    assert len(told["optimum"]) == 4
    Path("mine.yaml").write_text(study.replace("trials: 2", "trials: two").replace("cases: [1]", "cases: [99]"), encoding="utf-8")
    assert main(["optimise", "mine.yaml", "--quiet"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all(line.startswith("takeoff: mine.yaml: ") for line in said)
