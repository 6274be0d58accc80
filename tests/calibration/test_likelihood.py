"""Is the simulated likelihood unbiased, and does the network find the density that is known in closed form?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calibration.keys import EXACT
from calibration.learned import proposal as proposals
from calibration.learned import surrogate as surrogates
from calibration.learned.network import Layout, Mixture, component_log_density, initial
from calibration.learned.proposal import Proposal, sobol
from calibration.learned.surrogate import Scale, Surrogate
from calibration.learned.training import Schedule, fit
from calibration.learned.training_set import Pairs, Sizes, draw_pairs, restore_pairs, share_out
from calibration.likelihood import Estimate, ExactLikelihood, allocate, join
from calibration.observation import ErrorModel, Table
from model.arrays import Floats

SIZES = Sizes(4, 3, 2)
TOLD = surrogates.features(np.zeros((4, 1)))


def pairs_of(cluster: Any, each: int) -> Pairs:
    return restore_pairs([draw_pairs(cluster, SIZES, 1, case, 0, each).arrays() for case in range(4)], SIZES)


def population(tables: list[Table]) -> Proposal:
    return Proposal(None, 1, 2, TOLD, np.zeros((len(tables), 1)))


def test_the_estimate_is_unbiased(
    cluster: Any, tables: list[Table], errors: ErrorModel, exact: Callable[[Floats], Floats]
) -> None:
    """The mean ratio to the truth over 4,000 repeats lies within four of its own standard errors, in each cluster."""
    z = np.zeros((4000, 3)) + np.array([0.3, -0.2, 0.1])
    likelihood = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 8))
    estimate = likelihood.estimate(z, 1, EXACT, 0)
    ratio = np.exp(estimate.log_likelihood - exact(z[:1]))
    assert (np.abs(ratio.mean(axis=0) - 1.0) < 4 * ratio.std(axis=0) / np.sqrt(len(z))).all()


def test_halves_are_independent_and_the_noise_is_foretold(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    """Correlation of 500 pairs of halves below 4 / sqrt(500); the variance foretold is within a factor of two of that seen."""
    z = np.zeros((500, 3))
    estimate = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 256)).estimate(z, 2, EXACT, 0)
    halves = np.exp(estimate.halves - estimate.halves.mean(axis=(0, 2))[:, None])
    for case in range(4):
        assert abs(np.corrcoef(halves[:, case].T)[0, 1]) < 4 / np.sqrt(len(z))
        seen = np.exp(estimate.log_likelihood[:, case] - estimate.log_likelihood[:, case].mean())
        assert 0.5 < estimate.variance[:, case].mean() / (seen.var() / seen.mean() ** 2) < 3.0


def test_an_estimate_does_not_depend_on_how_draws_are_cut(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    z = np.random.Generator(np.random.Philox(1)).normal(size=(6, 3))
    likelihood = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 4))
    whole = likelihood.estimate(z, 1, EXACT, 0)
    parts = join([[likelihood.part(case, z[:2], 1, EXACT, 0), likelihood.part(case, z[2:], 1, EXACT, 2)] for case in range(4)])
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_latents_do_not_depend_on_how_many_are_drawn_at_once(size: int) -> None:
    draw = np.random.Generator(np.random.Philox(3))
    z, points, shown = draw.normal(size=(20, 36)), draw.uniform(size=(20, 8, 15)), draw.normal(size=(4, 20))
    network = initial(proposals.layout(4, 14), 36 + TOLD.shape[1] + 20, 64, 1)
    network = {name: draw.normal(0, 0.2, value.shape).astype(value.dtype) for name, value in network.items()}
    network["linear"] = draw.normal(0, 0.1, (36 + TOLD.shape[1] + 20 + 1, 14))
    learned = Proposal(network, 4, 14, TOLD, shown)
    whole = learned.draw(1, z, points)
    parts = [learned.draw(1, z[first : first + size], points[first : first + size]) for first in range(0, 20, size)]
    for place in range(2):
        np.testing.assert_array_equal(np.concatenate([part[place] for part in parts]), whole[place])


def test_the_history_kept_replays_the_row(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    """Histories kept by weight pass nearer to the row than those of the population: mean miss of log firms falls by half."""
    z = np.zeros((300, 3))
    estimate = ExactLikelihood(cluster, population(tables), tables, errors, np.full(4, 32)).estimate(z, 1, EXACT, 0)
    kept = cluster(0, z, np.ascontiguousarray(estimate.latents[:, 0]), np.ascontiguousarray(estimate.keys[:, 0]))
    fresh = cluster(
        0, z, np.random.Generator(np.random.Philox(2)).normal(size=(300, 2)), np.ascontiguousarray(estimate.keys[:, 0])
    )
    miss, free = (np.abs(found.figures[:, 0, 0] - tables[0].value[0, 0]).mean() for found in (kept, fresh))
    assert miss < 0.7 * free


def test_replicates_go_where_the_noise_is() -> None:
    empty = np.zeros((2, 3, 2))
    pilot = Estimate(empty, np.array([[1.0, 4.0, 4.0]] * 2), empty[..., 0], np.zeros((2, 3, 1)), np.zeros((2, 3), np.uint64))
    assert allocate(pilot, np.full(3, 8), np.array([1.0, 1.0, 2.0]), 40).tolist() == [10, 20, 10]


@pytest.mark.parametrize("components", [1, 5])
def test_weights_of_the_proposal_average_to_one(components: int) -> None:
    """Population over proposal has mean one under the proposal (100,000 points, four standard errors); none exceeds ten."""
    layout = proposals.layout(components, 2)
    network = initial(layout, 3 + 5 + 1, 8, 3)
    network["b3"][:] = np.random.Generator(np.random.Philox(4)).normal(0, 0.7, layout.outputs)
    network["linear"] = np.full((3 + 5 + 1 + 1, 2), 0.2, np.float32)
    points = np.random.Generator(np.random.Philox(5)).random((1, 100_000, 3))
    latents, log_weight = Proposal(network, components, 2, TOLD, np.zeros((4, 1))).draw(0, np.zeros((1, 3)), points)
    weight = np.exp(log_weight[0])
    assert weight.max() <= 10.0 + 1e-9
    assert abs(weight.mean() - 1.0) < 4 * weight.std() / np.sqrt(weight.size)
    second = (weight[:, None] * latents[0] ** 2).mean(axis=0)
    assert (np.abs(second - 1.0) < 4 * (weight[:, None] * latents[0] ** 2).std(axis=0) / np.sqrt(weight.size)).all()


def test_shifted_points_fill_the_cube_evenly() -> None:
    points = sobol(64, 3, np.array([1, 2], np.uint64))
    assert points.shape == (2, 64, 3)
    assert ((points > 0) & (points < 1)).all()
    assert (points[0] != points[1]).any()
    for axis in range(3):  # one point in each 64th, up to the shift
        assert np.bincount((points[0, :, axis] * 64).astype(int), minlength=64).max() <= 2


def test_a_component_has_the_density_of_a_normal() -> None:
    from scipy.stats import multivariate_normal

    factor = np.array([[0.5, 0.0], [0.3, 0.8]])
    mixture = Mixture(np.zeros((1, 1)), np.array([[[1.0, 2.0]]]), np.log(np.array([[[0.5, 0.8]]])), np.array([[[0.3]]]), None)
    by_scipy = multivariate_normal([1.0, 2.0], factor @ factor.T).logpdf([1.4, 1.1])
    assert component_log_density(mixture, np.array([[1.4, 1.1]]), np)[0, 0] == pytest.approx(by_scipy)


def test_missing_figures_leave_the_surrogate_in_closed_form(tables: list[Table], errors: ErrorModel) -> None:
    """Integrating a figure out numerically gives what the surrogate says when the figure is missing."""
    layout = surrogates.layout(3)
    network = initial(layout, 3 + 5, 8, 1)
    network["b3"][:] = np.random.Generator(np.random.Philox(7)).normal(0, 0.5, layout.outputs)
    network["linear"] = np.zeros((3 + 5 + 1, 6), np.float32)
    scale = Scale(np.array([5.0, 3.0, 10.0, 4.5, 2.5, 9.0]), np.ones(6))
    lacking = [tables[1]] * 4
    grid = np.linspace(-9, 15, 481)
    values = np.stack([np.where(np.isnan(tables[1].value) & (np.arange(6).reshape(2, 3) == 1), x, tables[1].value) for x in grid])
    sd = np.where(np.isfinite(values[0]), np.array([[0.2, 0.5, 0.7]] * 2), np.nan)
    z = np.zeros((1, 3))
    alive = np.exp(Surrogate([network], 3, scale, TOLD, lacking, errors).log_density(z)[0, 0])
    density = [
        np.exp(Surrogate([network], 3, scale, TOLD, [tables[1]._replace(value=value, sd=sd)] * 4, errors).log_density(z)[0, 0])
        for value in values
    ]
    assert np.trapezoid(density, grid) == pytest.approx(alive, rel=2e-3)


def test_the_surrogate_recovers_a_known_density(
    cluster: Any, tables: list[Table], errors: ErrorModel, exact: Callable[[Floats], Floats]
) -> None:
    """Weighted by the true likelihood, learned and true log-likelihood of each row differ by less than 0.3 nats (rms)."""
    pairs = pairs_of(cluster, 5000)
    scale = surrogates.scale_of(pairs)
    network, score = fit(
        surrogates.layout(4), surrogates.lesson(pairs, TOLD, scale), Schedule(48, 20, 512), 1, lambda epoch: None
    )
    z = np.random.Generator(np.random.Philox(11)).normal(size=(500, 3))
    truth = exact(z)
    learned = Surrogate([network], 4, scale, TOLD, tables, errors).log_density(z)
    weight = np.exp(truth - truth.max(axis=0))
    error = np.sqrt((weight * (learned - truth) ** 2).sum(axis=0) / weight.sum(axis=0))
    assert np.isfinite(score)
    assert (error < 0.3).all(), error


def test_training_gives_the_same_bits_again(cluster: Any) -> None:
    pairs = pairs_of(cluster, 100)
    lesson = surrogates.lesson(pairs, TOLD, surrogates.scale_of(pairs))
    one, other = (fit(Layout(2, 6, 4, 3), lesson, Schedule(8, 2, 64), 5, lambda epoch: None)[0] for _ in range(2))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_fewer_histories_are_simulated_of_large_clusters(cluster: Any) -> None:
    pairs = pairs_of(cluster, 20)
    pairs.outcomes.figures[pairs.case == 2] += 3.0
    counts = share_out(pairs, SIZES, 400)
    assert counts.argmin() == 2
    assert 400 <= counts.sum() < 410
