"""Does the gate open only for answers that earned it?"""

from dataclasses import replace

import numpy as np
import pytest

from calibration.arviz_adapter import k_hat
from calibration.diagnostics import Convergence
from calibration.gate import CHECKED, CORRECTED, Correction, Limits, correction, judge, worst
from calibration.likelihood import Estimate

GOOD = Convergence(np.array([1.001]), np.array([20.0]), np.array([5000.0]), np.array([4000.0]), np.array([0.3, 0.25]))
FINE = Correction(np.full(400, 1 / 400), 300.0, 0.4, 0.5, 0.6, 0.9, np.array([0.1, 0.2]), np.array([0.1, 0.7]), np.zeros(2))
NAMES = ("one", "two")


def label(convergence: Convergence, found: Correction, steps: int = 2000) -> str:
    return judge(convergence, steps, found, NAMES, np.array([-1.0, -1.0])).label


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
    found = correction(*synthetic(4000, 1.2, 1.0), k_hat=0.5)
    assert found.error_sd == pytest.approx(1.2, rel=0.05)
    assert found.error_by_case[0] == pytest.approx(1.44, rel=0.1)
    assert abs(found.error_by_case[1]) < 0.1
    assert found.noise_sd == pytest.approx(1.0, rel=0.05)
    assert found.error_bound > found.error_sd


def test_few_draws_do_not_pass_the_split_half_check() -> None:
    assert correction(*synthetic(5, 0.0, 3.0), k_hat=0.5).error_bound > Limits().split_half_sd


def test_k_hat_knows_heavy_tails() -> None:
    """Pareto weights of tail index 1.5 give a k-hat near it, normal log weights of sd 0.3 a small one."""
    random = np.random.Generator(np.random.Philox(9))
    assert k_hat(1.5 * random.exponential(size=4000)) == pytest.approx(1.5, abs=0.3)
    assert k_hat(0.3 * random.normal(size=4000)) < 0.5
    assert k_hat(np.zeros(3)) == float("inf")
