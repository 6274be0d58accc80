"""How is the posterior sampled? K independent emcee ensembles with differential-evolution moves, resumable to the bit.

Walkers of one ensemble are not independent chains; ensembles are. Each is sampled in chunks: a chunk is a pure function of
the state in which the last one ended (positions, log probabilities, emcee's random state), all of which it stores.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import emcee
import numpy as np

from calibration.keys import ENSEMBLES, number
from model.arrays import Arrays, Floats

LogProb: TypeAlias = Callable[[Floats], Floats]

# Most moves follow the difference of two walkers, one in ten leaps the whole of it (from mode to mode).
LEAPS: Final = 0.1


def log_prior(z: Floats) -> Floats:
    """Return the log density of whitened parameters (n, d), up to a constant: shape (n,)."""
    density: Floats = -0.5 * np.sum(z * z, axis=1)
    return density


def _random_state(arrays: Arrays) -> tuple[Any, ...]:
    word, gauss = arrays["random_position"], arrays["random_gauss"]
    return ("MT19937", arrays["random_words"], int(word[0]), int(word[1]), float(gauss[0]))


def first_state(walkers: int, dimensions: int, run_seed: int, ensemble: int) -> Arrays:
    """Return an ensemble before its first step: walkers drawn from the prior."""
    random = np.random.RandomState(number(run_seed, ENSEMBLES, ensemble))
    coords = random.standard_normal((walkers, dimensions))
    return {"coords": coords, "log_prob": np.full(walkers, np.nan), **_stored(random.get_state())}


def _stored(state: Any) -> Arrays:
    return {
        "random_words": np.asarray(state[1]),
        "random_position": np.array([state[2], state[3]]),
        "random_gauss": np.array([state[4]]),
    }


def advance(
    state: Arrays, log_likelihood: LogProb, steps: int, thin: int, heed: Callable[[], None] = lambda: None
) -> Arrays:
    """Sample ``steps`` further steps from a state.

    Parameters
    ----------
    state : dict of arrays
        What ``first_state`` or an earlier call returned.
    log_likelihood : callable
        Log-likelihood at z (n, d), shape (n,).
    thin : int
        Keep every so many steps; divides ``steps``.
    heed : callable
        Called at every step kept; may raise to stop. Within the likelihood emcee would print what it raises.

    Returns
    -------
    dict of arrays
        The new state, with ``chain`` (steps / thin, walkers, d), ``chain_log_prob`` and ``accepted`` (walkers,)
        counts, estimated from the steps kept (emcee counts no others).
    """
    walkers, dimensions = state["coords"].shape

    def log_prob(z: Floats) -> Floats:
        return log_prior(z) + log_likelihood(z)

    moves = [(emcee.moves.DEMove(), 1.0 - LEAPS), (emcee.moves.DEMove(gamma0=1.0), LEAPS)]
    sampler = emcee.EnsembleSampler(walkers, dimensions, log_prob, moves=moves, vectorize=True)
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
