"""Does the gate open only for answers that earned it?"""

from dataclasses import replace

import numpy as np
import pytest

from calibration.diagnostics import Convergence
from calibration.gate import (
    CHECKED,
    CORRECTED,
    Correction,
    Limits,
    correction,
    correction_checks,
    judge,
    sampler_checks,
    worst,
)
from calibration.likelihood import Estimate

GOOD = Convergence(np.array([1.001]), np.array([20.0]), np.array([5000.0]), np.array([4000.0]), np.array([0.3, 0.25]))
FINE = Correction(np.full(400, 1 / 400), 300.0, 0.4, 0.5, 0.6, 0.9, np.array([0.1, 0.2]), np.array([0.1, 0.7]), np.zeros(2))
NAMES = ("one", "two")


def label(convergence: Convergence, compared: Correction, steps: int = 2000) -> str:
    return judge(convergence, steps, compared, NAMES, np.array([-1.0, -1.0])).label


def test_an_answer_that_passes_everything_is_corrected() -> None:
    assert label(GOOD, FINE) == CORRECTED


@pytest.mark.parametrize(
    "change",
    [
        {"ess": 99.0},
        {"k_hat": 0.71},
        {"k_hat": float("inf")},
        {"error_bound": 1.01},
        {"weights": np.full(399, 1 / 399)},
        {"weights": np.concatenate([[0.2], np.full(399, 0.8 / 399)])},
    ],
)
def test_each_check_of_the_correction_can_fail(change: dict[str, object]) -> None:
    assert label(GOOD, replace(FINE, **change)) == CHECKED


@pytest.mark.parametrize(
    "change",
    [
        {"acceptance": np.array([0.3, 0.09])},
        {"r_hat": np.array([1.02])},
        {"tau": np.array([41.0])},
        {"tau": np.array([np.inf])},
        {"ess_bulk": np.array([399.0])},
        {"ess_tail": np.array([10.0])},
        {"r_hat": np.array([np.nan])},
    ],
)
def test_each_check_of_the_sampler_can_fail(change: dict[str, object]) -> None:
    verdict = judge(GOOD._replace(**change), 2000, FINE, NAMES, np.array([-1.0, -1.0]))
    assert verdict.label == CHECKED
    assert not verdict.converged
    assert sum(not check.passed for check in verdict.checks) == 1


def test_clusters_that_a_history_without_a_cluster_explains_as_well_are_named() -> None:
    assert judge(GOOD, 2000, FINE, NAMES, np.array([0.5, -3.0])).unfitted == ("one",)
    assert worst(FINE, NAMES) == ["two", "one"]


def synthetic(draws: int, error: float, noise: float) -> tuple[Estimate, np.ndarray]:
    random = np.random.Generator(np.random.Philox(5))
    surrogate = random.normal(size=(draws, 2))
    wrong = error * random.normal(size=draws)
    halves = np.repeat(surrogate[:, :, None], 2, axis=2) + noise * random.normal(size=(draws, 2, 2))
    halves[:, 0] += wrong[:, None]
    empty = np.zeros((draws, 2))
    return Estimate(halves, empty, empty, np.zeros((draws, 2, 1)), np.zeros((draws, 2), np.uint64)), surrogate


def test_the_split_halves_tell_error_from_noise() -> None:
    """Error sd 1.2 in the first cluster, noise sd 1 a half and cluster; 4,000 draws give both to a twentieth."""
    compared = correction(*synthetic(4000, 1.2, 1.0), k_hat=0.5)
    assert compared.error_sd == pytest.approx(1.2, rel=0.05)
    assert compared.error_by_case[0] == pytest.approx(1.44, rel=0.1)
    assert abs(compared.error_by_case[1]) < 0.1
    assert compared.noise_sd == pytest.approx(1.0, rel=0.05)
    assert compared.error_bound > compared.error_sd


def test_few_draws_do_not_pass_the_split_half_check() -> None:
    assert correction(*synthetic(5, 0.0, 3.0), k_hat=0.5).error_bound > Limits().split_half_sd


def test_the_rules_print_the_limits() -> None:
    """As the report and ``takeoff check`` show them."""
    checks = judge(GOOD, 2000, FINE, NAMES, np.array([-1.0, -1.0])).checks
    assert [(check.name, check.rule) for check in checks] == [
        ("acceptance", "> 0.1 in every ensemble"),
        ("autocorrelation times", ">= 50 in every parameter"),
        ("nested R-hat", "<= 1.01 across ensembles"),
        ("bulk ESS", ">= 400"),
        ("tail ESS", ">= 400"),
        ("exact draws", ">= 400"),
        ("ESS of weights", ">= 100"),
        ("k-hat", "< 0.7"),
        ("split-half error sd", "< 1 nats, one standard error added"),
        ("largest weight", "< 0.05"),
    ]
    assert [check.value for check in checks] == [0.25, 100.0, 1.001, 5000.0, 4000.0, 400.0, 300.0, 0.4, 0.6, 1 / 400]


def test_a_value_at_its_limit_is_judged_as_the_rule_says() -> None:
    at = Convergence(np.array([1.01]), np.array([40.0]), np.array([400.0]), np.array([400.0]), np.array([0.1]))
    passed = {check.name: check.passed for check in sampler_checks(at, 2000, Limits())}
    assert [name for name, holds in passed.items() if not holds] == ["acceptance"]
    at_limit = replace(FINE, ess=100.0, k_hat=0.7, error_bound=1.0, weights=np.array([0.05] * 20))
    assert [check.passed for check in correction_checks(at_limit, Limits())] == [False, True, False, False, False]
    assert not any(check.passed for check in correction_checks(replace(FINE, ess=np.nan, k_hat=np.nan), Limits())[1:3])


def test_weights_are_the_ratio_of_exact_to_surrogate() -> None:
    """Two draws whose exact log-likelihood exceeds the surrogate's by log 3 and by nothing weigh 3/4 and 1/4."""
    surrogate = np.zeros((2, 1))
    halves = np.log(np.array([[[3.0, 3.0]], [[1.0, 1.0]]]))
    empty = np.zeros((2, 1))
    compared = correction(Estimate(halves, empty, empty, np.zeros((2, 1, 1)), np.zeros((2, 1), np.uint64)), surrogate, 0.1)
    np.testing.assert_allclose(compared.weights, [0.75, 0.25])
    assert compared.ess == pytest.approx(1 / (0.75**2 + 0.25**2))
    assert compared.level[0] == pytest.approx(np.log(3) / 2)
    assert compared.noise_sd == 0.0
