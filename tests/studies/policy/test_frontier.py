"""Which points are efficient? A frontier worked by hand, with a point dominated by another one and one by a mixture."""

import numpy as np
import pytest

from studies.policy.frontier import frontier


def test_a_frontier_worked_by_hand() -> None:
    # Cost and gain. B costs more and gains less than A. C is dominated by extension: from A to D each further unit of gain costs
    # (70 - 10) / (50 - 20) = 2, and C's own step (40 - 10) / (30 - 20) = 3 is dearer than the next, (70 - 40) / (50 - 30) = 1.5.
    points = {"nothing": (0, 0), "A": (10, 20), "B": (15, 18), "C": (40, 30), "D": (70, 50), "E": (130, 60), "F": (140, 60)}
    cost, gain = np.array(list(points.values()), float).T
    efficient, icer = frontier(cost, gain)
    assert [name for name, kept in zip(points, efficient, strict=True) if kept] == ["nothing", "A", "D", "E"]
    assert icer[efficient] == pytest.approx([np.nan, 0.5, 2.0, 6.0], nan_ok=True)
    assert np.isnan(icer[~efficient]).all()


def test_the_order_of_points_changes_nothing() -> None:
    source = np.random.default_rng(1)
    cost, gain = source.normal(size=40), source.normal(size=40)
    efficient, icer = frontier(cost, gain)
    order = source.permutation(40)
    other = frontier(cost[order], gain[order])
    np.testing.assert_array_equal(other.efficient, efficient[order])
    np.testing.assert_array_equal(other.icer, icer[order])
    # Along a frontier the steps become dearer.
    steps = icer[np.flatnonzero(efficient)[np.argsort(cost[efficient])]][1:]
    assert len(steps) > 1
    assert (np.diff(steps) > 0).all()


def test_what_saves_money_stands_first_and_what_is_unknown_nowhere() -> None:
    efficient, icer = frontier(np.array([0.0, -5.0, -2.0, 4.0, np.nan]), np.array([0.0, -1.0, 3.0, np.nan, 9.0]))
    # The saving that also gains dominates the status quo; the larger saving, which loses, is cheaper still and stays.
    assert efficient.tolist() == [False, True, True, False, False]
    assert icer[2] == 0.75


def test_of_points_that_agree_the_first_is_kept_and_a_point_on_the_line_stays() -> None:
    efficient, icer = frontier(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 2.0]))
    assert efficient.tolist() == [True, False, True, True]
    assert icer[2:].tolist() == [1.0, 1.0]


def test_no_known_point_is_no_frontier() -> None:
    assert not frontier(np.array([np.nan]), np.array([1.0])).efficient.any()


def test_a_point_may_put_out_the_last_of_many() -> None:
    """Steps cost 1, 2 and 4 a gain; the last point costs 3 a gain from the third, so that the fourth lies above the line."""
    cost, gain = np.array([0.0, 1.0, 3.0, 7.0, 9.0]), np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    told = frontier(cost, gain)
    assert told.efficient.tolist() == [True, True, True, False, True]
    assert told.icer[[1, 2, 4]].tolist() == [1.0, 2.0, 3.0]
