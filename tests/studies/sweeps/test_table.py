"""The table of a sweep: its seeds, its blocks, and that it is never held whole."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from execution.executors import Threads
from execution.run import file_hash
from model.errors import InputError
from studies.files.rows import Row, table_rows
from studies.files.writing import block_writer
from studies.sweeps import table as sweep_table
from studies.sweeps.table import Blocks, Mark, histories_of, read_seeds, survey

SUFFIXES = (".csv", ".parquet")


def write(path: Path, count: int) -> Path:
    columns = {"case": np.full(count, 9), "seed": np.arange(count), "entry_intensity": np.linspace(1, 2, count)}
    with block_writer(path) as writer:
        for start in range(0, count, 1000):
            writer.write({name: column[start : start + 1000] for name, column in columns.items()})
    return path


def blocks_of(path: Path, stride: int, size: int) -> Blocks:
    return Blocks(survey(path, stride), size, lambda: False)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("stride", "size"), [(1, 1), (2, 6), (7, 7), (64, 64)])
def test_blocks_together_are_every_seed_of_every_row(suffix: str, stride: int, size: int, tmp_path: Path) -> None:
    seeds = ["1", "", "3:12", "wrong", "5:5", "1:20", "7"]
    path = tmp_path / f"table{suffix}"
    with block_writer(path) as writer:
        writer.write({"case": np.full(len(seeds), "9"), "seed": np.array(seeds)})
    blocks = blocks_of(path, stride, size)
    expected = [(row, seed) for row, count in enumerate([1, 1, 10, 1, 1, 20, 1], start=1) for seed in range(count)]
    for _ in range(2):
        portions = [list(task.arguments[0].portions()) for task in blocks]
        covered = [(part.row, part.before + seed) for portion in portions for part in portion for seed in range(part.size)]
        assert covered == expected
        assert [sum(part.size for part in portion) for portion in portions] == [task.size for task in blocks]
    assert [task.name for task in blocks] == blocks.names()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_row_is_read_long_before_its_turn(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = blocks_of(write(tmp_path / f"table{suffix}", 3000), 10, 10)
    seen = SimpleNamespace(read=0, handed=0)

    def counting(path: Path, position: int | None = None) -> Iterator[Row]:
        for row in table_rows(path, position):
            seen.read += 1
            yield row

    def consume(context: Any, block: Any) -> dict[str, np.ndarray]:
        return {"rows": np.array([portion.row for portion in block.portions()])}

    def handing() -> Iterator[Any]:
        for task in blocks:
            seen.handed += 1
            yield task

    monkeypatch.setattr(sweep_table, "table_rows", counting)
    ahead = 0
    for done, _ in enumerate(Threads(2).run(consume, None, handing(), lambda: None), start=1):
        ahead = max(ahead, seen.handed - done)
        assert seen.read <= 10 * seen.handed
    assert 1 <= ahead <= 2 * 2 + 2
    assert seen.read == 3000


def test_a_block_is_sent_by_value(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", 30)
    block = next(iter(blocks_of(path, 10, 10))).arguments[0]
    expected = list(block.portions())
    sent = object.__new__(type(block))
    sent.__dict__.update(block.__getstate__())
    path.unlink()
    assert list(sent.portions()) == expected


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_memory_does_not_grow_with_the_rows(suffix: str, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = write(tmp_path / f"table{count}{suffix}", count)
        tracemalloc.start()
        for task in blocks_of(path, 512, 512):
            for _ in task.arguments[0].portions():
                pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2000)  # what is imported and compiled at first use does not count
    few, many = peak(2000), peak(12_000)
    # Six times the rows: the marks of 20 blocks more are some kilobytes; the rows themselves would be megabytes.
    assert many - few < 200_000


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("", range(1, 2)),
        ("NaN", range(1, 2)),
        ("7", range(7, 8)),
        ("7.0", range(7, 8)),
        ("n/a", range(1, 2)),
        ("1e+05", range(100_000, 100_001)),
        ("1.0:1e1", range(1, 11)),
        (" 3 : 5 ", range(3, 6)),
        (f"{2**64 - 1}", range(2**64 - 1, 2**64)),
        ("0:999999", range(1_000_000)),
    ],
)
def test_a_cell_gives_seeds(text: str, seeds: range) -> None:
    assert read_seeds(text) == seeds
    assert histories_of({"seed": text}) == len(seeds)


@pytest.mark.parametrize(
    "text", ["1.5", "-1", "one", "1:2:3", f"{2**64}", "5:2", "0:1000000", "1e400", "1e19", "9" * 5000, ":", "1:"]
)
def test_a_cell_that_gives_no_seeds_is_refused_and_counts_as_one_history(text: str) -> None:
    with pytest.raises(InputError, match="; correct the cell"):
        read_seeds(text)
    assert histories_of({"seed": text}) == 1


def test_a_survey_counts_marks_and_hashes_the_users_own_files(tmp_path: Path) -> None:
    own, path = tmp_path / "own.yaml", tmp_path / "table.csv"
    own.write_text("title: own\n")
    path.write_text(f"case,policy,seed\n9,,1:4\n{own},gone.yaml,2\n9,credit,1:3\n")
    seen = survey(path, 3)
    assert (seen.rows, seen.histories, seen.names) == (3, 8, ["case", "policy", "seed"])
    assert seen.own == {str(own): file_hash(own), "gone.yaml": "unreadable"}
    # Histories 1, 4 and 7 are the first and fourth seed of row 1, and the second seed of row 3.
    assert [(mark.row, mark.before) for mark in seen.marks] == [(1, 0), (1, 3), (3, 1)]
    assert seen.marks[0] == Mark(len("case,policy,seed\n"), 1, 0)


def test_no_task_comes_once_another_shard_has_finished(tmp_path: Path) -> None:
    done: list[bool] = []
    tasks = iter(Blocks(survey(write(tmp_path / "table.csv", 30), 10), 10, lambda: bool(done)))
    assert next(tasks).name == "rows-000000"
    done.append(True)
    assert list(tasks) == []
