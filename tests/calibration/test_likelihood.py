"""Is the simulated likelihood unbiased, and does it foretell its own noise?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from calibration.keys import EXACT
from calibration.learned.proposal import Proposal
from calibration.likelihood import Estimate, ExactLikelihood, allocate, estimate_part, join
from calibration.observation import ErrorModel, Table
from model.arrays import Floats
from tests.calibration.conftest import FEATURES


def population(tables: list[Table]) -> Proposal:
    return Proposal(None, 1, 2, FEATURES, np.zeros((len(tables), 1)))


def test_the_estimate_is_unbiased(
    cluster: Any, tables: list[Table], errors: ErrorModel, exact: Callable[[Floats], Floats]
) -> None:
    """The mean ratio to the truth over 4,000 repeats lies within four of its own standard errors, in each cluster."""
    z = np.zeros((4000, 3)) + np.array([0.3, -0.2, 0.1])
    likelihood = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 8))
    estimate = likelihood.estimate(z, 1, EXACT, 0)
    ratio = np.exp(estimate.log_likelihood - exact(z[:1]))
    assert (np.abs(ratio.mean(axis=0) - 1.0) < 4 * ratio.std(axis=0) / np.sqrt(len(z))).all()


def test_halves_are_independent_and_the_noise_is_foretold(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    """Correlation of 500 pairs of halves below 4 / sqrt(500); the variance foretold is within a factor of two of that seen."""
    z = np.zeros((500, 3))
    estimate = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 256)).estimate(z, 2, EXACT, 0)
    halves = np.exp(estimate.halves - estimate.halves.mean(axis=(0, 2))[:, None])
    for case in range(4):
        assert abs(np.corrcoef(halves[:, case].T)[0, 1]) < 4 / np.sqrt(len(z))
        seen = np.exp(estimate.log_likelihood[:, case] - estimate.log_likelihood[:, case].mean())
        assert 0.5 < estimate.variance[:, case].mean() / (seen.var() / seen.mean() ** 2) < 3.0


def test_an_estimate_does_not_depend_on_how_draws_are_cut(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    z = np.random.Generator(np.random.Philox(1)).normal(size=(6, 3))
    likelihood = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 4))
    whole = likelihood.estimate(z, 1, EXACT, 0)
    parts = join([[likelihood.part(case, z[:2], 1, EXACT, 0), likelihood.part(case, z[2:], 1, EXACT, 2)] for case in range(4)])
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_history_kept_replays_the_row(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    """Histories kept by weight pass nearer to the row than those of the population: mean miss of log firms falls by half."""
    z = np.zeros((300, 3))
    estimate = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 32)).estimate(z, 1, EXACT, 0)
    kept = cluster(0, z, np.ascontiguousarray(estimate.latents[:, 0]), np.ascontiguousarray(estimate.keys[:, 0]))
    fresh = cluster(
        0, z, np.random.Generator(np.random.Philox(2)).normal(size=(300, 2)), np.ascontiguousarray(estimate.keys[:, 0])
    )
    miss, free = (np.abs(outcomes.figures[:, 0, 0] - tables[0].value[0, 0]).mean() for outcomes in (kept, fresh))
    assert miss < 0.7 * free


def test_replicates_go_where_the_noise_is() -> None:
    empty = np.zeros((2, 3, 2))
    pilot = Estimate(empty, np.array([[1.0, 4.0, 4.0]] * 2), empty[..., 0], np.zeros((2, 3, 1)), np.zeros((2, 3), np.uint64))
    assert allocate(pilot, np.full(3, 8), np.array([1.0, 1.0, 2.0]), 40).tolist() == [10, 20, 10]


def test_a_quiet_cluster_keeps_the_fewest_histories() -> None:
    empty = np.zeros((1, 2, 2))
    pilot = Estimate(empty, np.array([[0.0, 1.0]]), empty[..., 0], np.zeros((1, 2, 1)), np.zeros((1, 2), np.uint64))
    assert allocate(pilot, np.full(2, 8), np.ones(2), 40, least=3).tolist() == [3, 40]


def test_halves_are_averaged_and_counted(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    """The mean of likelihoods e and 3e is 2e; both halves' histories are counted."""
    halves = np.log(np.array([[[1.0, 3.0]]])) + 1.0
    empty = np.zeros((1, 1))
    estimate = Estimate(halves, empty, empty, np.zeros((1, 1, 1)), np.zeros((1, 1), np.uint64))
    np.testing.assert_allclose(estimate.log_likelihood, [[1.0 + np.log(2.0)]])
    likelihood = ExactLikelihood(cluster, population(tables), tables, errors, np.array([3, 4, 5, 6]))
    assert likelihood.histories.tolist() == [6, 8, 10, 12]
    assert estimate_part(likelihood, 1, np.zeros((2, 3)), 1, EXACT, 0)["halves"].shape == (2, 2)
