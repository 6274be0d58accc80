"""Does the surrogate find a density known in closed form, and treat what is missing, stated and averaged in closed form?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calibration.learned import surrogate as surrogates
from calibration.learned.network import initial
from calibration.learned.surrogate import SMOOTHING, Scale, Surrogate
from calibration.learned.training import Schedule, fit
from calibration.observation import EXTINCT, ErrorModel, Table, dead_log_density
from model.arrays import Arrays, Floats
from tests.calibration.conftest import FEATURES, pairs_of


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
    alive = np.exp(Surrogate([network], 3, scale, FEATURES, lacking, errors).log_density(z)[0, 0])
    density = [
        np.exp(
            Surrogate([network], 3, scale, FEATURES, [tables[1]._replace(value=value, sd=sd)] * 4, errors).log_density(z)[0, 0]
        )
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
        surrogates.layout(4), surrogates.lesson(pairs, FEATURES, scale), Schedule(48, 20, 512), 1, lambda epoch: None
    )
    z = np.random.Generator(np.random.Philox(11)).normal(size=(500, 3))
    truth = exact(z)
    learned = Surrogate([network], 4, scale, FEATURES, tables, errors).log_density(z)
    weight = np.exp(truth - truth.max(axis=0))
    error = np.sqrt((weight * (learned - truth) ** 2).sum(axis=0) / weight.sum(axis=0))
    assert np.isfinite(score)
    assert (error < 0.3).all(), error


def random_networks(count: int) -> list[Arrays]:
    """Networks of three components that no training has touched, told the three parameters and five features."""
    layout, networks = surrogates.layout(3), []
    for seed in range(count):
        draw = np.random.Generator(np.random.Philox(40 + seed))
        network = initial(layout, 3 + FEATURES.shape[1], 8, seed)
        network["b3"][:] = draw.normal(0, 0.5, layout.outputs)
        network["linear"] = draw.normal(0, 0.1, (3 + FEATURES.shape[1] + 1, 6)).astype(np.float32)
        networks.append(network)
    return networks


SCALE = Scale(np.array([5.0, 3.0, 10.0, 4.5, 2.5, 9.0]), np.linspace(0.8, 1.3, 6))
POINTS = np.random.Generator(np.random.Philox(12)).normal(size=(7, 3))


def test_densities_of_an_ensemble_are_averaged(tables: list[Table], errors: ErrorModel) -> None:
    """Single precision keeps six digits of a log density of the order of ten."""
    networks = random_networks(2)
    one, other, both = (
        Surrogate(chosen, 3, SCALE, FEATURES, tables, errors).log_density(POINTS)
        for chosen in ([networks[0]], [networks[1]], networks)
    )
    np.testing.assert_allclose(both, np.logaddexp(one, other) - np.log(2.0), atol=1e-4)


def test_a_row_is_scored_alike_beside_other_rows(tables: list[Table], errors: ErrorModel) -> None:
    """Rows are evaluated in groups that have the same figures; a row alone in its group and one among three score the same."""
    networks = random_networks(1)
    mixed = Surrogate(networks, 3, SCALE, FEATURES, tables, errors).log_density(POINTS)
    for case, row in enumerate(tables):
        alike = Surrogate(networks, 3, SCALE, FEATURES, [row] * 4, errors).log_density(POINTS)
        np.testing.assert_allclose(alike[:, case], mixed[:, case], atol=1e-4)


@pytest.mark.parametrize(("date", "kind"), [(0, 0), (0, 1)])
def test_what_may_be_stated_sums_to_what_is_left_unsaid(tables: list[Table], errors: ErrorModel, date: int, kind: int) -> None:
    """The densities of a row with each of the three words of a statement add up to that of the row without the statement."""

    def density(word: int) -> Floats:
        rows = []
        for row in tables:
            said = row.said.copy()
            said[date, kind] = word
            rows.append(row._replace(said=said))
        return np.exp(Surrogate(random_networks(1), 3, SCALE, FEATURES, rows, errors).log_density(POINTS))

    np.testing.assert_allclose(density(0) + density(1) + density(2), density(-1), rtol=1e-4)


def test_a_network_that_sees_no_living_history_gives_the_broad_density(tables: list[Table], errors: ErrorModel) -> None:
    (network,) = random_networks(1)
    network["b3"][:3] = [-60.0, 30.0, 30.0]
    scored = Surrogate([network], 3, SCALE, FEATURES, tables, errors).log_density(POINTS)
    expected = np.array([dead_log_density(row, errors) for row in tables])
    np.testing.assert_allclose(scored, np.broadcast_to(expected, scored.shape), rtol=1e-5)


def test_the_scale_is_that_of_the_living(cluster: Any) -> None:
    pairs = pairs_of(cluster, 50)
    pairs.outcomes.status[:100] = EXTINCT
    pairs.outcomes.figures[:100] = 0.0
    living = pairs.outcomes.figures[100:].reshape(-1, 6)
    scale = surrogates.scale_of(pairs)
    np.testing.assert_allclose(scale.centre, living.mean(axis=0))
    np.testing.assert_allclose(scale.spread, living.std(axis=0), atol=2e-3)


def test_a_lesson_holds_every_pair_in_the_order_of_seeds(cluster: Any) -> None:
    pairs = pairs_of(cluster, 20)
    scale = surrogates.scale_of(pairs)
    lesson = surrogates.lesson(pairs, FEATURES, scale)
    order = np.argsort(pairs.keys)
    np.testing.assert_array_equal(lesson.inputs[:, 3:], FEATURES[pairs.case[order]])
    np.testing.assert_allclose(
        lesson.outcome * scale.spread + scale.centre, pairs.outcomes.figures[order].reshape(-1, 6), rtol=1e-5
    )
    np.testing.assert_array_equal(lesson.classes, pairs.outcomes.classes[order].reshape(-1, 4))
    np.testing.assert_allclose(lesson.smoothing * scale.spread, SMOOTHING, rtol=1e-6)
    assert set(pairs.case[order][:20]) == {0, 1, 2, 3}
