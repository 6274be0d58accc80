"""How is a network taught? By AdamW on minibatches, in jax with a single thread, so that the same data give the same bits."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.learned.jax_setup import jax_alone
from calibration.learned.network import ALIVE_STATUS, Layout, component_log_density, hidden, initial, log_softmax, unpack
from model.arrays import Arrays

# Ridge penalty, as an equivalent number of training pairs.
RIDGE: Final = 30.0


class Lesson(NamedTuple):
    """The data of n training pairs.

    Attributes
    ----------
    inputs : float32, shape (n, i)
        Whitened parameters and features.
    outcome : float32, shape (n, d)
        Standardised outcomes, whose density is learned.
    smoothing : float32, shape (d,)
        Standard deviation of the noise added to outcomes, in their standardised unit.
    classes : int32, shape (n, heads)
        Class of each head.
    status : int32, shape (n,)
        How the history ended; only those with ``ALIVE_STATUS`` have an outcome.
    """

    inputs: np.ndarray
    outcome: np.ndarray
    smoothing: np.ndarray
    classes: np.ndarray
    status: np.ndarray


class Schedule(NamedTuple):
    """How a network is trained.

    Attributes
    ----------
    width : int
        Units of each hidden layer.
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


def loss(network: Any, layout: Layout, inputs: Any, outcome: Any, classes: Any, status: Any, xp: Any) -> Any:
    """Return the mean negative log density of a batch (nats): of the status and, where alive, of outcome and classes.

    Arrays are as in ``Lesson``; ``xp`` is numpy or jax.numpy.
    """
    outputs = hidden(network, inputs, xp) @ network["w3"] + network["b3"]
    status_logits, mixture = unpack(outputs, layout.sizes, layout.components, layout.dimensions, xp)
    terms = mixture.log_weight + component_log_density(mixture, outcome, xp)
    if layout.heads:
        log_class = log_softmax(mixture.class_logits, xp)
        chosen = (classes[:, :, None] == xp.arange(3)).astype(log_class.dtype)
        terms = terms + xp.sum(log_class * chosen[:, None], axis=(-1, -2))
    top = xp.max(terms, axis=-1, keepdims=True)
    density = top[:, 0] + xp.log(xp.sum(xp.exp(terms - top), axis=-1))
    if not layout.statuses:
        return -xp.mean(density)
    chosen_status = (status[:, None] == xp.arange(layout.statuses)).astype(density.dtype)
    return -xp.mean(xp.sum(log_softmax(status_logits, xp) * chosen_status, axis=-1) + density * (status == ALIVE_STATUS))


@jax_alone()
def fit(layout: Layout, lesson: Lesson, schedule: Schedule, seed: int, progress: Callable[[int], None]) -> tuple[Arrays, float]:
    """Train one network.

    Parameters
    ----------
    lesson : Lesson
        The first pairs are held out. Smoothing noise is redrawn each epoch, so that counts of firms have no atoms.
    progress : callable
        Told the epoch that has ended, and may raise to stop.

    Returns
    -------
    network : dict of arrays
        As it was after the epoch that scored best on the pairs held out, since later epochs may overfit.
    score : float
        Mean log density of the pairs held out (nats).
    """
    import jax
    import jax.numpy as xp

    count = len(lesson.inputs)
    held = max(int(schedule.held_out * count), 1)
    linear = ridge(lesson, held)
    lesson = lesson._replace(outcome=(lesson.outcome - predict(linear, lesson.inputs)).astype(np.float32))
    train = [xp.asarray(part[held:]) for part in (lesson.inputs, lesson.outcome, lesson.classes, lesson.status)]
    batch = min(schedule.batch, count - held)
    epoch, state = _epoch(layout, schedule, (count - held) // batch, batch, tuple(float(sd) for sd in lesson.smoothing))
    network = {name: xp.asarray(value) for name, value in initial(layout, lesson.inputs.shape[1], schedule.width, seed).items()}
    memory, key = state(network), jax.random.PRNGKey(seed)
    noise = np.random.Generator(np.random.Philox(seed + 1)).normal(size=(held, layout.dimensions)).astype(np.float32)
    unseen = (lesson.inputs[:held], lesson.outcome[:held] + lesson.smoothing * noise, lesson.classes[:held], lesson.status[:held])
    best: tuple[float, Arrays] = (-np.inf, {})
    for number in range(schedule.epochs):
        network, memory = epoch(network, memory, jax.random.fold_in(key, number), *train)
        plain = {name: np.asarray(value) for name, value in network.items()}
        score = -float(loss(plain, layout, *unseen, np))
        if score > best[0] or not best[1]:
            best = score, plain
        progress(number + 1)
    return {**best[1], "linear": linear}, best[0]


def ridge(lesson: Lesson, held: int) -> np.ndarray:
    """Return the ridge regression of the outcome on the inputs, whose residual a network learns.

    Only pairs that are alive and not among the first ``held`` are used.

    Returns
    -------
    float32, shape (i + 1, d)
        Coefficients, with the intercepts in the last row.
    """
    taught = lesson.status[held:] == ALIVE_STATUS
    inputs = lesson.inputs[held:][taught].astype(np.float64)
    inputs = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    square = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    return np.linalg.solve(square, inputs.T @ lesson.outcome[held:][taught].astype(np.float64)).astype(np.float32)


def predict(linear: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return the regression's prediction, shape (n, d), at inputs (n, i)."""
    return np.asarray(inputs @ linear[:-1] + linear[-1])


@cache  # Networks of one shape share one compilation.
def _epoch(layout: Layout, schedule: Schedule, batches: int, batch: int, smoothing: tuple[float, ...]) -> tuple[Any, Any]:
    """Return two functions: one compiled pass over the data, and the optimiser's first state for a network."""
    import jax
    import optax

    xp = jax.numpy
    rate = optax.cosine_decay_schedule(schedule.rate, schedule.epochs * batches, alpha=0.01)
    optimiser = optax.chain(optax.clip_by_global_norm(5.0), optax.adamw(rate, weight_decay=schedule.decay))

    def step(carry: Any, part: Any) -> Any:
        network, memory = carry
        gradient = jax.grad(loss)(network, layout, *part, xp)
        updates, memory = optimiser.update(gradient, memory, network)
        return (optax.apply_updates(network, updates), memory), None

    def epoch(network: Any, memory: Any, key: Any, inputs: Any, outcome: Any, classes: Any, status: Any) -> Any:
        order = jax.random.permutation(key, inputs.shape[0])[: batches * batch]
        noisy = outcome + xp.asarray(smoothing, outcome.dtype) * jax.random.normal(jax.random.fold_in(key, 1), outcome.shape)
        parts = [part[order].reshape(batches, batch, *part.shape[1:]) for part in (inputs, noisy, classes, status)]
        (network, memory), _ = jax.lax.scan(step, (network, memory), parts)
        return network, memory

    return jax.jit(epoch), optimiser.init
