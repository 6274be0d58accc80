"""How do Tables 1-2 speak of a simulated cluster? Figures with errors, and statements that can be wrong.

A history is read at each date of observation (at most two; the last one first): log firms, log workers a firm, mean
schooling, the class of improvement and the class of exports. ``ErrorModel`` is the one place of every choice.

Continuous figures err normally; with probability ``outlier`` the whole row errs by ``outlier_sd`` more (a gross
miscount, a figure for another population: one such figure otherwise rules the whole likelihood). Statements go through
a matrix of misclassification. A figure that is missing drops out. "Not listed" leaves pending and failed open: its
probability is as large for a cluster in transition as the authors' list allows. A history that died out or outgrew the
simulator cannot have been studied: it keeps the small mass ``dead`` on a broad density, so that no logarithm of zero
stops a sampler.
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

# The words of the case files; 'neighbours' is informal regional trade and counts as home, a cluster that
# never needed improvement has it.
IMPROVEMENT_WORDS: Final = {"not_listed": 0, "transition": 1, "success": 2, "never_needed": 2}
EXPORT_WORDS: Final = {"none": 0, "neighbours": 0, "distant": 1, "world": 2}


@dataclass(frozen=True)
class ErrorModel:
    """Every choice about the error of Tables 1-2 but the standard errors, which stand beside the figures in the case files.

    Attributes
    ----------
    score_founding_schooling : bool
        Whether the earliest figure of schooling is scored; the founders' schooling is centred on it already, and scoring
        it would use the figure twice. Later figures are always scored.
    outlier, outlier_sd : float
        Chance that a whole row errs by more, and the standard error that this adds to each figure (log, log, years).
    dead : float
        Mass of a history without a cluster.
    improvement, exports : tuple
        Matrices of misclassification: row = truth, column = the table's statement; rows sum to one.
    improved_share : tuple
        Shares of workers in improved firms above which a cluster is in transition, and has succeeded.
    exported_share : tuple
        Shares of output exported above which a cluster's market is distant, and the world.
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
        """Return the two matrices of misclassification, improvement and exports, each (3, 3)."""
        return np.array(self.improvement), np.array(self.exports)


class Outcomes(NamedTuple):
    """What n histories show at the dates of observation.

    ``figures`` (n, dates, 3), ``classes`` (n, dates, 2) and ``status`` (n,): 0 alive, 1 extinct, 2 exhausted. Figures of
    the dead are zero and mean nothing.
    """

    figures: Floats
    classes: Ints
    status: Ints

    def take(self, index: NDArray[np.int64] | slice) -> "Outcomes":
        """Return the histories at ``index``."""
        return Outcomes(self.figures[index], self.classes[index], self.status[index])


class Table(NamedTuple):
    """A cluster's row of Tables 1-2: ``value``, ``sd``, ``bias`` (dates, 3), NaN where missing; ``said`` (dates, 2), -1 there."""

    value: Floats
    sd: Floats
    bias: Floats
    said: Ints

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which figures the table gives, shape (dates * 3,)."""
        return np.isfinite(self.value).ravel()


class Simulate(Protocol):
    """What the likelihood needs of a simulator: outcomes of n histories of one cluster."""

    def __call__(self, case: int, z: Floats, latents: Floats, keys: Seeds) -> Outcomes:
        """Return the outcomes of histories of cluster ``case``: z (n, d), latents (n, l), keys (n,)."""


def stack(parts: list[Outcomes]) -> Outcomes:
    """Return the histories of all parts, in order."""
    return Outcomes(*(np.concatenate([part[field] for part in parts]) for field in range(3)))


def classify(share: Floats, thresholds: tuple[float, float]) -> Ints:
    """Return 0, 1 or 2 by where ``share`` lies among two thresholds."""
    classes: Ints = (share > thresholds[0]).astype(np.int64) + (share > thresholds[1])
    return classes


def _normal(error: Floats, sd: Floats) -> Floats:
    density: Floats = -0.5 * (error / sd) ** 2 - np.log(sd) - _HALF_LOG_TWO_PI
    return density


def dead_log_density(table: Table, errors: ErrorModel) -> float:
    """Return the log density that a history without a cluster gives to a table's row."""
    broad = np.hypot(np.broadcast_to(errors.broad_sd, table.value.shape), np.nan_to_num(table.sd, nan=1.0))
    figures = np.nansum(_normal(table.value - np.asarray(errors.broad_mean), broad))
    return float(np.log(errors.dead) + figures - np.log(3.0) * np.count_nonzero(table.said >= 0))


def log_density(table: Table, outcomes: Outcomes, errors: ErrorModel) -> Floats:
    """Return log p(table's row | history) for each of n histories, shape (n,)."""
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
    """Return tables as they would have been printed for each history: figures (n, dates, 3) and statements (n, dates, 2).

    What is missing in ``table`` is missing here.
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
