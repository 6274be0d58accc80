"""Functions with known indices take the path of the model: indices, intervals, groups, settling.

Seeds are fixed, so a test that passes keeps passing.
"""

import numpy as np
import pytest
from scipy.stats import norm

from studies.sensitivities.design import MORRIS, SOBOL, Problem
from studies.sensitivities.indices import RESAMPLES, TOLERANCE, Findings, elementary_effects, study
from tests.studies.sensitivities.known_functions import (
    FALSE_ALARMS,
    FIRST,
    ONE_SD,
    TOTAL,
    alone,
    ishigami,
    one_outcome,
    sobol_g,
    unit,
)


def agree(findings: Findings, first: np.ndarray, total: np.ndarray) -> None:
    error = (findings.high - findings.low)[:, :, 0] / ONE_SD
    z = norm.isf(FALSE_ALARMS / (2 * error.size))
    assert (error > 0).all()
    assert (np.abs(findings.value[:, :, 0] - np.stack([first, total])) <= z * error).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_ishigami_has_its_known_indices(seed: int) -> None:
    findings = study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 1024, seed)
    agree(findings, FIRST, TOTAL)
    assert findings.plan.problem.factors[findings.ranked(0)[0]] == "x0"


def test_sobol_g_has_its_known_indices() -> None:
    weights = np.array([0.0, 1.0, 4.5, 9.0])
    partial = 1 / (3 * (1 + weights) ** 2)
    whole = np.prod(1 + partial) - 1
    total = partial * np.prod(1 + partial) / (1 + partial) / whole
    findings = study(alone(4), lambda points: one_outcome(sobol_g(points, weights)), SOBOL, 1024, 3)
    agree(findings, partial / whole, total)


def test_a_group_has_the_indices_of_its_parameters_together() -> None:
    weights = np.array([0.0, 1.0, 4.5, 9.0])
    grown = 1 + 1 / (3 * (1 + weights) ** 2)
    whole = np.prod(grown) - 1
    pairs = np.array([grown[0] * grown[2], grown[1] * grown[3]])
    problem = Problem(("x0", "x1", "x2", "x3"), ("even", "odd", "even", "odd"))
    findings = study(problem, lambda points: one_outcome(sobol_g(points, weights)), SOBOL, 1024, 4)
    assert findings.plan.width == 2 + 2
    agree(findings, (pairs - 1) / whole, 1 - (pairs[::-1] - 1) / whole)


def test_morris_finds_the_slopes_of_a_plane() -> None:
    slopes = np.array([3.0, -2.0, 0.5, 0.0])
    findings = study(alone(4), lambda points: one_outcome(unit(points, MORRIS) @ slopes), MORRIS, 8, 1)
    mu, mu_star, sigma = findings.value[:, :, 0]
    assert mu == pytest.approx(slopes, abs=1e-12)
    assert mu_star == pytest.approx(np.abs(slopes), abs=1e-12)
    assert sigma == pytest.approx(0.0, abs=1e-12)
    assert findings.low[1, :, 0] == pytest.approx(np.abs(slopes), abs=1e-12)
    assert findings.outcome_settled.all()
    assert findings.ranked(0).tolist() == [0, 1, 2, 3]


def test_our_elementary_effects_are_those_of_salib() -> None:
    def product(points: np.ndarray) -> np.ndarray:
        return one_outcome(points[:, 0] * points[:, 1] + points[:, 2] ** 2)

    findings = study(alone(3), product, MORRIS, 6, 5)
    effects = elementary_effects(findings.plan, product(findings.plan.points)[:, 0, 0])
    mu, mu_star, sigma = findings.value[:, :, 0]
    assert effects.mean(axis=0) == pytest.approx(mu)
    assert np.abs(effects).mean(axis=0) == pytest.approx(mu_star)
    assert effects.std(axis=0, ddof=1) == pytest.approx(sigma)
    assert sigma[0] > 0


def test_a_group_has_no_signed_effect() -> None:
    problem = Problem(("x0", "x1", "x2"), ("pair", "pair", "x2"))
    findings = study(problem, lambda points: one_outcome(points.sum(axis=1)), MORRIS, 8, 1)
    assert np.isnan(findings.value[[0, 2], 0, 0]).all()
    assert np.isfinite(findings.value[:, 1, 0]).all()
    assert np.isnan(findings.low[0, 0, 0])


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

    findings = study(alone(2), late, MORRIS, 8, 1)
    assert not findings.leaders_stay[0]
    assert not findings.outcome_settled[0]


def test_negative_indices_are_not_clipped() -> None:
    findings = study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 16, 1)
    assert findings.value[0, 2, 0] < 0


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_a_constant_outcome_has_no_index_and_does_not_unsettle(method: str) -> None:
    def flat(points: np.ndarray) -> np.ndarray:
        return np.stack([np.ones((len(points), 2)), np.repeat(points[:, :1], 2, axis=1)], axis=2)

    findings = study(alone(2), flat, method, 16, 1)
    assert findings.constant.tolist() == [True, False]
    assert np.isnan(findings.value[:, :, 0]).all()
    assert np.isfinite(findings.value[:, :, 1]).all()
    assert findings.outcome_settled[0]


def test_a_study_repeats_itself_and_leaves_the_global_state_alone() -> None:
    before = np.random.get_state()[1].copy()
    findings = [study(alone(3), lambda points: one_outcome(ishigami(points)), SOBOL, 16, seed) for seed in (0, 0, 1)]
    assert np.array_equal(before, np.random.get_state()[1])
    assert np.array_equal(findings[0].plan.points, findings[1].plan.points)
    assert np.array_equal(findings[0].low, findings[1].low)
    assert not np.array_equal(findings[0].plan.points, findings[2].plan.points)
    assert RESAMPLES >= 100
