"""Does a whole calibration leave what the contract names, say what it is, and refuse what it must?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from calibration import calibrate, check, load_posterior
from calibration.alternatives import alternatives
from calibration.gate import CHECKED
from calibration.results import HISTORIES, PATHS, POSTERIOR
from execution.labels import KEYS
from model.config import load_profile
from model.errors import InputError

COUNTS = {
    "training_simulations": 19 * 3,
    "rounds": 1,
    "targeted_simulations": 19,
    "hidden": 8,
    "components": 1,
    "epochs": 2,
    "batch": 64,
    "chains": 2,
    "warmup": 20,
    "round_steps": 8,
    "joint_steps": 20,
    "integrals": 40,
    "integral_points": 8,
    "ensembles": 4,
    "walkers": 80,
    "steps": 40,
    "burn": 20,
    "thin": 10,
    "check_draws": 4,
    "exact_draws": 4,
    "exact_replicates": 4,
    "predictive_draws": 4,
}


def test_a_folder_without_a_calibration_is_named(tmp_path: Path) -> None:
    for look in (load_posterior, check):
        with pytest.raises(InputError, match="is no run"):
            look(tmp_path)


def test_a_change_that_is_wrong_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown parameter"):
        calibrate("quick", tmp_path / "run", changes={"exit_bas": 0.1})
    with pytest.raises(InputError, match="unknown structure"):
        calibrate("quick", tmp_path / "run", structures={"laddder": "3"})
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_whole_calibration(tmp_path: Path) -> None:
    chosen = load_profile("quick").model_copy(update=COUNTS)
    posterior = calibrate(chosen, tmp_path / "one")
    assert posterior.label == CHECKED
    assert not posterior.converged
    assert check(tmp_path / "one")["label"] == CHECKED
    assert {
        "result_hash",
        "fingerprint",
        "versions",
        "seed",
        "converged",
        "imposed",
        "wall_s",
        "cpu_s",
        "simulations",
        "command",
    } <= set(posterior.manifest)
    for name in (POSTERIOR, HISTORIES, PATHS):
        with xr.open_datatree(tmp_path / "one" / name) as tree:
            for node in tree.subtree:
                assert node.attrs["label"] == f"NOT CONVERGED; {CHECKED}"
                assert set(KEYS) <= set(node.attrs)
    assert posterior.groups["posterior"].attrs["verdict"] == "NOT CONVERGED"
    assert posterior.groups["posterior"].sizes["chain"] == 4
    assert not posterior.groups["sample_stats"]["log_weight"].values.any()
    assert not posterior.checks["decision"]["paid"]
    assert posterior.groups["log_likelihood"].sizes["case"] == 19
    assert len(posterior.groups["posterior"].data_vars) == 37
    assert np.isfinite(posterior.groups["log_likelihood"]["tables"].values).all()
    assert {row["figure"] for row in posterior.checks["coverage"]} == {"log_firms", "log_workers_per_firm", "schooling"}
    with pytest.raises(InputError, match="add --resume"):
        calibrate(chosen, tmp_path / "one")
    assert calibrate(chosen, tmp_path / "one", resume=True).manifest == posterior.manifest
    again = calibrate(chosen.model_copy(update={"threads": 1}), tmp_path / "two")
    assert again.manifest["result_hash"] == posterior.manifest["result_hash"]


@pytest.mark.slow
def test_another_structure_begins_with_the_emulator_and_is_set_beside(tmp_path: Path) -> None:
    chosen = load_profile("quick").model_copy(update=COUNTS)
    calibrate(chosen, tmp_path / "on")
    calibrate(chosen, tmp_path / "off", structures={"spillover": "off"}, warm=tmp_path / "on")
    first, second = alternatives([tmp_path / "on", tmp_path / "off"])
    assert (first.structures["spillover"], second.structures["spillover"]) == ("on", "off")
    assert first.weight + second.weight == pytest.approx(1.0)
    assert len(second.elpd) == 19
    # Each choice made otherwise is told, and a run that began elsewhere is another run.
    told = {row["choice"] for row in check(tmp_path / "off")["otherwise"]}
    assert {"errors of figures times 0.8", "only clusters that survived could be seen"} <= told
    with pytest.raises(InputError, match="warm"):
        calibrate(chosen, tmp_path / "off", structures={"spillover": "off"}, resume=True)
    with pytest.raises(InputError, match="hidden: 8"):
        calibrate(chosen.model_copy(update={"hidden": 9}), tmp_path / "wide", warm=tmp_path / "on")
    with pytest.raises(InputError, match="other parameters"):
        calibrate(chosen, tmp_path / "fixed", changes={"exit_base": 0.055}, warm=tmp_path / "on")
