"""How good is the emulator on histories that it has not seen? Its score, and whether its densities are wide enough."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from calibration.emulator.network import Layout, mixture
from calibration.emulator.training import Lesson, log_density
from calibration.observation import ALIVE
from model.arrays import Arrays, Floats, Ints

# Normal scores beyond this are in the tails of 2.5 % each.
TAIL: float = 1.96


class Assessment(NamedTuple):
    """What the emulator says of pairs held out.

    Attributes
    ----------
    score : float64, shape (cases,)
        Mean log density of the pairs of each cluster (nats); NaN where there are none.
    spread : float64, shape (cases, d)
        Standard deviation of the normal scores of each figure: one where densities are as wide as what happens.
    beyond : float64, shape (cases, d)
        Share of normal scores beyond 1.96: one in twenty at best.
    below, above : float64, shape (d,)
        Shares in the lower and in the upper tail, all clusters together.
    surprise : float64, shape (heads,)
        Mean chance of the class that happened, less the mean chance that the network expects for it; zero at best.
    """

    score: Floats
    spread: Floats
    beyond: Floats
    below: Floats
    above: Floats
    surprise: Floats


def assess(network: Arrays, layout: Layout, data: Lesson, case: Ints, cases: int) -> Assessment:
    """Return how the pairs held out, of clusters ``case`` (n,), lie in the emulator's densities."""
    score = np.asarray(log_density(network, data, layout, np))
    alive = data.status == ALIVE
    parts = mixture(network, data.inputs[alive], layout, np)
    scores = _normal_scores(parts, data.outcome[alive])
    heads = np.exp(np.logaddexp.reduce(parts.log_weight[..., None, None] + parts.log_class, axis=1))
    happened = np.take_along_axis(heads, data.classes[alive][:, :, None], axis=2)[..., 0]
    own = [np.flatnonzero(case == one) for one in range(cases)]
    living = [np.flatnonzero(case[alive] == one) for one in range(cases)]
    empty = np.full(scores.shape[1], np.nan)
    return Assessment(
        np.array([score[rows].mean() if len(rows) else np.nan for rows in own]),
        np.stack([scores[rows].std(axis=0) if len(rows) else empty for rows in living]),
        np.stack([(np.abs(scores[rows]) > TAIL).mean(axis=0) if len(rows) else empty for rows in living]),
        (scores < -TAIL).mean(axis=0),
        (scores > TAIL).mean(axis=0),
        happened.mean(axis=0) - (heads**2).sum(axis=2).mean(axis=0),
    )


def _normal_scores(parts: Any, outcome: np.ndarray) -> Floats:
    """Return the normal scores of outcomes (n, d) in the marginal densities of n mixtures, shape (n, d)."""
    diagonal, scores = np.exp(parts.log_diagonal), np.empty(outcome.shape)
    for i in range(outcome.shape[1]):
        before = [parts.below[..., i * (i - 1) // 2 + j] ** 2 for j in range(i)]
        sd = np.sqrt(diagonal[..., i] ** 2 + sum(before, np.zeros_like(diagonal[..., i])))
        below = (np.exp(parts.log_weight) * ndtr((outcome[:, None, i] - parts.mean[..., i]) / sd)).sum(axis=1)
        scores[:, i] = ndtri(np.clip(below.astype(np.float64), 1e-7, 1.0 - 1e-7))
    return scores
