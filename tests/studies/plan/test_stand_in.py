"""The stand-in for the posterior: where figures are linear it is the posterior, and it moves latents towards the row."""

import numpy as np
import pytest

from studies.plan.stand_in import StandIn
from tests.studies.plan.invented import linear_world


def test_where_figures_are_linear_the_stand_in_is_the_posterior() -> None:
    pairs, tables, sizes, slopes = linear_world(20_000)
    stand_in = StandIn(pairs, tables, sizes)
    # The joint law of parameters, latents of both clusters and figures seen is Gaussian: condition it.
    seen = np.flatnonzero(tables[0].seen)
    across = np.zeros((2 * len(seen), 3 + 4))
    for case in range(2):
        rows = slice(case * len(seen), (case + 1) * len(seen))
        across[rows, :3] = slopes[:3, seen].T
        across[rows, 3 + 2 * case : 5 + 2 * case] = slopes[3:, seen].T
    noise = (0.3**2 + 0.4**2) * np.eye(2 * len(seen))
    miss = np.concatenate([tables[case].value.ravel()[seen] - case for case in range(2)])
    gain = across.T @ np.linalg.inv(across @ across.T + noise)
    mean, covariance = gain @ miss, np.eye(7) - gain @ across
    drawn = stand_in.parameters(40_000, seed=5)
    # Five standard errors of a mean of 40,000 draws, and what the pairs leave unsure of slopes: a false alarm in a million.
    assert drawn.mean(axis=0) == pytest.approx(mean[:3], abs=5 / np.sqrt(40_000) + 0.03)
    assert np.cov(drawn.T) == pytest.approx(covariance[:3, :3], abs=0.05)


def test_the_stand_in_moves_latents_towards_the_row() -> None:
    pairs, tables, sizes, slopes = linear_world(5_000)
    stand_in = StandIn(pairs, tables, sizes)
    z, keys = np.zeros((1, 3)), np.arange(4_000, dtype=np.uint64)[None]
    own, weights = stand_in.draw(0, z, keys)
    seen = np.flatnonzero(tables[0].seen)
    target = tables[0].value.ravel()[seen]
    before = np.linalg.norm(target)
    after = np.linalg.norm(target - own[0].mean(axis=0) @ slopes[3:, seen])
    assert after < before
    # The mean weight times a function of what was drawn is the function's mean in the population: of one, within five errors.
    ratio = np.exp(weights[0])
    assert ratio.mean() == pytest.approx(1.0, abs=5 * ratio.std() / np.sqrt(len(ratio)))
