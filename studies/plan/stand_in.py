"""Where will the posterior's histories lie, before there is a posterior? Where a linear regression on the prior's histories says.

Log firms, log size and schooling are regressed on whitened parameters and latents, all clusters together. The linear Gaussian
regression is then conditioned on the tables, which gives parameters for all clusters and latents for each. Its histories pass
near the rows, as those of the learned proposal will, and cost about as much; its weights are noisier.
"""

from typing import Final

import numpy as np

from calibration.learned.network import Mixture
from calibration.learned.proposal import WIDER, Proposal
from calibration.learned.training_set import Pairs, Sizes
from calibration.observation import ALIVE, Table
from model.arrays import Floats

# Ridge penalty on a slope, as an equivalent number of histories.
RIDGE: Final = 10.0
# Ridge penalty on the mean of a cluster, only large enough to keep the equations regular.
RIDGE_OF_MEAN: Final = 1e-6


class StandIn(Proposal):
    """The posterior of a linear regression, which proposes latents as a learned proposal does.

    Parameters
    ----------
    pairs : histories from the prior, of all clusters
    tables : the clusters' rows, in the order of the clusters
    sizes : numbers of clusters, parameters and latents
    """

    def __init__(self, pairs: Pairs, tables: list[Table], sizes: Sizes) -> None:
        nothing = np.zeros((sizes.cases, 0))
        super().__init__(None, 1, sizes.latents, nothing, nothing)
        self._width = sizes.parameters
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

    def mixtures(self, case: int, z: Floats) -> Mixture:
        """Return the mixture over a cluster's latents at whitened parameters z (n, d): a single Gaussian component."""
        of_parameters, of_latents, scatter, miss = self._seen(case)
        gain = np.linalg.solve(scatter, of_latents).T
        covariance = np.linalg.inv(np.eye(self.latents) + gain @ of_latents)
        mean = (miss - z @ of_parameters.T) @ (covariance @ gain).T
        root = WIDER * np.linalg.cholesky(covariance)
        below = root[np.tril_indices(self.latents, -1)]
        return Mixture(
            np.zeros((len(z), 1)),
            mean[:, None, :],
            np.broadcast_to(np.log(np.diag(root)), (len(z), 1, self.latents)),
            np.broadcast_to(below, (len(z), 1, len(below))),
            np.zeros((len(z), 1, 0, 3)),
        )

    def _seen(self, case: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the regression of the k figures that a cluster's row shows.

        These are slopes on parameters (k, d) and latents (k, l), residual covariance (k, k), and distance from the mean (k,).
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
    inputs = np.concatenate([pairs.z[alive], pairs.latents[alive], indicators], axis=1)
    size = sizes.parameters + sizes.latents
    penalty = np.diag([*np.full(size, RIDGE), *np.full(sizes.cases, RIDGE_OF_MEAN)])
    coefficients = np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ figures)
    residual = figures - inputs @ coefficients
    return coefficients[:size], coefficients[size:], residual.T @ residual / max(len(residual) - sizes.cases, 1)
