"""Is information worth what hand-worked cases say it is, and nothing where it tells nothing?

Each tolerance is a number of the Monte Carlo standard errors that the function itself returns; every draw is keyed by a seed.
"""

import numpy as np
import pytest
from scipy.stats import norm

from model.arrays import Floats
from studies.policy import learning
from studies.policy.learning import Draws, Worth, ceiling, distinct, features, leader, worth_of_knowing, worth_of_measuring

COUNT = 20_000
SPREAD, LUCK = 2.0, 6.0
# Draws of a data set without information, and data sets.
FEW, REPEATS = 150, 100


def gain(spread: float, mean: float = 1.0) -> float:
    """The mean of the larger of 0 and a normal, less the larger of 0 and its mean: what knowing the normal is worth."""
    return spread * norm.pdf(mean / spread) + mean * norm.cdf(mean / spread) - max(mean, 0.0)


def even(count: int) -> Floats:
    return np.full(count, 1.0 / count)


def hand_worked(count: int = COUNT, seed: int = 1) -> tuple[Draws, Floats, Floats]:
    """Two policies: one brings 0, the other theta ~ N(1, 2^2) plus luck of sd 6; theta and the luck are returned as well."""
    generator = np.random.default_rng(seed)
    theta = 1.0 + SPREAD * generator.standard_normal(count)
    luck = LUCK * generator.standard_normal(count)
    return Draws(np.stack([np.zeros(count), theta + luck]), even(count)), theta, luck


def assert_near(worth: Worth, right: float) -> None:
    assert 0 < worth.se < 0.1
    assert abs(worth.mean - right) < 3 * worth.se


def test_knowing_a_parameter_is_worth_what_the_formula_says() -> None:
    draws, theta, luck = hand_worked()
    assert gain(SPREAD) == pytest.approx(0.396, abs=5e-4)
    worth = worth_of_knowing(draws, theta[:, None])
    assert_near(worth, gain(SPREAD))
    assert worth.changes == pytest.approx(norm.cdf(-0.5), abs=0.03)
    # Who also knew the luck would gain more: that is the ceiling, and no parameter's value.
    both = gain(float(np.hypot(SPREAD, LUCK)))
    assert ceiling(draws) == pytest.approx(both, abs=0.1)
    assert_near(worth_of_knowing(draws, np.stack([theta, luck], axis=1)), both)


@pytest.mark.parametrize("error", [1.0, 2.0, 4.0])
def test_a_measurement_is_worth_what_its_error_leaves(error: float) -> None:
    draws, theta, _ = hand_worked()
    seen = SPREAD**2 / float(np.hypot(SPREAD, error))
    assert_near(worth_of_measuring(draws, theta[:, None], np.array([error])), gain(seen))


def test_a_smaller_error_is_worth_more_and_none_is_worth_all() -> None:
    draws, theta, _ = hand_worked(4000)
    worths = [worth_of_measuring(draws, theta[:, None], np.array([error])).mean for error in (8.0, 2.0, 0.5, 0.0)]
    assert worths == sorted(worths)
    whole = worth_of_knowing(draws, theta[:, None])
    assert worths[-1] == pytest.approx(whole.mean, abs=whole.se)


def test_a_bend_is_seen_that_no_line_sees() -> None:
    # A policy that pays where a quantity is far from its middle on either side, by |x| - c.
    x, c = np.random.default_rng(2).standard_normal(COUNT), 1.2
    draws = Draws(np.stack([np.zeros(COUNT), np.abs(x) - c]), even(COUNT))
    right = 2 * (norm.pdf(c) - c * norm.sf(c))
    worth = worth_of_knowing(draws, x[:, None])
    assert abs(worth.mean - right) < 3 * worth.se + 0.02 * right


def test_what_tells_nothing_is_worth_nothing() -> None:
    # At a true rate of one in twenty, more than eleven false alarms of a hundred have a chance of less than one in 200.
    alarms, means = 0, []
    for seed in range(REPEATS):
        generator = np.random.default_rng([seed, 3])
        worth = np.cumsum(LUCK * generator.standard_normal((4, FEW)), axis=0)
        seen = worth_of_knowing(Draws(worth - worth[0], even(FEW)), generator.standard_normal((FEW, 1)))
        alarms += seen.mean > 2 * seen.se
        means.append(seen.mean)
    assert alarms <= 11
    assert np.mean(means) < 3 * np.std(means) / np.sqrt(REPEATS)


def test_many_quantities_that_tell_nothing_lose_little() -> None:
    draws, _, _ = hand_worked(FEW)
    seen = np.random.default_rng(4).standard_normal((FEW, 100))
    assert features(seen, draws.weights).shape == (FEW, 100)
    worth = worth_of_knowing(draws, seen)
    assert worth.mean <= 2 * worth.se


@pytest.mark.parametrize("worth", [np.zeros((3, 40)), np.array([[0.0], [2.0], [-1.0]]) * np.ones(40)], ids=["ties", "certain"])
def test_nothing_is_to_be_learnt_where_policies_do_not_cross(worth: Floats) -> None:
    seen = np.arange(40.0)[:, None]
    assert worth_of_knowing(Draws(worth, even(40)), seen) == (0.0, 0.0, 0.0)
    assert ceiling(Draws(worth, even(40))) == 0.0


def test_a_quantity_that_does_not_vary_is_worth_nothing() -> None:
    draws, _, _ = hand_worked(200)
    assert not features(np.full((200, 1), 7.0), draws.weights).any()
    worth = worth_of_knowing(draws, np.full((200, 1), 7.0))
    assert worth.mean <= 2 * worth.se


def test_a_draw_counts_once_however_often_it_comes() -> None:
    worth, draw = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 5.0, 1.0, 9.0]]), np.array([7, 3, 7, 5])
    draws, first = distinct(worth, np.array([0.25, 0.5, 0.25, 0.0]), draw)
    np.testing.assert_allclose(draws.worth, [[0.0, 0.0], [5.0, 1.0]])
    np.testing.assert_allclose(draws.weights, [0.5, 0.5])
    np.testing.assert_array_equal(first, [1, 0])
    assert leader(draws) == 1


def test_weights_stand_for_draws() -> None:
    # Half of the draws lie where the second policy fails, with a ninth of the weight of the others.
    count = 4000
    x = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    weights = np.where(x > 0, 0.9, 0.1) / (count / 2)
    draws = Draws(np.stack([np.zeros(count), x]), weights)
    worth = worth_of_knowing(draws, x[:, None])
    assert (worth.mean, worth.changes) == (pytest.approx(0.1), pytest.approx(0.1))
    assert worth_of_knowing(Draws(draws.worth, even(count)), x[:, None]).mean == pytest.approx(0.5, abs=0.05)


def test_the_same_draws_give_the_same_bits() -> None:
    draws, theta, _ = hand_worked(300)
    asked = draws, theta[:, None], np.array([2.0])
    assert worth_of_measuring(*asked, seed=5) == worth_of_measuring(*asked, seed=5)
    assert worth_of_measuring(*asked, seed=5) != worth_of_measuring(*asked, seed=6)


def test_the_fewest_draws_leave_two_in_each_part() -> None:
    draws, theta, _ = hand_worked(learning.FEWEST)
    assert np.isfinite(worth_of_knowing(draws, theta[:, None])).all()
