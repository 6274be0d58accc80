"""How does a table reach a file? As CSV, Parquet or netCDF, by the file's suffix; even a CSV keeps every bit of a number."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from execution.writing import write_atomic
from model.errors import InputError
from studies.files.labels import labelled
from studies.files.rows import check_format, check_names, reading
from studies.files.writing import Table, block_writer

SUFFIXES: Final = (".csv", ".parquet", ".nc")
# Texts of whole numbers that fit into 64 bits with a sign.
WHOLE: Final = re.compile(r"-?\d{1,18}")


def check_suffix(option: str, path: str) -> Path:
    """Return the path that an option gives, if a table can be written there.

    Parameters
    ----------
    option : the option's name, for the message
    path : the text that the user gave

    Raises
    ------
    InputError
        If the suffix names no format, or the path is a folder.
    """
    file = Path(path)
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{option}: {path}: unknown format {file.suffix or '(no suffix)'!r}; end the name in {', '.join(SUFFIXES)}"
        )
    if file.is_dir():
        raise InputError(f"{option}: {path}: is a folder; name a file")
    return file


def write_table(
    path: Path, table: Table, units: Mapping[str, str] | None = None, attributes: Mapping[str, str] | None = None
) -> None:
    """Write a table, whole or not at all, in the format that the suffix names.

    In a CSV a number has the shortest text that reads back to the same bits, and an unknown value is empty.

    Parameters
    ----------
    path : where the table goes; missing folders are made
    table : arrays of any type, shape (rows,) each, by column
    units : unit of each column, kept by Parquet and netCDF
    attributes : what the file says of itself, as ``execution.labels.provenance`` returns it; a CSV gets a sidecar with it

    Raises
    ------
    InputError
        If nothing can be written there.
    Interrupted
        If the disk is full.
    """

    def write(partial: Path) -> None:
        with block_writer(partial, units, attributes) as writer:
            writer.write(table)

    with labelled(path, attributes):
        write_atomic(path, write)


def _cast(texts: Sequence[str]) -> NDArray[Any]:
    """Return texts as whole numbers if every one is, else as numbers if every one is or is empty, else as texts."""
    if all(WHOLE.fullmatch(text) for text in texts):
        return np.array([int(text) for text in texts])
    if all(text.isdecimal() and int(text) < 2**64 for text in texts):
        return np.array([int(text) for text in texts], np.uint64)
    try:
        return np.array([float(text) if text else math.nan for text in texts])
    except ValueError:
        return np.array(texts)


def read_table(path: Path) -> dict[str, NDArray[Any]]:
    """Read a CSV or Parquet table into arrays by column, shape (rows,) each.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or a row has more or fewer cells than the header.
    """
    check_format(path)
    with reading(path):
        if path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            content = parquet.read_table(path)
            columns = {name: _parquet_column(content.column(name)) for name in content.column_names}
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = [row for row in csv.reader(file) if row]
            columns = _csv_columns(path, rows)
    if not columns or len(next(iter(columns.values()))) == 0:
        raise InputError(f"{path}: is empty; write a header and at least one row")
    return columns


def _parquet_column(column: Any) -> NDArray[Any]:
    """Return a column of a Parquet table as an array."""
    # Without a type, NumPy would turn whole numbers on both sides of 2^63 into floats.
    whole = str(column.type) == "uint64" and column.null_count == 0
    return np.array(column.to_pylist(), np.uint64 if whole else None)


def _csv_columns(path: Path, rows: list[list[str]]) -> dict[str, NDArray[Any]]:
    """Return the columns of a CSV from its rows of texts, of which the first is the header."""
    if not rows:
        return {}
    head = [name.strip() for name in rows[0]]
    check_names(path, head)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(head):
            raise InputError(f"{path}: line {number}: {len(row)} cells: the header has {len(head)}; correct the line")
    return {name: _cast([row[column].strip() for row in rows[1:]]) for column, name in enumerate(head)}
