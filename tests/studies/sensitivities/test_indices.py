"""Functions with known indices through the lines that the model passes: indices, intervals, groups, settling, and what is luck.

Tolerances come from the bootstrap's standard error, at a false-alarm rate of 1e-4 for all comparisons of a test together; seeds
are fixed, so a test that passes keeps passing.
"""

import numpy as np
import pytest
from scipy.stats import norm

from studies.sensitivities.design import MORRIS, REACH, SOBOL, Problem, design
from studies.sensitivities.indices import RESAMPLES, TOLERANCE, Findings, elementary_effects, study
from studies.sensitivities.split import PARTS, variance_split

FALSE_ALARMS = 1e-4
ONE_SD = 2 * norm.isf(0.05)
A, B = 7.0, 0.1
ISHIGAMI_VARIANCE = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
FIRST = np.array([0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, 0.0]) / ISHIGAMI_VARIANCE
THIRD = 8 * B**2 * np.pi**8 / 225 / ISHIGAMI_VARIANCE
TOTAL = FIRST + np.array([THIRD, 0.0, THIRD])


def alone(count: int) -> Problem:
    names = tuple(f"x{place}" for place in range(count))
    return Problem(names, names)


def unit(points: np.ndarray, method: str) -> np.ndarray:
    low, high = REACH[method]
    return (points - low) / (high - low)


def ishigami(points: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * unit(points, SOBOL) - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def one_outcome(values: np.ndarray) -> np.ndarray:
    return values[:, None, None]


def sobol_g(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * unit(points, SOBOL) - 2) + weights) / (1 + weights), axis=1)


def agree(found: Findings, first: np.ndarray, total: np.ndarray) -> None:
    error = (found.high - found.low)[:, :, 0] / ONE_SD
    z = norm.isf(FALSE_ALARMS / (2 * error.size))
    assert (error > 0).all()
    assert (np.abs(found.value[:, :, 0] - np.stack([first, total])) <= z * error).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_ishigami_has_its_known_indices(seed: int) -> None:
    found = study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 1024, seed)
    agree(found, FIRST, TOTAL)
    assert found.plan.problem.factors[found.ranked(0)[0]] == "x0"


def test_sobol_g_has_its_known_indices() -> None:
    weights = np.array([0.0, 1.0, 4.5, 9.0])
    partial = 1 / (3 * (1 + weights) ** 2)
    whole = np.prod(1 + partial) - 1
    total = partial * np.prod(1 + partial) / (1 + partial) / whole
    found = study(alone(4), lambda points: one_outcome(sobol_g(points, weights)), SOBOL, 1024, 3)
    agree(found, partial / whole, total)


def test_a_group_has_the_indices_of_its_parameters_together() -> None:
    weights = np.array([0.0, 1.0, 4.5, 9.0])
    grown = 1 + 1 / (3 * (1 + weights) ** 2)
    whole = np.prod(grown) - 1
    pairs = np.array([grown[0] * grown[2], grown[1] * grown[3]])
    problem = Problem(("x0", "x1", "x2", "x3"), ("even", "odd", "even", "odd"))
    found = study(problem, lambda points: one_outcome(sobol_g(points, weights)), SOBOL, 1024, 4)
    assert found.plan.width == 2 + 2
    agree(found, (pairs - 1) / whole, 1 - (pairs[::-1] - 1) / whole)


def test_morris_finds_the_slopes_of_a_plane() -> None:
    slopes = np.array([3.0, -2.0, 0.5, 0.0])
    found = study(alone(4), lambda points: one_outcome(unit(points, MORRIS) @ slopes), MORRIS, 8, 1)
    mu, mu_star, sigma = found.value[:, :, 0]
    assert mu == pytest.approx(slopes, abs=1e-12)
    assert mu_star == pytest.approx(np.abs(slopes), abs=1e-12)
    assert sigma == pytest.approx(0.0, abs=1e-12)
    assert found.low[1, :, 0] == pytest.approx(np.abs(slopes), abs=1e-12)
    assert found.outcome_settled.all()
    assert found.ranked(0).tolist() == [0, 1, 2, 3]


def test_our_elementary_effects_are_those_of_salib() -> None:
    def product(points: np.ndarray) -> np.ndarray:
        return one_outcome(points[:, 0] * points[:, 1] + points[:, 2] ** 2)

    found = study(alone(3), product, MORRIS, 6, 5)
    effects = elementary_effects(found.plan, product(found.plan.points)[:, 0, 0])
    mu, mu_star, sigma = found.value[:, :, 0]
    assert effects.mean(axis=0) == pytest.approx(mu)
    assert np.abs(effects).mean(axis=0) == pytest.approx(mu_star)
    assert effects.std(axis=0, ddof=1) == pytest.approx(sigma)
    assert sigma[0] > 0


def test_a_group_has_no_signed_effect() -> None:
    problem = Problem(("x0", "x1", "x2"), ("pair", "pair", "x2"))
    found = study(problem, lambda points: one_outcome(points.sum(axis=1)), MORRIS, 8, 1)
    assert np.isnan(found.value[[0, 2], 0, 0]).all()
    assert np.isfinite(found.value[:, 1, 0]).all()
    assert np.isnan(found.low[0, 0, 0])


def test_few_points_are_called_unsettled_and_many_settled() -> None:
    few = study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 16, 1)
    many = study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 2048, 1)
    assert not few.outcome_settled[0]
    assert few.largest_change[0] > TOLERANCE
    assert many.outcome_settled[0]
    assert not few.settled.all()


def test_leaders_that_change_are_unsettled() -> None:
    def late(points: np.ndarray) -> np.ndarray:
        # The second half of the trajectories obeys another factor.
        half = len(points) // 2
        return one_outcome(np.where(np.arange(len(points)) < half, points[:, 0], 1.2 * points[:, 1]))

    found = study(alone(2), late, MORRIS, 8, 1)
    assert not found.leaders_stay[0]
    assert not found.outcome_settled[0]


def test_negative_indices_are_not_clipped() -> None:
    found = study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 16, 1)
    assert found.value[0, 2, 0] < 0


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_a_constant_outcome_has_no_index_and_does_not_unsettle(method: str) -> None:
    def flat(points: np.ndarray) -> np.ndarray:
        return np.stack([np.ones((len(points), 2)), np.repeat(points[:, :1], 2, axis=1)], axis=2)

    found = study(alone(2), flat, method, 16, 1)
    assert found.constant.tolist() == [True, False]
    assert np.isnan(found.value[:, :, 0]).all()
    assert np.isfinite(found.value[:, :, 1]).all()
    assert found.outcome_settled[0]


def noisy(points: np.ndarray, sd: float, seeds: int) -> np.ndarray:
    noise = np.random.default_rng(7).normal(0.0, sd, (len(points), seeds))
    return (ishigami(points)[:, None] + noise)[:, :, None]


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_known_noise_is_told_from_parameters(method: str) -> None:
    sd, seeds = 3.0, 4
    plan = design(method, alone(3), 512, 2)
    split = variance_split(noisy(plan.points, sd, seeds), plan.blocks, 1)
    if method == SOBOL:
        parametric = ISHIGAMI_VARIANCE
    else:
        # Every combination of levels is as likely as any other: its variance can be added up.
        levels = np.linspace(*REACH[MORRIS], 4)
        grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
        parametric = float(np.var(ishigami(grid)))
    known = np.array([parametric, sd**2, 0.0, sd**2]) / (parametric + sd**2)
    error = (split.high - split.low)[:, 0] / ONE_SD
    assert (np.abs(split.share[:, 0] - known) <= norm.isf(FALSE_ALARMS / (2 * len(PARTS))) * error).all()
    assert split.share[:2].sum() == pytest.approx(1.0)


def test_luck_that_all_points_share_is_not_taken_from_the_parameters() -> None:
    plan = design(SOBOL, alone(3), 64, 2)
    apart = noisy(plan.points, 2.0, 4)
    shared = np.array([-3.0, -1.0, 1.0, 3.0])
    without, given = (variance_split(outcomes, plan.blocks, 1) for outcomes in (apart, apart + shared[None, :, None]))
    parametric, _, seed, interplay = (given.share * given.variance)[:, 0]
    assert parametric == pytest.approx((without.share * without.variance)[0, 0])
    assert interplay == pytest.approx((without.share * without.variance)[3, 0])
    assert seed > (without.share * without.variance)[2, 0] + 0.5 * shared.var(ddof=1)


def test_one_seed_cannot_tell_luck() -> None:
    plan = design(SOBOL, alone(3), 16, 2)
    assert np.isnan(variance_split(noisy(plan.points, 1.0, 1), plan.blocks, 1).share).all()


def test_a_study_repeats_itself_and_leaves_the_global_state_alone() -> None:
    before = np.random.get_state()[1].copy()
    found = [study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 16, seed) for seed in (0, 0, 1)]
    assert np.array_equal(before, np.random.get_state()[1])
    assert np.array_equal(found[0].plan.points, found[1].plan.points)
    assert np.array_equal(found[0].low, found[1].low)
    assert not np.array_equal(found[0].plan.points, found[2].plan.points)
    assert RESAMPLES >= 100
