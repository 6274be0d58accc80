"""Does the sampler find a known posterior, resume to the bit, and stop when it is asked to?"""

import numpy as np
import pytest

from calibration.diagnostics import convergence
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
    sampled, acceptance = chains(4, 1200)
    kept = sampled[:, 100:]
    judged = convergence(kept, acceptance, 2)
    first = kept[..., 0]
    error = np.sqrt(0.5 / judged.ess_bulk[0])
    assert abs(first.mean() - 0.5) < 4 * error
    assert abs(first.var() - 0.5) < 4 * 0.5 * np.sqrt(2.0 / (0.5 * judged.ess_bulk[0]))
    assert (judged.r_hat < 1.05).all()
    assert (judged.acceptance > 0.3).all()


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
