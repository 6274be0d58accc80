"""Weighted histories, summarised: numbers small enough to do by hand."""

import numpy as np
import pytest

from calibration.weights import effective_size, normalised, weighted_quantile

EVEN = np.full(4, 0.25)


def test_weighted_quantile_of_even_weights_and_missing_values() -> None:
    values = np.array([3.0, np.nan, 1.0, 2.0])
    assert weighted_quantile(values, EVEN, np.array([0.5]))[0] == 2.0
    assert np.isnan(weighted_quantile(np.array([np.nan]), np.ones(1), np.array([0.5]))[0])


def test_effective_size() -> None:
    assert effective_size(np.ones(8)) == pytest.approx(8)
    assert effective_size(np.array([1.0, 0, 0])) == pytest.approx(1)
    with pytest.raises(ValueError, match="not all zero"):
        normalised(np.zeros(3))
