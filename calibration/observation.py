"""How do Tables 1-2 speak of a simulated cluster? Figures with errors, and statements that can be wrong.

A history is read at each date of observation (at most two, the last one first): log firms, log workers per firm, mean
schooling, the class of improvement and the class of exports. Every choice about errors stands in ``ErrorModel``.

Figures have normal errors. With probability ``outlier`` the whole row has a larger error (a gross miscount, or a figure for
another population); without this, one such figure would rule the whole likelihood. Statements go through a matrix of
misclassification. A figure that is missing contributes nothing. "Not listed" may mean pending or failed, so its probability
is large for a cluster in transition too. A history that died out or outgrew the simulator cannot have been studied. It keeps
the small mass ``dead`` on a broad density, so that no logarithm of zero stops a sampler.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from calibration.keys import ERRORS, NOISE, normals, uniforms
from model.arrays import Floats, Ints, Seeds

FIGURES: Final = ("log_firms", "log_workers_per_firm", "schooling")
STATEMENTS: Final = ("improvement", "exports")
IMPROVEMENT: Final = ("not_listed", "transition", "success")
EXPORTS: Final = ("home", "distant", "world")
DATES: Final = 2
ALIVE, EXTINCT, EXHAUSTED = range(3)
_HALF_LOG_TWO_PI: Final = 0.5 * float(np.log(2 * np.pi))

# Classes of the words in the case files. 'neighbours' is informal regional trade, so it counts as home; a cluster that never
# needed improvement counts as having it.
IMPROVEMENT_WORDS: Final = {"not_listed": 0, "transition": 1, "success": 2, "never_needed": 2}
EXPORT_WORDS: Final = {"none": 0, "neighbours": 0, "distant": 1, "world": 2}


@dataclass(frozen=True)
class ErrorModel:
    """Every choice about the errors of Tables 1-2, except the standard errors, which stand beside the figures in the case files.

    Attributes
    ----------
    score_founding_schooling : bool
        Whether the earliest figure of schooling is scored. The prior of the founders' schooling is centred on it, so scoring
        it would use the figure twice. Later figures are always scored.
    outlier : float
        Probability that a whole row has a gross error.
    outlier_sd : float
        Standard error that a gross error adds to each figure, in the figure's unit (log, log, years).
    dead : float
        Mass that a history without a cluster keeps.
    improved_share : tuple of float
        Shares of workers in improved firms above which a cluster is in transition, and has succeeded.
    exported_share : tuple of float
        Shares of output exported above which a cluster's market is distant, and the world.
    improvement, exports : tuple of tuple of float
        Matrices of misclassification, shape (3, 3): a row is the truth, a column the table's statement, and rows sum to one.
    broad_mean, broad_sd : tuple of float
        Mean and standard deviation of the broad density of each figure (log, log, years).
    """

    score_founding_schooling: bool = False
    outlier: float = 0.05
    outlier_sd: float = 1.0
    dead: float = 1e-3
    improved_share: tuple[float, float] = (0.1, 0.5)
    exported_share: tuple[float, float] = (0.1, 0.5)
    improvement: tuple[tuple[float, ...], ...] = ((0.86, 0.04, 0.10), (0.45, 0.35, 0.20), (0.08, 0.02, 0.90))
    exports: tuple[tuple[float, ...], ...] = ((0.90, 0.07, 0.03), (0.10, 0.60, 0.30), (0.10, 0.30, 0.60))
    broad_mean: tuple[float, float, float] = (5.5, 3.0, 10.5)
    broad_sd: tuple[float, float, float] = (2.0, 2.0, 3.0)

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices of misclassification of improvement and of exports, float64, shape (3, 3) each."""
        return np.array(self.improvement), np.array(self.exports)


class Outcomes(NamedTuple):
    """What n histories show at the dates of observation.

    Attributes
    ----------
    figures : float64, shape (n, dates, 3)
        Log firms, log workers per firm and years of schooling. Those of histories that are not alive are zero and mean nothing.
    classes : int64, shape (n, dates, 2)
        Classes of improvement and of exports.
    status : int64, shape (n,)
        ``ALIVE``, ``EXTINCT`` (died out) or ``EXHAUSTED`` (outgrew the simulator).
    """

    figures: Floats
    classes: Ints
    status: Ints

    def take(self, index: NDArray[np.int64] | slice) -> "Outcomes":
        """Return the histories at the positions ``index``."""
        return Outcomes(self.figures[index], self.classes[index], self.status[index])


class Table(NamedTuple):
    """A cluster's row of Tables 1-2.

    Attributes
    ----------
    value, sd : float64, shape (dates, 3)
        Figures and their standard errors (log, log, years); NaN where missing.
    bias : float64, shape (dates, 3)
        What a survey adds to each figure on average, in the figure's unit.
    said : int64, shape (dates, 2)
        Classes stated of improvement and of exports; -1 where nothing is stated.
    """

    value: Floats
    sd: Floats
    bias: Floats
    said: Ints

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Whether the table gives each figure, bool, shape (dates * 3,)."""
        return np.isfinite(self.value).ravel()


class Simulate(Protocol):
    """The simulator as the likelihood sees it: a function that returns the outcomes of n histories of one cluster."""

    def __call__(self, case: int, z: Floats, own: Floats, keys: Seeds) -> Outcomes:
        """Return the outcomes of histories of one cluster.

        Parameters
        ----------
        case : int
            Index of the cluster.
        z : float64, shape (n, d)
            Whitened parameters.
        own : float64, shape (n, l)
            What the cluster has for itself (latents, nuisances, vague dates), standard normal in the population.
        keys : uint64, shape (n,)
            Seeds of the histories.
        """


def stack(parts: list[Outcomes]) -> Outcomes:
    """Return the histories of all parts, in order."""
    return Outcomes(*(np.concatenate([part[field] for part in parts]) for field in range(3)))


def classify(share: Floats, thresholds: tuple[float, float]) -> Ints:
    """Return how many of the two thresholds each share exceeds: int64, same shape as ``share``."""
    classes: Ints = (share > thresholds[0]).astype(np.int64) + (share > thresholds[1])
    return classes


def _normal(error: Floats, sd: Floats) -> Floats:
    """Return the log density of a normal error with standard deviation ``sd``, elementwise."""
    density: Floats = -0.5 * (error / sd) ** 2 - np.log(sd) - _HALF_LOG_TWO_PI
    return density


def dead_log_density(table: Table, errors: ErrorModel) -> float:
    """Return the log density that a history without a cluster gives to a table's row (nats)."""
    broad = np.hypot(np.broadcast_to(errors.broad_sd, table.value.shape), np.nan_to_num(table.sd, nan=1.0))
    figures = np.nansum(_normal(table.value - np.asarray(errors.broad_mean), broad))
    return float(np.log(errors.dead) + figures - np.log(3.0) * np.count_nonzero(table.said >= 0))


def log_density(table: Table, outcomes: Outcomes, errors: ErrorModel) -> Floats:
    """Return log p(table's row | history) for each of n histories, float64, shape (n,), in nats."""
    seen = np.isfinite(table.value)
    sd = np.where(seen, table.sd, 1.0)
    miss = np.where(seen, table.value - outcomes.figures - table.bias, 0.0)
    usual = np.where(seen, _normal(miss, sd), 0.0).sum(axis=(1, 2))
    gross = np.where(seen, _normal(miss, np.hypot(sd, errors.outlier_sd)), 0.0).sum(axis=(1, 2))
    result = np.logaddexp(np.log1p(-errors.outlier) + usual, np.log(errors.outlier) + gross)
    for statement, matrix in enumerate(errors.matrices()):
        for date in range(table.said.shape[0]):
            said = table.said[date, statement]
            if said >= 0:
                result = result + np.log(matrix[outcomes.classes[:, date, statement], said])
    result = np.where(outcomes.status == ALIVE, result, dead_log_density(table, errors))
    density: Floats = result
    return density


def draw_table(table: Table, outcomes: Outcomes, keys: Seeds, errors: ErrorModel) -> tuple[Floats, Ints]:
    """Return rows as the tables would have printed them for n histories.

    Parameters
    ----------
    table : Table
        The row that was printed: it gives the standard errors, and what it lacks is missing from every row returned.
    outcomes : Outcomes
        What the n histories show.
    keys : uint64, shape (n,)
        Seeds of the histories, which also decide their errors.

    Returns
    -------
    figures : float64, shape (n, dates, 3)
        Figures with errors; NaN where missing.
    said : int64, shape (n, dates, 2)
        Statements with misclassification; -1 where missing.
    """
    count, cells = len(keys), DATES * len(FIGURES)
    draws = uniforms(keys, ERRORS, 1 + DATES * len(STATEMENTS))
    noise = normals(keys, NOISE, cells).reshape(count, DATES, len(FIGURES))
    gross = draws[:, 0] < errors.outlier
    sd = np.where(gross[:, None, None], np.hypot(table.sd, errors.outlier_sd), table.sd)
    figures = outcomes.figures + table.bias + sd * noise
    figures = np.where(np.isfinite(table.value), figures, np.nan)
    said = np.full((count, DATES, len(STATEMENTS)), -1, np.int64)
    for statement, matrix in enumerate(errors.matrices()):
        rows = np.cumsum(matrix, axis=1)
        for date in range(DATES):
            if table.said[date, statement] >= 0:
                draw = draws[:, 1 + DATES * statement + date]
                said[:, date, statement] = (draw[:, None] > rows[outcomes.classes[:, date, statement]]).sum(axis=1)
    return figures, np.minimum(said, 2)
