"""Does the posterior that comes with the house still hold, and has it passed its gate?"""

from pathlib import Path

import numpy as np
import pytest

from calibration import shipped
from calibration.emulator.features import ClusterFeatures
from calibration.emulator.stored import restored_emulator
from calibration.gate import CORRECTED
from calibration.observation import ErrorModel
from calibration.results import EMULATOR, FILES, Posterior
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from execution import netcdf
from execution.run import checked, read_manifest, run_at
from model.config import all_cases, load_profile

pytestmark = pytest.mark.skipif(not shipped.is_shipped(), reason="no posterior is shipped yet")


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Posterior:
    """Taken as ``takeoff run`` takes it: hashes compared, and twenty histories of each cluster replayed to the same bits."""
    return shipped.take(tmp_path_factory.mktemp("taken") / "run")


def test_it_holds_and_every_check_of_its_gate_has_passed(taken: Posterior) -> None:
    assert taken.converged
    assert taken.label == CORRECTED
    assert all(check["passed"] for check in taken.checks["checks"])


def test_it_was_made_as_the_profile_says_and_is_small() -> None:
    made = run_at(shipped.SHIPPED).depends["configuration"]
    profile = load_profile(shipped.PROFILE).model_dump(mode="json")
    assert {name: profile[name] for name in made if name in profile} == {name: made[name] for name in made if name in profile}
    assert {path.name for path in shipped.SHIPPED.iterdir()} == {*FILES, shipped.REPLAYS, "manifest.json", "fingerprint.json"}
    assert sum(path.stat().st_size for path in Path(shipped.SHIPPED).iterdir()) <= shipped.LARGEST
    assert set(read_manifest(shipped.SHIPPED)["files"]) == {*FILES, shipped.REPLAYS}


def test_its_weights_are_told_and_its_emulator_scores_the_rows(taken: Posterior, simulator: ClusterSimulator) -> None:
    names, z, weights = taken.whitened()
    assert len(z) >= 400
    assert 1 / np.sum(weights**2) >= 100
    tables, groups = [table(case, ErrorModel()) for case in all_cases()], netcdf.datasets(checked(taken.path, EMULATOR))
    emulator, tuned = restored_emulator(groups, ClusterFeatures(simulator), tables, ErrorModel())
    case = np.arange(len(tables))
    density = emulator.log_density(case, np.repeat(z[:1], len(case), axis=0), np.zeros((len(case), len(simulator.own))))
    assert np.isfinite(density).all()
    assert tuned["metric"].shape[1] == len(names) + len(case) * len(simulator.own)
