"""The split of variance: known noise is told from parameters, and luck that all points share is not taken from them."""

import numpy as np
import pytest
from scipy.stats import norm

from studies.sensitivities.design import MORRIS, REACH, SOBOL, design
from studies.sensitivities.split import PARTS, variance_split
from tests.studies.sensitivities.known_functions import FALSE_ALARMS, ISHIGAMI_VARIANCE, ONE_SD, alone, ishigami, noisy


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_known_noise_is_told_from_parameters(method: str) -> None:
    sd, seeds = 3.0, 4
    plan = design(method, alone(3), 512, 2)
    split = variance_split(noisy(plan.points, sd, seeds), plan.blocks, 1)
    if method == SOBOL:
        parametric = ISHIGAMI_VARIANCE
    else:
        # Every combination of levels is as likely as any other: its variance can be added up.
        levels = np.linspace(*REACH[MORRIS], 4)
        grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
        parametric = float(np.var(ishigami(grid)))
    known = np.array([parametric, sd**2, 0.0, sd**2]) / (parametric + sd**2)
    error = (split.high - split.low)[:, 0] / ONE_SD
    assert (np.abs(split.share[:, 0] - known) <= norm.isf(FALSE_ALARMS / (2 * len(PARTS))) * error).all()
    assert split.share[:2].sum() == pytest.approx(1.0)


def test_luck_that_all_points_share_is_not_taken_from_the_parameters() -> None:
    plan = design(SOBOL, alone(3), 64, 2)
    apart = noisy(plan.points, 2.0, 4)
    shared = np.array([-3.0, -1.0, 1.0, 3.0])
    without, given = (variance_split(outcomes, plan.blocks, 1) for outcomes in (apart, apart + shared[None, :, None]))
    parametric, _, seed, interplay = (given.share * given.variance)[:, 0]
    assert parametric == pytest.approx((without.share * without.variance)[0, 0])
    assert interplay == pytest.approx((without.share * without.variance)[3, 0])
    assert seed > (without.share * without.variance)[2, 0] + 0.5 * shared.var(ddof=1)


def test_one_seed_cannot_tell_luck() -> None:
    plan = design(SOBOL, alone(3), 16, 2)
    assert np.isnan(variance_split(noisy(plan.points, 1.0, 1), plan.blocks, 1).share).all()


def test_a_constant_outcome_has_no_shares_and_leaves_the_others_theirs() -> None:
    plan = design(SOBOL, alone(3), 16, 2)
    outcomes = noisy(plan.points, 1.0, 3)
    both = variance_split(np.concatenate([np.ones_like(outcomes), outcomes], axis=2), plan.blocks, 1)
    assert np.isnan(both.share[:, 0]).all()
    assert both.variance[0] == 0.0
    only = variance_split(outcomes, plan.blocks, 1)
    assert both.share[:, 1:] == pytest.approx(only.share)
    assert both.low[:, 1:] == pytest.approx(only.low)
