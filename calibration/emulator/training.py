"""How is the emulator taught? By AdamW on minibatches, in jax with a single thread, so that the same data give the same bits.

The network is a dictionary of arrays and its gradient one call of jax; the optimiser is optax's. A layer library would hide the
few matrix products of ``network.mixture``, which must also run in numpy, and its module classes could not be stored as arrays.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.emulator.features import Features
from calibration.emulator.network import Layout, factor, gaussian, initial, log_sum, mixture
from calibration.emulator.pairs import Pairs
from calibration.jax_setup import jax_alone
from calibration.observation import ALIVE, DATES, Outcomes
from model.arrays import Arrays, Floats

# Ridge penalty of the regression, as an equivalent number of training pairs.
RIDGE: Final = 30.0
# Standard deviation of the noise added to simulated figures in training (log, log, years), below every error in the tables. It
# makes counts of firms smooth, and is taken off the errors again when a row is scored.
SMOOTHING: Final = np.array([0.10, 0.30, 0.40] * DATES)


class Scale(NamedTuple):
    """Mean, standard deviation and smoothing of d simulated figures, in the figures' units, shape (d,) each."""

    centre: Floats
    spread: Floats
    smoothing: Floats


class Lesson(NamedTuple):
    """The data of n training pairs.

    Attributes
    ----------
    inputs : float32, shape (n, i)
        What the network is told.
    outcome : float32, shape (n, d)
        Standardised figures.
    classes : int32, shape (n, heads)
        Class of each statement.
    status : int32, shape (n,)
        How the history ended; only those that are alive have figures and classes.
    """

    inputs: np.ndarray
    outcome: np.ndarray
    classes: np.ndarray
    status: np.ndarray

    def part(self, rows: Any) -> "Lesson":
        """Return the pairs at ``rows``."""
        return Lesson(*(array[rows] for array in self))


class Schedule(NamedTuple):
    """How a network is trained.

    Attributes
    ----------
    width : int
        Units of each layer.
    epochs, batch : int
        Passes over the data, and pairs in a step.
    rate, decay : float
        First learning rate, which decays by a cosine, and weight decay (Loshchilov and Hutter 2019).
    held_out : float
        Share of the pairs that are held out for scoring.
    """

    width: int
    epochs: int
    batch: int
    rate: float = 2e-3
    decay: float = 0.03
    held_out: float = 0.05


def scale_of(pairs: Pairs, layout: Layout) -> Scale:
    """Return the scale of the figures of the histories that are alive."""
    figures = _figures(pairs.outcomes.take(np.flatnonzero(pairs.outcomes.status == ALIVE)), layout)
    return Scale(figures.mean(axis=0), figures.std(axis=0) + 1e-3, SMOOTHING[list(layout.figures)])


def _figures(outcomes: Outcomes, layout: Layout) -> Floats:
    return outcomes.figures.reshape(len(outcomes.status), -1)[:, list(layout.figures)]


def lesson(pairs: Pairs, features: Features, layout: Layout, scale: Scale) -> Lesson:
    """Return all pairs as the data of a network, in the order of their seeds, which are random."""
    order = np.argsort(pairs.keys, kind="stable")
    seen = pairs.outcomes.take(order)
    told = features(pairs.case[order], pairs.z[order], pairs.own[order], np)
    return Lesson(
        told.astype(np.float32),
        ((_figures(seen, layout) - scale.centre) / scale.spread).astype(np.float32),
        seen.classes.reshape(len(order), -1)[:, list(layout.heads)].astype(np.int32),
        seen.status.astype(np.int32),
    )


def held_out(count: int, schedule: Schedule) -> int:
    """Return how many of ``count`` pairs, the first ones of a lesson, are held out."""
    return max(int(schedule.held_out * count), 1)


def log_density(network: Any, data: Lesson, layout: Layout, xp: Any) -> Any:
    """Return the log density of each pair (nats), shape (n,): of the status and, where alive, of figures and classes."""
    parts = mixture(network, data.inputs, layout, xp)
    error = data.outcome[:, None, :] - parts.mean
    terms = parts.log_weight + gaussian(factor(parts, xp), [error[..., i] for i in range(len(layout.figures))], xp)
    chosen = (data.classes[:, :, None] == xp.arange(3)).astype(terms.dtype)
    terms = terms + xp.sum(parts.log_class * chosen[:, None], axis=(-1, -2))
    status = (data.status[:, None] == xp.arange(3)).astype(terms.dtype)
    return xp.sum(parts.log_status * status, axis=-1) + log_sum(terms, xp) * (data.status == ALIVE)


def fit(
    data: Lesson,
    layout: Layout,
    scale: Scale,
    schedule: Schedule,
    seed: int,
    progress: Callable[[int], None],
    start: Arrays | None = None,
) -> Arrays:
    """Train a network, from ``start`` where one is given; ``progress`` is told the epoch that has ended, and may raise to stop.

    The first pairs are held out. Smoothing noise is redrawn each epoch, so that counts of firms have no atoms. Returned is the
    network as it was after the epoch that scored best on the pairs held out, since later epochs may overfit, with ``score``, the
    mean log density of those pairs (nats).
    """
    with jax_alone():
        import jax
        import jax.numpy as xp

        held = held_out(len(data.inputs), schedule)
        begin = start or {**initial(layout, data.inputs.shape[1], schedule.width, seed), "linear": ridge(data, held)}
        taught = [xp.asarray(part) for part in data.part(slice(held, None))]
        batch = min(schedule.batch, len(taught[0]))
        noise = tuple((scale.smoothing / scale.spread).tolist())
        epoch, state, score = _epoch(layout, schedule, len(taught[0]) // batch, batch, noise)
        network = {name: xp.asarray(value, xp.float32) for name, value in begin.items() if name != "score"}
        memory, key = state(network), jax.random.PRNGKey(seed)
        unseen = smoothed(data.part(slice(0, held)), scale, seed + 1)
        best: tuple[float, Arrays] = (-np.inf, {})
        for number in range(schedule.epochs):
            network, memory = epoch(network, memory, jax.random.fold_in(key, number), *taught)
            reached = float(score(network, *unseen))
            if reached > best[0] or not best[1]:
                best = reached, {name: np.asarray(value) for name, value in network.items()}
            progress(number + 1)
    return {**best[1], "score": np.array(best[0])}


def smoothed(data: Lesson, scale: Scale, seed: int) -> Lesson:
    """Return the pairs with the noise of ``SMOOTHING`` added to their figures once."""
    noise = np.random.Generator(np.random.Philox(seed)).normal(size=data.outcome.shape)
    return data._replace(outcome=(data.outcome + noise * scale.smoothing / scale.spread).astype(np.float32))


def ridge(data: Lesson, held: int) -> np.ndarray:
    """Return the ridge regression of the outcome on the inputs, whose residual a network learns.

    Only pairs that are alive and not among the first ``held`` are used.

    Returns
    -------
    float32, shape (i + 1, d)
        Coefficients, with the intercepts in the last row.
    """
    taught = data.status[held:] == ALIVE
    inputs = data.inputs[held:][taught].astype(np.float64)
    inputs = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    square = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    return np.linalg.solve(square, inputs.T @ data.outcome[held:][taught].astype(np.float64)).astype(np.float32)


@cache  # Networks of one shape share one compilation.
def _epoch(layout: Layout, schedule: Schedule, batches: int, batch: int, smoothing: tuple[float, ...]) -> tuple[Any, Any, Any]:
    """Return three functions: a compiled pass over the data, the optimiser's first state, and the mean score of pairs."""
    import jax
    import optax

    xp = jax.numpy
    rate = optax.cosine_decay_schedule(schedule.rate, schedule.epochs * batches, alpha=0.01)
    optimiser = optax.chain(optax.clip_by_global_norm(5.0), optax.adamw(rate, weight_decay=schedule.decay))

    def score(network: Any, *data: Any) -> Any:
        return xp.mean(log_density(network, Lesson(*data), layout, xp))

    def step(carry: Any, part: Any) -> Any:
        network, memory = carry
        gradient = jax.grad(lambda trained: -score(trained, *part))(network)
        updates, memory = optimiser.update(gradient, memory, network)
        return (optax.apply_updates(network, updates), memory), None

    def epoch(network: Any, memory: Any, key: Any, inputs: Any, outcome: Any, classes: Any, status: Any) -> Any:
        order = jax.random.permutation(key, inputs.shape[0])[: batches * batch]
        noisy = outcome + xp.asarray(smoothing, outcome.dtype) * jax.random.normal(jax.random.fold_in(key, 1), outcome.shape)
        parts = [part[order].reshape(batches, batch, *part.shape[1:]) for part in (inputs, noisy, classes, status)]
        (network, memory), _ = jax.lax.scan(step, (network, memory), parts)
        return network, memory

    return jax.jit(epoch), optimiser.init, jax.jit(score)
