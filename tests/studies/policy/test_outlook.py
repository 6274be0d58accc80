"""Is an advice's outlook what its comparison holds? Phases, chances, the ranking as a share of the wage bill, what to measure."""

from typing import Any

import numpy as np
import pytest

from calibration.histories import weighted_histories
from model.config import load_case, load_policy
from studies.policy import outlook as home
from studies.policy.counterfactuals import STATES, Comparison, compare_case
from studies.policy.learning import Worth
from studies.policy.outlook import made, outlook, worth_measuring
from tests.studies.policy.learnable import stored_histories


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    histories = weighted_histories(stored_histories(16), load_case("kumasi"), 16)
    return compare_case(histories, {name: load_policy(name) for name in ("status-quo", "training")}, 3, futures=2)


def test_the_outlook_is_what_the_comparison_holds(comparison: Comparison) -> None:
    seen = outlook(comparison)
    assert seen.decision == load_case("kumasi").observations[-1].time
    assert 0.0 < sum(seen.phases.values()) <= 1.0 + 1e-9
    np.testing.assert_array_equal(made(seen), comparison.shares[STATES.index("transitioned")])
    means = [one.effects.mean for one in seen.ranking]
    assert means == sorted(means, reverse=True)
    assert seen.leader == seen.ranking[0].effects.policy
    for one in seen.ranking:
        assert one.share == pytest.approx(one.effects.mean / seen.wage_bill)
    assert set(seen.transition) == {"status-quo", seen.leader}
    assert all(0.0 <= chance <= 1.0 for chance in seen.transition.values())


def test_there_is_no_ranking_of_the_status_quo_alone(comparison: Comparison) -> None:
    alone = comparison._replace(policies=("status-quo",), levels=comparison.levels[:1], after=comparison.after[:1])
    seen = outlook(alone)
    assert (seen.ranking, seen.leader) == ((), "")
    assert set(seen.transition) == {"status-quo"}
    assert worth_measuring(alone, 1) == []


def test_a_measurement_is_told_of_where_it_clearly_pays(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    def worth(gain: float) -> Any:
        return lambda *given: Worth(gain, 1.0, 0.5)

    monkeypatch.setattr(home.learning, "worth_of_measuring", worth(1e9))
    paying = worth_measuring(comparison, 1)
    assert paying
    assert all(one.worth - 2 * one.se > one.price for one in paying)
    monkeypatch.setattr(home.learning, "worth_of_measuring", worth(0.0))
    assert worth_measuring(comparison, 1) == []
