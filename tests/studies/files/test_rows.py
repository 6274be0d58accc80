"""Rows of a table, read from its start or from the position of any row, as text that keeps every bit."""

import math
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

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
        ("table.csv", b"a,b\n\xff\xfe,1\n", "line 2: byte 0xff is not UTF-8, but perhaps Latin-1"),
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


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_refused_at_once(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"is a folder, a pipe or a device; name a file$"):
        list(table_rows(path))


def parquet_of(path: Path, **columns: Any) -> Path:
    parquet.write_table(arrow.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (arrow.array([[1], [2]]), "list<"),
        (arrow.array([{"a": 1}, {"a": 2}]), "struct<"),
        (arrow.array([b"a", b"b"]), "binary"),
        (arrow.array([1, 2], arrow.timestamp("s")), "timestamp"),
    ],
)
def test_a_column_of_parquet_that_holds_neither_numbers_nor_text_is_refused(values: Any, kind: str, tmp_path: Path) -> None:
    path = parquet_of(tmp_path / "table.parquet", case=[9, 9], seed=values)
    for read in (lambda: list(table_rows(path)), lambda: read_table(path)):
        with pytest.raises(InputError, match=f"column seed: holds {kind}.*; convert it to numbers or text"):
            read()


def test_text_that_is_stored_as_a_dictionary_and_decimals_are_read(tmp_path: Path) -> None:
    case, share = arrow.array(["kumasi", "9"]).dictionary_encode(), arrow.array([Decimal("4.50"), None], arrow.decimal128(5, 2))
    rows = list(table_rows(parquet_of(tmp_path / "table.parquet", case=case, share=share, none=arrow.nulls(2))))
    assert [row.cells for row in rows] == [["kumasi", "4.50", ""], ["9", "", ""]]


def test_parquet_without_rows_or_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    parquet.write_table(arrow.table([[1], [2]], names=["case", "case"]), path)
    with pytest.raises(InputError, match="column case: this column is given twice"):
        list(table_rows(path))
    with pytest.raises(InputError, match="is empty"):
        read_table(parquet_of(path, case=arrow.array([], arrow.int64())))


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbage_is_refused_and_nothing_else_is_raised(suffix: str, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / f"table{suffix}"
    with block_writer(path) as writer:
        writer.write({"case": np.array(["10-kumasi", "9"]), "mean": np.array([0.5, math.nan]), "seed": np.arange(2)})
    whole = path.read_bytes()
    cut, left_out = data.draw(st.integers(0, len(whole)), "cut"), data.draw(st.integers(0, 40), "left out")
    path.write_bytes(whole[:cut] + data.draw(st.binary(max_size=40), "inserted") + whole[cut + left_out :])
    for read in (lambda: list(table_rows(path)), lambda: read_table(path)):
        said = refusal(read)
        assert said.startswith(str(path) if said else "")
        assert said.isprintable()
        assert len(said) < 300 + len(str(path))


def refusal(read: Callable[[], object]) -> str:
    """What a reader says where it refuses a table; nothing where it reads it."""
    try:
        read()
    except InputError as error:
        return str(error)
    return ""
