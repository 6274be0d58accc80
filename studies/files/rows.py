"""How is a table read that does not fit into memory? A row at a time, as text, from its start or from the position of a row."""

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from model.errors import InputError

FORMATS: Final = (".csv", ".parquet")
# Rows that are read from a Parquet file at a time.
_BATCH: Final = 1024


class Row(NamedTuple):
    """One row of a table.

    Attributes
    ----------
    position : where the row begins: in a CSV the number of bytes before it, in a Parquet file the number of rows before it
    cells : text of each cell without surrounding spaces, empty where the value is unknown; a number's text reads back to the
        same bits
    """

    position: int
    cells: list[str]


def check_format(path: Path) -> None:
    """Refuse a file that is neither a CSV nor a Parquet table, judged by its suffix.

    Raises
    ------
    InputError
        If the suffix is another one.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: unknown format {path.suffix!r}; give a .csv or .parquet")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an error of a file's reader into one line for the user.

    Raises
    ------
    InputError
        If the code within the context could not read the file.
    """
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
    """Refuse a header that names a column twice.

    Raises
    ------
    InputError
        If a name occurs twice.
    """
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path}: {twice}: this column is given twice; keep one")


def table_rows(path: Path, position: int | None = None) -> Iterator[Row]:
    """Yield the rows of a table without its header; only a few are in memory at a time.

    Parameters
    ----------
    path : a ``.csv`` or ``.parquet``
    position : position of the first row to yield, as ``Row`` has it; the first row of the table if not given

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
        rows = islice(_csv_rows(path, 0), 1, None) if position is None else _csv_rows(path, position)
        for row in rows:
            if len(row.cells) != width:
                line = _line(path, row.position)
                raise InputError(f"{path}: line {line}: {len(row.cells)} cells: the header has {width}; correct the line")
            yield row


def _line(path: Path, position: int) -> int:
    """Return the number, from 1, of the line that begins at a byte of a file."""
    with path.open("rb") as file:
        return 1 + sum(file.read(min(1 << 20, position - at)).count(b"\n") for at in range(0, position, 1 << 20))


def _csv_rows(path: Path, position: int) -> Iterator[Row]:
    """Yield the rows of a CSV from a byte on, without blank lines."""
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
    """Yield the rows of a Parquet file from a row on; row groups that end before that row are not read."""
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
            for index, cells in enumerate(zip(*columns, strict=True), start=passed + skip):
                yield Row(index, [cell_text(cell) for cell in cells])
            passed += len(batch)


def cell_text(value: Any) -> str:
    """Return a value's text, empty where it is unknown; a number has the shortest text that reads back to the same bits."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()
