"""Is every number finite, and does every identity hold, over draws of the prior by the thousand?

``python -m tests.model.million 1000000`` runs as many as one likes, and ``MILLION=1000000`` sets the number of the slow test.
"""

import os

import numpy as np
import pytest

from model.observe import COLUMNS
from tests.model.million import BLOCK, block_of, broken, faults_of, panels_of


def test_draws_of_every_case() -> None:
    """Few of each: the identities are stated, and hold."""
    faults = [fault for number in range(0, 19 * 12, 13) for fault in faults_of(number, 4)[1]]
    assert faults == []


@pytest.mark.slow
def test_very_many_draws() -> None:
    wanted = int(os.environ.get("MILLION", "20000"))
    faults = [fault for number in range(-(-wanted // BLOCK)) for fault in faults_of(number)[1]]
    assert faults == []


def test_a_block_is_the_same_whenever_it_is_asked_for() -> None:
    one, two = block_of(3, 2), block_of(3, 2)
    assert one.words == two.words
    assert one.seeds.tolist() == two.seeds.tolist()
    assert one.params.tobytes() == two.params.tobytes()


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("sales", lambda x: np.inf, "every number of a row is finite"),
        ("firms", lambda x: x + 1.0, "firms = firms before"),
        ("exits", lambda x: x + 0.5, "exits is a whole number"),
        ("loans", lambda x: -1.0, "loans is a whole number"),
        ("awareness", lambda x: 1.01, "awareness is a share"),
        ("workers", lambda x: 0.0, "firms is no more than workers"),
        ("price", lambda x: 0.0, "price is above 0"),
        ("exhausted", lambda x: 1.0, "a history is stopped as a whole"),
        ("time", lambda x: np.nan, "rows are missing only where a history was stopped"),
    ],
)
def test_a_planted_fault_is_seen(name: str, change, rule: str) -> None:
    asked = block_of(9, 2)
    asked.settings["quarters"] = 12
    panels = panels_of(asked)[:, :13]
    assert [identity for identity, which in broken(panels, np.ones((2, 13), bool)) if which.any()] == []
    value = panels[1, 5, COLUMNS.index(name)]
    panels[1, 5, COLUMNS.index(name)] = change(value)
    seen = {identity: which.tolist() for identity, which in broken(panels, np.ones((2, 13), bool))}
    assert any(identity.startswith(rule) and which == [False, True] for identity, which in seen.items())
