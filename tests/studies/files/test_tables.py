"""Tables on disk: every bit kept, whole or not at all."""

import resource
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from pyarrow import parquet

from execution.writing import write_atomic
from model.errors import InputError, Interrupted
from studies.files.tables import read_table, write_table

HARD = np.array([0.1, 1 / 3, 1e-308, 5e-324, 1.7976931348623157e308, -0.0, 2.0, np.nan, 123456789.12345679])
TABLE = {"time": HARD, "firms": np.arange(9), "phase": np.array(["expansion"] * 8 + ['odd, "quoted"'])}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_numbers_come_back_with_the_same_bits(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"deep/er/table{suffix}"
    write_table(path, TABLE, {"time": "years"})
    back = read_table(path)
    assert back["time"].astype(np.float64).tobytes() == HARD.tobytes()
    assert back["firms"].tolist() == list(range(9))
    assert back["phase"].tolist() == TABLE["phase"].tolist()


def test_netcdf_keeps_bits_and_units(tmp_path: Path) -> None:
    path = tmp_path / "table.nc"
    write_table(path, TABLE, {"firms": "firms", "time": "years"})
    with xr.open_dataset(path, engine="h5netcdf") as back:
        assert back["time"].values.tobytes() == HARD.tobytes()
        assert back["firms"].attrs["units"] == "firms"
        assert back["phase"].values.tolist() == TABLE["phase"].tolist()


def test_parquet_carries_units(tmp_path: Path) -> None:
    write_table(tmp_path / "table.parquet", TABLE, {"firms": "firms"})
    assert parquet.read_schema(tmp_path / "table.parquet").metadata[b"unit:firms"] == b"firms"


def test_unknown_is_empty_in_csv(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", {"a": np.array([1.0, np.nan]), "b": np.array([1, 2])})
    assert (tmp_path / "t.csv").read_text() == "a,b\n1.0,1\n,2\n"


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail(partial: Path) -> None:
        partial.write_text("half")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_atomic(path, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_place_that_cannot_be_written_is_the_users_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_table(tmp_path / "file/table.csv", TABLE)


def test_large_seeds_keep_their_digits(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"seed,x\n{2**64 - 1},1\n0,\n")
    table = read_table(tmp_path / "t.csv")
    assert [int(seed) for seed in table["seed"]] == [2**64 - 1, 0]
    assert np.isnan(table["x"][1])


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_a_full_disk_stops_the_writing_and_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    numbers = np.random.default_rng(1).random(100_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(Interrupted, match="the disk is full"):
            write_table(tmp_path / f"table{suffix}", {"x": numbers, "word": np.array(["word"] * len(numbers))})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_whole_numbers_beyond_signed_ones_keep_their_digits_in_parquet(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", {"seed": np.array([2**64 - 1, 0], np.uint64)})
    assert read_table(tmp_path / "t.parquet")["seed"].tolist() == [2**64 - 1, 0]
