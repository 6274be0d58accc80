"""Does the page show what the stored histories say? Worked by hand on a comparison whose values are known."""

import math

import numpy as np
import pytest

from model.errors import InputError
from model.latents import DISCOUNT
from studies.policy.outcomes import FADING, LAST_YEARS
from studies.serving.choices import Choices
from studies.serving.shown import answer, costs, joined, table
from tests.studies.serving.compared import CASES, HORIZON, LOSES, NAMED, comparison


def chosen(horizon: int = HORIZON, outcome: str = "net_value", policies: tuple[str, ...] = NAMED) -> Choices:
    return Choices(CASES[0], policies, outcome, horizon, "base")


def worth_after(years: int) -> dict[str, float]:
    """Mean net value of each policy within so many years, and of the flow of the last years that fades beyond them."""
    since = min(LAST_YEARS, years)
    beyond = math.exp(-DISCOUNT * LAST_YEARS / 2) / (DISCOUNT + FADING)
    # The zone brings 20 at once: within the first years this is part of the flow that goes on.
    flow = (20.0 if years <= LAST_YEARS else 0.0) / since - LOSES
    return {"status-quo": 0.0, "training": 13.0 * (years + beyond), "zone": 20.0 - LOSES * years + flow * beyond}


@pytest.mark.parametrize("years", [1, 3, 4, 5])
def test_net_value_is_that_of_the_horizon_chosen(years: int) -> None:
    lines = {line.policy: line for line in table(comparison(), chosen(years))}
    assert {name: line.mean for name, line in lines.items()} == pytest.approx(worth_after(years))


def test_policies_are_judged_among_those_chosen() -> None:
    every = table(comparison(), chosen())
    assert [line.policy for line in every] == ["training", "status-quo", "zone"]
    assert [line.p_best for line in every] == [1.0, 0.0, 0.0]
    assert [line.unbeaten for line in every] == [True, False, False]
    few = table(comparison(), chosen(policies=("status-quo", "zone")))
    assert [(line.policy, line.p_best) for line in few] == [("status-quo", 1.0), ("zone", 0.0)]
    assert few[1].expected_regret == pytest.approx(-worth_after(HORIZON)["zone"])
    assert costs(comparison(), chosen(policies=("status-quo", "zone"))) == {"status-quo": 0.0, "zone": 10.0}


def test_an_outcome_of_which_less_is_better_is_ranked_so() -> None:
    data = comparison()
    data["level"].loc[{"outcome": "granted", "policy": "zone"}] = 7.0
    lines = table(data, chosen(outcome="granted"))
    assert [(line.policy, line.mean) for line in lines] == [("status-quo", 0.0), ("training", 0.0), ("zone", 7.0)]


def test_another_outcome_keeps_the_horizon_of_the_comparison() -> None:
    shown = answer(comparison(), chosen(2, "firms"))
    assert (shown.horizon, shown.unit, shown.table[-1].mean) == (HORIZON, "firms", -2.0)
    assert answer(comparison(), chosen(2)).horizon == 2


def test_fans_go_on_under_the_policy_to_the_horizon_chosen() -> None:
    years, curves = joined(comparison(), chosen(3), "training", "firms")
    assert (years[0], years[-1], len(years)) == (2002.0, 2013.0, 12)
    np.testing.assert_array_equal(curves[2], [100.0] * 8 + [100.0, 200.0, 300.0, 400.0])
    data = comparison()
    data["path"][..., :2] = np.nan
    assert joined(data, chosen(3), "training", "firms")[0][0] == 2004.0


def test_every_policy_chosen_has_its_drawings() -> None:
    shown = answer(comparison(), chosen())
    assert [title for title, _ in shown.fans] == ["Status quo", "Training", "Zone"]
    assert all("firms" in drawings[0].svg() for _, drawings in shown.fans)


def test_a_cluster_without_a_history_is_told() -> None:
    with pytest.raises(InputError, match="06-bac-ninh: every history outgrew the simulator"):
        table(comparison().assign(weight=comparison()["weight"] * 0), chosen())
