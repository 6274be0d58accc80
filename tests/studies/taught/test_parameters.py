"""Are prior and posterior told by the draws alone, with an error that the number of draws explains?"""

import numpy as np
import pytest

from model.config import load_priors
from studies.taught.parameters import most_moved_first, parameters
from tests.studies.plots import made


def test_a_parameter_that_was_moved_is_told_from_one_that_was_not() -> None:
    moved, same = parameters(made.posterior(), load_priors())
    assert moved.shift == pytest.approx(1.0)
    assert moved.shifted
    assert moved.narrowed
    assert not same.moved
    # Evenly spread between -2 and 2, and half as wide: standard deviations of 4 and 2 over the root of 12.
    assert same.sd == pytest.approx(4 / np.sqrt(12), rel=0.01)
    assert moved.sd == pytest.approx(2 / np.sqrt(12), rel=0.01)


def test_the_error_of_a_shift_is_that_of_a_median_of_so_many_draws() -> None:
    moved, _ = parameters(made.posterior(), load_priors())
    assert moved.ess == 401
    assert moved.shift_error == pytest.approx(moved.sd * np.sqrt(np.pi / 2 / 401))


def test_what_is_not_stored_or_not_wanted_is_not_known() -> None:
    for leans in (False, True):
        assert np.isnan([view.leans for view in parameters(made.posterior(), load_priors(), leans=leans)]).all()


def test_the_parameter_that_moved_most_comes_first() -> None:
    moved, same = parameters(made.posterior(), load_priors())
    assert most_moved_first([same, moved]) == [moved, same]
