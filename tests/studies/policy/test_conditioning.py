"""Does importance sampling in rounds find what agrees with a row? Held against a closed form, without histories."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from calibration.observation import ALIVE, ErrorModel, Outcomes, Table
from model.arrays import Floats, Seeds
from model.config import load_case
from studies.policy import conditioning
from studies.policy.conditioning import condition, fitted, flattened, from_population

SIZE = 20
# The row sees the sum of the first two numbers of the cluster's own and the first parameter, with this error.
SD = 0.3


class Stand:
    """A stand-in of the simulator: log firms is own[0] + own[1] + z[0], with no luck."""

    cases = (load_case(10),)
    own = tuple(f"own {index}" for index in range(SIZE))
    errors = ErrorModel(outlier=1e-12)

    def __call__(self, case: int, z: Floats, own: Floats, keys: Seeds) -> Outcomes:
        figures = np.zeros((len(keys), 2, 3))
        figures[:, 0, 0] = own[:, 0] + own[:, 1] + z[:, 0]
        return Outcomes(figures, np.zeros((len(keys), 2, 2), np.int64), np.full(len(keys), ALIVE))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> float:
    value, sd = np.full((2, 2, 3), np.nan)
    value[0, 0], sd[0, 0] = 3.0, SD
    row = Table(value, sd, np.zeros((2, 3)), np.full((2, 2), -1, np.int64))
    monkeypatch.setattr(conditioning, "table", lambda case, errors: row)
    return 3.0


def conditioned(seed: int = 1) -> conditioning.Candidates:
    stand: Any = Stand()
    z, mass = np.linspace(-1, 1, 41)[:, None], np.full(41, 1 / 41)
    return condition(stand, z, mass, seed, lambda words, done, total: None)


def exact(value: float) -> float:
    """The mean of own[0] given the row: over z, that of a normal, weighed by the row's density at each z."""
    z, variance = np.linspace(-1, 1, 41), 2 + SD * SD
    weight = np.exp(-0.5 * (value - z) ** 2 / variance)
    return float((weight * (value - z) / variance).sum() / weight.sum())


def test_the_mean_given_the_row_is_that_of_the_closed_form(seen: float) -> None:
    """Over twenty seeds the mean of the estimates lies within four of its own standard errors: a false alarm in 10,000."""
    means = []
    for seed in range(1, 21):
        candidates = conditioned(seed)
        means.append(float(candidates.weights @ candidates.own[:, 0]))
    assert abs(np.mean(means) - exact(seen)) < 4 * np.std(means, ddof=1) / np.sqrt(len(means))


def test_later_rounds_come_nearer_and_weights_are_light(seen: float) -> None:
    candidates = conditioned()
    first = conditioning.ROUNDS[0]
    alone = conditioning.weights_of(candidates.log_row[:first])
    assert candidates.effective > 2 * conditioning.effective_size(alone)
    assert candidates.k_hat < 0.7
    # A part of each later round is drawn from the population, so that the ratio has a bound.
    assert np.exp(candidates.log_population).max() <= 1 / (first / sum(conditioning.ROUNDS))


def test_the_same_seed_gives_the_same_candidates_and_another_does_not(seen: float) -> None:
    one, again, other = conditioned(1), conditioned(1), conditioned(2)
    np.testing.assert_array_equal(one.own, again.own)
    assert len(np.unique(one.keys)) == sum(conditioning.ROUNDS)
    assert not np.array_equal(one.own, other.own)


def test_a_fit_moves_only_what_the_figures_tell_of() -> None:
    own = np.random.default_rng(1).standard_normal((2000, SIZE))
    proposal = fitted(own, conditioning.weights_of(-0.5 * ((own[:, 0] - 2) / 0.5) ** 2))
    assert 1.0 < proposal.mean[0] < 2.0
    assert np.count_nonzero(proposal.mean) <= conditioning.MOVED
    still = proposal.mean == 0
    np.testing.assert_array_equal(proposal.factor[np.ix_(still, still)], np.eye(still.sum()))


def test_weights_are_flattened_until_enough_carry_them() -> None:
    weights = flattened(-np.arange(500.0))
    assert conditioning.effective_size(weights) >= conditioning.CARRY
    even = flattened(np.zeros(500))
    np.testing.assert_allclose(even, 1 / 500)


def test_without_a_row_all_candidates_weigh_the_same() -> None:
    stand: Any = SimpleNamespace(cases=Stand.cases, own=Stand.own)
    candidates = from_population(stand, np.zeros((3, 1)), np.ones(3), 1, 32)
    assert candidates.effective == pytest.approx(32)
    assert candidates.outcomes is None
