"""How does a table reach a file? As CSV, Parquet or netCDF by its suffix; a CSV keeps every bit of a number."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.errors import InputError
from studies.writing import write_whole

SUFFIXES: Final = (".csv", ".parquet", ".nc")
# Whole numbers that fit in 64 bits.
WHOLE: Final = re.compile(r"-?\d{1,18}")
Table = Mapping[str, NDArray[Any]]


def check_suffix(option: str, path: str) -> Path:
    """Return ``path`` if its suffix names a format.

    Raises
    ------
    InputError
        If it does not, or the path is a folder.
    """
    found = Path(path)
    if found.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{option}: {path}: unknown format {found.suffix or '(no suffix)'!r}; end the name in {', '.join(SUFFIXES)}"
        )
    if found.is_dir():
        raise InputError(f"{option}: {path}: is a folder; name a file")
    return found


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)


def _write_csv(path: Path, table: Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        columns = [np.asarray(column).tolist() for column in table.values()]
        writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))


def _write_parquet(path: Path, table: Table, units: Mapping[str, str]) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    fields = []
    for name, column in table.items():
        values = np.asarray(column)
        fields.append((name, arrow.array(values.tolist() if values.dtype.kind in "UO" else values)))
    content = arrow.table(dict(fields))
    parquet.write_table(content.replace_schema_metadata({f"unit:{name}": unit for name, unit in units.items()}), path)


def _write_netcdf(path: Path, table: Table, units: Mapping[str, str]) -> None:
    import xarray as xr

    data = xr.Dataset({name: ("row", np.asarray(column)) for name, column in table.items()})
    for name, unit in units.items():
        if name in data:
            # "units" of a time would be read as a calendar by xarray.
            data[name].attrs["unit" if unit == "years" else "units"] = unit
    data.to_netcdf(path, engine="h5netcdf")


def write_table(path: Path, table: Table, units: Mapping[str, str] | None = None) -> None:
    """Write columns of equal length, whole or not at all, in the format that the suffix names.

    Numbers in a CSV are the shortest text that reads back to the same bits; what is unknown is empty.
    """
    units = units or {}
    writers = {
        ".csv": lambda partial: _write_csv(partial, table),
        ".parquet": lambda partial: _write_parquet(partial, table, units),
        ".nc": lambda partial: _write_netcdf(partial, table, units),
    }
    write_whole(path, writers[path.suffix.lower()])


def _cast(texts: Sequence[str]) -> NDArray[Any]:
    """Return texts as whole numbers where all are, else as numbers where all are or are empty, else as texts."""
    if all(WHOLE.fullmatch(text) for text in texts):
        return np.array([int(text) for text in texts])
    if all(text.isdecimal() and int(text) < 2**64 for text in texts):
        return np.array([int(text) for text in texts], np.uint64)
    try:
        return np.array([float(text) if text else math.nan for text in texts])
    except ValueError:
        return np.array(texts)


def read_table(path: Path) -> dict[str, NDArray[Any]]:
    """Read a CSV or Parquet table by column.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or a row has more or fewer cells than the header.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"{path}: unknown format {path.suffix!r}; give a .csv or .parquet")
    try:
        if path.suffix.lower() == ".parquet":
            from pyarrow import ArrowInvalid, parquet

            try:
                content = parquet.read_table(path)
            except ArrowInvalid as error:
                raise InputError(f"{path}: is no Parquet file; write it anew") from error
            columns = {name: np.array(content.column(name).to_pylist()) for name in content.column_names}
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = [row for row in csv.reader(file) if row]
            columns = _csv_columns(path, rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not a text table"
        raise InputError(f"{path}: cannot be read: {reason}; name a readable file") from error
    if not columns or len(next(iter(columns.values()))) == 0:
        raise InputError(f"{path}: is empty; write a header and at least one row")
    return columns


def _csv_columns(path: Path, rows: list[list[str]]) -> dict[str, NDArray[Any]]:
    if not rows:
        return {}
    head = [name.strip() for name in rows[0]]
    if len(set(head)) < len(head):
        twice = next(name for name in head if head.count(name) > 1)
        raise InputError(f"{path}: {twice}: this column is given twice; keep one")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(head):
            raise InputError(f"{path}: line {number}: {len(row)} cells: the header has {len(head)}; correct the line")
    return {name: _cast([row[place].strip() for row in rows[1:]]) for place, name in enumerate(head)}
