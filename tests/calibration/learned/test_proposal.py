"""Are latents drawn with the right weights, whatever is drawn together, and is a row shown as the tables print it?"""

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from calibration.learned import proposal as proposals
from calibration.learned.network import CLASSES, initial
from calibration.learned.proposal import Proposal, sobol
from calibration.observation import ALIVE, EXTINCT, ErrorModel, Table
from tests.calibration.conftest import FEATURES, pairs_of


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_latents_do_not_depend_on_how_many_are_drawn_at_once(size: int) -> None:
    draw = np.random.Generator(np.random.Philox(3))
    z, points, shown = draw.normal(size=(20, 36)), draw.uniform(size=(20, 8, 15)), draw.normal(size=(4, 20))
    network = initial(proposals.layout(4, 14), 36 + FEATURES.shape[1] + 20, 64, 1)
    network = {name: draw.normal(0, 0.2, value.shape).astype(value.dtype) for name, value in network.items()}
    network["linear"] = draw.normal(0, 0.1, (36 + FEATURES.shape[1] + 20 + 1, 14))
    learned = Proposal(network, 4, 14, FEATURES, shown)
    whole = learned.draw(1, z, points)
    parts = [learned.draw(1, z[first : first + size], points[first : first + size]) for first in range(0, 20, size)]
    for result in range(2):
        np.testing.assert_array_equal(np.concatenate([part[result] for part in parts]), whole[result])


@pytest.mark.parametrize("components", [1, 5])
def test_weights_of_the_proposal_average_to_one(components: int) -> None:
    """Population over proposal has mean one under the proposal (100,000 points, four standard errors); none exceeds ten."""
    layout = proposals.layout(components, 2)
    network = initial(layout, 3 + 5 + 1, 8, 3)
    network["b3"][:] = np.random.Generator(np.random.Philox(4)).normal(0, 0.7, layout.outputs)
    network["linear"] = np.full((3 + 5 + 1 + 1, 2), 0.2, np.float32)
    points = np.random.Generator(np.random.Philox(5)).random((1, 100_000, 3))
    latents, log_weight = Proposal(network, components, 2, FEATURES, np.zeros((4, 1))).draw(0, np.zeros((1, 3)), points)
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


def test_a_row_is_described_by_figures_marks_and_indicators() -> None:
    """Two of six figures and one of four statements: a figure three spreads above its centre, and one far above is clipped."""
    figures = np.array([[[8.0, np.nan, 99.0], [np.nan] * 3]])
    said = np.array([[[2, -1], [-1, -1]]])
    (row,) = proposals.describe(figures, said, np.full(6, 2.0), np.full(6, 2.0))
    assert row[:6].tolist() == [3.0, 0.0, 4.0, 0.0, 0.0, 0.0]
    assert row[6:12].tolist() == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    words = row[12:].reshape(4, CLASSES)
    assert words[0].tolist() == [0.0, 0.0, 1.0]
    assert not words[1:].any()


def test_the_proposal_learns_from_the_living_alone(cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    pairs = pairs_of(cluster, 25)
    pairs.outcomes.status[::4] = EXTINCT
    lesson = proposals.lesson(pairs, FEATURES, tables, np.zeros(6), np.ones(6), errors)
    living = np.flatnonzero(pairs.outcomes.status == ALIVE)
    order = living[np.argsort(pairs.keys[living])]
    assert len(lesson.inputs) == len(living) == 75
    np.testing.assert_array_equal(lesson.outcome, pairs.latents[order].astype(np.float32))
    np.testing.assert_array_equal(lesson.inputs[:, :3], np.clip(pairs.z[order], -5, 5).astype(np.float32))
    np.testing.assert_array_equal(lesson.inputs[:, 3:8], FEATURES[pairs.case[order]])
    marks = lesson.inputs[:, 8 + 6 : 8 + 12]
    np.testing.assert_array_equal(marks, np.array([tables[case].seen for case in pairs.case[order]]))


def test_without_a_network_latents_are_the_population_and_weigh_one() -> None:
    points = np.random.Generator(np.random.Philox(8)).random((2, 5, 3))
    latents, log_weight = Proposal(None, 1, 2, FEATURES, np.zeros((4, 1))).draw(0, np.zeros((2, 3)), points)
    np.testing.assert_allclose(ndtr(latents), points[:, :, 1:])
    assert not log_weight.any()


def test_points_of_a_key_are_those_of_the_key_alone() -> None:
    keys = np.array([5, 6, 7], np.uint64)
    np.testing.assert_array_equal(sobol(10, 2, keys)[1:2], sobol(10, 2, keys[1:2]))
