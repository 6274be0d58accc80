"""A sweep's panel: its columns, a hash that no cut changes, and files that are whole or absent."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.events import QUARTER
from model.observe import COLUMNS, PHASES
from studies.files.panels import COUNTS
from studies.files.tables import read_table
from studies.sweeps import panel as home
from studies.sweeps.panel import TableHash, counted, panel_block, write_failures, write_panel
from studies.sweeps.sweep import sweep
from tests.studies.sweeps.tables import ROWS

LABEL = {"label": "made up"}


def chunk(*lengths: int, row: int = 1, failed: int = 0) -> dict[str, Any]:
    """A chunk of histories with so many rows kept, whose numbers tell where they stand, and of rows that failed."""
    count, total = len(lengths), sum(lengths)
    panel = np.arange(float(total * len(COLUMNS))).reshape(total, len(COLUMNS))
    panel[:, COLUMNS.index("phase")] = np.arange(total) % len(PHASES)
    return {
        "row": np.arange(row, row + count),
        "seed": np.arange(count, dtype=np.uint64) + np.uint64(2**63),
        "case": np.array(["09-nairobi-garment"] * count, np.str_),
        "policy": np.array(["credit"] * count, np.str_),
        "start_year": 1970.0 + np.arange(count),
        "length": np.array(lengths, np.int64),
        "tick": np.concatenate([np.arange(length) for length in lengths]),
        "panel": panel,
        "failed_row": np.arange(row + count, row + count + failed),
        "failed_column": np.array(["seed"] * failed, np.str_),
        "failed_reason": np.array(["a reason, with a comma"] * failed, np.str_),
        "failed_stopped": np.zeros(failed, np.bool_),
    }


def test_each_row_of_a_panel_names_its_history() -> None:
    given = chunk(2, 3)
    block = panel_block(given)
    assert list(block) == ["row", "case", "policy", "seed", "time", "year", *(name for name in COLUMNS if name != "time")]
    assert {len(column) for column in block.values()} == {5}
    assert block["row"].tolist() == [1, 1, 2, 2, 2]
    assert block["seed"].tolist() == [2**63] * 2 + [2**63 + 1] * 3
    assert block["time"].tolist() == [0.0, QUARTER, 0.0, QUARTER, 2 * QUARTER]
    assert block["year"].tolist() == [1970.0, 1970.0 + QUARTER, 1971.0, 1971.0 + QUARTER, 1971.0 + 2 * QUARTER]
    assert block["phase"].tolist() == [PHASES[row % len(PHASES)] for row in range(5)]
    for name in COLUMNS:
        if name not in ("time", "phase"):
            assert block[name].tolist() == given["panel"][:, COLUMNS.index(name)].tolist()
            assert block[name].dtype.kind == ("i" if name in COUNTS else "f")


def test_no_cut_changes_the_hash_and_every_change_of_a_value_a_name_or_a_type_does() -> None:
    table = {"row": np.arange(9), "word": np.array(["a", "bc", "", "d", "e", "f", "g", "h", "\u00e9"]), "x": np.linspace(0, 1, 9)}

    def hashed(columns: dict[str, np.ndarray], *cuts: int) -> str:
        total = TableHash()
        for start, end in zip((0, *cuts), (*cuts, 9), strict=True):
            total.add({name: column[start:end] for name, column in columns.items()})
        return total.hexdigest()

    whole = hashed(table)
    assert hashed(table, 1, 5) == hashed(table, 8) == whole
    shifted = np.array(["ab", "c", "", "d", "e", "f", "g", "h", "\u00e9"])
    changed = [
        {**table, "x": np.nextafter(table["x"], 2)},
        {**table, "row": table["row"].astype(np.int32)},
        {**table, "word": shifted},
        {("y" if name == "x" else name): column for name, column in table.items()},
    ]
    assert len({whole, *(hashed(columns) for columns in changed)}) == 1 + len(changed)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_chunks_reach_their_file_in_order(suffix: str, tmp_path: Path) -> None:
    chunks = [chunk(2, 1), chunk(4, row=3)]
    hashes = [write_panel(tmp_path / f"{name}{suffix}", chunks, LABEL) for name in ("one", "two")]
    assert hashes[0] == hashes[1] != write_panel(tmp_path / f"other{suffix}", chunks[:1], LABEL)
    written = read_table(tmp_path / f"one{suffix}")
    for name, column in written.items():
        assert column.tolist() == np.concatenate([panel_block(part)[name] for part in chunks]).tolist()


def test_failures_are_listed_and_counted_apart_from_histories_that_were_stopped(tmp_path: Path) -> None:
    # The second history of the first chunk ran and was stopped; two rows of the second chunk could not be run.
    first, second = chunk(2, 1), chunk(4, row=3, failed=2)
    first |= {"failed_row": np.array([2]), "failed_column": np.array(["seed"]), "failed_reason": np.array(["stopped"])}
    first["failed_stopped"] = np.array([True])
    stored = {"first": first, "second": second}
    count = {"simulations": 0, "failed": 0, "stopped": 0}
    assert list(counted(stored.__getitem__, stored, count)) == [first, second]
    assert count == {"simulations": 3, "failed": 2, "stopped": 1}
    write_failures(tmp_path / "failures.csv", [first, second], LABEL)
    listed = read_table(tmp_path / "failures.csv")
    assert listed["row"].tolist() == [2, 4, 5]
    assert listed["column"].tolist() == ["seed"] * 3
    assert listed["reason"].tolist() == ["stopped", *["a reason, with a comma"] * 2]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_a_panel_that_is_cut_short_is_absent(suffix: str, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / f"out{suffix}"
    expand, blocks = home.panel_block, []

    def third_time_not(chunk: dict[str, Any]) -> dict[str, Any]:
        blocks.append(len(chunk["row"]))
        if len(blocks) == 3:
            raise KeyboardInterrupt
        return expand(chunk)

    with monkeypatch.context() as patch:
        patch.setattr(home, "panel_block", third_time_not)
        with pytest.raises(KeyboardInterrupt):
            sweep(table, out, years=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"out{suffix}.run", "table.csv"]
    assert sweep(table, out, years=1, resume=True).rows == len(ROWS)
