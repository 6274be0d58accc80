"""Do the histories that a calibration keeps replay bit for bit from their file, and only for the cluster that they are of?"""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from calibration import histories
from calibration.correction import Estimate
from calibration.fingerprint import fingerprint
from calibration.observation import ErrorModel
from calibration.results import HISTORIES, KIND
from calibration.simulator import ClusterSimulator
from execution import netcdf
from execution.executors import Threads
from execution.run import Run
from model.batch import simulate_many
from model.config import load_case, load_profile
from model.errors import InputError
from model.latents import params_for, settings_for
from model.policy import programmes_for
from tests.calibration.conftest import drawn


def test_stored_histories_replay_bit_for_bit(simulator: ClusterSimulator, tmp_path: Path) -> None:
    z, own, keys = drawn(simulator, 8, 4)
    cases = len(simulator.cases)
    empty = np.zeros((4, cases))
    estimate = Estimate(
        np.zeros((4, cases, 2)),
        *[empty] * 3,
        np.repeat(own[:, None], cases, axis=1),
        np.repeat(keys[:, None], cases, axis=1),
    )
    netcdf.write(tmp_path / "histories.nc", histories.assemble(simulator, z, estimate, empty, np.full(4, 0.25)))
    stored = netcdf.read(tmp_path / "histories.nc")
    kept = histories.weighted_histories(stored, load_case("09-nairobi-garment"))
    cluster = simulator.cases[8]
    settings, start = settings_for(cluster, kept.values, kept.latents, histories.structures(stored))
    ticks = np.rint((simulator.dates(8, start, ndtr(own[:, -2:])) - start[:, None]) / 0.25).astype(np.int64)
    again = simulate_many(
        params_for(kept.values), settings, kept.keys, programmes_for(None, cluster, simulator.structures), ticks
    )
    np.testing.assert_array_equal(again, simulator.rows(8, z, own, keys))
    assert kept.weights.sum() == pytest.approx(1.0)


def test_fewer_histories_than_stored_are_resampled_by_weight(simulator: ClusterSimulator) -> None:
    z, own, keys = drawn(simulator, 8, 4)
    cases, empty = len(simulator.cases), np.zeros((4, len(simulator.cases)))
    repeated = np.repeat(own[:, None], cases, axis=1), np.repeat(keys[:, None], cases, axis=1)
    estimate = Estimate(np.zeros((4, cases, 2)), *[empty] * 3, *repeated)
    stored = histories.assemble(simulator, z, estimate, empty, np.array([0.0, 0.1, 0.9, 0.0]))
    kept = histories.weighted_histories(stored, load_case(9), 2)
    assert kept.draw.tolist() == [2, 2]
    assert kept.weights.tolist() == [0.5, 0.5]
    np.testing.assert_array_equal(kept.keys, keys[[2, 2]])
    whole = histories.weighted_histories(stored, load_case(9), 4)
    assert whole.weights.tolist() == [0.0, 0.1, 0.9, 0.0]


def test_a_cluster_is_known_to_a_calibration_by_its_content(simulator: ClusterSimulator, tmp_path: Path) -> None:
    z, own, keys = drawn(simulator, 8, 4)
    cases = len(simulator.cases)
    empty = np.zeros((4, cases))
    estimate = Estimate(
        np.zeros((4, cases, 2)),
        *[empty] * 3,
        np.repeat(own[:, None], cases, axis=1),
        np.repeat(keys[:, None], cases, axis=1),
    )
    kept = histories.assemble(simulator, z, estimate, empty, np.full(4, 0.25))
    depends = fingerprint(simulator.cases, simulator.priors, simulator.structures, load_profile("quick"), 1, ErrorModel())
    run = Run(KIND, tmp_path / "run", depends, (HISTORIES,))
    with run.opened(Threads(1)) as runner:
        run.finish(runner, lambda: netcdf.write(run.folder / HISTORIES, kept) or {})
    case = load_case(9)
    assert len(histories.load_histories(run.folder, [case])[0]) == 4
    for change in ({"note": "five firms"}, {"observations": case.observations[:0]}, {"title": "Mine"}, {"number": 0}):
        with pytest.raises(InputError) as error:
            histories.load_histories(run.folder, [load_case(8), case.model_copy(update=change)])
        assert str(run.folder) in str(error.value)
        assert str(case.path) in str(error.value)
    with pytest.raises(InputError, match="has no histories in this run"):
        histories.load_histories(run.folder, [case.model_copy(update={"name": "mine"})])


def test_a_parameter_newer_than_the_run_is_drawn_where_it_acts_through_policies(simulator: ClusterSimulator) -> None:
    z, own, keys = drawn(simulator, 8, 4)
    every = simulator.values(z, own, keys)
    policy, constant = simulator.priors.names("policy")[-1], simulator.priors.names("constant")[0]
    older = {name: value for name, value in every.items() if name not in (policy, constant)}
    whole = histories.completed(older, keys)
    assert list(whole) == list(every)
    np.testing.assert_array_equal(whole[policy], every[policy])
    np.testing.assert_array_equal(whole[constant], np.full(4, simulator.priors.defaults[constant]))
