"""Is the shipped posterior taken while what it rests on holds, and refused, with the reason, when anything has changed?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from calibration import histories, load_posterior, shipped
from calibration.correction import Estimate
from calibration.fingerprint import fingerprint
from calibration.gate import CHECKED, CORRECTED
from calibration.observation import ErrorModel
from calibration.results import CHECKS, EMULATOR, FILES, HISTORIES, KIND, PATHS, POSTERIOR
from calibration.simulator import ClusterSimulator
from execution import netcdf
from execution.executors import Threads
from execution.run import MANIFEST, Run, checked, read_manifest, revised, run_at
from execution.writing import read_json, write_json
from model.config import load_priors, load_profile
from model.errors import DamagedRun, InputError
from tests.calibration.conftest import drawn

DRAWS = 30
FALSE_BIT = "0" * 64


def calibration(simulator: ClusterSimulator, folder: Path, converged: bool = True, profile: str = shipped.PROFILE) -> Path:
    """A finished calibration of a few histories, with one draw in three of any weight."""
    cases = len(simulator.cases)
    parts = [drawn(simulator, case, DRAWS) for case in range(cases)]
    own, keys = (np.stack([part[place] for part in parts], axis=1) for place in (1, 2))
    empty = np.zeros((DRAWS, cases))
    estimate = Estimate(np.zeros((DRAWS, cases, 2)), empty, empty, empty, own, keys)
    weights = np.where(np.arange(DRAWS) % 3 == 0, 3.0 / DRAWS, 0.0)
    depends = fingerprint(simulator.cases, simulator.priors, simulator.structures, load_profile(profile), 1, ErrorModel())
    run = Run(KIND, folder, depends, FILES)

    def write() -> dict[str, object]:
        label = CORRECTED if converged else CHECKED
        told = {"seed": 1, "converged": converged, "label": label, "imposed": {}, "simulations": 5}
        netcdf.write(folder / HISTORIES, histories.assemble(simulator, parts[0][0], estimate, empty, weights))
        netcdf.write(folder / POSTERIOR, {"posterior": xr.Dataset({"a": (("chain", "draw"), np.ones((1, 3)))})})
        for name in (PATHS, EMULATOR):
            netcdf.write(folder / name, xr.Dataset({"firms": ("case", np.ones(3))}))
        write_json(folder / CHECKS, {"label": label, "converged": converged, "checks": []})
        return told

    with run.opened(Threads(1)) as runner:
        run.finish(runner, write)
    return folder


@pytest.fixture(scope="module")
def home(simulator: ClusterSimulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shipped")
    shipped.ship(calibration(simulator, place / "run"), place / "home")
    return place / "home"


def test_what_is_taken_is_a_finished_calibration_on_the_same_histories(home: Path, tmp_path: Path) -> None:
    taken = shipped.take(tmp_path / "run", home=home)
    assert taken.converged
    assert taken.label == CORRECTED
    assert read_manifest(tmp_path / "run")["result_hash"] != ""
    for name in FILES:
        assert checked(tmp_path / "run", name).read_bytes() == (home / name).read_bytes()
    assert load_posterior(tmp_path / "run").manifest["fingerprint"] == load_posterior(home).manifest["fingerprint"]


def test_shipped_histories_are_equally_weighted_and_only_those_with_weight(home: Path) -> None:
    stored = histories.open_histories(home)
    assert stored.sizes["draw"] == shipped.KEPT
    assert set(stored["draw"].values.tolist()) == set(range(0, DRAWS, 3))
    np.testing.assert_allclose(stored["weight"].values, 1.0 / shipped.KEPT)


def test_nothing_that_is_shipped_names_the_folder_where_it_was_made(home: Path) -> None:
    made = f"takeoff calibrate --profile {shipped.PROFILE} --anew"
    assert read_manifest(home)["command"] == made
    for name in (name for name in FILES if name.endswith(".nc")):
        told = {dataset.attrs["command"] for dataset in netcdf.datasets(checked(home, name)).values()}
        assert told == {made}
    # The mark by which commands take turns in writing is not shipped.
    assert {path.name for path in home.iterdir()} == {*FILES, shipped.REPLAYS, "manifest.json", "fingerprint.json"}


def test_a_run_is_taken_twice_only_if_that_is_asked_for(home: Path, tmp_path: Path) -> None:
    shipped.take(tmp_path / "run", home=home)
    with pytest.raises(InputError, match="--resume"):
        shipped.take(tmp_path / "run", home=home)
    assert shipped.take(tmp_path / "run", home=home, resume=True).converged


def test_what_has_changed_is_named_with_the_command_that_renews_it(home: Path, tmp_path: Path) -> None:
    other = load_priors().changed({"entry_intensity": [1, 5]})
    for wrong, named in (({"priors": other}, "entry_intensity"), ({"seed": 7}, "seed was 1, is 7")):
        with pytest.raises(InputError, match=named) as refused:
            shipped.take(tmp_path / "run", home=home, **wrong)  # type: ignore[arg-type]
        assert "takeoff calibrate --profile shipped" in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_a_model_of_other_bits_is_refused(home: Path, tmp_path: Path, simulator: ClusterSimulator) -> None:
    """The stored hash of one cluster is another: as if its histories had been made by another model."""
    other = tmp_path / "home"
    shipped.shutil.copytree(home, other)
    name = simulator.cases[4].name
    with revised(other, (shipped.REPLAYS,)):
        write_json(other / shipped.REPLAYS, read_json(home / shipped.REPLAYS) | {name: FALSE_BIT})
    with pytest.raises(InputError, match=f"other numbers.*{name}"):
        shipped.take(tmp_path / "run", home=other)


def test_a_damaged_or_absent_posterior_is_named(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "home"
    shipped.shutil.copytree(home, other)
    (other / HISTORIES).write_bytes((home / HISTORIES).read_bytes()[:-100])
    with pytest.raises(DamagedRun, match=HISTORIES):
        shipped.take(tmp_path / "run", home=other)
    (other / MANIFEST).unlink()
    with pytest.raises(InputError, match="no posterior is shipped"):
        shipped.take(tmp_path / "run", home=other)


def test_only_what_passed_the_gate_is_shipped(simulator: ClusterSimulator, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has not converged"):
        shipped.ship(calibration(simulator, tmp_path / "run", converged=False), tmp_path / "home")
    with pytest.raises(InputError, match="configuration"):
        shipped.ship(calibration(simulator, tmp_path / "quick", profile="quick"), tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_what_cannot_be_shipped_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shipped.main([]) == 2
    assert shipped.main([str(tmp_path / "absent")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "is no folder" in lines[1]


def test_a_posterior_does_not_rest_on_a_newer_parameter_of_policies(home: Path) -> None:
    stored = run_at(home).depends
    for role, lines in (("policy", 0), ("constant", 0), ("calibrated", 1)):
        name = load_priors().names(role)[-1]
        older = {**stored, "priors": {key: value for key, value in stored["priors"].items() if key != name}}
        assert len(shipped.changed(older)) == lines
