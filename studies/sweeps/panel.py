"""How does a sweep's panel reach its file? Chunk by chunk, in the order of the table; its hash does not depend on the chunks."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from execution.writing import write_atomic
from model.arrays import Arrays
from model.events import QUARTER
from model.observe import COLUMNS, COUNTS, PHASES
from studies.files.panels import PANEL_UNITS
from studies.files.writing import Table, block_writer

FAILURE_COLUMNS: Final = ("row", "column", "reason")


class TableHash:
    """SHA-256 over the names, types and values of columns; the same however the rows are cut into blocks."""

    def __init__(self) -> None:
        self._columns: dict[str, tuple[str, Any]] = {}
        self._rows = 0

    def add(self, block: Table) -> None:
        """Add the next rows: columns of equal length."""
        for name, column in block.items():
            values = np.asarray(column)
            text = values.dtype.kind == "U"
            _, total = self._columns.setdefault(name, ("text" if text else values.dtype.str, hashlib.sha256()))
            total.update("".join(f"{len(word)}:{word}" for word in values.tolist()).encode() if text else values.tobytes())
        self._rows += len(next(iter(block.values())))

    def hexdigest(self) -> str:
        """Return the hash in hexadecimal."""
        lines = [f"{name}|{kind}|{self._rows}|{total.hexdigest()}\n" for name, (kind, total) in self._columns.items()]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def panel_block(chunk: Arrays) -> dict[str, Any]:
    """Return the panel of a chunk by column.

    Parameters
    ----------
    chunk : dict of arrays
        What ``studies.sweeps.rows.run_block`` returned, with m rows of panels.

    Returns
    -------
    dict of arrays, shape (m,) each
        ``row``, ``case``, ``policy`` and ``seed``, then the columns of ``model.simulate`` in the units of ``PANEL_UNITS``.
    """
    length, panel = chunk["length"], chunk["panel"]
    since = QUARTER * chunk["tick"]
    block: dict[str, Any] = {name: np.repeat(chunk[name], length) for name in ("row", "case", "policy", "seed")}
    block["time"] = since
    block["year"] = np.repeat(chunk["start_year"], length) + since
    for column, name in enumerate(COLUMNS):
        values = panel[:, column]
        if name == "phase":
            block[name] = np.asarray(PHASES)[values.astype(np.int64)]
        elif name != "time":
            block[name] = values.astype(np.int64) if name in COUNTS else np.ascontiguousarray(values)
    return block


def write_panel(out: Path, chunks: Iterable[Arrays]) -> str:
    """Write the panel of all chunks, whole or not at all, and return its hash."""
    total = TableHash()

    def write(partial: Path) -> None:
        with block_writer(partial, PANEL_UNITS) as writer:
            for chunk in chunks:
                block = panel_block(chunk)
                total.add(block)
                writer.write(block)

    write_atomic(out, write)
    return total.hexdigest()


def write_failures(path: Path, chunks: Iterable[Arrays]) -> None:
    """Write the list of rows that failed and of histories that were stopped, whole or not at all."""

    def write(partial: Path) -> None:
        with block_writer(partial) as writer:
            for chunk in chunks:
                writer.write({name: chunk[f"failed_{name}"] for name in FAILURE_COLUMNS})

    write_atomic(path, write)


def counted(load: Callable[[str], Arrays], names: Iterable[str], count: dict[str, int]) -> Iterator[Arrays]:
    """Yield chunks, and add to ``count`` their simulations, rows that failed, and histories that were stopped."""
    for name in names:
        chunk = load(name)
        ran = np.isin(chunk["failed_row"], chunk["row"])
        count["simulations"] += len(chunk["row"])
        count["stopped"] += int(ran.sum())
        count["failed"] += int((~ran).sum())
        yield chunk
