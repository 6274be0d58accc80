"""Are chains thinned evenly, and is a report written as JSON can hold it?"""

import json

import numpy as np

from calibration.diagnostics import convergence
from calibration.results import DRAWS_KEPT, kept_steps, plain
from calibration.stages import Chains


def chains(steps: int) -> Chains:
    """Two ensembles of three walkers in which z counts the draws, ensemble by ensemble."""
    z = np.arange(2.0 * steps * 3).reshape(2, steps, 3, 1)
    return Chains(z, -z[..., 0], convergence(z, np.ones(2), 1))


def test_few_draws_are_all_kept_in_their_order() -> None:
    z, log_prob = kept_steps(chains(5))
    assert z.shape == (2, 15, 1)
    assert z.ravel().tolist() == list(range(30))
    np.testing.assert_array_equal(log_prob, -z[..., 0])


def test_many_draws_are_thinned_evenly_from_the_first_to_the_last() -> None:
    z, log_prob = kept_steps(chains(2000))
    assert z.shape == (2, DRAWS_KEPT, 1)
    assert z[0, 0, 0] == 0
    assert z[1, -1, 0] == 2 * 2000 * 3 - 1
    gaps = np.diff(z[0, :, 0])
    assert gaps.max() - gaps.min() <= 1
    np.testing.assert_array_equal(log_prob, -z[..., 0])


def test_a_report_becomes_plain_json() -> None:
    content = {
        1: np.float64(0.5),
        "lost": np.inf,
        "none": (np.nan,),
        "count": np.int64(3),
        "yes": np.bool_(True),
        "x": np.arange(2),
    }
    assert plain(content) == {"1": 0.5, "lost": None, "none": [None], "count": 3, "yes": True, "x": [0, 1]}
    json.dumps(plain(content), allow_nan=False)
