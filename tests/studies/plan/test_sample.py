"""The sample: a simulator that is watched shows what it shows alone, and every kind of history is there."""

import numpy as np
import pytest
from scipy.special import ndtr

from calibration.emulator.pairs import draw_pairs
from calibration.keys import LATENTS as LATENT_STREAM
from calibration.keys import TRAINING, normals, seeds
from model.errors import Interrupted
from model.events import QUARTER
from studies.plan.sample import FIRMS, NEAR_HISTORIES, Clusters, Sample, Timed, Watched, take_sample
from studies.policy.outcomes import NAMES
from tests.studies.plan.invented import FEW_DRAWS


def test_a_history_costs_in_proportion_to_its_firm_quarters() -> None:
    timed = Timed(3.0, np.array([80.0, 100.0, 120.0]), 3)
    assert timed.each_s == 1.0
    assert timed.spread_s == pytest.approx(0.2)
    assert Timed(3.0, np.zeros(3), 3).spread_s == 0.0


def test_a_watched_simulator_shows_the_same_and_notes_firm_quarters(clusters: Clusters) -> None:
    simulator, watched = clusters.simulator, Watched(clusters.simulator)
    keys = seeds(1, TRAINING, 0, 0, 5)
    z, own = normals(keys, 1, clusters.sizes.parameters), normals(keys, LATENT_STREAM, clusters.sizes.own)
    shown, timed = watched.timed(5, lambda: watched(0, z, own, keys))
    for ours, alone in zip(shown, simulator(0, z, own, keys), strict=True):
        assert np.array_equal(ours, alone)
    start = simulator.settings(0, z, own, keys)[2]
    last = (simulator.dates(0, start, ndtr(own[:, -2:])) - start[:, None]).max(axis=1)
    times = np.tile(np.arange(0.0, last.max() + 1.0, QUARTER), (5, 1))
    # The quarters of a history end before the last date of all, and at its own.
    counted = (times <= last[:, None]) & (times < last.max())
    firms = np.where(counted, simulator.rows(0, z, own, keys, times)[:, :, FIRMS], 0.0)
    assert timed.firm_quarters == pytest.approx(np.nansum(firms, axis=1))
    assert timed.independent == 5


def test_every_kind_of_history_is_sampled_in_every_cluster(clusters: Clusters, sample: Sample) -> None:
    cases, near = clusters.sizes.cases, FEW_DRAWS * NEAR_HISTORIES
    assert [len(kind) for kind in (sample.prior, sample.near, sample.fresh, sample.replays)] == [cases] * 4
    assert [len(timed.firm_quarters) for timed in sample.near] == [near] * cases
    assert [timed.independent for timed in sample.near] == [FEW_DRAWS] * cases
    assert sample.estimate.halves.shape == (FEW_DRAWS, cases, 2)
    assert sample.training.sum() >= clusters.profile.training_simulations
    for replay in sample.replays:
        assert replay.levels.shape == replay.other_levels.shape == (FEW_DRAWS, len(NAMES))
        assert len(replay.status_quo.firm_quarters) == FEW_DRAWS
        assert replay.added.core_s >= 0.0


def test_clusters_take_the_policies_in_turn(clusters: Clusters, sample: Sample) -> None:
    assert [replay.policy for replay in sample.replays] == [name for name in clusters.policies if name != "status-quo"]


def test_histories_from_the_prior_are_those_of_the_run(clusters: Clusters, sample: Sample) -> None:
    for case in range(clusters.sizes.cases):
        count = int((sample.pairs.case == case).sum())
        run = draw_pairs(clusters.simulator, clusters.sizes, clusters.profile.seed, case, 0, count)
        assert np.array_equal(sample.pairs.keys[sample.pairs.case == case], run.keys)
        assert np.array_equal(sample.pairs.outcomes.figures[sample.pairs.case == case], run.outcomes.figures)


def test_whoever_is_told_may_stop_the_sample(clusters: Clusters) -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        raise Interrupted("asked to stop")

    with pytest.raises(Interrupted):
        take_sample(clusters, tell)
    assert told == [(0, 2 * clusters.sizes.cases)]
