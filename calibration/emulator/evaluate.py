"""How likely is a cluster's row, given everything that was drawn for it? The emulator, scored on the tables, in numpy or in jax.

The network gives a density of figures and classes. Errors of figures enter as a convolution with a normal density (less the
smoothing used in training), a row's gross error as a second one, and errors of statements as a matrix product: the network needs
no new training when the error model changes. A figure that is missing is one with an error so large that it says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.emulator.features import Features
from calibration.emulator.network import CLASSES, Layout, Mixture, factor, gaussian, log_sum, mixture
from calibration.emulator.training import Scale
from calibration.observation import ALIVE, STATEMENTS, ErrorModel, Table, dead_log_density
from model.arrays import Arrays, Floats, Ints

# Variance of a figure that is missing, in units of the standardised figure.
SAYS_NOTHING: Final = 1e4
# The least probability of a class or of the end of a history.
TINY: Final = 1e-7


class Rows(NamedTuple):
    """The tables' rows as the emulator scores them.

    Attributes
    ----------
    target : float32, shape (cases, d)
        Standardised figures, less their selection bias; zero where missing.
    variance : float32, shape (cases, 2, d)
        Variances of the usual errors, and of the gross ones.
    log_share : float32, shape (cases, 2)
        Log probabilities that a row's errors are usual, and gross.
    chances : float32, shape (cases, heads, CLASSES)
        Probability that each class is stated as the row states it; one where nothing is stated.
    dead : float32, shape (cases,)
        Log density that a history without a cluster gives to the row (nats).
    constant : float32, shape (cases,)
        What standardising, and the figures that are missing, add to the log density (nats).
    """

    target: Any
    variance: Any
    log_share: Any
    chances: Any
    dead: Any
    constant: Any


def rows_of(tables: Sequence[Table], layout: Layout, scale: Scale, errors: ErrorModel) -> Rows:
    """Return the tables' rows as arrays."""
    figures, heads = list(layout.figures), list(layout.heads)
    seen = np.stack([table.seen for table in tables])[:, figures]
    value = np.stack([(table.value - table.bias).ravel() for table in tables])[:, figures]
    sd = np.stack([table.sd.ravel() for table in tables])[:, figures]
    left = np.maximum(sd**2 - scale.smoothing**2, 0.0)
    either = np.stack([left, left + errors.outlier_sd**2], axis=1) / scale.spread**2
    said = np.stack([table.said.ravel() for table in tables])[:, heads]
    chances, matrices = np.ones((len(tables), len(heads), CLASSES)), errors.matrices()
    for case, head in np.argwhere(said >= 0):
        chances[case, head] = matrices[heads[head] % len(STATEMENTS)][:, said[case, head]]
    missing = 0.5 * np.log(2 * np.pi * SAYS_NOTHING) * (~seen).sum(axis=1)
    arrays = (
        np.where(seen, (value - scale.centre) / scale.spread, 0.0),
        np.where(seen[:, None], either, SAYS_NOTHING),
        np.tile(np.log([1.0 - errors.outlier, errors.outlier]), (len(tables), 1)),
        chances,
        np.array([dead_log_density(table, errors) for table in tables]),
        missing - (np.log(scale.spread) * seen).sum(axis=1),
    )
    return Rows(*(array.astype(np.float32) for array in arrays))


def row_log_density(parts: Mixture, rows: Rows, xp: Any) -> Any:
    """Return log q(row | what was drawn), shape (n,), in nats, for n mixtures and as many rows."""
    dimensions = range(parts.mean.shape[-1])
    # Usual and gross errors lie beside each other in the second place: (n, 2, k).
    error = [(rows.target[:, None, i] - parts.mean[..., i])[:, None] for i in dimensions]
    lower = factor(parts, xp)
    scatter = [[sum(lower[i][m] * lower[j][m] for m in range(j + 1))[:, None] for j in range(i + 1)] for i in dimensions]
    stated = xp.sum(xp.exp(parts.log_class) * rows.chances[:, None], axis=-1)
    weight = parts.log_weight + xp.sum(xp.log(stated + TINY), axis=-1)
    terms = gaussian(_cholesky(scatter, rows.variance, xp), error, xp) + weight[:, None] + rows.log_share[..., None]
    alive = log_sum(terms.reshape(len(terms), -1), xp) + rows.constant
    log_alive = parts.log_status[..., ALIVE]
    ended = xp.log(xp.maximum(1.0 - xp.exp(log_alive), TINY)) + rows.dead
    return xp.logaddexp(log_alive + alive, ended)


def _cholesky(scatter: list[list[Any]], variance: Any, xp: Any) -> list[list[Any]]:
    """Return the Cholesky factors of scatter plus diagonal variances (n, 2, d), entry by entry, shape (n, 2, k) each."""
    lower: list[list[Any]] = []
    for i, row in enumerate(scatter):
        entries: list[Any] = []
        for j in range(i + 1):
            entry = row[j] + variance[..., None, i] if i == j else row[j]
            for m in range(j):
                entry = entry - (entries[m] if i == j else lower[j][m]) * entries[m]
            entries.append(xp.sqrt(xp.maximum(entry, TINY)) if i == j else entry / lower[j][j])
        lower.append(entries)
    return lower


@dataclass(frozen=True)
class Emulator:
    """The learned density of the tables' rows, given everything that was drawn.

    Attributes
    ----------
    network : dict of arrays
        As ``training.fit`` returns it.
    layout : Layout
        What it is a density of.
    features : Features
        What the network is told.
    rows : Rows
        The clusters' rows.
    """

    network: Arrays
    layout: Layout
    features: Features
    rows: Rows

    @property
    def cases(self) -> int:
        """Number of clusters."""
        return len(self.rows.dead)

    def log_density(self, case: Ints, z: Floats, own: Floats) -> Floats:
        """Return log q(row | z, own), float64, shape (n,), in nats, in numpy.

        Parameters
        ----------
        case : int64, shape (n,)
            Indices of the clusters whose rows are scored.
        z, own : float64, shapes (n, d) and (n, l)
            Whitened parameters, and what the clusters have for themselves.
        """
        told = self.features(case, z.astype(np.float32), own.astype(np.float32), np).astype(np.float32)
        parts = mixture(self.network, told, self.layout, np)
        density: Floats = row_log_density(parts, Rows(*(part[case] for part in self.rows)), np).astype(np.float64)
        return density


def log_density(network: Any, rows: Any, case: Any, z: Any, own: Any, features: Features, layout: Layout) -> Any:
    """Return what ``Emulator.log_density`` returns, in jax; ``rows`` holds one row for each of ``case``."""
    import jax.numpy as xp

    parts = mixture(network, features(case, z, own, xp), layout, xp)
    return row_log_density(parts, rows, xp)
