"""Where will the posterior's histories lie, before there is a posterior? Where a linear regression of the prior's histories says.

Log firms, log size and schooling are regressed on whitened parameters and latents, all clusters together; conditioned on the
tables, the linear Gaussian regression gives parameters for all clusters and latents for each. What it proposes passes near the
rows, as the learned proposal's histories will, and costs about as much; its weights are noisier.
"""

from typing import Final

import numpy as np

from calibration.learned.network import Mixture
from calibration.learned.proposal import WIDER, Proposal
from calibration.learned.training_set import Pairs, Sizes
from calibration.observation import ALIVE, Table
from model.arrays import Floats

# Histories' worth of doubt in a slope.
RIDGE: Final = 10.0


class StandIn(Proposal):
    """The posterior of a linear regression, which proposes latents as a learned proposal does.

    Parameters
    ----------
    pairs : histories from the prior, of all clusters
    tables : the rows, cluster by cluster
    """

    def __init__(self, pairs: Pairs, tables: list[Table], sizes: Sizes) -> None:
        nothing = np.zeros((sizes.cases, 0))
        super().__init__(None, 1, sizes.latents, nothing, nothing)
        self._width = sizes.parameters
        self._slopes, self._level, self._scatter = _regression(pairs, sizes)
        self._rows = [(np.flatnonzero(table.seen), (table.value - table.bias).ravel(), table.sd.ravel()) for table in tables]

    def parameters(self, count: int, seed: int) -> Floats:
        """Return whitened parameters (count, d), drawn from their stand-in posterior given all rows."""
        precision, pull = np.eye(self._width), np.zeros(self._width)
        for case in range(len(self._rows)):
            of_parameters, of_latents, scatter, miss = self._seen(case)
            gain = np.linalg.solve(of_latents @ of_latents.T + scatter, of_parameters).T
            precision += gain @ of_parameters
            pull += gain @ miss
        root = np.linalg.cholesky(np.linalg.inv(precision))
        drawn = np.random.Generator(np.random.Philox(seed)).standard_normal((count, self._width))
        found: Floats = np.linalg.solve(precision, pull) + drawn @ root.T
        return found

    def mixtures(self, case: int, z: Floats) -> Mixture:
        """Return the one component over a cluster's latents at parameters z (n, d)."""
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
        """Return a row's slopes on parameters (k, d) and on latents (k, l), scatter (k, k), and distance from the mean (k,)."""
        seen, value, sd = self._rows[case]
        slopes = self._slopes[:, seen].T
        scatter = self._scatter[np.ix_(seen, seen)] + np.diag(sd[seen] ** 2)
        return slopes[:, : self._width], slopes[:, self._width :], scatter, value[seen] - self._level[case, seen]


def _regression(pairs: Pairs, sizes: Sizes) -> tuple[Floats, Floats, Floats]:
    """Return slopes (inputs, figures), the mean figures of each cluster (cases, figures), and the residuals' covariance."""
    alive = pairs.outcomes.status == ALIVE
    figures = pairs.outcomes.figures[alive].reshape(int(alive.sum()), -1)
    which = (pairs.case[alive][:, None] == np.arange(sizes.cases)).astype(np.float64)
    inputs = np.concatenate([pairs.z[alive], pairs.latents[alive], which], axis=1)
    size = sizes.parameters + sizes.latents
    doubt = np.diag([*np.full(size, RIDGE), *np.full(sizes.cases, 1e-6)])
    found = np.linalg.solve(inputs.T @ inputs + doubt, inputs.T @ figures)
    residual = figures - inputs @ found
    return found[:size], found[size:], residual.T @ residual / max(len(residual) - sizes.cases, 1)
