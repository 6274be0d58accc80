"""What is the emulator's network? Residual layers whose outputs are the parameters of a Gaussian mixture with classes.

The density is that of Bishop (1994), with full covariances (lower Cholesky factors) and, inside each component, independent
classes ("heads"). A separate softmax says in which status a history ended. The functions take either array library (``xp`` is
numpy or jax.numpy): networks are trained in jax, and evaluated in either, so that using a stored one needs no jax.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.observation import Table
from model.arrays import Arrays

# Ways in which a history can end.
STATUSES: Final = 3
# Classes of each head.
CLASSES: Final = 3
# Residual layers after the first one.
DEPTH: Final = 2
# Inputs are clipped at this distance from zero.
CLIP: Final = 6.0
# Range of a component's log standard deviations, in units of the standardised outcome.
LOG_SD: Final = (-5.0, 3.0)


class Layout(NamedTuple):
    """What the network's density is a density of.

    Attributes
    ----------
    components : int
        Components of the mixture, k.
    figures, heads : tuple of int
        Figures (of dates times figures) and statements (of dates times statements) that some row has: no other is learned.
    """

    components: int
    figures: tuple[int, ...]
    heads: tuple[int, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths of the blocks of a network's outputs, in the order of ``Mixture``."""
        k, d = self.components, len(self.figures)
        return STATUSES, k, k * d, k * d, k * d * (d - 1) // 2, k * len(self.heads) * CLASSES


def layout_of(tables: Sequence[Table], components: int) -> Layout:
    """Return the layout that rows need."""
    seen = np.any([table.seen for table in tables], axis=0)
    said = np.any([table.said.ravel() >= 0 for table in tables], axis=0)
    return Layout(components, tuple(np.flatnonzero(seen).tolist()), tuple(np.flatnonzero(said).tolist()))


class Mixture(NamedTuple):
    """Parameters of n mixtures of k components in d dimensions, and the status of the history.

    Attributes
    ----------
    log_status : shape (n, STATUSES)
        Log probabilities of the statuses.
    log_weight : shape (n, k)
        Log weights of the components, whose exponentials sum to one.
    mean, log_diagonal : shape (n, k, d)
        Means, and logs of the diagonals of the lower Cholesky factors of the covariances.
    below : shape (n, k, d (d - 1) / 2)
        Entries of the factors below the diagonal, row by row.
    log_class : shape (n, k, heads, CLASSES)
        Log probabilities of the classes of each head.
    """

    log_status: Any
    log_weight: Any
    mean: Any
    log_diagonal: Any
    below: Any
    log_class: Any


def log_softmax(logits: Any, xp: Any) -> Any:
    """Return log probabilities along the last axis, same shape as ``logits``."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def log_sum(terms: Any, xp: Any) -> Any:
    """Return the log of summed exponentials over the last axis."""
    top = xp.max(terms, axis=-1, keepdims=True)
    return top[..., 0] + xp.log(xp.sum(xp.exp(terms - top), axis=-1))


def mixture(network: Any, inputs: Any, layout: Layout, xp: Any) -> Mixture:
    """Return the mixtures at inputs (n, i): a residual network adds to a regression's means.

    ``network`` holds ``w0`` (i, width), pairs ``a1``, ``c1`` (width, width) for each residual layer, ``out`` (width, outputs),
    their offsets, and ``linear`` (i + 1, d), the coefficients of the regression.
    """
    told = xp.clip(inputs, -CLIP, CLIP)
    state = told @ network["w0"] + network["b0"]
    for layer in range(1, DEPTH + 1):
        inner = xp.tanh(_smooth(state, xp) @ network[f"a{layer}"] + network[f"b{layer}"])
        state = state + inner @ network[f"c{layer}"]
    outputs = _smooth(state, xp) @ network["out"] + network["offset"]
    ends = [int(end) for end in np.cumsum(layout.sizes)]
    status, weight, mean, diagonal, below, classes = (
        outputs[..., end - size : end] for size, end in zip(layout.sizes, ends, strict=True)
    )
    lead, components, dimensions = outputs.shape[:-1], layout.components, len(layout.figures)
    line = told @ network["linear"][:-1] + network["linear"][-1]
    return Mixture(
        log_softmax(status, xp),
        log_softmax(weight, xp),
        mean.reshape(*lead, components, dimensions) + line[..., None, :],
        xp.clip(diagonal, *LOG_SD).reshape(*lead, components, dimensions),
        below.reshape(*lead, components, -1),
        log_softmax(classes.reshape(*lead, components, len(layout.heads), CLASSES), xp),
    )


def _smooth(x: Any, xp: Any) -> Any:
    """Return x logistic(x), which is smooth, so that the likelihood has a gradient everywhere."""
    return 0.5 * x * (1.0 + xp.tanh(0.5 * x))


def factor(parts: Mixture, xp: Any) -> list[list[Any]]:
    """Return the lower Cholesky factors of the covariances, entry by entry, shape (n, k) each."""
    diagonal = xp.exp(parts.log_diagonal)
    return [[parts.below[..., i * (i - 1) // 2 + j] for j in range(i)] + [diagonal[..., i]] for i in range(parts.mean.shape[-1])]


def gaussian(lower: list[list[Any]], error: list[Any], xp: Any) -> Any:
    """Return log N(error; 0, L L') for factors L and errors given entry by entry, in nats."""
    white: list[Any] = []
    square, determinant = 0.0, 0.0
    for i, row in enumerate(lower):
        rest = error[i]
        for j in range(i):
            rest = rest - row[j] * white[j]
        white.append(rest / row[i])
        square = square + white[i] * white[i]
        determinant = determinant + xp.log(row[i])
    return -0.5 * square - determinant - 0.5 * float(np.log(2 * np.pi)) * len(lower)


def initial(layout: Layout, inputs: int, width: int, seed: int) -> Arrays:
    """Return a network before training, float32; see ``mixture`` for its arrays.

    Components begin spread over the standardised outcome.
    """
    draw = np.random.Generator(np.random.Philox(seed))
    total, spread = sum(layout.sizes), layout.components * len(layout.figures)

    def scaled(rows: int, columns: int, by: float = 1.0) -> np.ndarray:
        return draw.normal(0, by / np.sqrt(rows), (rows, columns))

    network: Arrays = {"w0": scaled(inputs, width), "b0": np.zeros(width)}
    for layer in range(1, DEPTH + 1):
        network |= {f"a{layer}": scaled(width, width), f"b{layer}": np.zeros(width), f"c{layer}": scaled(width, width, 0.3)}
    network |= {
        "out": scaled(width, total, 0.1),
        "offset": np.zeros(total),
        "linear": np.zeros((inputs + 1, len(layout.figures))),
    }
    start = STATUSES + layout.components
    network["offset"][start : start + spread] = draw.normal(0, 0.3, spread)
    network["offset"][start + spread : start + 2 * spread] = -0.5
    return {name: value.astype(np.float32) for name, value in network.items()}
