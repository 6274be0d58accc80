"""Does a policy change only what it does? Without means it changes no bit; before it starts, none; afterwards, something."""

import numpy as np
import pytest

from model.config import load_policy, policy_names
from model.events import EVENTS
from model.plans import USED, Policy, PolicyProgramme
from model.state import PROGRAMMES
from tests.model.worlds import column, compiled, given

DECISION = 20.0
QUARTERS = 160
ROW = int(4 * DECISION)
# Programmes whose means are not a budget act without one: an effect of zero is their null.
WITHOUT_MEANS = {"budget": 0.0, "effect": 0.0, "unit_cost": 1.0}
# So that every programme has something to act on: firms that move, attempt and improve, investors who come, imports that press.
CHANGES = {"relocation_rate": 2.0, "success_intercept": 0.0, "investment_copying": 0.0}
PROGRAMME = EVENTS.index("programme")


FREE = ("protection", "liberalisation")


def history(policy: Policy | str | None = None, seed: int = 3):
    panel, log, _, _ = compiled(
        given(9, policy, CHANGES, quarters=QUARTERS, decision=DECISION, capacity=300.0, import_price=1.2), seed
    )
    return panel, log[log["event"] != PROGRAMME]


def of(**fields: object) -> Policy:
    return Policy(name="mine", title="Mine", question="What?", programmes=(PolicyProgramme(**fields),))


def assert_same(one, other) -> None:
    assert one[0].tobytes() == other[0].tobytes()
    assert one[1].tobytes() == other[1].tobytes()


@pytest.fixture(scope="module")
def nothing():
    return history()


def test_the_status_quo_is_no_policy(nothing) -> None:
    assert_same(nothing, history("status-quo"))


@pytest.mark.parametrize("kind", PROGRAMMES)
def test_a_programme_without_means_changes_no_bit(nothing, kind: str) -> None:
    means = {key: value for key, value in WITHOUT_MEANS.items() if key in USED[kind]}
    assert_same(nothing, history(of(programme=kind, at=0, **means)))


@pytest.mark.parametrize("name", policy_names())
def test_a_policy_beyond_the_horizon_changes_no_bit(nothing, name: str) -> None:
    assert_same(nothing, history(load_policy(name).delayed(QUARTERS / 4.0)))


@pytest.mark.parametrize("name", [name for name in policy_names() if name != "status-quo"])
def test_the_past_is_the_same_and_the_future_is_not(nothing, name: str) -> None:
    panel, log = history(name)
    assert panel[:ROW].tobytes() == nothing[0][:ROW].tobytes()
    before, before_nothing = log[log["time"] < DECISION], nothing[1][nothing[1]["time"] < DECISION]
    assert before.tobytes() == before_nothing.tobytes()
    assert (column(panel, "workers") != column(nothing[0], "workers")).any(), "the policy does nothing"
    assert name in FREE or column(panel, "granted")[-1] > 0.0


def test_history_acts_and_can_be_switched_off() -> None:
    def ethiopia(history: str) -> np.ndarray:
        return compiled(given(8, structures={"history": history}, quarters=140, start_year=1990.0))[0]

    on, off = ethiopia("on"), ethiopia("off")
    first = 4 * (2005 - 1990)
    assert on[:first].tobytes() == off[:first].tobytes()
    assert on[first:].tobytes() != off[first:].tobytes()
    assert column(on, "granted")[first - 1] == 0.0
