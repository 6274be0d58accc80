"""Does emcee on simulated likelihoods find the posterior that is known in closed form, whatever decides first?"""

from collections.abc import Callable

import emcee
import numpy as np
import pytest

from calibration import distil
from calibration.diagnostics import convergence
from calibration.exact_road import Delayed, Road, advance, estimated
from calibration.observation import Table
from calibration.sampler import advance as sampled
from calibration.sampler import first_state
from model.arrays import Floats
from tests.calibration.conftest import ERRORS, SIZES, LinearCluster

WALKERS, ENSEMBLES, STEPS, BURN, THIN = 12, 2, 600, 60, 3
# In standard errors: a false alarm in 16,000 comparisons.
FAR = 4.0
D = SIZES.parameters


def road(tables: list[Table], each: int, tilt: float = 0.0) -> Road:
    """Return a road that draws from the population; its cheap likelihood is flat but for a tilt along the first parameter."""
    proposal = distil.Proposal(np.zeros((SIZES.cases, D + 1, SIZES.own)), np.stack([np.eye(SIZES.own)] * SIZES.cases))
    coefficients = np.zeros(distil.count(D))
    coefficients[1] = tilt
    return Road(LinearCluster(), tables, ERRORS, proposal, np.full(SIZES.cases, each), coefficients, 3)


def moments(chains: Floats, accepted: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return means and variances of chains (ensembles, steps, walkers, d), with their standard errors."""
    ess = convergence(chains, accepted, THIN).ess_bulk
    every = chains.reshape(-1, D)
    mean, variance = every.mean(axis=0), every.var(axis=0)
    return mean, variance, np.sqrt(variance / ess), variance * np.sqrt(2 / ess)


def test_estimates_are_unbiased(tables: list[Table], exact: Callable[[Floats], Floats]) -> None:
    z = np.array([[0.3, -0.4, 0.2]])
    repeats = np.exp(estimated(road(tables, 64), np.repeat(z, 1000, axis=0), 0) - exact(z).sum())
    assert abs(repeats.mean() - 1.0) < FAR * repeats.std() / np.sqrt(len(repeats))
    assert 0.05 < repeats.std() < 3.0


def test_every_evaluation_has_seeds_of_its_own(tables: list[Table]) -> None:
    z = np.zeros((3, D))
    first, again, later = (estimated(road(tables, 8), z, start) for start in (0, 0, 3))
    assert first.tolist() == again.tolist()
    assert len({*first.tolist(), *later.tolist()}) == 6


@pytest.mark.parametrize("tilt", [0.0, 1.5])
def test_the_exact_posterior_is_found_although_the_cheap_likelihood_errs(
    tilt: float, tables: list[Table], exact: Callable[[Floats], Floats]
) -> None:
    here = road(tables, 16, tilt)
    ends = [advance(first_state(WALKERS, D, 1, one), here, one, STEPS, THIN) for one in range(ENSEMBLES)]
    right = [sampled(first_state(WALKERS, D, 2, one), lambda z: exact(z).sum(axis=1), STEPS, THIN) for one in range(ENSEMBLES)]
    found, known = (
        moments(
            np.stack([end["chain"][BURN // THIN :] for end in each]), np.array([end["accepted"].mean() / STEPS for end in each])
        )
        for each in (ends, right)
    )
    for value, error in ((0, 2), (1, 3)):
        apart = np.abs(found[value] - known[value]) / np.hypot(found[error], known[error])
        assert (apart < FAR).all()
    # What the cheap likelihood refuses is not simulated.
    evaluated = int(ends[0]["evaluated"])
    assert 0.2 * WALKERS * STEPS < evaluated < 0.9 * WALKERS * STEPS
    if tilt:
        # Had the tilt stayed in the answer, the mean would have moved by this much.
        assert tilt * known[1][0] > 2 * FAR * np.hypot(found[2][0], known[2][0])


def test_resuming_changes_no_bit(tables: list[Table]) -> None:
    here, start = road(tables, 4), first_state(WALKERS, D, 7, 1)
    whole = advance(start, here, 1, 20, 2)
    first = advance(start, here, 1, 10, 2)
    second = advance({name: np.copy(value) for name, value in first.items()}, here, 1, 10, 2)
    np.testing.assert_array_equal(whole["chain"], np.concatenate([first["chain"], second["chain"]]))
    assert int(whole["evaluated"]) == int(second["evaluated"])


def test_without_noise_delayed_acceptance_samples_what_emcee_samples() -> None:
    """A normal with mean 1 and variance 1/4 under a cheap density that is the prior alone."""

    def dear(z: Floats) -> Floats:
        return np.asarray(-2.0 * ((z - 1.0) ** 2).sum(axis=1))

    def cheap(z: Floats) -> Floats:
        return np.asarray(-0.5 * (z**2).sum(axis=1))

    sampler = emcee.EnsembleSampler(WALKERS, 2, dear, moves=[(Delayed(cheap, dear), 1.0)], vectorize=True)
    sampler.random_state = np.random.RandomState(3).get_state()
    sampler.run_mcmc(np.random.RandomState(4).standard_normal((WALKERS, 2)), 2500, skip_initial_state_check=True)
    chain = sampler.get_chain()[300:]
    ess = convergence(chain[None], np.array([0.5]), 1).ess_bulk
    assert (np.abs(chain.mean(axis=(0, 1)) - 1.0) < FAR * 0.5 / np.sqrt(ess)).all()
    assert (np.abs(chain.var(axis=(0, 1)) - 0.25) < FAR * 0.25 * np.sqrt(2 / ess)).all()
