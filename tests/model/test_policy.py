"""Do programmes reach the engines as a policy and a case's history say?"""

import numpy as np
import pytest

from model.config import load_case, load_policy, load_priors
from model.plans import Policy, PolicyProgramme, Trigger
from model.policy import programmes_for
from model.state import COURSES, CREDIT, INTENSIVE, PROGRAMME, PROGRAMMES, TRAINING_PROGRAMME, ZONE

STRUCTURES = load_priors().structures_with()
WITHOUT_HISTORY = load_priors().structures_with({"history": "off"})


def test_the_status_quo_is_history_alone() -> None:
    case = load_case(8)
    programmes = programmes_for(load_policy("status-quo"), case, STRUCTURES)
    assert programmes.dtype.names == PROGRAMME.names
    assert [PROGRAMMES[kind] for kind in programmes.kind] == ["export_preference", "training"]
    assert (programmes.of_history == 1).all()
    np.testing.assert_array_equal(programmes.start, [2005, 2007])
    np.testing.assert_array_equal(programmes.stop, [2011, 2011])
    assert programmes.tobytes() == programmes_for(None, case, STRUCTURES).tobytes()


def test_history_may_be_switched_off() -> None:
    assert len(programmes_for(None, load_case(8), WITHOUT_HISTORY)) == 0
    assert len(programmes_for(load_policy("all-at-once"), load_case(8), WITHOUT_HISTORY)) == 3


def test_a_sequence_keeps_order_gap_and_shares() -> None:
    programmes = programmes_for(load_policy("training-then-credit-and-zone"), load_case(9), STRUCTURES)
    np.testing.assert_array_equal(programmes.kind, [TRAINING_PROGRAMME, CREDIT, ZONE])
    np.testing.assert_array_equal(programmes.start, [0, 5, 5])
    np.testing.assert_array_equal(programmes.course[:1], [INTENSIVE])
    np.testing.assert_allclose(programmes.budget_share, 0.2 / 3)
    np.testing.assert_array_equal(programmes.opened, -1)
    np.testing.assert_array_equal(programmes.trigger_firms, 0)


def test_a_trigger_waits_for_firms_or_a_date() -> None:
    programmes = programmes_for(load_policy("training-then-when-ready"), load_case(9), STRUCTURES)
    np.testing.assert_array_equal(programmes.trigger_firms, [0, 5, 5])
    np.testing.assert_array_equal((programmes.start + programmes.trigger_after)[1:], [6, 6])
    np.testing.assert_array_equal(programmes.trained_only, [0, 1, 1])


@pytest.mark.parametrize("name", ["training", "technology-training", "pilot"])
def test_a_course_reaches_its_code(name: str) -> None:
    policy = load_policy(name)
    programmes = programmes_for(policy, load_case(9), STRUCTURES)
    assert COURSES[programmes.course[0]] == policy.programmes[0].course
    assert programmes.unit_cost[0] == policy.programmes[0].unit_cost


def test_policies_are_an_algebra_in_python() -> None:
    training = PolicyProgramme(programme="training", course="intensive", unit_cost=5, years=3)
    zone = PolicyProgramme(programme="zone", at=2, eligible="trained", when=Trigger(improved_firms=3))
    mine = Policy(name="mine", title="Mine", question="What?", programmes=(training, zone))
    np.testing.assert_allclose(programmes_for(mine, load_case(9), STRUCTURES).budget_share, 0.1)
    both = mine.scaled(0.5) + load_policy("credit").delayed(4)
    programmes = programmes_for(both, load_case(9), STRUCTURES)
    np.testing.assert_allclose(programmes.budget_share, [0.05, 0.05, 0.2])
    np.testing.assert_array_equal(programmes.start, [0, 2, 4])
    np.testing.assert_array_equal(programmes.stop[:1], [3])
    assert np.isinf(programmes.trigger_after).all()


def test_equal_programmes_share_a_budget_once_each() -> None:
    zone = PolicyProgramme(programme="zone")
    mine = Policy(name="mine", title="Mine", question="What?", programmes=(zone, zone))
    assert [spec.budget_share for spec in mine.funded()] == [0.1, 0.1]
    paid = PolicyProgramme(programme="zone", budget=7)
    assert [spec.budget for spec in Policy(name="m", title="M", question="?", programmes=(paid,)).scaled(2).programmes] == [14]
