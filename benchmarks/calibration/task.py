"""What is the reduced task? Four clusters and five parameters, whose rows were simulated at parameters that are known.

Rows lack what the real table lacks. All that a cluster has for itself (latents, nuisances, vague dates) is drawn from its
population and has to be integrated out; the other calibrated parameters stand at their defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from calibration.keys import LATENTS, PARAMETERS, normals, seeds
from calibration.observation import ALIVE, ErrorModel, Outcomes, Table, draw_table
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from model.arrays import Floats, Seeds
from model.config import load_case, load_priors

CASES: Final = (6, 9, 11, 19)
FITTED: Final = (
    "population_market_mean",
    "population_scale_mean",
    "population_scale_heavy",
    "entry_intensity",
    "success_intercept",
)
# Seed of the parameters and histories behind the rows, and the stage of the keys of this benchmark.
TRUTH: Final = 12
STAGE: Final = 900


@dataclass
class Task:
    """The simulator, the rows, and how many histories were simulated so far.

    Attributes
    ----------
    simulator : ClusterSimulator
    truth : float64, shape (d,)
        Whitened parameters behind the rows.
    tables : list of Table
        The rows.
    histories : int
        Histories simulated by ``simulate``.
    """

    simulator: ClusterSimulator
    truth: Floats
    tables: list[Table]
    histories: int = field(default=0)

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return len(self.simulator.names)

    def simulate(self, case: int, z: Floats, own: Floats, keys: Seeds) -> Outcomes:
        """Simulate histories as ``ClusterSimulator`` does, and count them."""
        self.histories += len(keys)
        return self.simulator(case, z, own, keys)

    def rows(self, z: Floats, seed: int, first: int) -> Floats:
        """Return one row of all clusters for each of n parameters, as the tables would have printed it.

        Parameters
        ----------
        z : float64, shape (n, d)
        seed, first : int
            Of the histories: a run's seed, and the number of the first.

        Returns
        -------
        float64, shape (n, k)
            Figures of all clusters, then statements; NaN in the whole of a cluster that died out or outgrew the simulator.
        """
        figures, said = [], []
        for case, row in enumerate(self.tables):
            keys = seeds(seed, STAGE, case, first, len(z))
            own = normals(keys, LATENTS, len(self.simulator.own))
            outcomes = self.simulate(case, z, own, keys)
            shown, stated = draw_table(row, outcomes, keys, self.simulator.errors)
            lost = (outcomes.status != ALIVE)[:, None]
            figures.append(np.where(lost, np.nan, shown.reshape(len(z), -1)[:, row.seen]))
            said.append(np.where(lost, np.nan, stated.reshape(len(z), -1)[:, row.said.ravel() >= 0]))
        return np.concatenate(figures + said, axis=1)

    @property
    def observed(self) -> Floats:
        """The rows as ``rows`` returns them, float64, shape (k,)."""
        figures = [row.value.ravel()[row.seen] for row in self.tables]
        said = [row.said.ravel()[row.said.ravel() >= 0].astype(np.float64) for row in self.tables]
        return np.concatenate(figures + said)

    @property
    def statements(self) -> int:
        """Number of statements, the last columns of ``rows``."""
        return sum(int((row.said >= 0).sum()) for row in self.tables)


def reduced_task(cases: Sequence[int] = CASES, names: Sequence[str] = FITTED, seed: int = TRUTH) -> Task:
    """Return the task: rows of some clusters, simulated at parameters drawn from the prior with ``seed``."""
    priors, errors = load_priors(), ErrorModel()
    chosen = tuple(load_case(number) for number in cases)
    simulator = ClusterSimulator(chosen, priors, tuple(names), errors, priors.structures_with(), threads=1)
    truth = normals(seeds(seed, STAGE, len(chosen), 0, 1), PARAMETERS, len(names))
    tables = []
    for case, cluster in enumerate(chosen):
        printed = table(cluster, errors)
        keys = seeds(seed, STAGE, case, 0, 1)
        outcomes = simulator(case, truth, normals(keys, LATENTS, len(simulator.own)), keys)
        value, said = draw_table(printed, outcomes, keys, errors)
        tables.append(printed._replace(value=value[0], said=said[0]))
    return Task(simulator, truth[0], tables)
