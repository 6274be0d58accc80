"""Is the arithmetic of the budget curve right? Against values worked by hand and against normal distributions."""

import numpy as np
import pytest
from scipy.stats import norm

from studies.policy.curves import FUNDS_COSTS, Replayed, acceptability, curves, last_rise

DRAWS, FUTURES = 4000, 4


def replayed(net_value: np.ndarray, treasury: np.ndarray, spent: np.ndarray, funded: list[bool], price: float = 1.2) -> Replayed:
    count = net_value.shape[-1]
    even = np.full(count, 1 / count)
    return Replayed(net_value, treasury, spent, even, np.arange(count), np.full(count, price), np.array(funded))


def worked() -> Replayed:
    """A status quo, a policy at two budgets whose returns fall, and a policy without a budget, in four histories."""
    wobble = np.array([-1.0, 1.0, -1.0, 1.0])
    net_value = np.stack([np.zeros((2, 4)), np.stack([10 + wobble, 14 + 2 * wobble]), np.full((2, 4), -3.0)])
    treasury = np.stack([np.zeros((2, 4)), np.stack([np.full(4, -12.0), np.full(4, -36.0)]), np.full((2, 4), 0.0)])
    spent = np.stack([np.zeros((2, 4)), np.stack([np.full(4, 10.0), np.full(4, 30.0)]), np.zeros((2, 4))])
    return replayed(net_value, treasury, spent, [False, True, False])


def test_a_curve_worked_by_hand() -> None:
    told = curves(worked())
    assert told["net_value"].tolist() == [[0, 0], [10, 14], [-3, -3]]
    assert told["cost"][1].tolist() == [12, 36]
    assert told["gain"][1].tolist() == [22, 50]
    assert told["rise"][1].tolist() == [10, 4]
    assert told["marginal"][1] == pytest.approx([1.0, 0.2])
    # Of four values two lie 1 above and two 1 below: the error of a mean of four is root(4 / 3) / 2, and the same over 10 or 20.
    error = np.sqrt(4 / 3) / 2
    assert told["mc_se"][1] == pytest.approx([error, 2 * error])
    assert told["rise_mc_se"][1] == pytest.approx([error, error])
    assert told["marginal_mc_se"][1] == pytest.approx([error / 10, error / 20])
    assert told["p_gain"][:, 0].tolist() == [0.5, 1.0, 0.0]
    assert told["best_share"].tolist() == [[False, False], [False, True], [False, False]]
    for name in ("rise", "marginal"):
        assert np.isnan(told[name][[0, 2]]).all()


def test_what_has_no_budget_is_one_point_of_the_frontier() -> None:
    told = curves(worked())
    # The first wage-year of cost gains more than the next ones, and protection loses at no cost.
    assert told["frontier"].tolist() == [[True, False], [True, True], [False, False]]
    assert told["icer"][1] == pytest.approx([12 / 22, 24 / 28])


def test_dearer_public_funds_change_who_is_best() -> None:
    told = curves(worked())["acceptability_by_funds_cost"]
    assert told.shape == (len(FUNDS_COSTS), 3, 2)
    assert told.sum(axis=1) == pytest.approx(np.ones((len(FUNDS_COSTS), 2)))
    # At the larger budget 30 wage-years are raised: net value is 50 less 30 times their price, which 2 turns below zero.
    assert told[:, 1, 1].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert told[:, 0, 1].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert curves(worked())["acceptability"][:, 1].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("mean", [-0.5, 0.0, 1.0])
def test_acceptability_of_normal_values_is_the_normal_chance_and_luck_is_no_part_of_it(mean: float) -> None:
    source = np.random.default_rng(7)
    draw = np.repeat(np.arange(DRAWS), FUTURES)
    # What is known varies by one, luck by three: a chance that took luck for knowledge would lie near one half.
    worth = mean + source.normal(size=DRAWS)[draw] + 3 * source.normal(size=len(draw))
    values = np.stack([np.zeros((1, len(draw))), worth[None]])
    told = acceptability(values, np.full(len(draw), 1 / len(draw)), draw)
    chance = norm.cdf(mean)
    # The mean of the draws is known to root((1 + 9 / 4) / DRAWS), which moves the chance by the density there.
    error = np.hypot(np.sqrt(chance * (1 - chance) / DRAWS), norm.pdf(mean) * np.sqrt((1 + 9 / FUTURES) / DRAWS))
    assert told[1, 0] == pytest.approx(chance, abs=4 * error)
    assert told.sum() == pytest.approx(1.0)


def test_a_ratio_has_the_error_that_repeated_studies_show() -> None:
    source, ratios, errors = np.random.default_rng(3), [], []
    for _ in range(300):
        money = 10 + source.normal(size=60)
        value = 0.5 * money + 2 * source.normal(size=60)
        one = replayed(
            np.stack([np.zeros((1, 60)), value[None]]),
            np.zeros((2, 1, 60)),
            np.stack([np.zeros((1, 60)), money[None]]),
            [False, True],
        )
        told = curves(one)
        ratios.append(told["marginal"][1, 0])
        errors.append(told["marginal_mc_se"][1, 0])
    # A standard deviation of 300 values is known to one part in root(600).
    assert np.std(ratios, ddof=1) == pytest.approx(np.mean(errors), rel=4 / np.sqrt(600))


def test_a_budget_that_spends_nothing_more_has_no_marginal_value() -> None:
    one = worked()
    same = one._replace(spent=np.repeat(one.spent[:, :1], 2, axis=1))
    assert np.isnan(curves(same)["marginal"][1, 1])


@pytest.mark.parametrize(("rise", "last"), [([5, 5, 1, -4], 1), ([1, 1, 1, 1], None), ([5, 1, 5, 5], 3), ([-9, 1, 1, 1], None)])
def test_the_last_rise_that_can_be_told(rise: list[float], last: int | None) -> None:
    assert last_rise(np.array(rise, float), np.ones(4)) == last
