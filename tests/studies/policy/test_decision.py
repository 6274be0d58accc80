"""The arithmetic of a decision, on arrays small enough to do by hand."""

import numpy as np
import pytest

from studies.policy import decision

EVEN = np.full(4, 0.25)
EACH = np.arange(4)


def test_effect_of_hand_made_differences() -> None:
    effect = decision.paired_effect(np.array([1.0, 2.0, 3.0, 6.0]), EVEN, EACH)
    assert effect.mean == 3.0
    assert effect.mc_se == pytest.approx(np.std([1, 2, 3, 6], ddof=1) / 2)
    assert effect.low < 2 < 3 < effect.high <= 6


def test_weights_count_as_repetitions() -> None:
    twice = decision.paired_effect(np.array([1.0, 1.0, 4.0]), np.full(3, 1 / 3), np.array([0, 1, 2]))
    once = decision.paired_effect(np.array([1.0, 4.0]), np.array([2 / 3, 1 / 3]), np.array([0, 1]))
    assert twice.mean == pytest.approx(once.mean)


def test_histories_of_one_draw_go_together() -> None:
    difference = np.array([1.0, 1.0, 5.0, 5.0])
    apart = decision.paired_effect(difference, EVEN, EACH)
    together = decision.paired_effect(difference, EVEN, np.array([0, 0, 1, 1]))
    # Two draws, each seen twice: the error is that of two numbers, 1 and 5.
    assert together.mc_se == pytest.approx(np.std([1, 5], ddof=1) / np.sqrt(2))
    assert together.mc_se > apart.mc_se


def test_error_of_the_mean_covers_the_truth() -> None:
    generator = np.random.Generator(np.random.PCG64(7))
    inside = 0
    for _ in range(400):
        effect = decision.paired_effect(generator.normal(2.0, 3.0, 50), np.full(50, 0.02), np.arange(50))
        inside += abs(effect.mean - 2.0) < 1.96 * effect.mc_se
    # 400 intervals of nominal 95 % (of t with 49 degrees: 94.4 %): four standard errors of the count, false alarm 6e-5.
    assert abs(inside - 0.944 * 400) < 4 * np.sqrt(400 * 0.944 * 0.056)


def test_parameter_uncertainty_told_from_chance() -> None:
    generator = np.random.Generator(np.random.PCG64(3))
    draws, each = 400, 5
    draw = np.repeat(np.arange(draws), each)
    values = np.repeat(generator.normal(0, 2.0, draws), each) + generator.normal(0, 1.0, draws * each)
    found = decision.spread(values, np.full(len(values), 1 / len(values)), draw)
    # Standard errors: within 1/sqrt(2*1600) = .018, between about 2.05/sqrt(800) = .075; four of them, false alarm 1e-4.
    assert abs(found.within - 1.0) < 0.072
    assert abs(found.between - 2.0) < 0.30


def test_spread_is_unknown_with_one_history_a_draw() -> None:
    found = decision.spread(np.array([1.0, 2.0, 4.0, 8.0]), EVEN, EACH)
    assert np.isnan(found.between)
    assert np.isnan(found.within)


def test_chance_of_best_shares_ties() -> None:
    values = np.array([[1.0, 2.0, 0.0], [1.0, 0.0, 3.0], [0.0, 2.0, 3.0]])
    weights = np.array([0.5, 0.25, 0.25])
    # Column 1 ties policies 0 and 1, column 2 ties 0 and 2, column 3 ties 1 and 2.
    np.testing.assert_allclose(decision.chance_of_best(values, weights), [0.375, 0.375, 0.25])


def test_regret_by_hand() -> None:
    values = np.array([[4.0, 0.0], [1.0, 1.0]])
    weights = np.array([0.25, 0.75])
    np.testing.assert_allclose(decision.regret(values), [[0, 1], [3, 0]])
    np.testing.assert_allclose(decision.expected_regret(values, weights), [0.75, 0.75])
    np.testing.assert_allclose(decision.worst_regret(values, weights), [1, 3])


def test_all_policies_alike_have_no_regret_and_equal_chances() -> None:
    values = np.ones((4, 3))
    weights = np.full(3, 1 / 3)
    assert np.all(decision.expected_regret(values, weights) == 0)
    np.testing.assert_allclose(decision.chance_of_best(values, weights), 0.25)


def test_worst_regret_ignores_histories_without_weight() -> None:
    values = np.array([[1.0, 1.0], [1.0, 100.0]])
    np.testing.assert_allclose(decision.worst_regret(values, np.array([1.0, 0.0])), [0, 0])


def test_pairing_gain() -> None:
    generator = np.random.Generator(np.random.PCG64(5))
    shared = generator.normal(0, 3, 5000)
    weights = np.full(5000, 1 / 5000)
    paired = decision.pairing_gain(shared + generator.normal(0, 1, 5000), shared, weights)
    alone = decision.pairing_gain(generator.normal(0, 3, 5000), shared, weights)
    # Truth 19 and 1; standard errors of the ratios about .4 and .02, four of them.
    assert abs(paired - 19) < 1.8
    assert abs(alone - 1) < 0.1
    assert decision.pairing_gain(shared, shared, weights) == float("inf")


def test_by_draw_averages_within_a_draw() -> None:
    values, mass = decision.by_draw(np.array([[1.0, 3.0, 10.0]]), np.array([0.25, 0.25, 0.5]), np.array([4, 4, 9]))
    np.testing.assert_allclose(values, [[2.0, 10.0]])
    np.testing.assert_allclose(mass, [0.5, 0.5])


def test_chance_positive_counts_ties_half() -> None:
    assert decision.chance_positive(np.array([1.0, 0.0, -1.0, 2.0]), EVEN) == pytest.approx(0.625)
