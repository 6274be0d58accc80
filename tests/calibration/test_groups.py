"""Are chains thinned evenly, and do corrected draws carry their weights?"""

import numpy as np

from calibration.correction import Estimate
from calibration.diagnostics import convergence
from calibration.distil import count, likelihood
from calibration.exact import ExactDraws
from calibration.groups import DRAWS_KEPT, sampled_draws, weighted_draws
from calibration.stages import Chains
from model.arrays import Floats


def chains(steps: int) -> Chains:
    """Two ensembles of three walkers in which z counts the draws, ensemble by ensemble."""
    z = np.arange(2.0 * steps * 3).reshape(2, steps, 3, 1)
    return Chains(z, -z[..., 0], convergence(z, np.ones(2), 1))


def quadratic() -> Floats:
    """A distilled likelihood of one parameter and two clusters."""
    return np.arange(2.0 * count(1)).reshape(-1, 2)


def test_few_draws_are_all_kept_in_their_order_with_equal_weights() -> None:
    draws = sampled_draws(chains(5), quadratic())
    assert draws.z.shape == (2, 15, 1)
    assert draws.z.ravel().tolist() == list(range(30))
    assert not draws.log_weight.any()
    np.testing.assert_array_equal(draws.log_likelihood.reshape(30, 2), likelihood(quadratic(), draws.z.reshape(30, 1)))


def test_many_draws_are_thinned_evenly_from_the_first_to_the_last() -> None:
    z = sampled_draws(chains(2000), quadratic()).z
    assert z.shape == (2, DRAWS_KEPT, 1)
    assert z[0, 0, 0] == 0
    assert z[1, -1, 0] == 2 * 2000 * 3 - 1
    gaps = np.diff(z[0, :, 0])
    assert gaps.max() - gaps.min() <= 1


def test_corrected_draws_carry_the_log_of_exact_over_emulated() -> None:
    halves = np.log(np.array([[[1.0, 3.0], [2.0, 2.0]], [[4.0, 4.0], [1.0, 1.0]]]))
    empty = np.zeros((2, 2))
    estimate = Estimate(halves, empty, empty, empty, np.zeros((2, 2, 1)), np.zeros((2, 2), np.uint64))
    draws = weighted_draws(ExactDraws(np.zeros((2, 1)), estimate, np.ones(2, np.int64)), quadratic())
    np.testing.assert_allclose(np.exp(draws.log_weight), [[4.0, 4.0]])
    np.testing.assert_allclose(draws.log_likelihood[0] - likelihood(quadratic(), np.zeros((2, 1))), np.log([[2, 2], [4, 1]]))
