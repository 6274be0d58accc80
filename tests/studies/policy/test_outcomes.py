"""Do outcomes say which way is better, and does a flow that fades keep its worth beyond the horizon?"""

import math

import numpy as np
import pytest

from model.latents import DISCOUNT
from studies.policy.outcomes import (
    FADING,
    LEDGER,
    NAMES,
    OUTCOMES,
    continuation,
    improved_share,
    net_value_by,
    returned,
    with_worth,
)

MORE, LESS = 1, -1


def test_every_outcome_has_a_direction_of_size_one() -> None:
    # A larger one would multiply regret.
    less = {"granted", "spent", "lost", "overrun"}
    assert {one.name: one.direction for one in OUTCOMES} == {name: LESS if name in less else MORE for name in NAMES}


def test_a_flow_fades_from_the_middle_of_the_last_years() -> None:
    # The mean of three years stands 1.5 years before the horizon; integrated, a wage-year a year is worth 1 / (.05 + .1) more.
    assert continuation(np.array([2.0]))[0] == pytest.approx(2.0 * math.exp(-0.05 * 1.5) / 0.15)
    assert (DISCOUNT, FADING) == (0.05, 0.1)


def test_net_value_by_year_goes_on_as_its_columns_do() -> None:
    def at(years: int) -> dict[str, np.ndarray]:
        return {name: np.array([0.5 * (k + 1) * years**1.5]) for k, name in enumerate(LEDGER)}

    worth = np.array([[sum(at(years).values())[0] for years in range(9)]])
    for horizon in (1, 2, 3, 8):
        whole = with_worth(at, horizon)
        assert net_value_by(worth, horizon)[0] == pytest.approx(sum(whole[name] for name in LEDGER)[0])
        assert whole["net_value_within"][0] == pytest.approx(worth[0, horizon])
        assert whole["net_value_5"][0] == pytest.approx(worth[0, min(5, horizon)])


def test_a_share_needs_workers() -> None:
    columns = {"workers": np.array([10.0, 0.0, np.nan]), "improved_workers": np.array([4.0, 0.0, 1.0])}
    np.testing.assert_array_equal(improved_share(columns), [0.4, 0.0, np.nan])


def test_what_is_not_spent_is_returned() -> None:
    assert returned({"granted": np.array([10.0]), "spent": np.array([7.5])})[0] == 2.5
