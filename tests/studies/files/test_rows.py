"""Rows of a table, read from its start or from the position of any row, as text that keeps every bit."""

import math
from pathlib import Path

import numpy as np
import pytest

from model.errors import InputError
from studies.files.rows import cell_text, column_names, table_rows
from studies.files.tables import read_table
from studies.files.writing import block_writer

SUFFIXES = (".csv", ".parquet")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_can_be_read_from_any_position(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    with block_writer(path) as writer:
        writer.write({"case": np.full(2500, 9), "seed": np.arange(2500), "entry_intensity": np.linspace(1, 2, 2500)})
    rows = list(table_rows(path))
    assert len(rows) == 2500
    columns = read_table(path)
    assert [float(row.cells[2]) for row in rows] == columns["entry_intensity"].tolist()
    for index in (0, 1, 1023, 1024, 1025, 2499):
        assert [row.cells for row in table_rows(path, rows[index].position)] == [row.cells for row in rows[index:]]


def test_quotes_blank_lines_and_marks_of_order_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b'\xef\xbb\xbfcase, seed\r\n"9\n",1\r\n\r\n"a,b" ,2\r\n\xc3\xa9,3')
    rows = list(table_rows(path))
    assert [row.cells for row in rows] == [["9", "1"], ["a,b", "2"], ["\u00e9", "3"]]
    assert [row.cells for row in table_rows(path, rows[1].position)] == [["a,b", "2"], ["\u00e9", "3"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (0.1, "0.1"),
        (1 / 3, "0.3333333333333333"),
        (5e-324, "5e-324"),
        (2**64 - 1, f"{2**64 - 1}"),
        (" a ", "a"),
    ],
)
def test_a_cell_has_the_shortest_text_that_reads_back(value: object, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("table.xlsx", b"", "unknown format '.xlsx'; give a .csv or .parquet"),
        ("table.csv", b"", "is empty; write a header"),
        ("table.csv", b"a,b,a\n1,2,3\n", "a: this column is given twice; keep one"),
        ("table.csv", b"a,b\n1,2\n\n1,2,3\n", "line 4: 3 cells: the header has 2"),
        ("table.csv", b"a,b\n\xff\xfe,1\n", "is not a text table"),
        ("table.parquet", b"a,b\n1,2\n", "is no Parquet file, or a damaged one"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_reason(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        list(table_rows(tmp_path / name))
    assert reason in str(error.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_that_is_missing_is_refused(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read: .*No such file or directory"):
        column_names(tmp_path / f"table{suffix}")
