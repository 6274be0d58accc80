"""Do joint and conditional chains find a posterior that is known, and do emcee and Hamiltonian Monte Carlo agree?"""

from functools import cache

import numpy as np
import pytest
from scipy.stats import ks_2samp

from calibration import distil
from calibration.diagnostics import convergence
from calibration.emulator.training import Schedule
from calibration.gate import agreement
from calibration.joint import Sampling, advance, conditional, first_positions, warm_up
from calibration.keys import seeds
from calibration.sampler import advance as emcee_steps
from calibration.sampler import first_state
from model.arrays import Arrays, Floats
from tests.calibration.conftest import SIZES, taught

# Chance that the two samplers are called different although they are not: over three parameters, by Bonferroni.
FALSE_ALARM = 0.01


@cache
def sampling() -> Sampling:
    return Sampling(taught(1000, Schedule(16, 15, 128))[0], SIZES, 6, 8, 1)


@cache
def ensembles() -> tuple[Arrays, ...]:
    warm = [warm_up(sampling(), one, 200) for one in range(2)]
    return tuple(advance(sampling(), state, 1600, 4, one) for one, state in enumerate(warm))


def joint() -> tuple[Floats, Floats]:
    z, own = (np.concatenate([state[name] for state in ensembles()]) for name in ("z", "own"))
    return z.reshape(-1, 3).astype(np.float64), own.reshape(-1, 4, 2).astype(np.float64)


def integrated(z: Floats, points: int = 400) -> Floats:
    """log of the emulator's likelihood at z (n, 3), each cluster integrated over many points of the population."""
    own = np.random.Generator(np.random.Philox(8)).normal(size=(points, 2))
    total = np.zeros(len(z))
    for case in range(4):
        for row, here in enumerate(z):
            score = sampling().emulator.log_density(np.full(points, case), np.tile(here, (points, 1)), own)
            total[row] += np.logaddexp.reduce(score) - np.log(points)
    return total


def test_chains_start_over_dispersed_and_differ_between_ensembles() -> None:
    one, other = first_positions(sampling(), 0), first_positions(sampling(), 1)
    assert (one != other).all()
    assert one[-1].std() > 1.2 > 0.7 > one[0].std()


def test_joint_chains_mix_and_repeat_to_the_bit() -> None:
    z = np.stack([state["z"] for state in ensembles()]).astype(np.float64)
    found = convergence(z, np.ones(2), 4)
    assert found.r_hat.max() < 1.02
    assert found.ess_bulk.min() > 400
    assert min(state["accepted"].min() for state in ensembles()) > 0.5
    again = advance(sampling(), warm_up(sampling(), 0, 200), 8, 4, 0)
    np.testing.assert_array_equal(again["z"], ensembles()[0]["z"][:2])


def test_two_samplers_of_one_posterior_agree() -> None:
    """Kolmogorov-Smirnov on draws thinned to independence, a false alarm in a hundred over all three parameters."""
    z, own = joint()
    proposal = distil.regress(z, own)
    at = distil.around(z[::24])
    found = distil.integrate(distil.Integrals(sampling().emulator, proposal, 64, 1), at, 0)
    quadratic = distil.distil(distil.Integrated(**found))
    assert quadratic["error"].max() < 0.2
    whole = quadratic["coefficients"].sum(axis=1)
    chain = emcee_steps(first_state(40, 3, 1, 0), lambda z: distil.likelihood(whole, z), 4000, 50)["chain"][10:].reshape(-1, 3)
    thinned = z[::16]
    chances = [ks_2samp(thinned[:, column], chain[:, column]).pvalue for column in range(3)]
    assert min(chances) > FALSE_ALARM / 3
    shifted = [ks_2samp(thinned[:, column] + 0.5, chain[:, column]).pvalue for column in range(3)]
    assert max(shifted) < FALSE_ALARM / 3


def test_weights_make_good_what_the_distilled_likelihood_errs() -> None:
    """A tilt of 1.2 nats a standard deviation is planted in one parameter; means agree within four Monte Carlo errors."""
    z, own = joint()
    proposal = distil.regress(z, own)
    found = distil.integrate(distil.Integrals(sampling().emulator, proposal, 64, 1), z[::48], 0)
    whole = distil.distil(distil.Integrated(**found))["coefficients"].sum(axis=1)
    whole[1] += 1.2
    chain = emcee_steps(first_state(40, 3, 1, 0), lambda z: distil.likelihood(whole, z), 4000, 200)["chain"][4:].reshape(-1, 3)
    value = distil.integrate(distil.Integrals(sampling().emulator, proposal, 128, 2), chain, 0)["value"].sum(axis=1)
    log_weight = value - distil.likelihood(whole, chain)
    weights = np.exp(log_weight - log_weight.max())
    agreed = agreement(z, chain, weights / weights.sum(), ("a", "b", "c"))
    assert agreed.apart < 4 / np.sqrt(agreed.ess) < 0.35
    assert agreement(z, chain, np.full(len(chain), 1 / len(chain)), ("a", "b", "c")).apart > 0.35


def test_integrals_agree_with_brute_force() -> None:
    z, own = joint()
    few = z[:: len(z) // 6][:6]
    found = distil.integrate(distil.Integrals(sampling().emulator, distil.regress(z, own), 200, 1), few, 0)
    noise = 4 * np.sqrt(found["variance"].sum(axis=1) + 4 * 3.0 / 4000)
    assert np.all(np.abs(found["value"].sum(axis=1) - integrated(few, 4000)) < noise)


def test_the_slopes_of_integrals_agree_with_differences_of_brute_force() -> None:
    """Differences share their points, so their noise all but cancels; four standard errors of the slopes are allowed."""
    z, own = joint()
    few, step = z[:: len(z) // 4][:4], 0.05
    found = distil.integrate(distil.Integrals(sampling().emulator, distil.regress(z, own), 400, 1), few, 0)
    noise = np.sqrt(found["slope_variance"].sum(axis=1))
    for column in range(3):
        aside = step * np.eye(3)[column]
        difference = (integrated(few + aside, 4000) - integrated(few - aside, 4000)) / (2 * step)
        assert np.all(np.abs(found["slope"][:, :, column].sum(axis=1) - difference) < 4 * noise[:, column] + 0.02)


def test_conditional_chains_keep_the_parameters_and_leave_the_joint_distribution_as_it_is() -> None:
    """They start at joint draws, so each of their states is distributed as those are: moments within four errors."""
    z, own = joint()
    z, own = z[::12], own[::12]
    drawn, log_q = conditional(sampling(), ensembles()[0], 2, z, own[:, 2], 3, seeds(1, 1, 0, 0, len(z)))
    assert drawn.shape == (len(z), 3, 2)
    flat = drawn[:, -1]
    error = np.sqrt(2.0 / len(z))
    assert np.all(np.abs(flat.mean(axis=0) - own[:, 2].mean(axis=0)) < 4 * error * own[:, 2].std(axis=0))
    assert np.all(np.abs(np.log(flat.std(axis=0) / own[:, 2].std(axis=0))) < 4 * error)
    assert np.abs(np.diff(drawn, axis=1)).max(axis=(1, 2)).min() > 0 or np.mean(np.abs(np.diff(drawn, axis=1)) > 0) > 0.8
    ours = sampling().emulator.log_density(np.full(len(z), 2), z, flat)
    np.testing.assert_allclose(log_q[:, -1], ours, atol=5e-3)


@pytest.mark.parametrize("count", [1, 5])
def test_conditional_chains_depend_on_their_keys_and_starts_alone(count: int) -> None:
    z, own = joint()
    z, own = z[:3], own[:3, 1]
    keys = seeds(3, 1, 0, 0, 3)
    whole = conditional(sampling(), ensembles()[0], 1, z, own, count, keys)[0]
    other = conditional(sampling(), ensembles()[0], 1, z, own, count, seeds(4, 1, 0, 0, 3))[0]
    np.testing.assert_array_equal(whole, conditional(sampling(), ensembles()[0], 1, z, own, count, keys)[0])
    assert (whole != other).any(axis=(1, 2)).all()
