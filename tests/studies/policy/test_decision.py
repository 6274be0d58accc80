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


# ----------------------------------------------------------------------------------------------------- luck and knowledge


def of_luck(draws: int, futures: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The status quo, and a policy whose worth has mean 1 and sd 2 between draws and luck of sd 6; weights and draws."""
    generator = np.random.Generator(np.random.PCG64(seed))
    worth = np.repeat(generator.normal(1.0, 2.0, draws), futures) + generator.normal(0.0, 6.0, draws * futures)
    values = np.stack([np.zeros(draws * futures), worth])
    return values, np.full(draws * futures, 1.0 / (draws * futures)), np.repeat(np.arange(draws), futures)


def test_luck_is_not_taken_for_knowledge() -> None:
    """By hand: P(best) is Phi(.5) = .691, and the value of knowing 2 phi(.5) + Phi(.5) - 1 = .396.

    The tolerances are four standard errors over 40 repetitions, false alarm 1e-4 each. Where luck is left in, it is .61 and .99.
    """
    naive, told = [], []
    for seed in range(40):
        values, weights, draw = of_luck(1000, 4, seed)
        for found, (worth, mass) in (
            (naive, decision.by_draw(values, weights, draw)),
            (told, decision.without_luck(values, weights, draw)),
        ):
            found.append([decision.chance_of_best(worth, mass)[1], decision.expected_regret(worth, mass).min()])
    error = np.std(told, axis=0, ddof=1) / np.sqrt(len(told))
    assert (error < [0.01, 0.03]).all()
    assert (np.abs(np.mean(told, axis=0) - [0.6915, 0.3956]) < 4 * error + [0.0, 0.002]).all()
    assert np.mean(naive, axis=0) == pytest.approx([0.609, 0.994], abs=0.03)


def test_means_and_what_has_no_luck_stay_as_they_are() -> None:
    generator = np.random.Generator(np.random.PCG64(5))
    sure = np.repeat(generator.normal(0.0, 3.0, 200), 3)
    values, weights, draw = of_luck(200, 3, 1)
    both = np.stack([values[1], sure])
    means, mass = decision.by_draw(both, weights, draw)
    told, _ = decision.without_luck(both, weights, draw)
    assert told @ mass == pytest.approx(means @ mass)
    assert np.cov(told[1]) == pytest.approx(np.cov(means[1]), rel=1e-6)
    assert np.var(told[0]) < np.var(means[0])
    # With one future of each draw, luck is not known, and nothing is taken out.
    alone, _ = decision.without_luck(both[:, ::3], weights[::3], draw[::3])
    np.testing.assert_allclose(alone, both[:, ::3], rtol=1e-14)


def test_luck_is_taken_out_of_few_draws_by_unbiased_variances() -> None:
    """By hand: means 1, 5, 9 vary by 16, of which 2 are luck: futures vary by 2, 8 and 2, by 4 on average, and there are two."""
    values = np.array([[0.0, 2.0, 3.0, 7.0, 8.0, 10.0], np.zeros(6)])
    told, _ = decision.without_luck(values, np.full(6, 1 / 6), np.array([0, 0, 1, 1, 2, 2]))
    np.testing.assert_allclose(told[0], 5.0 + np.sqrt(14 / 16) * np.array([-4.0, 0.0, 4.0]), rtol=1e-12)
    assert (told[1] == 0.0).all()


def test_luck_is_taken_out_alike_in_every_unit() -> None:
    values, weights, draw = of_luck(200, 3, 1)
    whole, _ = decision.without_luck(values, weights, draw)
    small, _ = decision.without_luck(values * 1e-12, weights, draw)
    np.testing.assert_allclose(small, whole * 1e-12, rtol=1e-9)


def test_draws_without_weight_are_left_out() -> None:
    means, mass = decision.by_draw(np.array([[1.0, 3.0, 7.0, 9.0]]), np.array([0.25, 0.75, 0.0, 0.0]), np.array([4, 4, 5, 6]))
    assert (means.tolist(), mass.tolist()) == ([[2.5]], [1.0])


def test_one_draw_tells_no_error() -> None:
    effect = decision.paired_effect(np.array([1.0, 3.0]), np.array([0.5, 0.5]), np.array([7, 7]))
    assert effect.mean == 2.0
    assert np.isnan(effect.mc_se)


def test_luck_without_knowledge_is_worth_nothing() -> None:
    generator = np.random.Generator(np.random.PCG64(11))
    values = np.stack([np.zeros(8000), generator.normal(1.0, 6.0, 8000)])
    worth, mass = decision.without_luck(values, np.full(8000, 1 / 8000), np.repeat(np.arange(1000), 8))
    # The variance between draws, 0, is estimated with a standard error of 36/8 sqrt(2/1000) = .20: four leave an sd of .9.
    assert np.std(worth[1]) < 0.9
    assert decision.expected_regret(worth, mass).min() < 0.1


def test_the_unbeaten_set_holds_the_best_as_often_as_it_says() -> None:
    generator = np.random.Generator(np.random.PCG64(2))
    kept, sizes = 0, []
    for _ in range(200):
        worth = np.array([0.0, 0.3, 0.3, 1.0, 1.2])[:, None] + generator.normal(0.0, 3.0, (5, 150))
        mass = np.full(150, 1 / 150)
        held = decision.unbeaten(worth @ mass, decision.resampled_means(worth, mass, resamples=199))
        kept += held[4]
        sizes.append(held.sum())
    # At least 90 % in 200 sets: four standard errors below are 81.5 %, false alarm 3e-5.
    assert kept >= 0.815 * 200
    assert 1 < np.mean(sizes) < 5


def test_what_differs_without_error_is_beaten_and_ties_stay() -> None:
    worth = np.array([[1.0] * 20, [2.0] * 20, [2.0] * 20])
    mass = np.full(20, 0.05)
    means = decision.resampled_means(worth, mass)
    assert decision.unbeaten(worth @ mass, means).tolist() == [False, True, True]
    np.testing.assert_allclose(decision.chance_of_leading(means), [0.0, 0.5, 0.5])


def test_a_trimmed_mean_leaves_out_the_ends() -> None:
    assert decision.trimmed_mean(np.array([0.0, 1.0, 2.0, 1e9]), EVEN, share=0.25) == pytest.approx(1.5)
    assert decision.trimmed_mean(np.array([3.0, 5.0]), np.array([0.5, 0.5])) == pytest.approx(4.0)
    # Half of the second's weight is trimmed: (1 * .25 + 2 * .25) / .5.
    assert decision.trimmed_mean(np.array([1.0, 2.0, -9.0]), np.array([0.25, 0.5, 0.25]), share=0.25) == pytest.approx(1.5)


def test_regret_that_a_tenth_of_the_draws_exceed() -> None:
    values = np.stack([np.zeros(101), np.linspace(0.0, 100.0, 101)])
    assert decision.regret_quantile(values, np.full(101, 1 / 101))[0] == pytest.approx(90.0, abs=1.0)
    assert decision.regret_quantile(values, np.full(101, 1 / 101))[1] == 0.0
