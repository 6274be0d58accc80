"""What is a mixture density network here? Two hidden layers whose outputs are the parameters of a Gaussian mixture.

The density is that of Bishop (1994), with full covariances (lower Cholesky factors) and, inside each component, independent
classes ("heads"). A separate softmax says in which status a history ended. The functions take either array library (``xp`` is
numpy or jax.numpy): networks are trained in jax, but evaluated and sampled in numpy, so that using a stored fit needs no jax.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from model.arrays import Arrays, Floats

# Classes of each head.
CLASSES: Final = 3
# The status of a history that has an outcome.
ALIVE_STATUS: Final = 0
# Whitened inputs are clipped at this distance from zero.
CLIP: Final = 5.0
# Range of a component's log standard deviations, in units of the standardised outcome.
LOG_SD: Final = (-5.0, 3.0)


class Layout(NamedTuple):
    """Where the parameters of the mixture lie among a network's outputs.

    Attributes
    ----------
    components : int
        Components of the mixture, k.
    dimensions : int
        Dimensions of the outcome, d.
    heads, statuses : int
        Numbers of independent classes and of statuses; zero where there are none.
    """

    components: int
    dimensions: int
    heads: int
    statuses: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths of the blocks: status, weights, means, log diagonal of the factor, its rows below the diagonal, classes."""
        k, d = self.components, self.dimensions
        return self.statuses, k, k * d, k * d, k * d * (d - 1) // 2, k * self.heads * CLASSES

    @property
    def outputs(self) -> int:
        """Number of a network's outputs."""
        return sum(self.sizes)

    def slots(self, dimensions: list[int], heads: list[int]) -> dict[tuple[str, int, int], np.ndarray]:
        """Return the columns of the outputs that the marginal density of some ``dimensions`` and ``heads`` needs.

        Returns
        -------
        dict of int64, shape (k,)
            One column for each component. Keys are ("weight", 0, 0), ("mean", i, 0), ("factor", i, j) for entry (i, j) of the
            Cholesky factor, whose diagonal is in logs, and ("class", head, class).
        """
        starts = np.cumsum([0, *self.sizes])
        k, d = np.arange(self.components), self.dimensions
        columns = {("weight", 0, 0): starts[1] + k}
        for i in dimensions:
            columns["mean", i, 0] = starts[2] + k * d + i
            columns["factor", i, i] = starts[3] + k * d + i
            columns |= {("factor", i, j): starts[4] + k * (d * (d - 1) // 2) + i * (i - 1) // 2 + j for j in range(i)}
        columns |= {
            ("class", head, word): starts[5] + (k * self.heads + head) * CLASSES + word
            for head in heads
            for word in range(CLASSES)
        }
        return columns


class Mixture(NamedTuple):
    """Parameters of n mixtures of k components in d dimensions.

    Attributes
    ----------
    log_weight : shape (n, k)
        Log weights of the components, whose exponentials sum to one.
    mean, log_diagonal : shape (n, k, d)
        Means, and logs of the diagonals of the lower Cholesky factors of the covariances.
    below : shape (n, k, d (d - 1) / 2)
        Entries of the factors below the diagonal, row by row.
    class_logits : shape (n, k, heads, CLASSES)
        Log odds of the classes of each head.
    """

    log_weight: Any
    mean: Any
    log_diagonal: Any
    below: Any
    class_logits: Any


def hidden(network: Any, inputs: Any, xp: Any) -> Any:
    """Return the second hidden layer, shape (n, width), at inputs (n, i)."""
    first = xp.tanh(inputs @ network["w1"] + network["b1"])
    return xp.tanh(first @ network["w2"] + network["b2"])


def log_softmax(logits: Any, xp: Any) -> Any:
    """Return log probabilities along the last axis, same shape as ``logits``."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def unpack(outputs: Any, sizes: tuple[int, ...], components: int, dimensions: int, xp: Any) -> tuple[Any, Mixture]:
    """Return the status logits (n, statuses) and the mixtures that outputs (n, sum of ``sizes``) encode; see ``Layout``."""
    ends = [int(end) for end in np.cumsum(sizes)]
    blocks = [outputs[..., end - size : end] for size, end in zip(sizes, ends, strict=True)]
    lead = outputs.shape[:-1]
    return blocks[0], Mixture(
        log_softmax(blocks[1], xp),
        blocks[2].reshape(*lead, components, dimensions),
        xp.clip(blocks[3], *LOG_SD).reshape(*lead, components, dimensions),
        blocks[4].reshape(*lead, components, dimensions * (dimensions - 1) // 2),
        blocks[5].reshape(*lead, components, -1, CLASSES),
    )


def whitened_error(mixture: Mixture, outcome: Any) -> list[Any]:
    """Return L^-1 (outcome - mean) by forward substitution, one array (n, k) for each of the d dimensions of outcome (n, d)."""
    error = outcome[..., None, :] - mixture.mean
    result: list[Any] = []
    for i in range(mixture.mean.shape[-1]):
        rest = error[..., i]
        for j in range(i):
            rest = rest - mixture.below[..., i * (i - 1) // 2 + j] * result[j]
        result.append(rest / _exp(mixture.log_diagonal[..., i]))
    return result


def _exp(array: Any) -> Any:
    """Return the exponential by the library that the array belongs to."""
    if isinstance(array, np.ndarray):
        return np.exp(array)
    import jax.numpy

    return jax.numpy.exp(array)


def component_log_density(mixture: Mixture, outcome: Any, xp: Any) -> Any:
    """Return log N(outcome; mean, L L') of each component, shape (n, k), in nats, for outcomes (n, d)."""
    errors = whitened_error(mixture, outcome)
    square = sum(error * error for error in errors)
    constant = 0.5 * float(np.log(2 * np.pi)) * mixture.mean.shape[-1]
    return -0.5 * square - xp.sum(mixture.log_diagonal, axis=-1) - constant


def initial(layout: Layout, inputs: int, width: int, seed: int) -> Arrays:
    """Return a network before training.

    Components of the surrogate (which has heads) begin spread over the standardised outcome. Those of the proposal (which has
    none) begin near the population of latents, with standard deviations of one.

    Parameters
    ----------
    inputs, width : int
        Numbers of inputs and of units in each hidden layer.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    dict of float32
        ``w1`` (inputs, width), ``w2`` (width, width), ``w3`` (width, outputs) and the offsets ``b1``, ``b2`` and ``b3``.
    """
    draw = np.random.Generator(np.random.Philox(seed))
    network: Arrays = {
        "w1": draw.normal(0, 1 / np.sqrt(inputs), (inputs, width)),
        "b1": np.zeros(width),
        "w2": draw.normal(0, 1 / np.sqrt(width), (width, width)),
        "b2": np.zeros(width),
        "w3": draw.normal(0, 0.05 / np.sqrt(width), (width, layout.outputs)),
        "b3": np.zeros(layout.outputs),
    }
    start = layout.sizes[0] + layout.sizes[1]
    network["b3"][start : start + layout.sizes[2]] = draw.normal(0, 0.8 if layout.heads else 0.1, layout.sizes[2])
    network["b3"][start + layout.sizes[2] : start + 2 * layout.sizes[2]] = -0.3 if layout.heads else 0.0
    return {name: value.astype(np.float32) for name, value in network.items()}


def network_inputs(z: Floats, features: Floats) -> np.ndarray:
    """Return a network's inputs: clipped whitened parameters (n, d) beside features (n, f), float32, shape (n, d + f)."""
    return np.concatenate([np.clip(z, -CLIP, CLIP), features], axis=1).astype(np.float32)
