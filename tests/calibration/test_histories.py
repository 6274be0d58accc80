"""Do the histories that a calibration keeps replay bit for bit from their file?"""

from pathlib import Path

import numpy as np
import pytest

from calibration import histories
from calibration.likelihood import Estimate
from calibration.simulator import ClusterSimulator
from execution import netcdf
from model.batch import simulate_many
from model.config import load_case
from model.latents import params_for, settings_for
from model.policy import programmes_for
from tests.calibration.conftest import drawn


def test_stored_histories_replay_bit_for_bit(simulator: ClusterSimulator, tmp_path: Path) -> None:
    z, latents, keys = drawn(simulator, 8, 4)
    cases = len(simulator.cases)
    empty = np.zeros((4, cases))
    estimate = Estimate(
        np.zeros((4, cases, 2)), empty, empty, np.repeat(latents[:, None], cases, axis=1), np.repeat(keys[:, None], cases, axis=1)
    )
    netcdf.write(tmp_path / "histories.nc", histories.assemble(simulator, z, estimate, empty, np.full(4, 0.25)))
    stored = netcdf.read(tmp_path / "histories.nc")
    kept = histories.weighted_histories(stored, load_case("09-nairobi-garment"))
    cluster = simulator.cases[8]
    settings, start = settings_for(cluster, kept.values, kept.latents, histories.structures(stored))
    ticks = np.rint((simulator.dates(8, start, kept.keys) - start[:, None]) / 0.25).astype(np.int64)
    again = simulate_many(
        params_for(kept.values), settings, kept.keys, programmes_for(None, cluster, simulator.structures), ticks
    )
    np.testing.assert_array_equal(again, simulator.rows(8, z, latents, keys))
    assert kept.weights.sum() == pytest.approx(1.0)
