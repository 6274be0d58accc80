"""Rows of a sweep: the bits of ``simulate``, rows that fail with column and reason, rows kept, histories that are stopped."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model import latents
from model.errors import Interrupted
from model.panels import Histories
from model.simulation import engine_named, run_histories
from studies.sweeps import rows as home
from studies.sweeps.rows import Request, run_block
from studies.sweeps.table import Block, Blocks, survey

HEADER = "case,policy,seed,entry_intensity,structure.ladder\n"
QUARTERLY = Request(2.5, "quarters")
FIRMS_MAX = 20
BlockOf = Callable[..., Block]


@pytest.fixture
def block_of(tmp_path: Path) -> BlockOf:
    """The block of a table's histories from one on, so many of them."""

    def made(*lines: str, first: int = 0, count: int = 100) -> Block:
        path = tmp_path / "table.csv"
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
        surveyed = survey(path, 1)
        task = list(Blocks(surveyed, 1, lambda: False))[first]
        block: Block = task.arguments[0]
        return Block(block.path, block.names, block.mark, min(count, surveyed.histories - first))

    return made


def alone(case: str, seed: int, policy: str = "status-quo", **given: object) -> Histories:
    """The history that ``simulate`` runs."""
    return run_histories(case, policy, [seed], engine_named("compiled", ()), **{"years": 2.5, **given})


def panels(chunk: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The rows kept of each history."""
    return np.split(chunk["panel"], np.cumsum(chunk["length"])[:-1])


def test_every_history_has_the_bits_of_simulate_whatever_its_company(block_of: BlockOf) -> None:
    chunk = run_block(QUARTERLY, block_of("9,,,,", "17,credit,2,4.5,", "9,,3:5,,", "9,,6,,3", "9,none,7,2.5,"))
    expected = [
        alone("9", 1),
        alone("17", 2, "credit", changes={"entry_intensity": 4.5}),
        *(alone("9", seed) for seed in (3, 4, 5)),
        alone("9", 6, structures={"ladder": "3"}),
        alone("9", 7, changes={"entry_intensity": 2.5}),
    ]
    assert chunk["row"].tolist() == [1, 2, 3, 3, 3, 4, 5]
    assert chunk["seed"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert chunk["case"].tolist() == [history.case.name for history in expected]
    assert chunk["policy"].tolist() == [history.policy.name for history in expected]
    assert chunk["start_year"].tolist() == [history.start_year for history in expected]
    assert chunk["tick"].tolist() == list(range(11)) * 7
    for ours, history in zip(panels(chunk), expected, strict=True):
        assert ours.tobytes() == history.panels[0].tobytes()
    assert [len(chunk[name]) for name in ("failed_row", "failed_column", "failed_reason")] == [0, 0, 0]


def test_a_history_has_its_default_length_where_none_is_asked_for(block_of: BlockOf) -> None:
    chunk = run_block(Request(None, "last"), block_of("9,,1,,"))
    history = alone("9", 1, years=None).panels[0]
    assert chunk["tick"].tolist() == [len(history) - 1]
    assert chunk["panel"].tobytes() == history[-1].tobytes()


def test_few_histories_at_a_time_give_the_same_bits(block_of: BlockOf, monkeypatch: pytest.MonkeyPatch) -> None:
    block = block_of("9,,1:5,,", "9,,6,2.5,")
    whole = run_block(QUARTERLY, block)
    monkeypatch.setattr(home, "ROWS_AT_ONCE", 22)
    cut = run_block(QUARTERLY, block)
    assert {name: column.tobytes() for name, column in cut.items()} == {name: column.tobytes() for name, column in whole.items()}


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("9,,,much,", "entry_intensity", "much: must be a number; give it in 1/year"),
        ("9,,,-1,", "entry_intensity", "-1: lies outside its prior"),
        ("atlantis,,,,", "case", "atlantis: unknown case"),
        ("9,free-beer,,,", "policy", "free-beer: unknown policy"),
        ("9,,5:2,,", "seed", "5:2: a range rises"),
        ("9,,,,9", "structure.ladder", "9: unknown option"),
        ("atlantis,free-beer,x,much,9", "entry_intensity", "much: must be a number"),
    ],
)
def test_a_row_that_cannot_be_run_is_listed_with_column_and_reason(
    line: str, column: str, reason: str, block_of: BlockOf
) -> None:
    chunk = run_block(QUARTERLY, block_of("9,,4,,", line, "9,,5,,"))
    assert chunk["row"].tolist() == [1, 3]
    assert (chunk["failed_row"].tolist(), chunk["failed_column"].tolist()) == ([2], [column])
    assert chunk["failed_reason"][0].startswith(reason)
    assert [ours.tobytes() for ours in panels(chunk)] == [alone("9", seed).panels[0].tobytes() for seed in (4, 5)]


def test_a_row_whose_seeds_are_cut_is_listed_by_its_first_block_only(block_of: BlockOf) -> None:
    lines = ("9,,1:6,much,", "9,,9,,")
    first, second = (run_block(QUARTERLY, block_of(*lines, first=first, count=4)) for first in (0, 4))
    assert first["failed_row"].tolist() == [1]
    assert second["failed_row"].tolist() == []
    assert (first["seed"].tolist(), second["seed"].tolist()) == ([], [9])


@pytest.mark.parametrize(("keep", "ticks"), [("quarters", list(range(11))), ("years", [0, 4, 8]), ("last", [10])])
def test_only_the_rows_asked_for_are_kept(keep: str, ticks: list[int], block_of: BlockOf) -> None:
    chunk = run_block(Request(2.5, keep), block_of("9,,1:2,,"))
    assert chunk["tick"].tolist() == 2 * ticks
    assert chunk["length"].tolist() == [len(ticks)] * 2
    for seed, ours in enumerate(panels(chunk), start=1):
        assert ours.tobytes() == alone("9", seed).panels[0][ticks].tobytes()


@pytest.mark.parametrize("keep", home.KEEPS)
def test_a_stopped_history_ends_where_it_was_stopped(keep: str, block_of: BlockOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latents, "FIRMS_MAX", FIRMS_MAX)
    chunk = run_block(Request(30.0, keep), block_of("9,,1:3,,"))
    expected = [alone("9", seed, years=30.0).panels[0] for seed in (1, 2, 3)]
    ends = [int(np.flatnonzero(np.isfinite(panel[:, 0]))[-1]) for panel in expected]
    stopped = [seed for seed, end in enumerate(ends, start=1) if end < 120]
    assert stopped, "none was stopped: the test shows nothing"
    kept = {
        "quarters": lambda end: list(range(end + 1)),
        "years": lambda end: list(range(0, end + 1, 4)),
        "last": lambda end: [end],
    }
    for ours, panel, end in zip(panels(chunk), expected, ends, strict=True):
        assert ours.tobytes() == panel[kept[keep](end)].tobytes()
    assert chunk["failed_row"].tolist() == [1] * len(stopped)
    assert chunk["failed_column"].tolist() == ["seed"] * len(stopped)
    reasons = [f"{seed}: stopped for its size after {ends[seed - 1] / 4:g} years" for seed in stopped]
    assert [reason.partition(",")[0] for reason in chunk["failed_reason"]] == reasons


def test_whoever_counts_the_histories_may_stop_them(block_of: BlockOf) -> None:
    counted: list[int] = []

    def stop(done: int) -> None:
        counted.append(done)
        raise Interrupted("asked to stop")

    run_block(Request(1.0, "last", counted.append), block_of("9,,1:4,,"))
    assert sum(counted) == 4
    with pytest.raises(Interrupted):
        run_block(Request(1.0, "last", stop), block_of("9,,1:4,,"))
