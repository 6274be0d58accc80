"""How is a table read that does not fit into memory? A row at a time, as text, from the start or from where a row began."""

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from model.errors import InputError

FORMATS: Final = (".csv", ".parquet")
# Rows that are taken from a Parquet file at a time.
_BATCH: Final = 1024


class Row(NamedTuple):
    """One row of a table.

    Attributes
    ----------
    position : where it begins: bytes into a CSV, rows into a Parquet file
    cells : its texts, stripped; empty where unknown. A number's text reads back to the same bits.
    """

    position: int
    cells: list[str]


def check_format(path: Path) -> None:
    """Refuse a file whose suffix names no format that is read.

    Raises
    ------
    InputError
        If so.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: unknown format {path.suffix!r}; give a .csv or .parquet")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a file's reader complains of into one line for the user."""
    try:
        yield
    except (OSError, ValueError, csv.Error) as error:
        if path.suffix.lower() == ".parquet" and not (isinstance(error, OSError) and error.strerror):
            raise InputError(f"{path}: is no Parquet file, or a damaged one; write it anew") from error
        reason = error.strerror if isinstance(error, OSError) else "is not a text table"
        raise InputError(f"{path}: cannot be read: {reason}; name a readable file") from error


def column_names(path: Path) -> list[str]:
    """Return the names of a table's columns.

    Raises
    ------
    InputError
        If the file cannot be read, has no header, or names a column twice.
    """
    check_format(path)
    with reading(path):
        if path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            names = list(parquet.read_schema(path).names)
        else:
            names = next(_csv_rows(path, 0), Row(0, [])).cells
    if not names:
        raise InputError(f"{path}: is empty; write a header and at least one row")
    check_names(path, names)
    return names


def check_names(path: Path, names: list[str]) -> None:
    """Refuse a header that names a column twice."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path}: {twice}: this column is given twice; keep one")


def table_rows(path: Path, position: int | None = None) -> Iterator[Row]:
    """Yield the rows of a table, the header left out, without holding more than a few.

    Parameters
    ----------
    path : a ``.csv`` or ``.parquet``
    position : of the first row wanted, as an earlier ``Row`` told; the first of the table if not given

    Raises
    ------
    InputError
        If the file cannot be read, or a row has more or fewer cells than the header.
    """
    width = len(column_names(path))
    with reading(path):
        if path.suffix.lower() == ".parquet":
            yield from _parquet_rows(path, position or 0)
            return
        found = islice(_csv_rows(path, 0), 1, None) if position is None else _csv_rows(path, position)
        for row in found:
            if len(row.cells) != width:
                line = _line(path, row.position)
                raise InputError(f"{path}: line {line}: {len(row.cells)} cells: the header has {width}; correct the line")
            yield row


def _line(path: Path, position: int) -> int:
    """Return the number of the line that begins at a byte."""
    with path.open("rb") as file:
        return 1 + sum(file.read(min(1 << 20, position - at)).count(b"\n") for at in range(0, position, 1 << 20))


def _csv_rows(path: Path, position: int) -> Iterator[Row]:
    """Yield the rows of a CSV from a byte on, blank lines left out."""
    at = position
    with path.open("rb") as file:
        file.seek(position)

        def lines() -> Iterator[str]:
            nonlocal at
            for line in file:
                code = "utf-8" if at else "utf-8-sig"
                at += len(line)
                yield line.decode(code)

        begins = at
        for cells in csv.reader(lines()):
            if cells:
                yield Row(begins, [cell.strip() for cell in cells])
            begins = at


def _parquet_rows(path: Path, position: int) -> Iterator[Row]:
    """Yield the rows of a Parquet file from a row on; groups of rows before it are not read."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        counts = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        group = passed = 0
        while group < len(counts) and passed + counts[group] <= position:
            passed += counts[group]
            group += 1
        for batch in file.iter_batches(_BATCH, row_groups=range(group, len(counts)), use_threads=False):
            skip = min(max(0, position - passed), len(batch))
            columns = [column.to_pylist() for column in batch.slice(skip).columns]
            for place, cells in enumerate(zip(*columns, strict=True), start=passed + skip):
                yield Row(place, [cell_text(cell) for cell in cells])
            passed += len(batch)


def cell_text(value: Any) -> str:
    """Return a value's text: the shortest that reads back to the same bits; empty where unknown."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()
