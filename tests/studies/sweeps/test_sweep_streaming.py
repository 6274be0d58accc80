"""A sweep's table is never held: rows are read when their turn comes, and what is kept of them does not grow."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from execution.executors import Threads
from studies.files.rows import Row, table_rows
from studies.files.tables import read_table
from studies.files.writing import block_writer
from studies.sweeps import table as sweep_table
from studies.sweeps.table import Blocks, survey

SUFFIXES = (".csv", ".parquet")


def write(path: Path, count: int) -> Path:
    columns = {"case": np.full(count, 9), "seed": np.arange(count), "entry_intensity": np.linspace(1, 2, count)}
    with block_writer(path) as writer:
        for start in range(0, count, 1000):
            writer.write({name: column[start : start + 1000] for name, column in columns.items()})
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_can_be_read_from_any_place(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"table{suffix}", 2500)
    rows = list(table_rows(path))
    assert len(rows) == 2500
    columns = read_table(path)
    assert [float(row.cells[2]) for row in rows] == columns["entry_intensity"].tolist()
    for place in (0, 1, 1023, 1024, 1025, 2499):
        assert [row.cells for row in table_rows(path, rows[place].position)] == [row.cells for row in rows[place:]]


def test_quotes_blank_lines_and_marks_of_order_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b'\xef\xbb\xbfcase, seed\r\n"9\n",1\r\n\r\n"a,b" ,2\r\n\xc3\xa9,3')
    rows = list(table_rows(path))
    assert [row.cells for row in rows] == [["9", "1"], ["a,b", "2"], ["\u00e9", "3"]]
    assert [row.cells for row in table_rows(path, rows[1].position)] == [["a,b", "2"], ["\u00e9", "3"]]


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
    expected = [(row, place) for row, count in enumerate([1, 1, 10, 1, 1, 20, 1], start=1) for place in range(count)]
    for _ in range(2):
        portions = [list(task.arguments[0].portions()) for task in blocks]
        found = [(part.row, part.before + place) for portion in portions for part in portion for place in range(part.size)]
        assert found == expected
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
