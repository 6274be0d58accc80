"""Does the sampler find a known posterior, resume to the bit, and do the diagnostics catch chains that are stuck?"""

import numpy as np
import pytest

from calibration.diagnostics import autocorrelation_time, convergence, nested_r_hat
from calibration.sampler import advance, first_state
from model.arrays import Floats
from model.errors import Interrupted


def likelihood(z: Floats) -> Floats:
    """A normal figure 1.0 of z[0] with sd 1: with the prior N(0, 1) the posterior is N(0.5, 1/2)."""
    return np.asarray(-0.5 * (z[:, 0] - 1.0) ** 2)


def chains(ensembles: int, steps: int) -> tuple[Floats, Floats]:
    ends = [advance(first_state(24, 2, 1, ensemble), likelihood, steps, 2) for ensemble in range(ensembles)]
    return np.stack([end["chain"] for end in ends]), np.array([end["accepted"].mean() / steps for end in ends])


def test_resuming_from_a_stored_state_changes_no_bit() -> None:
    start = first_state(12, 3, 7, 0)
    whole = advance(start, likelihood, 40, 2)
    first = advance(start, likelihood, 20, 2)
    stored = {name: value.copy() for name, value in first.items()}
    second = advance(stored, likelihood, 20, 2)
    np.testing.assert_array_equal(whole["chain"], np.concatenate([first["chain"], second["chain"]]))
    np.testing.assert_array_equal(whole["random_words"], second["random_words"])
    np.testing.assert_array_equal(whole["accepted"], first["accepted"] + second["accepted"])


def test_ensembles_are_independent() -> None:
    one, other = (first_state(12, 3, 7, ensemble)["coords"] for ensemble in (0, 1))
    assert (one != other).all()


def test_a_known_posterior_is_recovered() -> None:
    """Mean and variance within four Monte Carlo errors by the bulk ESS (false alarm 1 in 8,000 each)."""
    found, acceptance = chains(4, 1200)
    kept = found[:, 100:]
    judged = convergence(kept, acceptance, 2)
    first = kept[..., 0]
    error = np.sqrt(0.5 / judged.ess_bulk[0])
    assert abs(first.mean() - 0.5) < 4 * error
    assert abs(first.var() - 0.5) < 4 * 0.5 * np.sqrt(2.0 / (0.5 * judged.ess_bulk[0]))
    assert (judged.r_hat < 1.05).all()
    assert (judged.acceptance > 0.3).all()


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


def test_being_stopped_is_told_once_and_not_by_emcee(capfd: pytest.CaptureFixture[str]) -> None:
    heeded = []

    def heed() -> None:
        heeded.append(1)
        if len(heeded) == 3:
            raise Interrupted("stop")

    with pytest.raises(Interrupted, match="stop"):
        advance(first_state(24, 2, 1, 0), likelihood, 40, 2, heed)
    assert len(heeded) == 3
    assert capfd.readouterr() == ("", "")
