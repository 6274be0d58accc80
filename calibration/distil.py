"""How likely is a cluster's row at given parameters, by the emulator? An integral over the cluster, and a small network of it.

The integral of q(row | parameters, own) over the population of ``own`` is estimated by importance sampling, at parameters that
lie around the joint draws. Its proposal is a normal density that was regressed on the joint draws, and the population itself as
one part in ten, so that no weight exceeds ten. A small network for each cluster then learns the log of the integral: a likelihood
of the parameters alone that costs next to nothing: that is what emcee samples.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.emulator.evaluate import Emulator
from calibration.jax_setup import jax_alone
from calibration.keys import INTEGRALS, normals, seeds, uniforms
from model.arrays import Arrays, Floats

# Share of points that are drawn from the population, and factor by which the regressed standard deviations are widened.
POPULATION: Final = 0.10
WIDER: Final = 1.05
# Half of the parameters at which integrals are taken are moved away from the centre of the joint draws by this factor.
FURTHER: Final = 1.5
# Ridge penalty of the regression, as an equivalent number of draws.
RIDGE: Final = 5.0
# Units of a cluster's network; passes over the integrals, integrals of a step, rate, weight decay, and the share held out.
UNITS: Final = 24
EPOCHS: Final = 300
BATCH: Final = 128
RATE: Final = 5e-3
DECAY: Final = 0.05
HELD_OUT: Final = 0.1
# Seeds of the points within a cluster's draws.
POINT, CHOICE = 11, 12


class Proposal(NamedTuple):
    """Normal densities of what each cluster has for itself, given the parameters.

    Attributes
    ----------
    slope : float64, shape (cases, d + 1, l)
        Coefficients of the mean, with the intercept in the last row.
    factor : float64, shape (cases, l, l)
        Lower Cholesky factor of the covariance, widened.
    """

    slope: Floats
    factor: Floats


def regress(z: Floats, own: Floats) -> Proposal:
    """Return the proposal that joint draws z (n, d) and own (n, cases, l) suggest."""
    inputs = np.concatenate([z, np.ones((len(z), 1))], axis=1)
    square = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    slopes, factors = [], []
    for case in range(own.shape[1]):
        slope = np.linalg.solve(square, inputs.T @ own[:, case])
        left = own[:, case] - inputs @ slope
        scatter = (left.T @ left + RIDGE * np.eye(own.shape[2])) / (len(z) + RIDGE)
        slopes.append(slope)
        factors.append(WIDER * np.linalg.cholesky(scatter))
    return Proposal(np.stack(slopes), np.stack(factors))


def around(z: Floats) -> Floats:
    """Return the parameters at which integrals are taken: joint draws z (n, d), every second one moved outward.

    A draw that is moved takes the difference to the mean of all draws ``FURTHER`` times, so that the network has seen what lies
    around the posterior.
    """
    outward = (np.arange(len(z)) % 2)[:, None] * (FURTHER - 1.0)
    moved: Floats = z + outward * (z - z.mean(axis=0))
    return moved


class Integrals(NamedTuple):
    """What it takes to integrate: the emulator, the proposal, the points of one integral, and the run's seed."""

    emulator: Emulator
    proposal: Proposal
    points: int
    seed: int


def integrate(integrals: Integrals, z: Floats, first: int) -> Arrays:
    """Integrate every cluster's row at parameters z (n, d), numbered from ``first``.

    Returns
    -------
    dict of arrays
        ``z``, ``log_integral`` and ``variance`` (n, cases): the log of the estimate (nats), and the estimate's squared relative
        error.
    """
    every = [_integral(integrals, here, first + row) for row, here in enumerate(z)]
    return {"z": z, "log_integral": np.stack([one[0] for one in every]), "variance": np.stack([one[1] for one in every])}


def _integral(integrals: Integrals, z: Floats, index: int) -> tuple[Floats, Floats]:
    """Return the log integrals of all clusters at parameters z (d,), and their squared relative errors, shape (cases,) each."""
    proposal, points = integrals.proposal, integrals.points
    cases, size = proposal.factor.shape[:2]
    keys = np.stack([seeds(integrals.seed, INTEGRALS, case, index * points, points) for case in range(cases)])
    normal = normals(keys.ravel(), POINT, size).reshape(cases, points, size)
    mean = np.append(z, 1.0) @ proposal.slope
    moved = mean[:, None] + normal @ proposal.factor.swapaxes(1, 2)
    from_population = uniforms(keys.ravel(), CHOICE, 1).reshape(cases, points, 1) < POPULATION
    own = np.where(from_population, normal, moved)
    white = np.linalg.solve(proposal.factor, (own - mean[:, None]).swapaxes(1, 2))
    scale = np.log(np.diagonal(proposal.factor, axis1=1, axis2=2)).sum(axis=1)
    learned = -0.5 * (white**2).sum(axis=1) - scale[:, None]
    population = -0.5 * (own**2).sum(axis=2)
    mixed = np.logaddexp(np.log1p(-POPULATION) + learned, np.log(POPULATION) + population)
    flat = np.repeat(np.arange(cases), points), np.tile(z, (cases * points, 1)), own.reshape(cases * points, size)
    score = integrals.emulator.log_density(*flat).reshape(cases, points) + population - mixed
    top = score.max(axis=1)
    weight = np.exp(score - top[:, None])
    share = (weight**2).sum(axis=1) / weight.sum(axis=1) ** 2
    return np.log(weight.mean(axis=1)) + top, np.maximum(share - 1.0 / points, 0.0) * points / (points - 1)


def likelihood(network: Arrays, z: Floats) -> Floats:
    """Return the distilled log-likelihood of every cluster's row (nats), float64, shape (n, cases), at parameters z (n, d)."""
    told = z.astype(np.float32)
    result: Floats = _value(network, told, np).T.astype(np.float64)
    return result


def _value(network: Any, z: Any, xp: Any) -> Any:
    """Return the log-likelihoods, shape (cases, n), at parameters z (n, d), by either array library."""
    inner = xp.tanh(z @ network["w"] + network["b"])
    line = xp.swapaxes(z @ network["line"], 0, 1)
    return (inner @ network["out"])[..., 0] + line + network["offset"][:, None]


class Distilling(NamedTuple):
    """What it takes to distil.

    Attributes
    ----------
    z : float64, shape (n, d)
    value, variance : float64, shape (n, cases)
        Log integrals, and their squared relative errors.
    seed : int
        Seed of first weights and of the order of batches.
    heed : callable
        Called from time to time, and may raise to stop.
    """

    z: Floats
    value: Floats
    variance: Floats
    seed: int
    heed: Callable[[], None]


def distil(given: Distilling) -> Arrays:
    """Fit one small network a cluster to integrals.

    Returns
    -------
    dict of arrays
        The network that did best on the integrals held out, and ``error`` (cases,), its root mean squared error there (nats),
        the integrals' own noise included.
    """
    z, value, variance = given.z, given.value, given.variance
    held = max(int(HELD_OUT * len(z)), 1)
    centre, spread = value[held:].mean(axis=0), value[held:].std(axis=0) + 1e-3
    weight = 1.0 / (variance + np.median(variance) + 1e-4)
    data = [array.astype(np.float32) for array in (z, (value - centre) / spread, weight / weight.mean(axis=0))]
    with jax_alone():
        import jax

        xp = jax.numpy
        steps, state, loss = _teaching(max((len(z) - held) // BATCH, 1), min(BATCH, len(z) - held))
        network = {name: xp.asarray(part) for name, part in first_network(z.shape[1], value.shape[1], given.seed).items()}
        memory, key, best = state(network), jax.random.PRNGKey(given.seed), (np.inf, network)
        for epoch in range(EPOCHS):
            network, memory = steps(network, memory, jax.random.fold_in(key, epoch), *(part[held:] for part in data))
            reached = float(loss(network, *(part[:held] for part in data)))
            best = (reached, network) if reached < best[0] else best
            given.heed()
        best_one: Arrays = {name: np.asarray(part) for name, part in best[1].items()}
    best_one["out"] = best_one["out"] * spread[:, None, None]
    best_one["line"], best_one["offset"] = best_one["line"] * spread, best_one["offset"] * spread + centre
    taught: Arrays = {name: part.astype(np.float32) for name, part in best_one.items()}
    return {**taught, "error": np.sqrt(((likelihood(taught, z[:held]) - value[:held]) ** 2).mean(axis=0))}


def first_network(parameters: int, cases: int, seed: int) -> Arrays:
    """Return the networks of all clusters before they have learned anything, float32."""
    draw = np.random.Generator(np.random.Philox(seed))
    network = {
        "w": draw.normal(0, 0.5 / np.sqrt(parameters), (cases, parameters, UNITS)),
        "b": 0.5 * draw.normal(size=(cases, 1, UNITS)),
        "out": draw.normal(0, 0.1, (cases, UNITS, 1)),
        "line": np.zeros((parameters, cases)),
        "offset": np.zeros(cases),
    }
    return {name: part.astype(np.float32) for name, part in network.items()}


@cache
def _teaching(batches: int, batch: int) -> tuple[Any, Any, Any]:
    """Return three functions: a compiled pass over the integrals, the optimiser's first state, and the loss."""
    import jax
    import optax

    xp = jax.numpy
    optimiser = optax.adamw(optax.cosine_decay_schedule(RATE, EPOCHS * batches, alpha=0.01), weight_decay=DECAY)

    def loss(network: Any, z: Any, value: Any, weight: Any) -> Any:
        return xp.mean(weight.T * (_value(network, z, xp) - value.T) ** 2)

    def step(carry: Any, part: Any) -> Any:
        network, memory = carry
        updates, memory = optimiser.update(jax.grad(loss)(network, *part), memory, network)
        return (optax.apply_updates(network, updates), memory), None

    def steps(network: Any, memory: Any, key: Any, *data: Any) -> Any:
        order = jax.random.permutation(key, len(data[0]))[: batches * batch]
        parts = tuple(part[order].reshape(batches, batch, *part.shape[1:]) for part in data)
        return jax.lax.scan(step, (network, memory), parts)[0]

    return jax.jit(steps), optimiser.init, jax.jit(loss)
