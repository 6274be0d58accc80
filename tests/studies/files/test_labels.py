"""A table's label: in the file where the format holds one, else beside it; never in the place of another file."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
import xarray as xr

from execution.labels import provenance
from model.errors import InputError
from studies.files.labels import check_sidecar, files_of, labelled, sidecar_of
from studies.files.tables import read_table, write_table

TOLD = provenance("a label", "whole", 1, {"a": 1})
TABLE = {"x": np.array([1.5, 2.5])}


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_every_format_carries_the_label_and_readers_skip_it(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    write_table(path, TABLE, {"x": "firms"}, TOLD)
    if suffix == ".csv":
        assert json.loads(sidecar_of(path).read_text()) == {**TOLD, "file": "table.csv"}
    elif suffix == ".parquet":
        held = {key.decode(): value.decode() for key, value in parquet.read_table(path).schema.metadata.items()}
        assert held == {**TOLD, "unit:x": "firms"}
    else:
        with xr.open_dataset(path) as data:
            assert data.attrs == TOLD
    assert sorted(tmp_path.iterdir()) == sorted(files_of(path))
    if suffix != ".nc":
        assert read_table(path)["x"].tolist() == [1.5, 2.5]


def test_a_table_without_a_label_leaves_no_other_file(tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv", TABLE)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_csv_that_is_cut_short_lies_under_no_label(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_table(path, TABLE, attributes=TOLD)
    with pytest.raises(KeyboardInterrupt), labelled(path, TOLD):
        raise KeyboardInterrupt
    assert [one.name for one in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("content", ["{}", "[]", "no JSON", '{"file": "other.csv"}', '{"file": "table.csv", "label": "mine"}'])
def test_a_file_of_ones_own_is_not_replaced(content: str, tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text(content)
    with pytest.raises(InputError, match=r"table\.json, which is another file; name another path"):
        check_sidecar("--out", tmp_path / "table.csv")
    check_sidecar("--out", tmp_path / "table.parquet")


def test_a_label_of_the_same_table_is_replaced(tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv", TABLE, attributes=TOLD)
    check_sidecar("--out", tmp_path / "table.csv")
