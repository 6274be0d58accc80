"""Do figures of Table 2 come with their bands in their own units, and their titles with the year of a second row?"""

import numpy as np
import pytest

from model.config import load_case
from studies.taught.coverage import covered, row_title, title
from tests.studies.plots import made


def test_logs_are_taken_back_and_what_is_unknown_stays_unknown() -> None:
    firms, schooling, workers = covered(made.posterior().checks, [load_case(10)])
    assert (firms.observed, firms.low, firms.high) == pytest.approx((500.0, 20.0, 2000.0))
    assert (schooling.observed, schooling.low, schooling.high) == (11.0, 8.0, 10.0)
    assert (firms.inside, schooling.inside, workers.inside) == (True, False, False)
    assert np.isnan([workers.rank, workers.low, workers.beside]).all()


def test_a_row_is_named_by_its_cluster_and_a_second_one_by_its_year_too() -> None:
    case = load_case(2)
    assert title(case) == row_title(case, 0) == "2 Hamamatsu, motorcycles"
    assert row_title(case, 1).startswith("2 Hamamatsu, motorcycles, 19")
