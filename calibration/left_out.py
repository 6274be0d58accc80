"""Does the model predict a cluster that it has not seen better than two guesses without economics? Row by row.

The expected log predictive density of each cluster's row, with that cluster left out of the calibration, by importance sampling
with smoothed weights (PSIS, Vehtari, Gelman and Gabry 2017; no refit). Beside it stand the density that the other clusters'
figures alone give to the row, and that of a regression on region and origin. The same weights say how far each cluster pulls
each parameter.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.stats import t as student

from calibration.arviz_adapter import smoothed
from calibration.observation import EXPORTS, IMPROVEMENT, ErrorModel, Table
from calibration.results import Posterior
from calibration.tables import covariates, table
from model.arrays import Floats
from model.schema import Case

# Pareto tail index beyond which leaving a cluster out by weights cannot be trusted.
TRUSTED: Final = 0.7
# The fewest clusters of which each can be predicted from the others by a regression.
FEWEST: Final = 8
# What is added to the count of every class, so that none is impossible (Krichevsky and Trofimov 1981).
ADDED: Final = 0.5
# Ridge penalty of the regression's slopes, as an equivalent number of clusters.
RIDGE: Final = 1.0
# Columns of the covariates that the regression is told: Asia, origin groups 2 and 3.
TOLD: Final = (0, 2, 3)
_CLASSES: Final = (len(IMPROVEMENT), len(EXPORTS))


class LeftOut(NamedTuple):
    """How well each of n clusters is predicted from the others.

    Attributes
    ----------
    elpd : float64, shape (n,)
        Expected log predictive density of its row (nats).
    population, regression : float64, shape (n,)
        What the two baselines give to the same row (nats).
    k_hat : float64, shape (n,)
        Pareto tail index of the weights that leave it out.
    influence : float64, shape (n, d)
        By how many posterior standard deviations each parameter's mean moves when the cluster is taken in.
    """

    elpd: Floats
    population: Floats
    regression: Floats
    k_hat: Floats
    influence: Floats


class Ahead(NamedTuple):
    """By how much the model is ahead of a baseline over all clusters (nats), and the standard error of that sum."""

    nats: float
    error: float


def ahead(first: Floats, second: Floats) -> Ahead:
    """Return by how much ``first`` is ahead of ``second``, shapes (n,), with the standard error of a sum of n differences."""
    difference = first - second
    return Ahead(float(difference.sum()), float(np.sqrt(len(difference) * difference.var(ddof=1))))


def left_out(posterior: Posterior, cases: Sequence[Case], errors: ErrorModel | None = None) -> LeftOut:
    """Return how well each cluster is predicted from the others.

    Parameters
    ----------
    posterior : Posterior
        Its likelihoods are exact estimates where it was corrected, and the distilled emulator's where not.
    cases : sequence of Case
        The clusters on which it was calibrated, in their order.
    """
    _, z, weights = posterior.whitened()
    likelihood = np.asarray(posterior.groups["log_likelihood"]["tables"].values, np.float64)
    likelihood = likelihood.reshape(len(z), likelihood.shape[-1])
    mean, sd = weights @ z, np.sqrt(weights @ (z - weights @ z) ** 2)
    predicted = [_without(np.log(np.maximum(weights, 1e-300)), one, z) for one in likelihood.T]
    scored = errors or ErrorModel()
    rows = [table(case, scored) for case in cases]
    printed = [table(case, replace(scored, score_founding_schooling=True)) for case in cases]
    told = covariates(cases)[:, TOLD]
    return LeftOut(
        np.array([elpd for elpd, _, _ in predicted]),
        baseline(rows, printed, np.zeros((len(rows), 0))),
        baseline(rows, printed, told),
        np.array([k_hat for _, k_hat, _ in predicted]),
        (mean - np.stack([moved for _, _, moved in predicted])) / sd,
    )


def _without(log_weight: Floats, likelihood: Floats, z: Floats) -> tuple[float, float, Floats]:
    """Return the log predictive density of a row (nats), the tail index, and the means of z (n, d) without the row."""
    weight, k_hat = smoothed(log_weight - likelihood)
    return float(np.logaddexp.reduce(weight + likelihood)), k_hat, np.exp(weight) @ z


def baseline(rows: Sequence[Table], printed: Sequence[Table], told: Floats) -> Floats:
    """Return the log density of each row (nats) from the figures of the other clusters alone.

    Figures are Student's t about a mean that is linear in ``told`` (n, c), with a ridge on the slopes. Statements have the
    frequencies of the other clusters; where something is told, of those that agree in the first column of it.

    Parameters
    ----------
    rows, printed : sequence of Table
        What is scored, and all that the tables print, a founders' schooling among it.
    told : float64, shape (n, c)
        What the regression knows of each cluster.
    """
    value, said = np.stack([row.value - row.bias for row in printed]), np.stack([row.said for row in rows])
    density = np.zeros(len(rows))
    for case in range(len(rows)):
        others = np.arange(len(rows)) != case
        alike = others & ((told[:, 0] == told[case, 0]) if told.shape[1] else True)
        for date, figure in np.argwhere(rows[case].seen.reshape(value.shape[1:])):
            known = np.argwhere(np.isfinite(value[:, :, figure]) & others[:, None])
            given = value[known[:, 0], known[:, 1], figure], told[known[:, 0]]
            density[case] += float(_predictive(*given, told[case]).logpdf(value[case, date, figure]))
        for date, kind in np.argwhere(said[case] >= 0):
            counts = np.bincount(said[alike][:, :, kind][said[alike][:, :, kind] >= 0], minlength=_CLASSES[kind]) + ADDED
            density[case] += float(np.log(counts[said[case, date, kind]] / counts.sum()))
    return density


def population_widths(printed: Sequence[Table]) -> Floats:
    """Return the width of the central 90 % that the other clusters' figures alone give, (n, dates, 3), in the figures' units."""
    value = np.stack([row.value - row.bias for row in printed])
    width = np.full(value.shape, np.nan)
    for case, date, figure in np.argwhere(np.isfinite(value)):
        others = value[np.arange(len(value)) != case, :, figure]
        known = others[np.isfinite(others)]
        if len(known) > 1:
            density = _predictive(known, np.zeros((len(known), 0)), np.zeros(0))
            width[case, date, figure] = float(density.ppf(0.95) - density.ppf(0.05))
    return width


def _predictive(value: Floats, told: Floats, here: Floats) -> Any:
    """Return the density of a figure by a regression of ``value`` (n,) on ``told`` (n, c), with a vague prior of the rest."""
    columns = np.concatenate([np.ones((len(value), 1)), told], axis=1)
    square = columns.T @ columns + np.diag([0.0] + [RIDGE] * told.shape[1])
    slope = np.linalg.solve(square, columns.T @ value)
    freedom = max(len(value) - 1, 1)
    scale = np.sqrt(((value - columns @ slope) ** 2).sum() / freedom)
    at = np.append(1.0, here)
    return student(freedom, at @ slope, scale * np.sqrt(1.0 + at @ np.linalg.solve(square, at)))


def untrusted(predicted: LeftOut) -> list[int]:
    """Return the rows of the clusters that weights cannot leave out."""
    return [row for row, k_hat in enumerate(predicted.k_hat) if not k_hat < TRUSTED]


def pulled(predicted: LeftOut, row: int) -> int:
    """Return the column of the parameter that a cluster pulls most."""
    return int(np.abs(predicted.influence[row]).argmax())
