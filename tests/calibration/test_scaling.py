"""Power scaling: the same as ArviZ's where draws weigh the same, and a prior that decides is told from tables that do."""

from types import SimpleNamespace

import numpy as np
import pytest

from calibration import arviz_adapter
from calibration.scaling import MATTERS, distance, leaning, sensitivity

DRAWS = np.random.default_rng(1).normal(size=(1000, 2))


@pytest.mark.skipif(arviz_adapter.modern(), reason="compares with ArviZ 0.x")
def test_it_is_arvizs_where_all_draws_weigh_the_same() -> None:
    import arviz
    import xarray

    log = -0.5 * ((DRAWS - 1.0) ** 2).sum(axis=1)
    groups = {
        "posterior": xarray.Dataset({name: (("chain", "draw"), DRAWS[None, :, i]) for i, name in enumerate("ab")}),
        "log_prior": xarray.Dataset({"a": (("chain", "draw"), log[None])}),
    }
    theirs = arviz.psens(arviz.InferenceData(**groups), component="prior", delta=0.01)
    ours = sensitivity(DRAWS, np.full(1000, 1e-3), log)
    # ArviZ's distribution function of n equal weights differs from a sum of weights by the order of 1/n.
    assert [float(theirs[name]) for name in "ab"] == pytest.approx(ours.tolist(), rel=0.05)


def test_a_weight_counts_as_so_many_copies() -> None:
    log = -0.5 * ((DRAWS - 1.0) ** 2).sum(axis=1)
    twice = np.concatenate([DRAWS, DRAWS[:200]])
    weights = np.where(np.arange(1000) < 200, 2.0, 1.0)
    copied = sensitivity(twice, np.full(1200, 1 / 1200), np.concatenate([log, log[:200]]))
    # Where ratios are smoothed in the tail, a copy is a tail of its own.
    assert sensitivity(DRAWS, weights / weights.sum(), log).tolist() == pytest.approx(copied.tolist(), rel=0.02)


def test_a_draw_without_weight_counts_for_nothing() -> None:
    log = -0.5 * (DRAWS**2).sum(axis=1)
    some = np.where(np.arange(1000) < 500, 1 / 500, 0.0)
    assert sensitivity(DRAWS, some, log).tolist() == sensitivity(DRAWS[:500], np.full(500, 1 / 500), log[:500]).tolist()


def test_the_distance_is_nought_for_one_distribution_and_one_for_two_that_are_apart() -> None:
    values, even = np.arange(100.0), np.full(100, 0.01)
    assert distance(values, even, even) == 0.0
    first, last = (np.eye(100)[i] for i in (0, 99))
    assert distance(values, first, last) == pytest.approx(1.0)


def test_a_parameter_leans_on_what_taught_it() -> None:
    generator = np.random.default_rng(2)
    # The first parameter has its prior's spread; of the second, the tables took nine tenths of the variance.
    z = generator.normal(size=(4000, 2)) * np.array([1.0, np.sqrt(0.1)])
    likelihood = -0.5 * 9.0 * z[:, 1] ** 2
    stored = SimpleNamespace(
        whitened=lambda: (("first", "second"), z, np.full(4000, 1 / 4000)),
        groups={"log_likelihood": {"tables": SimpleNamespace(values=likelihood[None, :, None])}},
    )
    leans = leaning(stored)  # type: ignore[arg-type]
    assert leans.prior[0] > MATTERS
    assert leans.likelihood[0] < MATTERS < leans.likelihood[1]
    assert leans.prior[1] < leans.likelihood[1] / 5
