"""Do the densities of the tables' figures and statements integrate to one, and match what a hand works out?"""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from calibration.keys import seeds
from calibration.observation import (
    EXHAUSTED,
    EXTINCT,
    ErrorModel,
    Outcomes,
    Table,
    classify,
    dead_log_density,
    draw_table,
    log_density,
)


def one(firms: float, workers: float = 3.0, improvement: int = 0, exports: int = 0, status: int = 0) -> Outcomes:
    figures = np.array([[[firms, workers, 10.0], [0.0, 0.0, 0.0]]])
    return Outcomes(figures, np.array([[[improvement, exports], [0, 0]]]), np.array([status]))


def row(firms: float = np.nan, workers: float = np.nan, improvement: int = -1, exports: int = -1, bias: float = 0.0) -> Table:
    value = np.array([[firms, workers, np.nan], [np.nan] * 3])
    sd = np.where(np.isfinite(value), np.array([[0.2, 0.5, 0.7]] * 2), np.nan)
    return Table(value, sd, np.array([[0.0, bias, 0.0]] * 2), np.array([[improvement, exports], [-1, -1]]))


def normal(x: float, sd: float) -> float:
    return math.exp(-0.5 * (x / sd) ** 2) / (sd * math.sqrt(2 * math.pi))


def test_a_figure_has_the_density_of_a_normal_with_an_outlier() -> None:
    errors = ErrorModel()
    by_hand = 0.95 * normal(0.3, 0.2) + 0.05 * normal(0.3, math.hypot(0.2, 1.0))
    assert math.exp(log_density(row(5.3), one(5.0), errors)[0]) == pytest.approx(by_hand, rel=1e-12)


def test_the_survey_bias_is_taken_off_workers() -> None:
    errors = ErrorModel()
    assert log_density(row(workers=3.25, bias=0.25), one(5.0), errors) == log_density(row(workers=3.0), one(5.0), errors)


def test_the_density_of_a_figure_integrates_to_one() -> None:
    errors = ErrorModel()
    total = quad(lambda x: math.exp(log_density(row(x), one(5.0), errors)[0]), -5, 15, points=[5.0])[0]
    assert total == pytest.approx(1.0, abs=1e-6)


def test_statements_sum_to_one_and_are_read_from_the_matrix() -> None:
    errors = ErrorModel()
    for truth in range(3):
        chances = [math.exp(log_density(row(improvement=said), one(5.0, improvement=truth), errors)[0]) for said in range(3)]
        assert chances == pytest.approx(errors.improvement[truth])
        assert sum(chances) == pytest.approx(1.0)
    for matrix in errors.matrices():
        assert matrix.sum(axis=1) == pytest.approx(1.0)
        assert (matrix > 0).all()


def test_what_is_missing_drops_out() -> None:
    errors = ErrorModel()
    assert log_density(row(), one(5.0), errors)[0] == pytest.approx(0.0)
    both = log_density(row(5.1, exports=1), one(5.0, exports=1), errors)[0]
    apart = log_density(row(5.1), one(5.0), errors)[0] + log_density(row(exports=1), one(5.0, exports=1), errors)[0]
    assert both == pytest.approx(apart)


@pytest.mark.parametrize("status", [EXTINCT, EXHAUSTED])
def test_a_history_without_a_cluster_keeps_a_small_finite_mass(status: int) -> None:
    errors = ErrorModel()
    dead = log_density(row(5.0), one(0.0, status=status), errors)[0]
    assert dead == dead_log_density(row(5.0), errors)
    assert math.isfinite(dead)
    assert dead < log_density(row(5.0), one(5.5), errors)[0]


def test_classes_follow_their_thresholds() -> None:
    assert classify(np.array([0.0, 0.1, 0.11, 0.5, 0.51]), (0.1, 0.5)).tolist() == [0, 0, 1, 1, 2]


def test_printed_tables_have_the_errors_that_the_density_says() -> None:
    """Ten thousand tables: mean and sd within four standard errors (false alarm 1 in 4,000), frequencies likewise."""
    count, errors = 10_000, ErrorModel(outlier=1e-30)
    outcomes = Outcomes(*(np.repeat(part, count, axis=0) for part in one(5.0, improvement=1)))
    figures, said = draw_table(row(4.0, improvement=2), outcomes, seeds(1, 1, 0, 0, count), errors)
    assert abs(figures[:, 0, 0].mean() - 5.0) < 4 * 0.2 / math.sqrt(count)
    assert abs(figures[:, 0, 0].std() - 0.2) < 4 * 0.2 / math.sqrt(2 * count)
    assert np.isnan(figures[:, 0, 1:]).all()
    for word, chance in enumerate(errors.improvement[1]):
        assert abs(np.mean(said[:, 0, 0] == word) - chance) < 4 * math.sqrt(chance * (1 - chance) / count)
    assert (said[:, 0, 1] == -1).all()
