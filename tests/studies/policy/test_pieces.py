"""Is a comparison made of pieces that stay: replayed once, named by all on which they depend, and taken up again?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.histories import WeightedHistories
from execution.executors import Threads
from execution.run import Run
from execution.tasks import together
from model.config import load_case
from studies.policy import pieces
from studies.policy.chosen import chosen_policies
from studies.policy.counterfactuals import KEPT, Comparison
from studies.policy.outcomes import NAMES
from studies.policy.pieces import DEPENDS, HISTORIES_A_CHUNK, compare_histories

COUNT = HISTORIES_A_CHUNK + 3


def histories() -> WeightedHistories:
    keys = np.arange(COUNT, dtype=np.uint64)
    even = np.full(COUNT, 1 / COUNT)
    return WeightedHistories(load_case(10), {"a": keys / 2.0}, np.zeros((COUNT, 1)), keys, even, np.arange(COUNT), {})


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is replayed: policy and first history of each piece. A level is the history's seed."""
    told: list[tuple[str, int]] = []

    def replay_chunk(every: Any, cluster: int, first: int, count: int, asked: Any, *rest: Any) -> Any:
        keys = every[cluster].part(first, count).keys.astype(float)
        told.extend((one.policy.name, first) for one in asked)
        levels = np.repeat(keys[:, None], len(NAMES), axis=1)
        worth = np.repeat(keys[:, None], 4, axis=1)
        return together({"levels": levels, "paths": np.ones((len(KEPT), count, len(one.years))), "worth": worth} for one in asked)

    monkeypatch.setattr(pieces, "replay_chunk", replay_chunk)
    return told


def compared(folder: Path, policies: list[str], structures: tuple[str, ...] = ("",)) -> list[Comparison]:
    run = Run("comparison", folder, DEPENDS, ())
    with run.opened(Threads(1), resume=True) as runner:
        return compare_histories(runner, [histories()], chosen_policies(policies), 3, structures)


def test_pieces_are_joined_in_the_order_of_histories(tmp_path: Path, replayed: list[tuple[str, int]]) -> None:
    comparison = compared(tmp_path / "run", ["training"])[0]
    assert sorted(replayed) == [(name, first) for name in ("status-quo", "training") for first in (0, HISTORIES_A_CHUNK)]
    assert comparison.levels.shape == (2, COUNT, len(NAMES))
    np.testing.assert_array_equal(comparison.levels[1, :, 0], np.arange(COUNT))
    np.testing.assert_array_equal(comparison.worth[1, :, -1], np.arange(COUNT))


def test_one_more_policy_replays_that_policy_alone(tmp_path: Path, replayed: list[tuple[str, int]]) -> None:
    compared(tmp_path / "run", ["training"])
    replayed.clear()
    compared(tmp_path / "run", ["training", "credit"])
    assert {name for name, _ in replayed} == {"credit"}
    replayed.clear()
    compared(tmp_path / "run", ["credit", "training"])
    assert replayed == []


def test_another_structure_or_source_is_another_piece(
    tmp_path: Path, replayed: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = compared(tmp_path / "run", ["training"], ("", "state_capacity=off"))
    assert [one.structure for one in both] == ["", "state_capacity=off"]
    assert len(replayed) == 8
    replayed.clear()
    monkeypatch.setattr(pieces, "source_hashes", lambda packages: dict.fromkeys(packages, "edited"))
    compared(tmp_path / "run", ["training"])
    assert len(replayed) == 4
