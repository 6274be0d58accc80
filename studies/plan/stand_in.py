"""Where will the posterior's histories lie, before there is a posterior? Where a linear regression on the prior's histories says.

Log firms, log size and schooling are regressed on whitened parameters and on what each cluster has for itself, all clusters
together. The linear Gaussian regression is then conditioned on the tables, which gives parameters for all clusters and the rest
for each. Its histories pass near the rows, as those of the emulator will, and cost about as much; its weights are noisier.
"""

from typing import Final

import numpy as np

from calibration.distil import WIDER
from calibration.emulator.pairs import Pairs, Sizes
from calibration.keys import LATENTS, normals
from calibration.observation import ALIVE, Table
from model.arrays import Floats, Seeds

# Ridge penalty on a slope, as an equivalent number of histories.
RIDGE: Final = 10.0
# Ridge penalty on the mean of a cluster, only large enough to keep the equations regular.
RIDGE_OF_MEAN: Final = 1e-6


class StandIn:
    """The posterior of a linear regression, which proposes what a cluster has for itself as the emulator does.

    Parameters
    ----------
    pairs : histories from the prior, of all clusters
    tables : the clusters' rows, in the order of the clusters
    sizes : numbers of clusters, parameters and numbers of a cluster's own
    """

    def __init__(self, pairs: Pairs, tables: list[Table], sizes: Sizes) -> None:
        self._width, self._own = sizes.parameters, sizes.own
        self._slopes, self._level, self._scatter = _regression(pairs, sizes)
        self._rows = [(np.flatnonzero(table.seen), (table.value - table.bias).ravel(), table.sd.ravel()) for table in tables]

    def parameters(self, count: int, seed: int) -> Floats:
        """Return whitened parameters, float64, shape (count, d), drawn from their stand-in posterior given all rows."""
        precision, pull = np.eye(self._width), np.zeros(self._width)
        for case in range(len(self._rows)):
            of_parameters, of_latents, scatter, miss = self._seen(case)
            gain = np.linalg.solve(of_latents @ of_latents.T + scatter, of_parameters).T
            precision += gain @ of_parameters
            pull += gain @ miss
        root = np.linalg.cholesky(np.linalg.inv(precision))
        drawn = np.random.Generator(np.random.Philox(seed)).standard_normal((count, self._width))
        z: Floats = np.linalg.solve(precision, pull) + drawn @ root.T
        return z

    def draw(self, case: int, z: Floats, keys: Seeds) -> tuple[Floats, Floats]:
        """Return what a cluster has for itself, drawn given its row.

        Parameters
        ----------
        z : float64, shape (n, d)
            Whitened parameters.
        keys : uint64, shape (n, r)
            Seeds of the draws.

        Returns
        -------
        own : float64, shape (n, r, l)
        log_weight : float64, shape (n, r)
            Log of population density over proposal density (nats).
        """
        of_parameters, of_own, scatter, miss = self._seen(case)
        gain = np.linalg.solve(scatter, of_own).T
        covariance = np.linalg.inv(np.eye(self._own) + gain @ of_own)
        mean = (miss - z @ of_parameters.T) @ (covariance @ gain).T
        root = WIDER * np.linalg.cholesky(covariance)
        normal = normals(keys.ravel(), LATENTS, self._own).reshape(*keys.shape, self._own)
        own = mean[:, None] + normal @ root.T
        log_weight = 0.5 * ((normal**2).sum(axis=2) - (own**2).sum(axis=2)) + np.log(np.diag(root)).sum()
        return own, log_weight

    def _seen(self, case: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the regression of the k figures that a cluster's row shows.

        These are slopes on parameters (k, d) and on the cluster's own (k, l), residual covariance (k, k), and distance from the
        mean (k,).
        """
        seen, value, sd = self._rows[case]
        slopes = self._slopes[:, seen].T
        scatter = self._scatter[np.ix_(seen, seen)] + np.diag(sd[seen] ** 2)
        return slopes[:, : self._width], slopes[:, self._width :], scatter, value[seen] - self._level[case, seen]


def _regression(pairs: Pairs, sizes: Sizes) -> tuple[Floats, Floats, Floats]:
    """Return slopes (inputs, figures), mean figures of each cluster (cases, figures), and the residuals' covariance."""
    alive = pairs.outcomes.status == ALIVE
    figures = pairs.outcomes.figures[alive].reshape(int(alive.sum()), -1)
    indicators = (pairs.case[alive][:, None] == np.arange(sizes.cases)).astype(np.float64)
    inputs = np.concatenate([pairs.z[alive], pairs.own[alive], indicators], axis=1)
    size = sizes.parameters + sizes.own
    penalty = np.diag([*np.full(size, RIDGE), *np.full(sizes.cases, RIDGE_OF_MEAN)])
    coefficients = np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ figures)
    residual = figures - inputs @ coefficients
    return coefficients[:size], coefficients[size:], residual.T @ residual / max(len(residual) - sizes.cases, 1)
