"""What is the likelihood of a cluster's row, without simulating? An ensemble of small mixture density networks.

This is neural likelihood estimation (Papamakarios, Sterratt and Murray 2019). One simulated history is one training pair of
the density q(figures, classes, status | parameters, cluster), in which both dates of observation are joint. A figure that is
missing, such as every earlier figure of a cluster seen once, is integrated out in closed form. Errors of figures enter as a
convolution with a normal density (less the smoothing used in training), and errors of statements as a matrix product.
Networks therefore need no new training when the error model changes.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from calibration.learned.network import ALIVE_STATUS, CLASSES, CLIP, LOG_SD, Layout, network_inputs
from calibration.learned.training import Lesson
from calibration.learned.training_set import Pairs
from calibration.observation import DATES, FIGURES, STATEMENTS, ErrorModel, Table, dead_log_density
from model.arrays import Arrays, Floats

# Figures, statements and statuses of a history.
DIMENSIONS: Final = DATES * len(FIGURES)
HEADS: Final = DATES * len(STATEMENTS)
STATUSES: Final = 3
# Class logits are clipped at this distance from zero, so that exponentials stay in range.
LOGIT: Final = 20.0
# Standard deviation of the noise added to simulated figures in training (log, log, years), below every error in the tables.
SMOOTHING: Final = np.array([0.10, 0.30, 0.40] * DATES)


def layout(components: int) -> Layout:
    """Return the layout of the surrogate's networks: a mixture over figures, with statements as heads."""
    return Layout(components, DIMENSIONS, HEADS, STATUSES)


def features(covariates: Floats) -> Floats:
    """Return what the networks are told of each cluster: covariates (cases, c) and an indicator of it, (cases, c + cases)."""
    return np.concatenate([covariates, np.eye(len(covariates))], axis=1)


class Scale(NamedTuple):
    """Mean and standard deviation of the simulated figures, shape (DIMENSIONS,) each, in the figures' units."""

    centre: Floats
    spread: Floats


def scale_of(pairs: Pairs) -> Scale:
    """Return the scale of the figures of the histories that are alive."""
    figures = pairs.outcomes.figures[pairs.outcomes.status == ALIVE_STATUS].reshape(-1, DIMENSIONS)
    return Scale(figures.mean(axis=0), figures.std(axis=0) + 1e-3)


def lesson(pairs: Pairs, cluster_features: Floats, scale: Scale) -> Lesson:
    """Return all pairs as the data of the surrogate's networks; ``cluster_features`` (cases, f) is made by ``features``."""
    # Seeds are random, so that the pairs held out, which are the first ones, are of all clusters.
    order = np.argsort(pairs.keys, kind="stable")
    seen = pairs.outcomes.take(order)
    outcome = (seen.figures.reshape(-1, DIMENSIONS) - scale.centre) / scale.spread
    return Lesson(
        network_inputs(pairs.z[order], cluster_features[pairs.case[order]]),
        outcome.astype(np.float32),
        (SMOOTHING / scale.spread).astype(np.float32),
        seen.classes.reshape(-1, HEADS).astype(np.int32),
        seen.status.astype(np.int32),
    )


class _Pattern(NamedTuple):
    """Clusters whose rows have the same figures and statements, and which are evaluated together.

    Attributes
    ----------
    cases : int64, shape (cases,)
        Indices of the clusters.
    seen, heads : list of int
        Which figures and which statements their rows have.
    columns : int64, shape (columns,)
        Columns of a network's outputs that are needed.
    first : dict
        The position, among ``columns``, of a slot's first component; see ``Layout.slots``.
    target, variance, outlier : float32, shape (cases, figures)
        Standardised figures, and variances of their usual and of their gross errors.
    chances : float32, shape (heads, CLASSES, cases)
        Probability that each class is stated as the row states it.
    dead : float32, shape (cases,)
        Log density of a history without a cluster (nats).
    log_spread : float
        Log of the product of the figures' spreads: what standardising adds to their log density (nats).
    """

    cases: np.ndarray
    seen: list[int]
    heads: list[int]
    first: dict[tuple[str, int, int], int]
    columns: np.ndarray
    target: np.ndarray
    variance: np.ndarray
    outlier: np.ndarray
    chances: np.ndarray
    dead: np.ndarray
    log_spread: float


class Surrogate:
    """The learned log-likelihood of the tables.

    Parameters
    ----------
    networks : sequence of dict of arrays
        Networks whose densities are averaged with equal weight.
    components : int
        Components of each mixture.
    scale : Scale
        The scale of the figures on which the networks were trained.
    cluster_features : float64, shape (cases, f)
        What the networks are told of each cluster.
    tables : sequence of Table
        The clusters' rows.
    errors : ErrorModel
        How figures and statements err.
    """

    def __init__(
        self,
        networks: Sequence[Arrays],
        components: int,
        scale: Scale,
        cluster_features: Floats,
        tables: Sequence[Table],
        errors: ErrorModel,
    ) -> None:
        self.cases = len(tables)
        self._layout = layout(components)
        self._scale = scale
        self._errors = errors
        self._networks = [{name: value.astype(np.float32) for name, value in network.items()} for network in networks]
        self._features = cluster_features.astype(np.float32)
        self._patterns = self._sort(tables)

    def _sort(self, tables: Sequence[Table]) -> list[_Pattern]:
        """Return the clusters in groups whose rows have the same figures and statements."""
        groups: dict[tuple[bytes, bytes], list[int]] = {}
        for case, table in enumerate(tables):
            groups.setdefault((table.seen.tobytes(), (table.said >= 0).tobytes()), []).append(case)
        return [self._pattern(cases, [tables[case] for case in cases]) for cases in groups.values()]

    def _pattern(self, cases: list[int], tables: list[Table]) -> _Pattern:
        """Return what is needed to evaluate one group of clusters."""
        seen = [int(i) for i in np.flatnonzero(tables[0].seen)]
        heads = [int(i) for i in np.flatnonzero(tables[0].said.ravel() >= 0)]
        slots = self._layout.slots(seen, heads)
        target = np.stack([(table.value - table.bias).ravel()[seen] for table in tables])
        left = np.stack([table.sd.ravel()[seen] ** 2 for table in tables]) - SMOOTHING[seen] ** 2
        spread = self._scale.spread[seen]
        matrices = self._errors.matrices()
        chances = [[matrices[head % len(STATEMENTS)][:, table.said.ravel()[head]] for table in tables] for head in heads]
        single = np.float32
        return _Pattern(
            np.array(cases),
            seen,
            heads,
            {slot: STATUSES + position * self._layout.components for position, slot in enumerate(slots)},
            np.concatenate([np.arange(STATUSES), *slots.values()]),
            ((target - self._scale.centre[seen]) / spread).astype(single),
            (np.maximum(left, 0.0) / spread**2).astype(single),
            ((np.maximum(left, 0.0) + self._errors.outlier_sd**2) / spread**2).astype(single),
            np.array(chances, single).reshape(len(heads), len(cases), -1).transpose(0, 2, 1),
            np.array([dead_log_density(table, self._errors) for table in tables], single),
            float(np.log(spread).sum()),
        )

    def log_density(self, z: Floats) -> Floats:
        """Return the log-likelihood of each cluster's row (nats), shape (n, cases), at whitened parameters z (n, d)."""
        result = np.full((len(z), self.cases), -np.inf, np.float32)
        start = np.clip(z, -CLIP, CLIP).astype(np.float32)
        width = z.shape[1]
        for network in self._networks:
            lead = start @ network["w1"][:width]
            offset = self._features @ network["w1"][width:] + network["b1"]
            first = np.tanh(lead[:, None, :] + offset[None])
            second = np.tanh(first @ network["w2"] + network["b2"])
            line = network["linear"]
            shift = (start @ line[:width])[:, None] + (self._features @ line[width:-1] + line[-1])[None]
            for pattern in self._patterns:
                rows = second[:, pattern.cases].reshape(-1, second.shape[-1])
                outputs = network["w3"][:, pattern.columns].T @ rows.T + network["b3"][pattern.columns, None]
                scored = self._score(outputs.reshape(len(outputs), len(z), -1), shift[:, pattern.cases], pattern)
                result[:, pattern.cases] = np.logaddexp(result[:, pattern.cases], scored)
        density: Floats = result.astype(np.float64) - np.log(len(self._networks))
        return density

    def _score(self, outputs: np.ndarray, shift: np.ndarray, pattern: _Pattern) -> np.ndarray:
        """Return the log density (n, cases) of a pattern's rows.

        Parameters
        ----------
        outputs : float32, shape (columns, n, cases)
            The network's outputs.
        shift : float32, shape (n, cases, d)
            What the regression predicts of the standardised figures.
        """
        status = outputs[:STATUSES] - _log_sum(outputs[:STATUSES])
        components = self._layout.components

        def slot(kind: str, i: int, j: int = 0) -> np.ndarray:
            start = pattern.first[kind, i, j]
            return outputs[start : start + components]

        weight = slot("weight", 0) - _log_sum(slot("weight", 0))
        for head, chances in zip(pattern.heads, pattern.chances, strict=True):
            shares = [np.exp(np.clip(slot("class", head, word), -LOGIT, LOGIT)) for word in range(CLASSES)]
            stated = sum(share * chance for share, chance in zip(shares, chances, strict=True))
            weight = weight + np.log(stated / sum(shares))
        scatter, error = _scatter(slot, shift, pattern)
        usual = weight + _gaussian(scatter, error, pattern.variance) + np.float32(np.log1p(-self._errors.outlier))
        gross = weight + _gaussian(scatter, error, pattern.outlier) + np.float32(np.log(self._errors.outlier))
        alive = _log_sum(np.concatenate([usual, gross])) - np.float32(pattern.log_spread)
        ended = np.log(np.maximum(1.0 - np.exp(status[ALIVE_STATUS]), np.float32(1e-12))) + pattern.dead
        return np.asarray(np.logaddexp(status[ALIVE_STATUS] + alive, ended), np.float32)


def _log_sum(terms: np.ndarray) -> np.ndarray:
    """Return the log of summed exponentials over the first axis."""
    top = terms.max(axis=0)
    return np.asarray(top + np.log(np.exp(terms - top).sum(axis=0)))


# Entries of the lower triangle of a covariance matrix.
Scatter: TypeAlias = dict[tuple[int, int], np.ndarray]


def _scatter(
    slot: Callable[[str, int, int], np.ndarray], shift: np.ndarray, pattern: _Pattern
) -> tuple[Scatter, list[np.ndarray]]:
    """Return the covariances of the figures seen and the errors of their means, one array (k, n, cases) for each entry."""
    factor = {
        (i, j): np.exp(np.clip(slot("factor", i, j), *LOG_SD)) if i == j else slot("factor", i, j)
        for i in pattern.seen
        for j in range(i + 1)
    }
    scatter = {
        (a, b): np.asarray(sum(factor[i, m] * factor[j, m] for m in range(j + 1)))
        for a, i in enumerate(pattern.seen)
        for b, j in enumerate(pattern.seen[: a + 1])
    }
    return scatter, [pattern.target[:, a] - shift[..., i] - slot("mean", i, 0) for a, i in enumerate(pattern.seen)]


def _gaussian(scatter: Scatter, error: list[np.ndarray], variance: np.ndarray) -> np.ndarray:
    """Return log N(error; 0, scatter + variance) by an explicit Cholesky factor, shape (k, n, cases), in nats."""
    lower: Scatter = {}
    square: np.ndarray = np.zeros((), np.float32)
    determinant: np.ndarray = np.ones((), np.float32)
    white: list[np.ndarray] = []
    for i in range(len(error)):
        rest = error[i]
        for j in range(i + 1):
            entry = scatter[i, j] + variance[:, i] if i == j else scatter[i, j]
            for m in range(j):
                entry = entry - lower[i, m] * lower[j, m]
            lower[i, j] = np.sqrt(np.maximum(entry, np.float32(1e-8))) if i == j else entry / lower[j, j]
            if j < i:
                rest = rest - lower[i, j] * white[j]
        white.append(rest / lower[i, i])
        square = square + white[i] * white[i]
        determinant = determinant * lower[i, i]
    return np.asarray(
        np.float32(-0.5) * square - np.log(determinant) - np.float32(0.5 * np.log(2 * np.pi) * len(error)), np.float32
    )
