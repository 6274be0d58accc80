"""A stand-in for the simulator whose likelihood is known in closed form: figures are linear in parameters, latents and noise."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from calibration.emulator.evaluate import Emulator, rows_of
from calibration.emulator.features import RawFeatures
from calibration.emulator.network import layout_of
from calibration.emulator.pairs import Pairs, Sizes, draw_pairs, restore_pairs
from calibration.emulator.training import Scale, Schedule, fit, lesson, scale_of
from calibration.keys import LATENTS, NUISANCES, PARAMETERS, TRAINING, normals, seeds
from calibration.observation import ErrorModel, Outcomes, Table
from calibration.simulator import ClusterSimulator
from model.arrays import Floats, Seeds
from model.config import all_cases, load_priors

ERRORS = ErrorModel(outlier=1e-30)
CUTS = (-0.5, 0.8)
# Four clusters, three parameters and two numbers of each cluster's own.
SIZES = Sizes(4, 3, 2)
FEATURES = RawFeatures(4)


@dataclass(frozen=True)
class LinearCluster:
    """Log firms, log workers and schooling at two dates: ``mean + slope z + reach u + 0.2 noise``; classes by cuts of a noise."""

    parameters: int = 3
    latents: int = 2

    def loadings(self, case: int) -> tuple[Floats, Floats, Floats]:
        draw = np.random.Generator(np.random.Philox(100 + case))
        mean = np.array([5.0, 3.0, 10.0, 4.5, 2.5, 9.0]) + 0.3 * case
        return mean, 0.25 * draw.normal(size=(6, self.parameters)), 0.4 * draw.normal(size=(6, self.latents))

    def __call__(self, case: int, z: Floats, latents: Floats, keys: Seeds) -> Outcomes:
        mean, slope, reach = self.loadings(case)
        noise = normals(keys, NUISANCES, 10)
        figures = mean + z @ slope.T + latents @ reach.T + 0.2 * noise[:, :6]
        classes = (noise[:, 6:, None] + 0.5 * z[:, :1, None] > np.array(CUTS)).sum(axis=-1)
        return Outcomes(figures.reshape(-1, 2, 3), classes.reshape(-1, 2, 2), np.zeros(len(z), np.int64))

    def log_likelihood(self, case: int, z: Floats, table: Table) -> Floats:
        mean, slope, reach = self.loadings(case)
        seen = np.flatnonzero(table.seen)
        scatter = (reach @ reach.T + 0.04 * np.eye(6))[np.ix_(seen, seen)] + np.diag(table.sd.ravel()[seen] ** 2)
        error = (table.value - table.bias).ravel()[seen] - (mean + z @ slope.T)[:, seen]
        result = np.atleast_1d(multivariate_normal(np.zeros(len(seen)), scatter).logpdf(error))
        edges = np.concatenate([np.zeros((len(z), 1)), ndtr(np.array(CUTS) - 0.5 * z[:, :1]), np.ones((len(z), 1))], axis=1)
        chances = np.diff(edges, axis=1)
        for date, statement in np.argwhere(table.said >= 0):
            result = result + np.log(chances @ ERRORS.matrices()[statement][:, table.said[date, statement]])
        return np.asarray(result)


def rows() -> list[Table]:
    """Four rows: seen once in full, seen once without workers, seen twice, seen twice with firms only."""
    sd = np.array([[0.2, 0.5, 0.7], [0.3, 0.5, 0.7]])
    offset = np.array([[0.4, 0.6, 0.9], [0.4, -0.1, 0.1]])
    said = np.array([[2, 1], [0, 0]])
    tables = []
    for case, (seen, words) in enumerate(
        (
            ([[1, 1, 1], [0, 0, 0]], [[1, 1], [0, 0]]),
            ([[1, 0, 1], [0, 0, 0]], [[1, 1], [0, 0]]),
            ([[1, 0, 1], [1, 0, 1]], [[1, 1], [0, 1]]),
            ([[1, 0, 0], [1, 0, 0]], [[1, 1], [0, 1]]),
        )
    ):
        shown = np.array(seen, bool)
        value = LinearCluster().loadings(case)[0].reshape(2, 3) + offset
        tables.append(
            Table(
                np.where(shown, value, np.nan),
                np.where(shown, sd, np.nan),
                np.array([[0, 0.25, 0], [0, 0.25, 0]]),
                np.where(np.array(words, bool), said, -1),
            )
        )
    return tables


def pairs_of(cluster: LinearCluster, each: int) -> Pairs:
    """Training pairs: so many of each of the four clusters."""
    return restore_pairs([draw_pairs(cluster, SIZES, 1, case, 0, each).arrays() for case in range(4)])


@pytest.fixture
def cluster() -> LinearCluster:
    return LinearCluster()


@pytest.fixture
def tables() -> list[Table]:
    return rows()


@pytest.fixture
def errors() -> ErrorModel:
    return ERRORS


@pytest.fixture
def exact(cluster: LinearCluster, tables: list[Table]) -> Callable[[Floats], Floats]:
    """The log-likelihood in closed form: z (n, d) to (n, cases)."""
    return lambda z: np.stack([cluster.log_likelihood(case, z, row) for case, row in enumerate(tables)], axis=1)


def taught(count: int, schedule: Schedule) -> tuple[Emulator, Scale]:
    """An emulator of the linear clusters with one component, taught by ``count`` histories of each, and its scale."""
    tables = rows()
    pairs, layout = pairs_of(LinearCluster(), count), layout_of(tables, 1)
    scale = scale_of(pairs, layout)
    network = fit(lesson(pairs, FEATURES, layout, scale), layout, scale, schedule, 1, lambda epoch: None)
    return Emulator(network, layout, FEATURES, rows_of(tables, layout, scale, ERRORS)), scale


def drawn(simulator: ClusterSimulator, case: int, count: int) -> tuple[Floats, Floats, Seeds]:
    """Parameters, what the cluster has for itself, and seeds of histories, from the prior."""
    keys = seeds(1, TRAINING, case, 0, count)
    return normals(keys, PARAMETERS, len(simulator.names)), normals(keys, LATENTS, len(simulator.own)), keys


@pytest.fixture(scope="session")
def simulator() -> ClusterSimulator:
    """The simulator of all clusters under the priors as they are."""
    priors = load_priors()
    return ClusterSimulator(all_cases(), priors, priors.names("calibrated"), structures=priors.structures_with())
