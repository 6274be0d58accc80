"""Which latents could have given a cluster's row? A learned proposal q(latents | parameters, row) for importance sampling.

A mixture density network over all latents learns from the surrogate's training pairs. It is shown each pair as the tables
would have printed it: with errors and misclassification, and without the figures that the case lacks. Latents are drawn from
the network with a wider spread, and one in ten from the population itself, so that no weight exceeds ten (a defensive mixture,
Hesterberg 1995). The uniforms behind the draws are Sobol points, shifted at random for each use.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from calibration.keys import SHIFT, uniforms
from calibration.learned.network import CLASSES, Layout, Mixture, component_log_density, hidden, network_inputs, unpack
from calibration.learned.training import Lesson, predict
from calibration.learned.training_set import Pairs
from calibration.observation import ALIVE, DATES, FIGURES, STATEMENTS, ErrorModel, Table, draw_table
from model.arrays import Arrays, Floats, Seeds

# Share of latents that are drawn from the population.
POPULATION: Final = 0.10
# Factor by which the learned standard deviations are widened.
WIDER: Final = 1.15
_LOG_TWO_PI: Final = float(np.log(2 * np.pi))


def layout(components: int, latents: int) -> Layout:
    """Return the layout of the proposal's network: a mixture over latents, without classes or status."""
    return Layout(components, latents, 0, 0)


def describe(figures: Floats, said: np.ndarray, centre: Floats, spread: Floats) -> Floats:
    """Return printed rows as inputs of a network: standardised figures, marks of those that are present, and indicators.

    Parameters
    ----------
    figures : float64, shape (n, dates, 3)
        Printed figures (log, log, years); missing ones are NaN and become zero.
    said : int64, shape (n, dates, 2)
        Classes stated; -1 where nothing is stated, for which no indicator is set.
    centre, spread : float64, shape (dates * 3,)
        Means and standard deviations by which figures are standardised.

    Returns
    -------
    float64, shape (n, dates * (3 + 3 + 2 * CLASSES))
    """
    flat = (figures.reshape(-1, DATES * len(FIGURES)) - centre) / spread
    marks = np.isfinite(flat).astype(np.float64)
    words = (said.reshape(-1, DATES * len(STATEMENTS))[:, :, None] == np.arange(CLASSES)).astype(np.float64)
    return np.concatenate([np.clip(np.nan_to_num(flat), -4, 4), marks, words.reshape(len(flat), -1)], axis=1)


def lesson(pairs: Pairs, features: Floats, tables: Sequence[Table], centre: Floats, spread: Floats, errors: ErrorModel) -> Lesson:
    """Return the pairs that are alive as the data of the proposal's network, in the order of their seeds.

    ``features`` (cases, f) is what the network is told of each cluster; ``centre`` and ``spread`` are as in ``describe``.
    """
    kept = [np.flatnonzero((pairs.case == case) & (pairs.outcomes.status == ALIVE)) for case in range(len(tables))]
    shown = [
        describe(*draw_table(table, pairs.outcomes.take(rows), pairs.keys[rows], errors), centre, spread)
        for table, rows in zip(tables, kept, strict=True)
    ]
    rows = np.argsort(pairs.keys[np.concatenate(kept)], kind="stable")
    index = np.concatenate(kept)[rows]
    inputs = network_inputs(pairs.z[index], np.concatenate([features[pairs.case[index]], np.concatenate(shown)[rows]], axis=1))
    latents = pairs.latents.shape[1]
    empty = np.zeros((len(index), 0), np.int32)
    return Lesson(
        inputs, pairs.latents[index].astype(np.float32), np.zeros(latents, np.float32), empty, np.zeros(len(index), np.int32)
    )


class Proposal:
    """Draws latents that are likely given a cluster's row, with their importance weights.

    Parameters
    ----------
    network : dict of arrays, optional
        The learned mixture; without one, latents come from the population.
    components, latents : int
        Components of the mixture, and latents of a cluster.
    features : float64, shape (cases, f)
        What the network is told of each cluster.
    described : float64, shape (cases, r)
        The clusters' rows, as ``describe`` returns them.
    """

    def __init__(self, network: Arrays | None, components: int, latents: int, features: Floats, described: Floats) -> None:
        self.latents = latents
        self._network = network
        self._layout = layout(components, latents)
        self._features = np.concatenate([features, described], axis=1)

    def mixtures(self, case: int, z: Floats) -> Mixture | None:
        """Return n mixtures over a cluster's latents, at whitened parameters z (n, d); none without a network."""
        if self._network is None:
            return None
        features = np.broadcast_to(self._features[case], (1, self._features.shape[1]))
        # Draws are evaluated one at a time, because linear algebra may add in another order in a larger batch, and no bit may
        # depend on how many draws are evaluated together.
        alone = [self._mixture(self._network, network_inputs(row[None], features)) for row in z]
        return Mixture(*(np.concatenate(parts) for parts in zip(*alone, strict=True)))

    def _mixture(self, network: Arrays, inputs: np.ndarray) -> Mixture:
        """Return the mixtures at inputs (n, i), moved by the regression and widened."""
        outputs = (hidden(network, inputs, np) @ network["w3"] + network["b3"]).astype(np.float64)
        mixture = unpack(outputs, self._layout.sizes, self._layout.components, self._layout.dimensions, np)[1]
        mixture = mixture._replace(mean=mixture.mean + predict(network["linear"], inputs)[:, None, :])
        return mixture._replace(log_diagonal=mixture.log_diagonal + np.log(WIDER), below=mixture.below * WIDER)

    def draw(self, case: int, z: Floats, points: Floats) -> tuple[Floats, Floats]:
        """Return r draws of a cluster's latents for each of n parameter vectors, with log weights.

        Parameters
        ----------
        z : float64, shape (n, d)
            Whitened parameters.
        points : float64, shape (n, r, 1 + latents)
            Uniforms. The first of a draw picks the population or a component, and the others move within it.

        Returns
        -------
        latents : float64, shape (n, r, latents)
        log_weight : float64, shape (n, r)
            Log of population density over proposal density (nats).
        """
        normal = ndtri(points[:, :, 1:])
        mixture = self.mixtures(case, z)
        if mixture is None:
            return normal, np.zeros(points.shape[:2])
        ends = np.cumsum(np.exp(mixture.log_weight), axis=-1)
        pick = (points[:, :, 0] - POPULATION) / (1.0 - POPULATION)
        chosen = np.minimum((pick[:, :, None] > ends[:, None, :]).sum(axis=-1), ends.shape[1] - 1)
        rows = np.arange(len(z))[:, None]
        moved = np.empty_like(normal)
        below, diagonal = mixture.below[rows, chosen], np.exp(mixture.log_diagonal[rows, chosen])
        for i in range(self.latents):
            start = i * (i - 1) // 2
            moved[:, :, i] = diagonal[:, :, i] * normal[:, :, i] + np.sum(
                below[:, :, start : start + i] * normal[:, :, :i], axis=-1
            )
        latents = np.where((pick < 0)[:, :, None], normal, mixture.mean[rows, chosen] + moved)
        return latents, self._log_weight(mixture, latents)

    def _log_weight(self, mixture: Mixture, latents: Floats) -> Floats:
        """Return the log of population density over proposal density, shape (n, r), at latents (n, r, latents)."""
        population = -0.5 * np.sum(latents**2, axis=-1) - 0.5 * self.latents * _LOG_TWO_PI
        result = np.empty(latents.shape[:2])
        for row in range(len(latents)):
            one = Mixture(*(part[row][None] for part in mixture))
            terms = one.log_weight + component_log_density(one, latents[row], np)
            learned = np.logaddexp.reduce(terms, axis=-1)
            mixed = np.logaddexp(np.log1p(-POPULATION) + learned, np.log(POPULATION) + population[row])
            result[row] = population[row] - mixed
        return result


def sobol(count: int, dimensions: int, keys: Seeds) -> Floats:
    """Return Sobol points inside the unit cube, shifted at random for each key (Cranley and Patterson 1976).

    Parameters
    ----------
    count, dimensions : int
        Number of points for each key, and their dimensions.
    keys : uint64, shape (n,)

    Returns
    -------
    float64, shape (n, count, dimensions)
    """
    size = 1 << max(int(np.ceil(np.log2(max(count, 1)))), 0)
    points = qmc.Sobol(dimensions, scramble=False).random(size)[:count]
    shifted = (points[None] + uniforms(keys, SHIFT, dimensions)[:, None, :]) % 1.0
    tiny = 2.0**-53
    result: Floats = np.clip(shifted, tiny, 1.0 - tiny)
    return result
