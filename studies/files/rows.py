"""How is a table read that does not fit into memory? A row at a time, as text, from its start or from the position of a row."""

import csv
import math
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from model.errors import InputError, TakeoffError
from studies.files.cells import shown
from studies.files.dialect import ROW_MOST, Dialect, dialect_of, line_number, lines_of
from studies.files.parquet_files import require_parquet

FORMATS: Final = (".csv", ".parquet")
COLUMNS_MOST: Final = 4096
# Names that pandas gives to a column of row numbers, which has none.
UNNAMED: Final = ("", "Unnamed: 0", "__index_level_0__")
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
    """Refuse what is no regular file, and turn an error of a file's reader into one line for the user.

    Raises
    ------
    InputError
        If the path is a folder, a pipe or a device, or if the code within the context could not read the file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: is a folder, a pipe or a device; name a file")
        yield
    except TakeoffError:
        raise
    except Exception as error:  # The readers of Parquet raise errors of many kinds on a damaged file.
        if isinstance(error, OSError) and error.strerror:
            raise InputError(f"{path}: cannot be read: {error.strerror}; name a readable file") from error
        kind = "Parquet file, or a damaged one" if path.suffix.lower() == ".parquet" else "text table"
        raise InputError(f"{path}: cannot be read: is no {kind}; write it anew") from error


def column_names(path: Path) -> list[str]:
    """Return the names of a table's columns.

    Raises
    ------
    InputError
        If the file cannot be read, has no header, names a column twice, or has too many columns.
    """
    check_format(path)
    with reading(path):
        if path.suffix.lower() == ".parquet":
            header, names = f"{path}", _parquet_names(path)
        else:
            dialect = dialect_of(path)
            header = f"{path}: line {dialect.line}"
            names = next(_csv_rows(path, dialect, dialect.start), Row(0, [])).cells
    if not names:
        raise InputError(f"{path}: is empty; write a header and at least one row")
    if len(names) > COLUMNS_MOST:
        raise InputError(f"{header}: has {len(names):,} columns, of at most {COLUMNS_MOST:,}; drop those that it does not need")
    named = [name for name in names if name not in UNNAMED]
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise InputError(f"{header}: column {shown(twice)}: this column is given twice; keep one")
    return names


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
    names = column_names(path)
    with reading(path):
        if path.suffix.lower() == ".parquet":
            yield from _parquet_rows(path, position or 0)
            return
        dialect = dialect_of(path)
        rows = _csv_rows(path, dialect, dialect.start if position is None else position)
        for row in islice(rows, 1 if position is None else 0, None):
            check_row(path, names, row)
            yield row


def check_row(path: Path, names: list[str], row: Row) -> None:
    """Refuse a row of a CSV that has more or fewer cells than the header, or a NUL, which no other program takes for text.

    Raises
    ------
    InputError
        If the row is refused.
    """
    if len(row.cells) != len(names):
        dialect = dialect_of(path)
        line = line_number(path, dialect.encoding, row.position)
        hint = ", and write decimals with a point" if dialect.separator == "," and len(row.cells) > len(names) else ""
        raise InputError(f"{path}: line {line}: {len(row.cells):,} cells: the header has {len(names):,}; correct the line{hint}")
    for name, cell in zip(names, row.cells, strict=True):
        if "\0" in cell:
            line = line_number(path, dialect_of(path).encoding, row.position)
            raise InputError(f"{path}: line {line}: column {shown(name)}: holds a NUL byte; save the table as text in UTF-8")


def _csv_rows(path: Path, dialect: Dialect, position: int) -> Iterator[Row]:
    """Yield the rows of a CSV from a byte on, without blank lines.

    Raises
    ------
    InputError
        If a quote is not closed.
    """
    begins, fed = position, 0
    after = position

    def lines() -> Iterator[str]:
        nonlocal fed, after
        for line in lines_of(path, dialect.encoding, position):
            fed += len(line.text)
            if fed > ROW_MOST:
                break
            after = line.after
            yield line.text
        if fed:
            line_of_quote = line_number(path, dialect.encoding, begins)
            raise InputError(f"{path}: line {line_of_quote}: a quote is opened and never closed; close it or delete it")

    for cells in csv.reader(lines(), delimiter=dialect.separator):
        if cells:
            yield Row(begins, [cell.strip() for cell in cells])
        begins, fed = after, 0


def _parquet_names(path: Path) -> list[str]:
    """Return the names of a Parquet file's columns.

    Raises
    ------
    InputError
        If a column holds neither numbers nor text, such as lists or dates.
    """
    require_parquet(path)
    from pyarrow import parquet, types

    plain = (
        types.is_integer, types.is_floating, types.is_decimal, types.is_string, types.is_large_string, types.is_boolean,
        types.is_null,
    )  # fmt: skip
    schema = parquet.read_schema(path)
    for name, kind in zip(schema.names, schema.types, strict=True):
        held = kind.value_type if types.is_dictionary(kind) else kind
        if not any(is_kind(held) for is_kind in plain):
            raise InputError(f"{path}: column {shown(name)}: holds {shown(str(kind))}; convert it to numbers or text")
    return list(schema.names)


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
