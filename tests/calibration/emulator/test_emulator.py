"""Does the emulator learn a density that is known, score rows as the closed form does, and say how good it is?"""

from typing import Any

import numpy as np
import pytest

from calibration.emulator.assess import assess
from calibration.emulator.evaluate import Emulator, log_density, rows_of
from calibration.emulator.network import layout_of
from calibration.emulator.pairs import Pairs, restore_pairs, root_cost, share_out
from calibration.emulator.training import Schedule, fit, held_out, lesson, scale_of, smoothed
from calibration.observation import ALIVE, EXHAUSTED, ErrorModel, Outcomes, Table, dead_log_density
from calibration.observation import log_density as row_density
from tests.calibration.conftest import ERRORS, FEATURES, SIZES, LinearCluster, pairs_of, rows

SCHEDULE = Schedule(32, 25, 128)


@pytest.fixture(scope="module")
def taught() -> tuple[Emulator, Any, Pairs]:
    cluster, tables = LinearCluster(), rows()
    pairs, layout = pairs_of(cluster, 1500), layout_of(tables, 1)
    scale = scale_of(pairs, layout)
    network = fit(lesson(pairs, FEATURES, layout, scale), layout, scale, SCHEDULE, 1, lambda epoch: None)
    return Emulator(network, layout, FEATURES, rows_of(tables, layout, scale, ERRORS)), scale, pairs


def test_rows_are_scored_as_the_closed_form_does(taught: tuple[Emulator, Any, Pairs]) -> None:
    """log p(row | z, own) of the linear cluster, a normal with its luck and the errors, within five nats of the best draw."""
    emulator, random = taught[0], np.random.Generator(np.random.Philox(2))
    z, own = random.normal(size=(200, 3)), random.normal(size=(200, 2))
    for case, table in enumerate(rows()):
        shifted = Known(own)
        exact = np.array([shifted.log_likelihood(case, z[i : i + 1], table, i)[0] for i in range(len(z))])
        near = exact > exact.max() - 5.0
        miss = (emulator.log_density(np.full(200, case), z, own) - exact)[near]
        assert near.sum() > 40
        assert np.sqrt(np.mean(miss**2)) < 0.5
        assert abs(np.mean(miss)) < 0.25


class Known(LinearCluster):
    """The linear cluster whose own numbers are given, so that only luck is left."""

    def __init__(self, own: np.ndarray) -> None:
        super().__init__()
        object.__setattr__(self, "own", own)

    def log_likelihood(self, case: int, z: np.ndarray, table: Table, row: int = 0) -> np.ndarray:
        mean, slope, reach = super().loadings(case)
        moved = Fixed((mean + reach @ self.own[row], slope, 0 * reach))
        return moved.log_likelihood(case, z, table)


class Fixed(LinearCluster):
    """The linear cluster with loadings that are given."""

    def __init__(self, given: Any) -> None:
        super().__init__()
        object.__setattr__(self, "given", given)

    def loadings(self, case: int) -> Any:
        return self.given


def test_numpy_and_jax_score_alike(taught: tuple[Emulator, Any, Pairs]) -> None:
    import jax

    emulator, random = taught[0], np.random.Generator(np.random.Philox(3))
    case, z, own = np.arange(40) % 4, random.normal(size=(40, 3)), random.normal(size=(40, 2))
    rows_here = type(emulator.rows)(*(part[case] for part in emulator.rows))
    given = case, z.astype(np.float32), own.astype(np.float32)
    theirs = log_density(
        emulator.network, rows_here, *(jax.numpy.asarray(part) for part in given), emulator.features, emulator.layout
    )
    np.testing.assert_allclose(np.asarray(theirs), emulator.log_density(case, z, own), atol=2e-3)


def test_a_history_that_certainly_died_gives_the_broad_density(taught: tuple[Emulator, Any, Pairs]) -> None:
    emulator = taught[0]
    network = {name: value.copy() for name, value in emulator.network.items()}
    network["offset"][:3] = (-30.0, 30.0, -30.0)
    dead = Emulator(network, emulator.layout, emulator.features, emulator.rows)
    ours = dead.log_density(np.arange(4), np.zeros((4, 3)), np.zeros((4, 2)))
    np.testing.assert_allclose(ours, [dead_log_density(table, ERRORS) for table in rows()], atol=1e-3)
    lost = Outcomes(np.zeros((1, 2, 3)), np.zeros((1, 2, 2), np.int64), np.array([EXHAUSTED]))
    assert row_density(rows()[0], lost, ERRORS)[0] == pytest.approx(ours[0], abs=1e-3)


def test_the_assessment_finds_what_is_right_and_what_is_wrong(taught: tuple[Emulator, Any, Pairs]) -> None:
    """Scores of a density that is right have sd one and 5 % beyond 1.96; of one that is half as wide they have not."""
    emulator, scale, _ = taught
    fresh = lesson(pairs_of(LinearCluster(), 2200), FEATURES, emulator.layout, scale)
    unseen = smoothed(fresh, scale, 9)
    case = np.arange(len(unseen.inputs)) % 4
    right = assess(emulator.network, emulator.layout, unseen, case, 4)
    assert np.all(np.abs(right.spread - 1.0) < 0.1)
    assert np.all(right.beyond < 0.09)
    narrow = {name: value.copy() for name, value in emulator.network.items()}
    layout = emulator.layout
    start = 3 + layout.components * (1 + len(layout.figures))
    narrow["offset"][start : start + len(layout.figures)] -= np.float32(np.log(2.0))
    narrow["offset"][start + len(layout.figures) :][: len(layout.figures) * (len(layout.figures) - 1) // 2] *= 0.5
    wrong = assess(narrow, layout, unseen, case, 4)
    assert np.all(wrong.spread > 1.3)
    assert np.all(wrong.below + wrong.above > 0.15)
    assert wrong.score.mean() < right.score.mean() - 0.3


def test_the_same_pairs_teach_the_same_bits(taught: tuple[Emulator, Any, Pairs]) -> None:
    emulator, scale, pairs = taught
    data, short = lesson(pairs, FEATURES, emulator.layout, scale), Schedule(8, 2, 64)
    one, other = (fit(data, emulator.layout, scale, short, 5, lambda epoch: None) for _ in range(2))
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name])
    further = fit(data, emulator.layout, scale, short, 5, lambda epoch: None, start=one)
    assert further["score"] > one["score"]
    assert held_out(len(data.inputs), short) == 300


def test_exhausted_histories_cost_what_they_cost_and_dear_clusters_get_fewer() -> None:
    figures = np.zeros((4, 2, 3))
    figures[:, :, 0] = np.log([100.0, 100.0, 100.0, 1.0])[:, None]
    status = np.array([ALIVE, ALIVE, ALIVE, EXHAUSTED])
    shown = Outcomes(figures, np.zeros((4, 2, 2), np.int64), status)
    pairs = Pairs(np.array([0, 0, 1, 1]), np.zeros((4, 1)), np.zeros((4, 1)), np.arange(4, dtype=np.uint64), shown)
    cost = root_cost(pairs, np.array([5000.0, 9900.0]))
    np.testing.assert_allclose(cost, [10.0, np.sqrt(5000.0)])
    counts = share_out(np.array([1.0, 1.2, 50.0]), 300)
    assert counts.sum() >= 300
    assert counts[2] < counts[1] < counts[0]
    assert counts[2] >= 40


def test_pairs_are_stored_whole() -> None:
    pairs = pairs_of(LinearCluster(), 5)
    again = restore_pairs([pairs.arrays()])
    np.testing.assert_array_equal(again.keys, pairs.keys)
    np.testing.assert_array_equal(again.own, pairs.own.astype(np.float32))
    assert again.own.shape == (20, SIZES.own)
    assert isinstance(ERRORS, ErrorModel)
