"""Is an emulator that went through a file the one that was taught?"""

from pathlib import Path

import numpy as np

from calibration.emulator.evaluate import Emulator, rows_of
from calibration.emulator.network import initial, layout_of
from calibration.emulator.stored import restored_emulator, stored_emulator
from calibration.emulator.training import scale_of
from execution import netcdf
from tests.calibration.conftest import ERRORS, FEATURES, LinearCluster, pairs_of, rows


def test_a_stored_emulator_gives_the_same_bits(tmp_path: Path) -> None:
    tables = rows()
    pairs, layout = pairs_of(LinearCluster(), 50), layout_of(tables, 2)
    scale, draw = scale_of(pairs, layout), np.random.Generator(np.random.Philox(1))
    told = FEATURES(pairs.case, pairs.z, pairs.own, np).astype(np.float32)
    network = initial(layout, told.shape[1], 8, 1)
    emulator = Emulator(network, layout, FEATURES, rows_of(tables, layout, scale, ERRORS))
    tuned = {"step": draw.normal(size=3).astype(np.float32), "metric": draw.normal(size=(3, 7)).astype(np.float32)}
    netcdf.write(tmp_path / "emulator.nc", stored_emulator(emulator, scale, tuned))
    again, tuning = restored_emulator(netcdf.datasets(tmp_path / "emulator.nc"), FEATURES, tables, ERRORS)
    case, z, own = np.arange(4), draw.normal(size=(4, 3)), draw.normal(size=(4, 2))
    np.testing.assert_array_equal(again.log_density(case, z, own), emulator.log_density(case, z, own))
    assert again.layout == layout
    for name, array in tuned.items():
        np.testing.assert_array_equal(tuning[name], array)
