"""Where do parameters and clusters lie together, by the emulator? Hamiltonian Monte Carlo over both at once.

The target is the prior of whitened numbers times the emulator's density of every row: some 700 dimensions and a gradient. The
sampler, its warm-up (step sizes and a diagonal metric, as in Stan) and its integrator are blackjax's. Chains start over-dispersed
and are warmed up each for itself. Given the parameters the clusters are independent, so conditional chains of one cluster at
fixed parameters go on from any joint draw; every state of such a chain is a draw from q(own | parameters, row).
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.emulator.evaluate import Emulator, Rows, log_density
from calibration.emulator.features import Features
from calibration.emulator.network import Layout
from calibration.emulator.pairs import Sizes
from calibration.jax_setup import jax_alone
from calibration.keys import JOINT, number
from calibration.sampler import over_dispersed
from model.arrays import Arrays, Floats, Seeds

# Acceptance that the warm-up steers the step size to.
ACCEPTANCE: Final = 0.8
FIRST_STEP: Final = 0.05
# A conditional chain has fewer dimensions than the joint one, and its step may be longer by this factor.
LONGER: Final = 1.5
# Conditional chains that one call of the compiled program advances, their transitions in it, and leapfrog steps of each.
LANES: Final = 64
STRIDE: Final = 4
LEAPS: Final = 8


class Sampling(NamedTuple):
    """What is sampled.

    Attributes
    ----------
    emulator : Emulator
        The density of the rows.
    sizes : Sizes
        Numbers of clusters, parameters and numbers of a cluster's own.
    chains : int
        Chains of one ensemble, which are advanced together.
    leapfrogs : int
        Leapfrog steps of a transition.
    seed : int
        The run's seed.
    heed : callable
        Called between pieces, and may raise to stop.
    """

    emulator: Emulator
    sizes: Sizes
    chains: int
    leapfrogs: int
    seed: int
    heed: Callable[[], None] = lambda: None


class _Shape(NamedTuple):
    """On what a compiled program depends, beside the sizes of its arrays."""

    features: Features
    layout: Layout
    sizes: Sizes
    leapfrogs: int


def _shape(sampling: Sampling, leapfrogs: int) -> _Shape:
    emulator = sampling.emulator
    return _Shape(emulator.features, emulator.layout, sampling.sizes, leapfrogs)


def first_positions(sampling: Sampling, ensemble: int) -> np.ndarray:
    """Return over-dispersed first positions of an ensemble's chains, float32, shape (chains, d + cases * l)."""
    sizes = sampling.sizes
    draw = np.random.Generator(np.random.Philox(number(sampling.seed, JOINT, ensemble)))
    normal = draw.standard_normal((sampling.chains, sizes.parameters + sizes.cases * sizes.own))
    return over_dispersed(normal).astype(np.float32)


def warm_up(sampling: Sampling, ensemble: int, steps: int) -> Arrays:
    """Warm up an ensemble for ``steps`` transitions; see ``advance`` for what is returned."""
    with jax_alone():
        import jax

        warm, _ = _joint(_shape(sampling, sampling.leapfrogs))
        key = jax.random.PRNGKey(number(sampling.seed, JOINT, 1000 + ensemble))
        keys = jax.random.split(key, sampling.chains)
        network, rows = sampling.emulator.network, sampling.emulator.rows
        position, step, metric = warm(weights_of(network), rows, first_positions(sampling, ensemble), keys, steps)
        return {"position": np.asarray(position), "step": np.asarray(step), "metric": np.asarray(metric)}


def advance(sampling: Sampling, state: Arrays, steps: int, thin: int, index: int) -> Arrays:
    """Sample ``steps`` further transitions of an ensemble.

    Parameters
    ----------
    state : dict of arrays
        What ``warm_up`` or an earlier call returned.
    thin : int
        Every ``thin``-th transition is kept; must divide ``steps``.
    index : int
        Number of the piece, which keys its random numbers; no two pieces of a run share one.

    Returns
    -------
    dict of arrays
        The new state, with ``z`` (steps / thin, chains, d), ``own`` (steps / thin, chains, cases, l), both float32,
        ``log_prob`` (steps / thin, chains) up to a constant, and ``accepted`` (chains,), the share of accepted proposals.
    """
    with jax_alone():
        import jax

        _, sample = _joint(_shape(sampling, sampling.leapfrogs))
        key, kept = jax.random.PRNGKey(number(sampling.seed, JOINT, 10**6 + index)), []
        position, network = state["position"], weights_of(sampling.emulator.network)
        for piece in range(steps // thin):
            part = jax.random.fold_in(key, piece)
            position, told = sample(network, sampling.emulator.rows, position, state["step"], state["metric"], part, thin)
            kept.append([np.asarray(array) for array in (position, *told)])
            sampling.heed()
    positions, log_prob, accepted = (np.stack(arrays) for arrays in zip(*kept, strict=True))
    sizes, tuned = sampling.sizes, {"step": state["step"], "metric": state["metric"]}
    own = positions[..., sizes.parameters :].reshape(*positions.shape[:2], sizes.cases, sizes.own)
    drawn = {"z": positions[..., : sizes.parameters], "own": own, "log_prob": log_prob, "accepted": accepted.mean(axis=0)}
    return {"position": positions[-1], **tuned, **drawn}


def conditional(
    sampling: Sampling, tuned: Arrays, case: int, z: Floats, own: Floats, count: int, keys: Seeds
) -> tuple[Floats, Floats]:
    """Draw from q(own | parameters, row) of a cluster, by chains that go on from joint draws z (n, d) and own (n, l).

    Parameters
    ----------
    tuned : dict of arrays
        ``step`` and ``metric`` of a warmed-up ensemble.
    count : int
        States to draw of each chain; the joint draw itself, and the ``STRIDE`` states after it, are not among them.
    keys : uint64, shape (n,), seeds of the chains

    Returns
    -------
    own : float64, shape (n, count, l)
    log_q : float64, shape (n, count); log q(row | parameters, own) of each state (nats)
    """
    sizes = sampling.sizes
    columns = slice(sizes.parameters + case * sizes.own, sizes.parameters + (case + 1) * sizes.own)
    rows = Rows(*(part[case : case + 1] for part in sampling.emulator.rows))
    given = weights_of(sampling.emulator.network), rows, np.int32(case)
    tuning = np.float32(LONGER * float(tuned["step"].mean())), tuned["metric"][:, columns].mean(axis=0)
    words = np.stack([keys >> np.uint64(32), keys & np.uint64(2**32 - 1)], axis=1).astype(np.uint32)
    drawn, log_q = np.empty((len(z), count, sizes.own)), np.empty((len(z), count))
    with jax_alone():
        program = _conditional(_shape(sampling, LEAPS))
        for first in range(0, len(z), LANES):
            # Every call advances as many chains: the last block is filled up with chains that are dropped.
            block = np.arange(first, min(first + LANES, len(z)))
            lanes, parts = np.resize(block, LANES), []
            position = own[lanes].astype(np.float32)
            for piece in range(-(-count // STRIDE) + 1):
                states, density = program(*given, z[lanes].astype(np.float32), position, *tuning, words[lanes], np.int32(piece))
                position = states[-1]
                parts.append((np.asarray(states), np.asarray(density)))
                sampling.heed()
            states, density = (np.concatenate(arrays)[:count, : len(block)] for arrays in zip(*parts[1:], strict=True))
            drawn[block], log_q[block] = states.transpose(1, 0, 2), density.T
    return drawn, log_q


def weights_of(network: Arrays) -> Arrays:
    """Return an emulator's network without the score it was stored with."""
    return {name: value for name, value in network.items() if name != "score"}


@cache
def _joint(shape: _Shape) -> tuple[Any, Any]:
    """Return the compiled warm-up and the compiled sampler of an ensemble."""
    import blackjax
    import jax
    from blackjax.adaptation.base import get_filter_adapt_info_fn

    xp, sizes = jax.numpy, shape.sizes

    def log_posterior(network: Any, rows: Any, position: Any) -> Any:
        z = xp.broadcast_to(position[: sizes.parameters], (sizes.cases, sizes.parameters))
        own = position[sizes.parameters :].reshape(sizes.cases, sizes.own)
        given = (xp.arange(sizes.cases), z, own)
        likelihood = log_density(network, rows, *given, shape.features, shape.layout)
        return xp.sum(likelihood) - 0.5 * xp.sum(position * position)

    def warm(network: Any, rows: Any, positions: Any, keys: Any, steps: int) -> Any:
        adaptation = blackjax.window_adaptation(
            blackjax.hmc,
            lambda position: log_posterior(network, rows, position),
            initial_step_size=FIRST_STEP,
            target_acceptance_rate=ACCEPTANCE,
            adaptation_info_fn=get_filter_adapt_info_fn(),
            num_integration_steps=shape.leapfrogs,
        )

        def one(position: Any, key: Any) -> Any:
            (state, tuned), _ = adaptation.run(key, position, steps)
            return state.position, tuned["step_size"], tuned["inverse_mass_matrix"]

        return jax.vmap(one)(positions, keys)

    def sample(network: Any, rows: Any, positions: Any, step: Any, metric: Any, key: Any, steps: int) -> Any:
        def target(position: Any) -> Any:
            return log_posterior(network, rows, position)

        return _transitions(target, positions, step, metric, key, steps, shape.leapfrogs)

    return jax.jit(warm, static_argnums=4), jax.jit(sample, static_argnums=6)


def _transitions(target: Any, positions: Any, step: Any, metric: Any, key: Any, steps: int, leapfrogs: int) -> Any:
    """Return chains after ``steps`` transitions, and their log density and share of accepted proposals."""
    import blackjax
    import jax

    kernel = blackjax.hmc.build_kernel()

    def one(position: Any, step: Any, metric: Any, key: Any) -> Any:
        def move(state: Any, key: Any) -> Any:
            state, told = kernel(key, state, target, step, metric, leapfrogs)
            return state, told.is_accepted

        state, accepted = jax.lax.scan(move, blackjax.hmc.init(position, target), jax.random.split(key, steps))
        return state.position, state.logdensity, jax.numpy.mean(accepted)

    position, density, accepted = jax.vmap(one)(positions, step, metric, jax.random.split(key, len(positions)))
    return position, (density, accepted)


@cache
def _conditional(shape: _Shape) -> Any:
    """Return the compiled program that advances conditional chains of one cluster by ``STRIDE`` states."""
    import blackjax
    import jax

    xp, kernel = jax.numpy, blackjax.hmc.build_kernel()

    def run(network: Any, rows: Any, case: Any, z: Any, positions: Any, step: Any, metric: Any, words: Any, piece: Any) -> Any:
        def one(z: Any, position: Any, word: Any) -> Any:
            def target(own: Any) -> Any:
                given = (case[None], z[None], own[None])
                return log_density(network, rows, *given, shape.features, shape.layout)[0] - 0.5 * xp.sum(own * own)

            def move(state: Any, key: Any) -> Any:
                state, _ = kernel(key, state, target, step, metric, LEAPS)
                return state, (state.position, state.logdensity + 0.5 * xp.sum(state.position**2))

            keys = jax.random.split(jax.random.fold_in(word, piece), STRIDE)
            return jax.lax.scan(move, blackjax.hmc.init(position, target), keys)[1]

        states, density = jax.vmap(one)(z, positions, words)
        return states.transpose(1, 0, 2), density.T

    return jax.jit(run)
