"""How is the posterior sampled? K independent emcee ensembles with differential-evolution moves, resumable to the bit.

Ensembles are independent of each other; walkers of one ensemble are not. Each ensemble is sampled in chunks. A chunk is a
pure function of the state in which the last one ended (positions, log probabilities, emcee's random state), and it stores its
own last state whole. Moves: ter Braak (2006); the sampler: Foreman-Mackey et al. (2013).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import emcee
import numpy as np

from calibration.keys import ENSEMBLES, number
from model.arrays import Arrays, Floats

LogProb: TypeAlias = Callable[[Floats], Floats]

# Share of moves that add the whole difference of two walkers, so that a walker can leap from mode to mode. The other moves
# scale the difference down.
LEAPS: Final = 0.1
# Spread of the first positions of a sampler, in prior standard deviations: from the narrowest to the widest walker or chain.
# Those that all came from the prior would share what that start has in common.
DISPERSION: Final = (0.5, 1.6)


def log_prior(z: Floats) -> Floats:
    """Return the log prior density of whitened parameters z (n, d), up to a constant: float64, shape (n,), in nats."""
    density: Floats = -0.5 * np.sum(z * z, axis=1)
    return density


def over_dispersed(normal: Floats) -> Floats:
    """Return first positions of n chains or walkers, made of standard normals (n, d)."""
    positions: Floats = np.linspace(*DISPERSION, len(normal))[:, None] * normal
    return positions


def _random_state(arrays: Arrays) -> tuple[Any, ...]:
    """Return the state of NumPy's Mersenne Twister that ``_stored`` turned into arrays."""
    word, gauss = arrays["random_position"], arrays["random_gauss"]
    return ("MT19937", arrays["random_words"], int(word[0]), int(word[1]), float(gauss[0]))


def first_state(walkers: int, dimensions: int, run_seed: int, ensemble: int) -> Arrays:
    """Return the state of an ensemble before its first step, with walkers over-dispersed about the prior.

    Returns
    -------
    dict of arrays
        ``coords`` (walkers, dimensions), ``log_prob`` (walkers,), which is NaN until it is first computed, and the random state.
    """
    random = np.random.RandomState(number(run_seed, ENSEMBLES, ensemble))
    coords = over_dispersed(random.standard_normal((walkers, dimensions)))
    return {"coords": coords, "log_prob": np.full(walkers, np.nan), **_stored(random.get_state())}


def _stored(state: Any) -> Arrays:
    """Return a state of NumPy's Mersenne Twister as arrays that a chunk can hold."""
    return {
        "random_words": np.asarray(state[1]),
        "random_position": np.array([state[2], state[3]]),
        "random_gauss": np.array([state[4]]),
    }


def advance(state: Arrays, log_likelihood: LogProb, steps: int, thin: int, heed: Callable[[], None] = lambda: None) -> Arrays:
    """Sample ``steps`` further steps from a state.

    Parameters
    ----------
    state : dict of arrays
        What ``first_state`` or an earlier call returned.
    log_likelihood : callable
        Gives the log-likelihood at z (n, d), shape (n,), in nats.
    thin : int
        Every ``thin``-th step is kept; must divide ``steps``.
    heed : callable
        Called at every step kept, and may raise to stop. It is not called within the likelihood, where emcee would print
        what it raises.

    Returns
    -------
    dict of arrays
        The new state, with ``chain`` (steps / thin, walkers, d), ``chain_log_prob`` (steps / thin, walkers) and ``accepted``
        (walkers,): accepted moves, estimated from the steps kept because emcee counts no others.
    """

    def log_prob(z: Floats) -> Floats:
        return log_prior(z) + log_likelihood(z)

    moves = [(emcee.moves.DEMove(), 1.0 - LEAPS), (emcee.moves.DEMove(gamma0=1.0), LEAPS)]
    return continued(state, log_prob, moves, steps, thin, heed)


def continued(
    state: Arrays, log_prob: LogProb, moves: Sequence[tuple[Any, float]], steps: int, thin: int, heed: Callable[[], None]
) -> Arrays:
    """Go on with emcee from a state, with the log density at z (n, d) and moves given; see ``advance``."""
    walkers, dimensions = state["coords"].shape
    sampler = emcee.EnsembleSampler(walkers, dimensions, log_prob, moves=list(moves), vectorize=True)
    known = None if np.isnan(state["log_prob"]).any() else state["log_prob"]
    start = emcee.State(state["coords"], log_prob=known, random_state=_random_state(state))
    end = start
    for end in sampler.sample(start, iterations=steps // thin, thin_by=thin, skip_initial_state_check=True):  # noqa: B007
        heed()
    return {
        "coords": end.coords,
        "log_prob": end.log_prob,
        **_stored(end.random_state),
        "chain": sampler.get_chain(),
        "chain_log_prob": sampler.get_log_prob(),
        "accepted": thin * np.asarray(sampler.backend.accepted),
        "steps": np.array(steps),
    }
