"""Does training repeat to the bit, stop when asked to, and start from the regression that it says?"""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from calibration.learned import surrogate as surrogates
from calibration.learned.network import Layout
from calibration.learned.training import RIDGE, Lesson, Schedule, fit, loss, predict, ridge
from model.errors import Interrupted
from tests.calibration.conftest import FEATURES, pairs_of


def test_training_gives_the_same_bits_again(cluster: Any) -> None:
    pairs = pairs_of(cluster, 100)
    lesson = surrogates.lesson(pairs, FEATURES, surrogates.scale_of(pairs))
    one, other = (fit(Layout(2, 6, 4, 3), lesson, Schedule(8, 2, 64), 5, lambda epoch: None)[0] for _ in range(2))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def lesson_of(inputs: np.ndarray, outcome: np.ndarray, status: np.ndarray | None = None) -> Lesson:
    """Data of one outcome without classes."""
    count = len(inputs)
    living = np.zeros(count, np.int32) if status is None else status
    return Lesson(
        inputs[:, None].astype(np.float32),
        outcome[:, None].astype(np.float32),
        np.zeros(1, np.float32),
        np.zeros((count, 0), np.int32),
        living,
    )


def test_the_ridge_penalty_counts_as_pairs_without_an_effect() -> None:
    """The true slope 2 is shrunk as if the n pairs stood beside ``RIDGE`` pairs of slope zero: to 2 n / (n + RIDGE)."""
    inputs = np.tile([-1.0, 1.0], 45)
    slope, level = ridge(lesson_of(inputs, 2.0 * inputs), 0)[:, 0]
    assert slope == pytest.approx(2.0 * 90 / (90 + RIDGE))
    assert level == pytest.approx(0.0, abs=1e-6)
    assert predict(np.array([[slope], [0.5]]), np.array([[3.0]]))[0, 0] == pytest.approx(3 * slope + 0.5)


def test_the_regression_knows_neither_the_dead_nor_the_held_out() -> None:
    inputs = np.tile([-1.0, 1.0], 30)
    outcome, status = 2.0 * inputs, np.zeros(60, np.int32)
    outcome[:10], outcome[20:30], status[20:30] = 99.0, -99.0, 1
    kept = np.r_[10:20, 30:60]
    expected = ridge(lesson_of(inputs[kept], 2.0 * inputs[kept]), 0)
    np.testing.assert_allclose(ridge(lesson_of(inputs, outcome, status), 10), expected, rtol=1e-6)


def test_the_loss_by_hand() -> None:
    """One component N(1, 0.5^2) and two statuses of odds three to one; an outcome counts only where the history is alive."""
    layout = Layout(1, 1, 0, 2)
    offsets = [np.log(3.0), 0.0, 0.0, 1.0, np.log(0.5)]
    network = {"w1": np.zeros((1, 2)), "b1": np.zeros(2), "w2": np.zeros((2, 2)), "b2": np.zeros(2)}
    network |= {"w3": np.zeros((2, 5)), "b3": np.array(offsets)}
    outcome, status = np.array([[1.5], [7.0]]), np.array([0, 1])
    density = norm(1.0, 0.5).logpdf(1.5) + np.log(0.75) + np.log(0.25)
    assert loss(network, layout, np.zeros((2, 1)), outcome, np.zeros((2, 0), int), status, np) == pytest.approx(-density / 2)


def test_being_stopped_ends_training_at_the_epoch(cluster: Any) -> None:
    pairs = pairs_of(cluster, 100)
    epochs: list[int] = []

    def stop(epoch: int) -> None:
        epochs.append(epoch)
        raise Interrupted("stop")

    lesson = surrogates.lesson(pairs, FEATURES, surrogates.scale_of(pairs))
    with pytest.raises(Interrupted, match="stop"):
        fit(Layout(2, 6, 4, 3), lesson, Schedule(8, 2, 64), 5, stop)
    assert epochs == [1]
