"""Are ratios of exact to emulated likelihood unbiased, and is the emulator's error told apart from noise, cluster by cluster?"""

import numpy as np
import pytest

from calibration.correction import (
    LEAST_VARIANCE,
    Estimate,
    allocate,
    combine,
    decide,
    error_variance,
    noise_of_one,
    predicted_ess,
    summary,
)
from model.arrays import Floats


def estimate(error: Floats, noise: Floats, draws: int, histories: int, seed: int = 1) -> Estimate:
    """Ratios of an emulator that errs by normal amounts of standard deviation ``error`` (cases,) over draws.

    A history's ratio varies by a log-normal factor of mean one, whose log has standard deviation ``noise`` (cases,).
    """
    random = np.random.Generator(np.random.Philox(seed))
    cases = len(error)
    wrong = error * random.normal(size=(draws, cases))
    score = wrong[:, :, None] + noise[:, None] * random.normal(size=(draws, cases, histories)) - 0.5 * noise[:, None] ** 2
    parts = [summary(score[:, case]) for case in range(cases)]
    joined = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    return Estimate(**joined, own=np.zeros((draws, cases, 1)), keys=np.zeros((draws, cases), np.uint64))


def test_the_error_is_found_by_cluster_beneath_much_noise() -> None:
    """Error sds 0.8 and 0 under a noise that is as large: within three standard errors, which are small."""
    found = error_variance(estimate(np.array([0.8, 0.0]), np.array([0.7, 0.7]), 4000, 8))
    assert np.all(np.abs(found.by_case - [0.64, 0.0]) < 3 * found.by_case_error)
    assert np.all(found.by_case_error < [0.12, 0.02])
    assert found.total == pytest.approx(found.by_case.sum())
    assert abs(found.total - 0.64) < 3 * found.total_error


def test_a_tilt_of_one_nat_in_one_cluster_is_found_and_that_cluster_named() -> None:
    found = error_variance(estimate(np.array([0.1, 1.0, 0.1]), np.full(3, 1.0), 400, 8))
    assert found.by_case.argmax() == 1
    assert found.by_case[1] - found.by_case_error[1] > 0.3


def test_the_pair_is_unbiased_where_the_square_is_not() -> None:
    found = estimate(np.zeros(1), np.array([1.0]), 20_000, 2)
    assert np.exp(found.pair).mean() == pytest.approx(1.0, abs=0.1)
    assert np.exp(2 * found.log_ratio).mean() > 1.5


def test_halves_average_to_the_whole() -> None:
    score = np.log(np.array([[1.0, 3.0, 5.0, 7.0]]))
    found = summary(score)
    np.testing.assert_allclose(np.exp(found["halves"]), [[2.0, 6.0]])
    # Products of two different ratios: (1 3 + 1 5 + 1 7 + 3 5 + 3 7 + 5 7) / 6.
    assert np.exp(found["pair"][0]) == pytest.approx((3 + 5 + 7 + 15 + 21 + 35) / 6)
    assert found["ess"][0] == pytest.approx(16.0**2 / 84.0)


def test_two_sets_of_histories_combine_to_what_all_of_them_give() -> None:
    random = np.random.Generator(np.random.Philox(6))
    score = 2.0 * random.normal(size=(50, 2, 10))
    whole = summary(score.reshape(50, 20))
    sets = [score[:, :, :3].reshape(50, 6), score[:, :, 3:].reshape(50, 14)]
    first, second = (
        {**summary(one), "own": np.full((50, 2), at), "keys": np.full(50, at, np.uint64) + np.arange(50, dtype=np.uint64) * 2}
        for at, one in enumerate(sets)
    )
    both = combine(first, second, (3, 7))
    for name in ("halves", "pair", "variance", "ess"):
        np.testing.assert_allclose(both[name], whole[name], rtol=1e-9)
    later = both["own"][:, 0]
    np.testing.assert_array_equal(both["keys"] % 2, later)
    sums = [np.exp(one).sum(axis=1) for one in sets]
    share = sums[1] / (sums[0] + sums[1])
    # The set is drawn by its sum: the number of later ones within four standard errors.
    assert abs(later.sum() - share.sum()) < 4 * np.sqrt((share * (1 - share)).sum())


def test_a_pilot_that_all_missed_is_not_noiseless() -> None:
    """Ratios of histories that missed are equal; one draw in forty that hit shows what the others missed."""
    score = np.full((40, 8), -6.0)
    missed = summary(score)
    score[3, 5] = 0.0
    hit = summary(score)
    both = {name: np.stack([missed[name], hit[name]], axis=1) for name in missed}
    found = Estimate(**both, own=np.zeros((40, 2, 1)), keys=np.zeros((40, 2), np.uint64))
    noise = noise_of_one(found, np.array([8, 8]))
    assert noise[0] == LEAST_VARIANCE
    assert noise[1] > 50.0
    shares = allocate(noise, np.ones(2), 100)
    assert shares[0] >= 2
    assert shares[1] > 5 * shares[0]


def test_shares_go_by_noise_and_cost() -> None:
    assert allocate(np.array([1.0, 4.0, 4.0]), np.array([1.0, 1.0, 2.0]), 40).tolist() == [10, 20, 10]
    assert allocate(np.array([1.0, 1e6]), np.ones(2), 100).tolist() == [2, 99]


def test_exact_draws_are_paid_for_only_where_they_can_suffice() -> None:
    used, each = np.full(2, 4), np.full(2, 16)
    good = decide(estimate(np.array([0.3, 0.3]), np.full(2, 0.8), 300, 8), used, each, 400, 100.0)
    bad = decide(estimate(np.array([1.4, 1.2]), np.full(2, 0.8), 300, 8), used, each, 400, 100.0)
    assert good.paid
    assert not bad.paid
    assert (good.histories, good.draws) == (64, 400)
    assert "25,600 histories" in good.words()
    assert "not simulated, since the gate needs 100" in bad.words()
    assert predicted_ess(400, -0.5, 0.0) == 400.0
