"""Are shares of variance in weighted draws those of a model whose shares are known, and are those of luck no more than luck's?"""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.linear_model import Ridge

from studies.sensitivities.given import ALONE, DEALT, SHARES, UNIQUE, _left_out, alone, shares

DRAWS = 3000
# A share r of n draws errs by about root(4 r (1 - r)^2 / n). Tests allow so many of these: one false alarm in a million.
Z = 4.9


def correlated(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Four standard normal quantities, the first two of which go together by .8, and x0 + x2/2 + noise of variance 1."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((count, 4))
    x[:, 1] = 0.8 * x[:, 0] + 0.6 * x[:, 1]
    return x, x[:, 0] + 0.5 * x[:, 2] + generator.standard_normal(count)


def columns(x: np.ndarray) -> list[np.ndarray]:
    return [x[:, [column]] for column in range(x.shape[1])]


def error(share: float, count: int = DRAWS) -> float:
    return float(Z * np.sqrt(4 * max(share, 0.01) * (1 - share) ** 2 / count))


def test_shares_are_those_of_correlated_normal_factors() -> None:
    """Alone x0 explains 1/2.25 and x1, which only goes with it, .64/2.25; if all but x0 are known, .36/2.25 is lost."""
    x, y = correlated(DRAWS)
    found = shares(columns(x), np.stack([y, 3.0 - 2.0 * y], axis=1), np.ones(DRAWS))
    expected = {ALONE: (1 / 2.25, 0.64 / 2.25, 0.25 / 2.25, 0.0), UNIQUE: (0.36 / 2.25, 0.0, 0.25 / 2.25, 0.0)}
    for index, name in enumerate(SHARES):
        for factor, share in enumerate(expected[name]):
            assert found.value[index, factor, 0] == pytest.approx(share, abs=error(share)), (name, factor)
    assert found.together[0] == pytest.approx(1.25 / 2.25, abs=error(1.25 / 2.25))
    np.testing.assert_allclose(found.value[:, :, 1], found.value[:, :, 0], atol=1e-9)
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    known = found.value[0] > found.floor[0]
    assert known.all(axis=1).tolist() == [True, True, True, False]
    assert not known[3].any()


def test_a_factor_of_several_quantities_explains_what_they_do_together() -> None:
    x, y = correlated(DRAWS)
    found = alone([x[:, [0, 2]], x[:, [1, 3]]], y[:, None], np.ones(DRAWS))
    assert found[0, 0] == pytest.approx(1.25 / 2.25, abs=error(1.25 / 2.25))
    assert found[1, 0] == pytest.approx(0.64 / 2.25, abs=error(0.64 / 2.25))


def test_a_bend_is_explained_alone() -> None:
    x, _ = correlated(DRAWS)
    y = x[:, 2] ** 2 + np.random.default_rng(2).standard_normal(DRAWS)
    found = alone(columns(x), y[:, None], np.ones(DRAWS))
    assert found[2, 0] > 0.5, "a parabola has two thirds of the variance, most of which four knots follow"
    assert abs(found[3, 0]) < error(0.01)


def test_draws_count_by_their_weights() -> None:
    """Draws of no weight follow another law, which leaves no trace."""
    x, y = correlated(DRAWS)
    weights = np.ones(DRAWS)
    weights[::2], y[::2] = 0.0, 50.0 * x[::2, 3]
    found = alone(columns(x), y[:, None], weights)
    assert found[0, 0] == pytest.approx(1 / 2.25, abs=error(1 / 2.25, DRAWS // 2))
    assert abs(found[3, 0]) < error(0.01, DRAWS // 2)


def test_luck_passes_the_floor_once_in_twenty_times() -> None:
    """Where no factor tells anything, the best one is equally likely to be the best of any of the twenty deals.

    A false alarm comes once in a million.
    """
    count, outcomes, tried = 40, 5, 24
    passed = 0
    for seed in range(tried):
        generator = np.random.default_rng([9, seed])
        x, y = generator.standard_normal((count, 6)), generator.standard_normal((count, outcomes))
        found = shares(columns(x), y, np.ones(count), seed)
        passed += int((found.value[0] > found.floor[0]).any(axis=0).sum())
    assert binom.ppf(5e-7, tried * outcomes, 1 / (1 + DEALT)) <= passed <= binom.ppf(1 - 1e-6, tried * outcomes, 1 / (1 + DEALT))


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (2, 1, 1)])
def test_leaving_a_factor_out_is_fitting_without_it(sizes: tuple[int, ...]) -> None:
    """The closed form is a ridge regression on the other factors at the same penalty."""
    x, y = correlated(60)
    ends = np.cumsum(sizes)
    lines = [x[:, end - size : end] for size, end in zip(sizes, ends, strict=True)]
    taught, held = np.arange(48), np.arange(48, 60)
    whole, without = _left_out(lines, taught, held, np.stack([y, -y], axis=1)[taught], np.ones(48))
    penalties = 48 * 4 * np.array([1e-2, 0.1, 1.0, 10.0, 1e3])
    fits = [Ridge(penalty).fit(x[taught], y[taught]) for penalty in penalties]
    (best,) = [fit for fit in fits if np.allclose(fit.predict(x[held]), whole[:, 0], rtol=1e-9)]
    for row, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        rest = np.delete(np.arange(4), np.arange(end - size, end))
        fit = Ridge(best.alpha).fit(x[taught][:, rest], y[taught])
        np.testing.assert_allclose(without[row, :, 0], fit.predict(x[held][:, rest]), rtol=1e-9)
        np.testing.assert_allclose(without[row, :, 1], -without[row, :, 0], rtol=1e-9)


def test_an_outcome_that_does_not_vary_has_no_share() -> None:
    x, y = correlated(50)
    found = shares(columns(x), np.stack([np.full(50, 2.0), y], axis=1), np.ones(50))
    assert np.isnan(found.value[:, :, 0]).all()
    assert np.isnan(found.floor[:, 0]).all()
    assert np.isfinite(found.value[:, :, 1]).all()
