"""How is a table written that does not fit into memory? Block by block, into CSV, Parquet or netCDF by the file's suffix."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from studies.files.rows import cell_text

Table: TypeAlias = Mapping[str, NDArray[Any]]
# Rows of a group in a Parquet file and of a piece of a netCDF variable.
GROUP: Final = 65_536
PIECE: Final = 8192


class BlockWriter(Protocol):
    """Takes the rows of a table, a block at a time; the first block settles names and types of the columns."""

    def write(self, block: Table) -> None:
        """Add the rows of a block: columns of equal length."""
        ...

    def close(self) -> None:
        """Write what is held back and end the file."""
        ...


class _CsvWriter:
    def __init__(self, path: Path, units: Mapping[str, str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._begun = False

    def write(self, block: Table) -> None:
        if not self._begun:
            self._writer.writerow(block)
            self._begun = True
        columns = [_texts(np.asarray(column)) for column in block.values()]
        self._writer.writerows(zip(*columns, strict=True))

    def close(self) -> None:
        self._file.close()


def _texts(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    return [cell_text(value) for value in values] if column.dtype.kind == "f" else values


class _ParquetWriter:
    def __init__(self, path: Path, units: Mapping[str, str]) -> None:
        self._path, self._units = path, units
        self._writer: Any = None
        self._held: list[Any] = []
        self._rows = 0

    def write(self, block: Table) -> None:
        import pyarrow as arrow
        from pyarrow import parquet

        content = arrow.table({name: _arrow(np.asarray(column)) for name, column in block.items()})
        content = content.replace_schema_metadata({f"unit:{name}": unit for name, unit in self._units.items()})
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._path, content.schema)
        self._held.append(content)
        self._rows += len(content)
        if self._rows >= GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as arrow

        held, self._held, self._rows = self._held, [], 0
        self._writer.write_table(arrow.concat_tables(held), row_group_size=GROUP)

    def close(self) -> None:
        if self._writer is not None:
            if self._rows:
                self._flush()
            self._writer.close()


def _arrow(values: NDArray[Any]) -> Any:
    import pyarrow as arrow

    if values.dtype.kind == "U":
        return arrow.array(values.tolist(), arrow.string())
    return arrow.array(values.tolist() if values.dtype.kind == "O" else values)


class _Unfailing(io.FileIO):
    """A file that takes every write and keeps the disk's first refusal for later: HDF5 would not survive it."""

    refusal: OSError | None = None

    def write(self, content: Any) -> int:
        content = memoryview(content).cast("B")
        done = 0
        try:
            while self.refusal is None and done < len(content):
                done += super().write(content[done:]) or 0
        except OSError as error:
            self.refusal = error
        self.seek(len(content) - done, io.SEEK_CUR)
        return len(content)

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.refusal = self.refusal or error
            return size or 0

    def check(self) -> None:
        """Raise the refusal, if there was one."""
        if self.refusal is not None:
            raise self.refusal


class _NetcdfWriter:
    def __init__(self, path: Path, units: Mapping[str, str]) -> None:
        import h5netcdf

        self._disk = _Unfailing(path, "w+b")
        self._file, self._units = h5netcdf.File(self._disk, "w"), units
        self._rows = 0

    def _begin(self, block: Table) -> None:
        import h5py

        self._file.dimensions["row"] = None
        for name, column in block.items():
            values = np.asarray(column)
            kind = h5py.string_dtype() if values.dtype.kind in "UO" else values.dtype
            variable = self._file.create_variable(name, ("row",), kind, chunks=(PIECE,))
            if name in self._units:
                # "units" of a time would be read as a calendar by xarray.
                variable.attrs["unit" if self._units[name] == "years" else "units"] = self._units[name]

    def write(self, block: Table) -> None:
        try:
            self._append(block)
        finally:
            self._disk.check()  # what HDF5 says of a file that lost a part is beside the point

    def _append(self, block: Table) -> None:
        if not self._file.variables:
            self._begin(block)
        end = self._rows + len(next(iter(block.values())))
        self._file.resize_dimension("row", end)
        for name, column in block.items():
            values = np.asarray(column)
            if end > self._rows:
                self._file[name][self._rows : end] = values.astype(object) if values.dtype.kind == "U" else values
        self._rows = end

    def close(self) -> None:
        try:
            self._file.close()
            self._disk.close()
        finally:
            self._disk.check()


Opener: TypeAlias = Callable[[Path, Mapping[str, str]], BlockWriter]
_WRITERS: Final[Mapping[str, Opener]] = {".csv": _CsvWriter, ".parquet": _ParquetWriter, ".nc": _NetcdfWriter}


@contextmanager
def block_writer(path: Path, units: Mapping[str, str] | None = None) -> Iterator[BlockWriter]:
    """Open a table for writing block by block; memory does not grow with its rows.

    Parameters
    ----------
    path : Path
        In a place that exists; the suffix names the format. It is whole only once the context has ended without an error.
    units : mapping, optional
        Column to unit, kept in the attributes of Parquet and netCDF.
    """
    writer = _WRITERS[path.suffix.lower()](path, units or {})
    try:
        yield writer
    except BaseException:
        with suppress(OSError, ValueError, RuntimeError):  # the first fault is the one to tell; the file is not kept
            writer.close()
        raise
    writer.close()
