"""Weighted histories, summarised: numbers small enough to do by hand."""

import numpy as np
import pytest

from calibration.weights import FAN, effective_draws, effective_size, normalised, systematic, weighted_quantile

EVEN = np.full(4, 0.25)


def test_weighted_quantile_of_even_weights_and_missing_values() -> None:
    values = np.array([3.0, np.nan, 1.0, 2.0])
    assert weighted_quantile(values, EVEN, np.array([0.5]))[0] == 2.0
    assert np.isnan(weighted_quantile(np.array([np.nan]), np.ones(1), np.array([0.5]))[0])


def test_a_draw_that_comes_twice_counts_once() -> None:
    assert effective_draws(np.ones(4), np.array([7, 7, 7, 7])) == pytest.approx(1)
    assert effective_draws(np.ones(4), np.array([3, 3, 8, 8])) == pytest.approx(2)
    assert effective_draws(np.ones(4), np.arange(4)) == pytest.approx(4)
    # Resampled by weight, as many draws are effective as before.
    weights = np.array([0.5, 0.25, 0.125, 0.125])
    rows = systematic(weights, 8)
    assert effective_draws(np.ones(8), rows) == pytest.approx(effective_size(weights))


def test_effective_size() -> None:
    assert effective_size(np.ones(8)) == pytest.approx(8)
    assert effective_size(np.array([1.0, 0, 0])) == pytest.approx(1)
    with pytest.raises(ValueError, match="not all zero"):
        normalised(np.zeros(3))


def test_weighted_quantiles_by_hand() -> None:
    """Weights 1, 2 and 1 of 10, 20 and 30 reach 1/8, 1/2 and 7/8 at the middle of each: between these, on straight lines."""
    quantiles = weighted_quantile(
        np.array([20.0, 10.0, 30.0]), np.array([2.0, 1.0, 1.0]), np.array([0.0, 0.125, 0.3125, 0.5, 1.0])
    )
    np.testing.assert_allclose(quantiles, [10.0, 10.0, 15.0, 20.0, 30.0])


def test_values_without_weight_do_not_count() -> None:
    assert weighted_quantile(np.array([5.0, 99.0]), np.array([1.0, 0.0]), np.array([0.95]))[0] == 5.0


def test_weights_are_scaled_and_never_negative() -> None:
    np.testing.assert_allclose(normalised(np.array([1.0, 3.0])), [0.25, 0.75])
    with pytest.raises(ValueError, match="non-negative"):
        normalised(np.array([2.0, -1.0]))


def test_a_fan_is_symmetric_about_the_median() -> None:
    assert [low + high for low, high in zip(FAN, FAN[::-1], strict=True)] == pytest.approx([1.0] * len(FAN))
    assert list(FAN) == sorted(FAN)


def test_a_draw_is_resampled_as_often_as_its_weight_asks() -> None:
    assert systematic(np.ones(5), 5).tolist() == [0, 1, 2, 3, 4]
    assert systematic(np.array([1.0, 0.0, 3.0]), 4).tolist() == [0, 2, 2, 2]
    weights = normalised(np.random.Generator(np.random.Philox(3)).exponential(size=40))
    times = np.bincount(systematic(weights, 1000), minlength=40)
    assert np.abs(times - 1000 * weights).max() < 1.0
