"""Do the measures of the calibration benchmark give what theory says of known posteriors?"""

import numpy as np
import pytest
from scipy.special import ndtr

from benchmarks.calibration.measures import c2st, cost_to_reach, distinct, errors, moments, monte_carlo_errors

COUNT = 1000


def normal(seed: int, count: int = COUNT, size: int = 3) -> np.ndarray:
    return np.random.Generator(np.random.Philox(seed)).standard_normal((count, size))


def equal(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return z, np.full(len(z), 1.0 / len(z))


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.5])
def test_the_classifier_finds_as_much_as_the_best_one_can(apart: float) -> None:
    """Between normal densities that are ``apart``, the best classifier is right with probability Phi(apart / 2)."""
    moved = normal(2) + np.array([apart, 0.0, 0.0])
    best = float(ndtr(apart / 2.0))
    error = np.sqrt(best * (1.0 - best) / (2 * COUNT))
    found = c2st(equal(normal(1)), equal(moved))
    # Learning from 2,000 draws costs a little, and never gains beyond the Monte Carlo error.
    assert best - 4 * error - 0.01 < found < best + 4 * error


def test_weights_count_in_the_classifier() -> None:
    """Draws of N(0, 1) weighed towards N(1, 1) cannot be told from draws of N(1, 1), and equal weights can."""
    z = normal(1, 2 * COUNT, 1)
    weights = np.exp(z[:, 0] - 0.5)
    moved = equal(normal(2, COUNT, 1) + 1.0)
    # Some 740 draws are effective: (sum of weights)^2 over the sum of squares is exp(-1) of the count.
    error = np.sqrt(0.25 / (2 * COUNT * np.exp(-1.0)) + 0.25 / COUNT) / np.sqrt(2.0)
    assert abs(c2st((z, weights / weights.sum()), moved) - 0.5) < 4 * error
    assert c2st(equal(z), moved) > 0.6


def test_copies_are_one_draw_with_the_weight_of_all() -> None:
    z = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]])
    kept, weights = distinct(z, np.array([0.2, 0.5, 0.3]))
    np.testing.assert_array_equal(kept, [[0.0, 1.0], [1.0, 2.0]])
    np.testing.assert_allclose(weights, [0.5, 0.5])


def test_moments_and_their_errors_are_those_of_a_weighted_normal() -> None:
    z = normal(3, 20_000, 2)
    weights = np.exp(0.5 * z[:, 0] - 0.125)
    mean, sd = moments(z, weights / weights.sum())
    mean_error, sd_error = monte_carlo_errors(z, weights / weights.sum())
    assert (np.abs(mean - [0.5, 0.0]) < 4 * mean_error).all()
    assert (np.abs(sd - 1.0) < 4 * sd_error).all()
    plain_mean, plain_sd = monte_carlo_errors(*equal(z))
    np.testing.assert_allclose(plain_mean, 1.0 / np.sqrt(len(z)), rtol=0.05)
    np.testing.assert_allclose(plain_sd, 1.0 / np.sqrt(2 * len(z)), rtol=0.05)


def test_errors_count_in_exact_sds() -> None:
    exact = np.array([1.0, -1.0]), np.array([2.0, 0.5])
    assert errors(exact, exact) == (0.0, 0.0)
    by_mean, by_sd = errors((np.array([3.0, -1.0]), np.array([2.0, 1.0])), exact)
    assert by_mean == pytest.approx(np.sqrt(0.5))
    assert by_sd == pytest.approx(np.sqrt(0.5))


def test_the_cost_of_an_error_lies_between_points_on_log_scales() -> None:
    costs, found = [10.0, 100.0, 1000.0], [1.0, 0.1, 0.01]
    assert cost_to_reach(costs, found, 0.1) == pytest.approx(100.0)
    assert cost_to_reach(costs, found, np.sqrt(0.1)) == pytest.approx(10**1.5)
    assert cost_to_reach(costs, found, 2.0) == 10.0
    assert cost_to_reach(costs, found, 0.001) is None
    # Where a dearer run is worse, the cheaper one still counts.
    assert cost_to_reach(costs, [1.0, 0.1, 0.5], 0.05) is None
    assert cost_to_reach([10.0, 20.0, 40.0], [0.4, 0.8, 0.1], 0.2) == pytest.approx(20.0 * 2.0 ** (np.log(2.0) / np.log(4.0)))
