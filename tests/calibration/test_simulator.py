"""Are (parameters, latents, seed) all there is to a history, and does a stored one replay bit for bit?"""

from pathlib import Path

import numpy as np
import pytest

from calibration import histories
from calibration.keys import LATENTS, PARAMETERS, TRAINING, normals, number, seeds, uniforms
from calibration.likelihood import Estimate
from calibration.observation import ALIVE, EXHAUSTED, EXTINCT, ErrorModel
from calibration.simulator import ClusterSimulator, outcomes
from execution import netcdf
from model.config import all_cases, load_case, load_priors
from model.latents import LATENTS as NAMES
from model.latents import params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for


@pytest.fixture(scope="module")
def simulator() -> ClusterSimulator:
    priors = load_priors()
    return ClusterSimulator(all_cases(), priors, priors.names("calibrated"), structures=priors.structures_with())


def drawn(simulator: ClusterSimulator, case: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    keys = seeds(1, TRAINING, case, 0, count)
    return normals(keys, PARAMETERS, len(simulator.names)), normals(keys, LATENTS, len(NAMES)), keys


def test_a_history_depends_on_nothing_but_its_triple(simulator: ClusterSimulator) -> None:
    z, latents, keys = drawn(simulator, 8, 6)
    whole = simulator(8, z, latents, keys)
    part = simulator(8, z[3:4], latents[3:4], keys[3:4])
    for one, other in zip(whole, part, strict=True):
        np.testing.assert_array_equal(one[3:4], other)


def test_stored_histories_replay_bit_for_bit(simulator: ClusterSimulator, tmp_path: Path) -> None:
    from model.batch import simulate_many

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


def test_nuisances_differ_between_histories_and_follow_their_prior(simulator: ClusterSimulator) -> None:
    """Ranks of 2,000 draws under the prior are uniform: mean within four standard errors."""
    keys = seeds(1, TRAINING, 0, 0, 2000)
    values = simulator.values(np.zeros((2000, len(simulator.names))), keys)
    below = np.mean(values["market_rivalry"] < simulator.priors.defaults["market_rivalry"])
    assert abs(below - 0.5) < 4 * 0.5 / np.sqrt(2000)
    assert np.unique(values["exit_base"]).size == 1
    assert np.unique(values["entry_floor"]).size == 1


def test_the_dead_and_the_lost_have_a_status_of_their_own() -> None:
    panel = np.ones((3, 2, len(COLUMNS)))
    panel[:, :, COLUMNS.index("firms")] = [[50, 40], [0, 40], [np.nan, 40]]
    panel[:, :, COLUMNS.index("workers")] = [[500, 400], [0, 400], [np.nan, 400]]
    panel[:, :, COLUMNS.index("improved_workers")] = 300
    panel[:, :, COLUMNS.index("exported")] = 0.2
    found = outcomes(panel, ErrorModel())
    assert found.status.tolist() == [ALIVE, EXTINCT, EXHAUSTED]
    np.testing.assert_allclose(found.figures[0, 0], [np.log(50), np.log(10), 1.0])
    assert found.classes[0].tolist() == [[2, 1], [2, 1]]


def test_keys_are_uniform_and_distinct() -> None:
    """A hundred thousand uniforms: mean and variance within four standard errors; no key repeats between cases or stages."""
    keys = np.concatenate([seeds(1, stage, case, 0, 500) for stage in (1, 2) for case in range(50)])
    assert np.unique(keys).size == keys.size
    draw = uniforms(keys, 3, 2)
    assert abs(draw.mean() - 0.5) < 4 * np.sqrt(1 / 12 / draw.size)
    assert abs(draw.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / draw.size)
    assert abs(np.corrcoef(draw.T)[0, 1]) < 4 / np.sqrt(len(draw))
    assert number(1, 2, 3) != number(1, 2, 4)
