"""Without the library for Parquet a command says so in one line, and CSV goes on to work."""

from importlib import util

import numpy as np
import pytest

from model.errors import InputError
from studies.files import parquet_files
from studies.files.tables import read_table, write_table

RULE = r"table\.parquet: Parquet files need pyarrow, which is not installed; run make extras, or use a \.csv file"


@pytest.fixture
def _absent(monkeypatch):
    monkeypatch.setattr(parquet_files, "find_spec", lambda name: None if name == "pyarrow" else util.find_spec(name))


@pytest.mark.usefixtures("_absent")
def test_a_table_of_parquet_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=RULE):
        read_table(tmp_path / "table.parquet")


@pytest.mark.usefixtures("_absent")
def test_a_csv_needs_no_parquet(tmp_path):
    write_table(tmp_path / "table.csv", {"a": np.array([1.0, 2.0])})
    assert read_table(tmp_path / "table.csv")["a"].tolist() == [1.0, 2.0]
