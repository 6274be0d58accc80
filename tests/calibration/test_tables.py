"""Are the case files read into arrays as the paper's tables print them?"""

import math

import numpy as np
import pytest

from calibration.observation import ErrorModel
from calibration.tables import covariates, table
from model.config import all_cases, load_case


def test_the_tables_of_the_paper_are_read_as_printed() -> None:
    hamamatsu = table(load_case(2), ErrorModel())
    assert hamamatsu.value[:, 0] == pytest.approx([math.log(3), math.log(150)])
    assert np.isnan(hamamatsu.value[:, 1:]).all()
    assert hamamatsu.said.tolist() == [[2, 2], [-1, 0]]
    dhaka = table(load_case(18), ErrorModel())
    assert dhaka.said[0].tolist() == [2, 2]
    assert table(load_case(9), ErrorModel()).said[0].tolist() == [0, 0]


def test_schooling_that_centred_the_founders_is_not_scored_twice() -> None:
    scored = [bool(np.isfinite(table(case, ErrorModel()).value[0, 2])) for case in all_cases()]
    assert [number for number, is_scored in enumerate(scored, 1) if is_scored] == [1]
    assert np.isfinite(table(load_case(10), ErrorModel(score_founding_schooling=True)).value[0, 2])


def test_the_last_date_comes_first_and_the_earliest_second() -> None:
    for case in all_cases():
        row = table(case, ErrorModel())
        for date, seen in enumerate([case.observations[-1], *case.observations[:-1][:1]]):
            expected = np.nan if seen.firms is None else math.log(seen.firms.middle)
            np.testing.assert_array_equal(row.value[date, 0], expected)
        if len(case.observations) == 1:
            assert not row.seen[3:].any()
            assert (row.said[1] == -1).all()


def test_every_figure_has_an_error_and_only_sizes_have_a_bias() -> None:
    for case in all_cases():
        row = table(case, ErrorModel(score_founding_schooling=True))
        np.testing.assert_array_equal(np.isfinite(row.sd), np.isfinite(row.value))
        assert (row.sd[np.isfinite(row.sd)] > 0).all()
        assert (row.bias[:, [0, 2]] == 0).all()
    biases = [table(case, ErrorModel()).bias[:, 1].max() for case in all_cases()]
    assert max(biases) > 0


def test_the_counts_of_the_guide_are_those_of_the_tables() -> None:
    """21 numbers of firms, 17 sizes, one figure of schooling; 19 statements on IPM, 19 and 2 on exports."""
    rows = [table(case, ErrorModel()) for case in all_cases()]
    figures = sum(np.isfinite(row.value).sum(axis=0) for row in rows)
    stated = sum((row.said >= 0).astype(int) for row in rows)
    assert figures.tolist() == [21, 17, 1]
    assert stated.tolist() == [[19, 19], [0, 2]]


def test_covariates_are_of_the_order_of_one_and_tell_most_clusters_apart() -> None:
    rows = covariates(all_cases())
    assert rows.shape == (19, 8)
    assert np.isfinite(rows).all()
    assert (np.abs(rows) < 8).all()
    case = load_case(2)
    start, last = case.start, case.observations[-1].time
    by_hand = [(last - start.mode - 30) / 15, (start.high - start.low) / 20, (last - 2000) / 15]
    np.testing.assert_allclose(covariates([case])[0, 5:], by_hand)
    assert covariates([case])[0, 0] == (case.covariates.region == "asia")
