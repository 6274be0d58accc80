"""A table written block by block: the same file as written whole, and the first error is the one that is told."""

import errno
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from pyarrow import parquet

from model.errors import InputError
from studies.files import writing as home
from studies.files.tables import SUFFIXES, read_table, write_table
from studies.files.writing import GROUP, Required, block_writer

ROWS = 1000
TABLE = {
    "seed": np.arange(ROWS, dtype=np.uint64) + np.uint64(2**63),
    "x": np.where(np.arange(ROWS) % 7, np.sqrt(np.arange(ROWS)), np.nan),
    "word": np.array(["caf\u00e9", "a,b"])[np.arange(ROWS) % 2],
}


def written(path: Path, *cuts: int) -> dict[str, np.ndarray]:
    """The table as read back from a file that was written in blocks."""
    with block_writer(path, {"x": "workers"}) as writer:
        for start, end in zip((0, *cuts), (*cuts, ROWS), strict=True):
            writer.write({name: column[start:end] for name, column in TABLE.items()})
    if path.suffix != ".nc":
        return read_table(path)
    with xr.open_dataset(path, engine="h5netcdf") as back:
        return {str(name): back[name].values for name in back.variables}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("cuts", [(), (1,), (400, 400, 999)])
def test_blocks_together_are_the_table(suffix: str, cuts: tuple[int, ...], tmp_path: Path) -> None:
    back = written(tmp_path / f"table{suffix}", *cuts)
    assert list(back) == list(TABLE)
    assert [int(seed) for seed in back["seed"]] == [int(seed) for seed in TABLE["seed"]]
    assert back["x"].astype(np.float64).tobytes() == TABLE["x"].tobytes()
    assert back["word"].tolist() == TABLE["word"].tolist()


def test_a_csv_has_the_same_bytes_however_it_is_cut(tmp_path: Path) -> None:
    written(tmp_path / "whole.csv")
    written(tmp_path / "cut.csv", 3, 500)
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_small_blocks_are_gathered_into_large_groups_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    with block_writer(path) as writer:
        for start in range(0, 70_000, 5000):
            writer.write({"x": np.arange(start, start + 5000)})
    file = parquet.ParquetFile(path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [GROUP, 70_000 - GROUP]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_first_error_is_the_one_that_is_told(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    kind = home._WRITERS[suffix]

    def fails(writer: object) -> None:
        close(writer)
        closed.append(True)
        raise OSError("the second error")

    close = kind.close  # type: ignore[attr-defined]
    monkeypatch.setattr(kind, "close", fails)

    def interrupted() -> None:
        with block_writer(tmp_path / f"table{suffix}") as writer:
            writer.write({"x": np.arange(3)})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert closed == [True]


def test_a_refusal_of_the_disk_is_kept_until_somebody_asks(tmp_path: Path) -> None:
    file = home.Unfailing(tmp_path / "file", "w+b")
    assert file.write(b"1234") == 4
    file.check()
    file.refusal = OSError(errno.ENOSPC, "no space left")
    assert file.write(b"56") == 2
    assert file.tell() == 6
    with pytest.raises(OSError, match="no space left"):
        file.check()
    file.close()
    assert (tmp_path / "file").read_bytes() == b"1234"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_table_with_a_number_that_is_not_finite_is_not_written(suffix: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    table = {"case": np.array(["9", "10", "11"]), "mean": np.array([1.0, 2.0, value]), "error": np.array([value, 1.0, 1.0])}
    write_table(path, table)
    before = path.read_bytes()
    with pytest.raises(InputError, match=rf"{path.name}: row 3, 11: mean: {value}: must be finite, .*; choose"):
        write_table(path, table, required=("mean",))
    assert [left.name for left in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before
    write_table(path, table, required=("mean",), excused=np.array([False, False, True]))


def test_rows_are_numbered_over_all_blocks(tmp_path: Path) -> None:
    with block_writer(tmp_path / "part.csv", required=Required(tmp_path / "panel.csv", ("x",))) as writer:
        writer.write({"x": np.arange(3)})
        with pytest.raises(InputError, match=r"panel\.csv: row 5: x: inf"):
            writer.write({"x": np.array([0.0, np.inf])})
