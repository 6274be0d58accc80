"""Do the measures of convergence catch chains that are stuck, and give what is known of chains that are not?"""

import numpy as np
import pytest

from calibration.diagnostics import autocorrelation_time, convergence, nested_r_hat


def test_nested_r_hat_catches_ensembles_stuck_in_different_modes() -> None:
    draw = np.random.Generator(np.random.Philox(1))
    stuck = draw.normal(size=(2, 200, 16, 1))
    stuck[1] += 4.0
    assert nested_r_hat(stuck)[0] > 1.8
    assert nested_r_hat(draw.normal(size=(4, 200, 16, 1)))[0] < 1.01


def test_walkers_that_never_move_have_no_effective_draws() -> None:
    frozen = np.broadcast_to(np.random.Generator(np.random.Philox(2)).normal(size=(4, 1, 16, 2)), (4, 100, 16, 2)).copy()
    judged = convergence(frozen, np.zeros(4), 1)
    assert not (judged.tau < 30).any()
    assert (judged.ess_bulk < 4 * 16 * 4).all()


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_the_autocorrelation_time_of_a_first_order_chain(rho: float) -> None:
    """It is (1 + rho) / (1 - rho); 4 x 2,000 x 16 steps give it to a tenth."""
    draw = np.random.Generator(np.random.Philox(3))
    chain = np.empty((4, 2000, 16, 1))
    chain[:, 0] = draw.normal(size=(4, 16, 1))
    for step in range(1, 2000):
        chain[:, step] = rho * chain[:, step - 1] + np.sqrt(1 - rho * rho) * draw.normal(size=(4, 16, 1))
    assert autocorrelation_time(chain)[0] == pytest.approx((1 + rho) / (1 - rho), rel=0.1)


def test_nested_r_hat_by_hand() -> None:
    """Means 1 and 3 of two ensembles have variance 2, and so has each ensemble's pair of steps: the root of 1 + 2 / 2."""
    chains = np.array([[0.0, 2.0], [2.0, 4.0]])[:, :, None, None]
    assert nested_r_hat(chains)[0] == pytest.approx(np.sqrt(2.0))


def test_nested_r_hat_without_any_variance() -> None:
    still = np.zeros((2, 10, 3, 1))
    assert nested_r_hat(still)[0] == 1.0
    still[1] = 1.0
    assert nested_r_hat(still)[0] == np.inf


def test_times_are_told_in_steps_of_the_sampler() -> None:
    """Of a chain of which every third step was kept, the time is three times as long and the effective size the same."""
    chains = np.random.Generator(np.random.Philox(4)).normal(size=(2, 300, 8, 2))
    every, third = (convergence(chains, np.ones(2), thin) for thin in (1, 3))
    np.testing.assert_array_equal(third.tau, 3 * every.tau)
    np.testing.assert_array_equal(third.ess_bulk, every.ess_bulk)
    np.testing.assert_array_equal(third.ess_tail, every.ess_tail)


def test_effective_sizes_of_independent_draws() -> None:
    """They are the number of draws, to a fifth, and depend on ranks alone."""
    chains = np.random.Generator(np.random.Philox(5)).normal(size=(4, 500, 8, 1))
    plain, stretched = (convergence(one, np.ones(4), 1) for one in (chains, np.exp(3.0 * chains)))
    assert plain.ess_bulk[0] == pytest.approx(chains.size, rel=0.2)
    assert plain.ess_tail[0] == pytest.approx(chains.size, rel=0.2)
    assert (stretched.ess_bulk, stretched.ess_tail) == (plain.ess_bulk, plain.ess_tail)
