"""Is the reduced task what it says, does its reference find a posterior that is known, and do the methods run on it?"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.calibration import fresh, house, peers
from benchmarks.calibration.plan import METHODS, planned
from benchmarks.calibration.proposing import Weighted, near_rows, regressed
from benchmarks.calibration.reference import Counts, apart, pooled, reference, stored
from benchmarks.calibration.task import CASES, FITTED, Task, reduced_task
from calibration.tables import table
from model.config import load_case


@pytest.fixture(scope="module")
def task() -> Task:
    return reduced_task()


def unheard(**told: Any) -> None:
    """Hear nothing of what came by the way."""


def test_rows_lack_what_the_real_table_lacks(task: Task) -> None:
    for row, number in zip(task.tables, CASES, strict=True):
        real = table(load_case(number), task.simulator.errors)
        np.testing.assert_array_equal(np.isfinite(row.value), np.isfinite(real.value))
        np.testing.assert_array_equal(row.said >= 0, real.said >= 0)
        assert not np.array_equal(row.value[row.seen.reshape(row.value.shape)], real.value[real.seen.reshape(real.value.shape)])


def test_rows_at_the_truth_lie_around_the_observed_one(task: Task) -> None:
    before = task.histories
    rows = task.rows(np.repeat(task.truth[None], 60, axis=0), 5, 0)
    assert task.histories - before == 60 * len(CASES)
    assert rows.shape == (60, len(task.observed))
    figures = len(task.observed) - task.statements
    score = (task.observed - np.nanmean(rows, axis=0))[:figures] / np.nanstd(rows, axis=0)[:figures]
    assert (np.abs(score) < 4).all()
    # A cluster that outgrew the simulator has no row.
    said = rows[:, figures:]
    assert set(np.unique(said[np.isfinite(said)])) <= {0.0, 1.0, 2.0}
    # The rows of histories depend on nothing but their numbers.
    np.testing.assert_array_equal(task.rows(np.repeat(task.truth[None], 3, axis=0), 5, 10), rows[10:13])


def test_the_stored_reference_is_of_this_task_and_its_runs_agree(task: Task) -> None:
    found = stored()
    assert found["parameters"] == list(FITTED)
    np.testing.assert_allclose(found["observed"], task.observed)
    np.testing.assert_allclose(found["truth"], task.truth)
    assert np.abs(found["apart_means"] + found["apart_sds"]).max() < 4
    draws, mean, sd = (np.array(found[name]) for name in ("draws", "mean", "sd"))
    assert (np.abs(draws.mean(axis=0) - mean) < 0.1 * sd).all()


def test_a_regression_keeps_what_is_told_and_drops_what_is_not() -> None:
    draw = np.random.Generator(np.random.Philox(1))
    z, own = draw.standard_normal((4000, 2)), draw.standard_normal((4000, 3))
    own[:, 0] = 0.5 * z[:, 0] - 1.0 + 0.3 * own[:, 0]
    slope, factor = regressed(Weighted(z, np.full(4000, 1 / 4000)), own)
    np.testing.assert_allclose(slope[[0, 2], 0], [0.5, -1.0], atol=0.03)
    assert np.count_nonzero(slope[:, 1:]) == 0
    # Four standard errors of an sd from 4,000 draws.
    np.testing.assert_allclose(np.diag(factor) / 1.1, [0.3, 1.0, 1.0], atol=4.0 / np.sqrt(2 * 4000))


def test_runs_of_one_posterior_agree_and_of_two_do_not() -> None:
    draw = np.random.Generator(np.random.Philox(2))
    same = [Weighted(draw.standard_normal((500, 2)), np.full(500, 1 / 500)) for _ in range(2)]
    assert np.abs(np.concatenate(apart((same[0], same[1])))).max() < 4
    moved = same[1]._replace(z=same[1].z + 0.5)
    assert np.abs(apart((same[0], moved))[0]).min() > 4
    both = pooled((same[0], same[1]))
    assert both.weights.sum() == pytest.approx(1.0)
    assert len(both.z) == 1000


def test_a_small_reference_and_small_runs_give_weights(task: Task) -> None:
    small = Task(task.simulator, task.truth, task.tables)
    exact = reference(small, 3, Counts(60, 10, 12, 2))
    assert exact.weights.sum() == pytest.approx(1.0)
    assert small.histories == len(CASES) * (60 + 10 * 2 + 12 * 2)
    assert near_rows(small, 3, 60).factor.shape == (len(CASES), len(small.simulator.own), len(small.simulator.own))
    walked = fresh.fresh(small, fresh.Budget(1, 4), 1, unheard)
    assert walked.z.shape == (2 * fresh.WALKERS, len(FITTED))


def test_a_quick_run_is_part_of_the_whole() -> None:
    whole, quick = planned(quick=False), planned(quick=True)
    assert set(quick) < set(whole)
    assert len(set(whole)) == len(whole)
    assert all(len(method.budgets) >= method.quick for method in METHODS.values())


@pytest.mark.slow
def test_our_road_runs_on_a_part_of_the_task(task: Task) -> None:
    pytest.importorskip("jax")
    simulator = task.simulator
    part = replace(simulator, cases=simulator.cases[1:3], names=simulator.names[:2])
    small = replace(task, simulator=part, truth=task.truth[:2], tables=task.tables[1:3])
    notes: dict[str, Any] = {}
    found = house.house(small, house.Budget(64, 32, 20, 4, 4), 1, notes.update)
    assert found.z.shape == (4, 2)
    assert notes["early"].shape == (house.KEPT, 2)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rounds", [1, 2])
def test_npe_runs(task: Task, rounds: int) -> None:
    pytest.importorskip("sbi")
    found = peers.posterior_estimation(task, peers.Budget(60, rounds), 1, unheard)
    assert found.z.shape == (peers.KEPT, len(FITTED))


@pytest.mark.filterwarnings("ignore")
def test_mnle_runs(task: Task) -> None:
    pytest.importorskip("sbi")
    assert peers.likelihood_estimation(task, peers.Budget(60), 1, unheard).z.shape == (peers.KEPT, len(FITTED))


@pytest.mark.filterwarnings("ignore")
def test_abc_runs(task: Task) -> None:
    pytest.importorskip("pyabc")
    found = peers.approximate_computation(task, peers.Budget(40, particles=10), 1, unheard)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.z.shape[1] == len(FITTED)
