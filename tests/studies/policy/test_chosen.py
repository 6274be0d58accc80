"""Which policies are compared, and the halves of the paper's sequence."""

import pytest

from model.errors import InputError
from studies.policy.chosen import DEFAULT_POLICIES, FIRST_PART, SECOND_PART, SEQUENCE, STATUS_QUO, chosen_policies, halves


def test_the_status_quo_always_comes_first() -> None:
    assert list(chosen_policies(["training"])) == [STATUS_QUO, "training"]
    assert tuple(chosen_policies(None)) == DEFAULT_POLICIES


def test_a_policy_is_not_named_twice() -> None:
    with pytest.raises(InputError, match="training"):
        chosen_policies(["training", "training"])


def test_the_halves_of_the_sequence_hold_its_budget() -> None:
    every = chosen_policies(None)
    parts = halves(every)
    whole = [spec.budget_share for spec in every[SEQUENCE].funded()]
    assert set(parts) == {FIRST_PART, SECOND_PART}
    assert [spec.budget_share for part in parts.values() for spec in part.programmes] == whole
    assert {spec.programme for spec in parts[FIRST_PART].programmes} == {"training"}
    assert halves({STATUS_QUO: every[STATUS_QUO]}) == {}
