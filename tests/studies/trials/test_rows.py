"""Do the rows of a trial sum up its histories, and does each published effect stand beside what it speaks of?"""

import numpy as np
import pytest

from studies.trials.estimates import ESTIMANDS, OUTCOMES, Estimates
from studies.trials.published import PUBLISHED, published_beside
from studies.trials.rows import DETECTABLE, SITES, TAKE_UP, About, chosen, rows

ABOUT = About("06-bac-ninh", 6, "pilot", "pilot")
SHAPE = 4, len(ESTIMANDS), len(OUTCOMES), 3


def told() -> Estimates:
    """Four histories, of which the last does not count: estimates 1, 2, 3 and 100, each with a standard error of 1."""
    value = np.broadcast_to(np.array([1.0, 2.0, 3.0, 100.0])[:, None, None, None], SHAPE).copy()
    take_up, firms = np.array([0.5, 0.4, 0.6, 0.0]), np.full(4, 20.0)
    profit, kept = np.full((4, 3), 2.0), np.array([True, True, True, False])
    return Estimates(value, np.ones(SHAPE), value / 2.0, take_up, firms / 2.0, firms, profit, kept)


def test_a_row_sums_up_the_histories_that_count() -> None:
    table = rows(ABOUT, told(), np.array([1.0, 0.0, 0.0, 1.0]), np.full(4, 0.25))
    assert len(table) == len(SITES) * (1 + 2 * len(ESTIMANDS) * len(OUTCOMES))
    row = chosen(table, "all", "itt", "log_sales", 2)
    assert (row.mean, row.truth, row.standard_error, row.histories) == (pytest.approx(2.0), pytest.approx(1.0), 1.0, 3)
    assert row.power == pytest.approx(2 / 3), "2 and 3 are beyond 1.96 standard errors"
    assert row.detectable == DETECTABLE == pytest.approx(2.8016, abs=1e-4)
    assert row.mc_se == pytest.approx(np.sqrt(2.0) / 3.0)
    assert chosen(table, "works", "itt", "log_sales", 2).mean == pytest.approx(1.0)
    assert chosen(table, "fails", "itt", "log_sales", 2).mean == pytest.approx(2.5)
    assert chosen(table, "all", "itt", "profit", 2).mean == pytest.approx(1.0), "over the mean profit of 2"
    take_up = chosen(table, "all", TAKE_UP, "", 0)
    assert (take_up.mean, take_up.published_low) == (pytest.approx(0.5), pytest.approx(80 / 150))
    assert np.isnan(take_up.power)
    assert np.isnan(chosen(table, "all", "spillover", "practices", 1).power)


def test_a_kind_of_site_without_histories_has_empty_rows() -> None:
    row = chosen(rows(ABOUT, told(), np.ones(4), np.full(4, 0.25)), "fails", "itt", "log_sales", 1)
    assert row.histories == 0
    assert np.isnan([row.mean, row.low, row.high, row.mc_se, row.power]).all()


def test_every_published_effect_speaks_of_an_estimate_and_has_a_source() -> None:
    for one in PUBLISHED:
        assert (one.estimand, one.outcome) == (TAKE_UP, "") or (one.estimand in ESTIMANDS and one.outcome in OUTCOMES)
        assert one.text
        assert one.source
        assert np.isnan(one.low) == np.isnan(one.high)
        assert not one.low > one.high


def test_a_cluster_with_a_trial_of_its_own_is_set_beside_that_one() -> None:
    own = published_beside("pilot", 6, "itt", "log_value_added")
    assert [one.text for one in own] == ["up at one of two sites in Vietnam"]
    others = published_beside("pilot", 4, "itt", "log_value_added")
    assert len(others) == 3
    assert [one.low for one in published_beside("pilot", 19, "itt", "profit")] == [0.05, 0.15]
    assert published_beside("intensive", 4, "itt", "profit") == []
    assert published_beside("technology", 4, "itt", "log_sales") == []
