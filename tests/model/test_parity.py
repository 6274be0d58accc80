"""Do the two engines agree to the bit? The same seed gives the same panel and event log, whatever the case, policy or parameters.

The slow tests run their histories to 20 years past the last observation; one that explodes ends with its ``events_max``th event
(``tests/model/parity.py``), with the decision moved into it.
"""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model.config import all_cases, policy_names
from model.events import EVENTS
from model.simulation import engine_named
from tests.model.parity import (
    DRAWS,
    Question,
    case_of_draw,
    compare,
    first_difference,
    first_difference_of_logs,
)
from tests.model.worlds import compiled, given

CASES = [case.number for case in all_cases()]
SHORT = 600
PROCESSES = 2

FEW = [
    *(Question(case, seed, events_max=SHORT) for seed, case in enumerate((1, 4, 8, 10, 15, 18))),
    *(
        Question(case, 11, policy, events_max=SHORT)
        for case, policy in (
            (16, "technology-training"),
            (13, "credit"),
            (9, "all-at-once"),
            (7, "foreign-investment"),
            (16, "training-and-credit-for-the-trained"),
        )
    ),
    *(Question(case_of_draw(draw), 21, draw=draw, events_max=SHORT) for draw in (3, 8, 13, 18)),
]
STATUS_QUO = [Question(case, seed) for seed in range(1, 51) for case in CASES]
POLICIES = [Question(case, seed, policy) for policy in policy_names() for seed in (1, 2, 3) for case in CASES]
PRIOR = [Question(case_of_draw(draw), 1, draw=draw) for draw in range(DRAWS)]

TINY = """
import hashlib
from tests.model.worlds import given, compiled
from model.simulation import engine_named
what = given(policy="all-at-once", latents={"market": -2.5}, quarters=32, decision=3.0)
for engine in ("compiled", "simpy"):
    panel, log = engine_named(engine)(*what, 5)
    print(len(log), hashlib.sha256(panel.tobytes() + log.tobytes()).hexdigest())
"""


def differences(questions: list[Question]) -> list[str]:
    """Compare in worker processes."""
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        return [answer for answer in pool.map(compare, questions, chunksize=4) if answer is not None]


@pytest.mark.parametrize("question", FEW, ids=lambda asked: f"{asked.case}-{asked.policy}-{asked.draw}")
def test_both_engines_give_the_same_bits(question: Question) -> None:
    assert compare(question) is None


@pytest.mark.slow
def test_status_quo_of_all_cases_and_50_seeds() -> None:
    assert differences(STATUS_QUO) == []


@pytest.mark.slow
def test_all_shipped_policies_in_all_cases() -> None:
    assert differences(POLICIES) == []


@pytest.mark.slow
def test_100_vectors_from_the_prior() -> None:
    assert differences(PRIOR) == []


def test_without_the_compiler_the_bits_are_the_same(repository: Path) -> None:
    def answers(**environment: str) -> list[str]:
        command = [sys.executable, "-c", TINY]
        surroundings = {**os.environ, **environment}
        done = subprocess.run(command, cwd=repository, env=surroundings, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    plain = answers(NUMBA_DISABLE_JIT="1")
    assert int(plain[0].split()[0]) > 30, "too short a history to tell"
    assert plain == answers()
    assert plain[0] == plain[1]


@pytest.mark.parametrize(("stopped_by", "changes", "setting"), [
    ("its size", {}, {"firms_max": 40}),
    ("more events than a quarter can hold", {"entry_intensity": 2000.0, "entry_visibility": 1.0}, {"market": 1e6}),
])
def test_both_engines_stop_a_history_alike(stopped_by: str, changes: dict[str, float], setting: dict[str, float]) -> None:
    what = given(9, changes=changes, quarters=60, **setting)
    panel, log = engine_named("compiled")(*what, 3)
    other_panel, other_log = engine_named("simpy")(*what, 3)
    assert np.isnan(panel[-1]).all(), f"not stopped by {stopped_by}"
    assert first_difference(panel, other_panel) is None
    assert first_difference_of_logs(log, other_log) is None


def test_a_difference_is_found_and_named() -> None:
    panel, log, _, _ = compiled(given(latents={"market": -2.0}, quarters=40))
    changed = panel.copy()
    changed[7, 5] = np.nextafter(changed[7, 5], 1.0)
    changed[9, 2] += 1.0
    assert "row 7 column price" in (first_difference(panel, changed) or "")
    assert first_difference(panel, panel.copy()) is None
    other = log.copy()
    other["event"][4] = EVENTS.index("merger")
    assert "line 4 field event" in (first_difference_of_logs(log, other) or "")
    assert "lines" in (first_difference_of_logs(log, log[:-1]) or "")
