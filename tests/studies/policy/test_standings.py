"""Do policies stand in a stored comparison as they do in the decision table? Four draws in two futures, worked by hand."""

import numpy as np
import pytest
import xarray as xr

from studies.policy import decision
from studies.policy.standings import standings

DRAW = np.repeat(np.arange(4), 2)
# In the last history of all, which has no weight, a policy was stopped.
LEVELS = np.array(
    [[5.0] * 9, [*(5.0 + np.repeat([1.0, 2.0, 3.0, 4.0], 2)), 99.0], [*(5.0 + np.repeat([2.0, 1.0, 1.0, 1.0], 2)), np.nan]]
)


def stored(weight: float = 0.125) -> xr.Dataset:
    weights = np.array([weight] * 8 + [0.0])
    return xr.Dataset(
        {"weight": ("history", weights), "draw": ("history", [*DRAW.astype(float), 4.0])},
        {"policy": ["status-quo", "training", "zone"]},
    )


def test_effects_are_paired_and_judged() -> None:
    nothing, training, zone = standings(stored(), LEVELS, 1)
    assert (nothing.policy, nothing.mean, nothing.p_best, nothing.unbeaten) == ("status-quo", 0.0, 0.0, False)
    assert (training.mean, zone.mean) == (2.5, 1.25)
    assert (training.low, training.high) == (1.0, 4.0)
    # The zone is better in one draw of four, by one; training is better by 1, 2 and 3 in the others.
    assert (training.p_best, zone.p_best) == (0.75, 0.25)
    assert (training.expected_regret, zone.expected_regret) == pytest.approx((0.25, 1.5))
    error = decision.paired_effect(LEVELS[1, :8] - 5.0, np.full(8, 0.125), DRAW).mc_se
    assert training.mc_se == error > 0.0


def test_where_less_is_better_nothing_is_done() -> None:
    told = standings(stored(), LEVELS, -1)
    assert [one.p_best for one in told] == [1.0, 0.0, 0.0]
    assert [one.expected_regret for one in told] == pytest.approx([0.0, 2.5, 1.25])
    assert [one.unbeaten for one in told] == [True, False, False]


def test_a_cluster_without_a_history_has_no_standing() -> None:
    assert standings(stored(weight=0.0), LEVELS, 1) == []
