"""How is a table written that does not fit into memory? Block by block, as CSV, Parquet or netCDF, by the file's suffix."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.errors import InputError
from studies.files.parquet_files import require_parquet
from studies.files.rows import cell_text

# Arrays of shape (rows,) by column.
Table: TypeAlias = Mapping[str, NDArray[Any]]
# Rows of a row group in a Parquet file, and of a chunk of a netCDF variable.
GROUP: Final = 65_536
PIECE: Final = 8192
# Words of a row that a message about one of its numbers tells.
_WORDS_TOLD: Final = 3


class BlockWriter(Protocol):
    """Writes the rows of a table, a block at a time; the first block decides names and types of the columns."""

    def write(self, block: Table) -> None:
        """Add the rows of a block: columns of equal length."""
        ...

    def note(self, attributes: Mapping[str, str]) -> None:
        """Replace what the file says of itself, once all rows are known; a CSV says nothing."""
        ...

    def close(self) -> None:
        """Write the rows that are held back, and end the file."""
        ...


class Required(NamedTuple):
    """What a table must hold.

    Attributes
    ----------
    table : path by which a message names the table
    columns : names of the columns in which every number is finite
    excused : bool, shape (rows,); rows in which it need not be, if the table is written as one block
    """

    table: Path
    columns: Sequence[str] = ()
    excused: NDArray[np.bool_] | None = None


class _Checked:
    """Writes only blocks whose required columns are finite."""

    def __init__(self, writer: BlockWriter, required: Required) -> None:
        self._writer, self._required, self._rows = writer, required, 0

    def write(self, block: Table) -> None:
        for name in self._required.columns:
            wrong = ~np.isfinite(np.asarray(block[name], np.float64))
            if self._required.excused is not None:
                wrong &= ~self._required.excused
            if wrong.any():
                raise InputError(self._complaint(block, name, int(np.argmax(wrong))))
        self._rows += len(next(iter(block.values())))
        self._writer.write(block)

    def _complaint(self, block: Table, name: str, index: int) -> str:
        """Return the line that says which number of a block is not finite."""
        words = [str(column[index]) for column in block.values() if np.asarray(column).dtype.kind == "U"]
        row = ", ".join([f"row {self._rows + index + 1}", *words[:_WORDS_TOLD]])
        told = f"{self._required.table}: {row}: {name}: {block[name][index]}"
        return f"{told}: must be finite, and the table is not written; choose parameters nearer to their defaults"

    def note(self, attributes: Mapping[str, str]) -> None:
        self._writer.note(attributes)

    def close(self) -> None:
        self._writer.close()


class _CsvWriter:
    """Writes a CSV; each number has the shortest text that reads back to the same bits."""

    def __init__(self, path: Path, units: Mapping[str, str], attributes: Mapping[str, str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._begun = False

    def write(self, block: Table) -> None:
        if not self._begun:
            self._writer.writerow(block)
            self._begun = True
        columns = [_texts(np.asarray(column)) for column in block.values()]
        self._writer.writerows(zip(*columns, strict=True))

    def note(self, attributes: Mapping[str, str]) -> None:
        pass

    def close(self) -> None:
        self._file.close()


def _texts(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    return [cell_text(value) for value in values] if column.dtype.kind == "f" else values


class _ParquetWriter:
    """Writes a Parquet file; blocks are held back until they fill a row group."""

    def __init__(self, path: Path, units: Mapping[str, str], attributes: Mapping[str, str]) -> None:
        require_parquet(path)
        self._path, self._metadata = path, {**attributes, **{f"unit:{name}": unit for name, unit in units.items()}}
        self._writer: Any = None
        self._held: list[Any] = []
        self._rows = 0

    def write(self, block: Table) -> None:
        import pyarrow as arrow
        from pyarrow import parquet

        content = arrow.table({name: _arrow(np.asarray(column)) for name, column in block.items()})
        content = content.replace_schema_metadata(self._metadata)
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

    def note(self, attributes: Mapping[str, str]) -> None:
        if self._writer is not None:
            self._writer.add_key_value_metadata(dict(attributes))

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


class Unfailing(io.FileIO):
    """A file that accepts every write and keeps the first error of the disk for later, since HDF5 would crash on it."""

    refusal: OSError | None = None

    def write(self, content: Any) -> int:
        """Write content, or pretend to once the disk has refused."""
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
        """Change the file's size, or pretend to."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.refusal = self.refusal or error
            return size or 0

    def check(self) -> None:
        """Raise the first error of the disk.

        Raises
        ------
        OSError
            If the disk refused a write.
        """
        if self.refusal is not None:
            raise self.refusal


class NetcdfFile:
    """A netCDF file that is written block by block; an error of the disk is raised at the end of the block."""

    def __init__(self, path: Path, attributes: Mapping[str, str]) -> None:
        import h5netcdf

        self._disk = Unfailing(path, "w+b")
        self._file = h5netcdf.File(self._disk, "w")
        self.note(attributes)

    def note(self, attributes: Mapping[str, str]) -> None:
        """Add to, or replace, what the file says of itself."""
        self._file.attrs.update(attributes)

    @contextmanager
    def _to_disk(self) -> Iterator[None]:
        """Raise the disk's error in place of that of HDF5, which only says that a part of the file is missing."""
        try:
            yield
        finally:
            self._disk.check()

    def close(self) -> None:
        """End the file."""
        with self._to_disk():
            self._file.close()
            self._disk.close()


class _NetcdfWriter(NetcdfFile):
    """Writes a netCDF file with one variable a column, along the dimension ``row``."""

    def __init__(self, path: Path, units: Mapping[str, str], attributes: Mapping[str, str]) -> None:
        super().__init__(path, attributes)
        self._units, self._rows = units, 0

    def _begin(self, block: Table) -> None:
        """Make the variables, with the names and types of the first block."""
        import h5py

        self._file.dimensions["row"] = None
        for name, column in block.items():
            values = np.asarray(column)
            kind = h5py.string_dtype() if values.dtype.kind in "UO" else values.dtype
            variable = self._file.create_variable(name, ("row",), kind, chunks=(PIECE,))
            if name in self._units:
                # xarray would read the "units" of a time as a calendar.
                variable.attrs["unit" if self._units[name] == "years" else "units"] = self._units[name]

    def write(self, block: Table) -> None:
        with self._to_disk():
            self._append(block)

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


Opener: TypeAlias = Callable[[Path, Mapping[str, str], Mapping[str, str]], BlockWriter]
_WRITERS: Final[Mapping[str, Opener]] = {".csv": _CsvWriter, ".parquet": _ParquetWriter, ".nc": _NetcdfWriter}


@contextmanager
def block_writer(
    path: Path,
    units: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | None = None,
    required: Required | None = None,
) -> Iterator[BlockWriter]:
    """Open a table for writing block by block; the memory needed does not grow with its rows.

    The file is whole only once the context has ended without an error.

    Parameters
    ----------
    path : file in an existing folder, whose suffix names the format
    units : unit of each column, kept in the attributes of Parquet and netCDF
    attributes : what the file says of itself, kept by Parquet and netCDF; ``studies.files.labels`` writes that of a CSV
    required : what the table must hold; a block that lacks it raises InputError
    """
    opened = _WRITERS[path.suffix.lower()](path, units or {}, attributes or {})
    writer = _Checked(opened, required or Required(path))
    try:
        yield writer
    except BaseException:
        # The first error is the one to report, and the file is not kept, so an error of closing it does not matter.
        with suppress(OSError, ValueError, RuntimeError):
            writer.close()
        raise
    writer.close()
