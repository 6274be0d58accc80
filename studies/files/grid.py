"""How do histories lie in a netCDF file? Each variable over (seed, time), with unit and meaning, a block of seeds at a time."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.events import QUARTER
from model.observe import COLUMNS, MEANINGS, PHASES, UNITS
from model.panels import Histories
from model.simulation import Asked
from studies.files.writing import PIECE, NetcdfFile

# Codes and their words, as the CF conventions have them.
FLAGS: Final = {
    "phase": PHASES,
    "exhausted": ("ran_to_its_end", "stopped_for_its_size", "stopped_for_a_number_that_is_not_finite"),
}
STOPPED: Final = "stopped_after"


class GridWriter(NetcdfFile):
    """Writes panels, a block of at most ``block`` seeds at a time, which is a chunk of the file.

    The quarters after the end of a stopped history are missing (NaN).
    """

    def __init__(self, path: Path, asked: Asked, block: int, attributes: Mapping[str, str]) -> None:
        super().__init__(path, {**attributes, "coordinates": "year"})
        self._seeds, self._block = 0, block
        self._file.dimensions["seed"] = None
        self._file.dimensions["time"] = asked.rows
        since = QUARTER * np.arange(asked.rows)
        self._add("seed", ("seed",), "1", "first part of every key of luck", np.uint64)
        self._add("time", ("time",), "years", MEANINGS["time"])[:] = since
        self._add("year", ("time",), "calendar years", "calendar year")[:] = asked.start_year + since
        self._add(STOPPED, ("seed",), "years", "time of the last row of a history that was stopped; missing where none was")
        for name in COLUMNS[1:]:
            self._add(name, ("seed", "time"), UNITS[name], MEANINGS[name])

    def _add(self, name: str, dimensions: tuple[str, ...], unit: str, meaning: str, kind: Any = np.float64) -> Any:
        """Make a variable and return it."""
        rows = self._file.dimensions["time"].size
        chunks = {("seed",): (PIECE,), ("time",): None, ("seed", "time"): (self._block, rows)}[dimensions]
        fill = math.nan if kind is np.float64 and "seed" in dimensions else None
        variable = self._file.create_variable(name, dimensions, kind, chunks=chunks, fillvalue=fill)
        # xarray would read the "units" of a time as a calendar.
        variable.attrs["unit" if unit == "years" else "units"] = unit
        variable.attrs["long_name"] = meaning
        if name in FLAGS:
            variable.attrs["flag_values"] = np.arange(len(FLAGS[name]), dtype=np.float64)
            variable.attrs["flag_meanings"] = " ".join(FLAGS[name])
        return variable

    def write(self, histories: Histories) -> None:
        """Add the panels of a block of seeds."""
        with self._to_disk():
            self._append(histories)

    def _append(self, histories: Histories) -> None:
        panels, begin = np.stack(histories.panels), self._seeds
        self._seeds = end = begin + len(panels)
        self._file.resize_dimension("seed", end)
        self._file["seed"][begin:end] = np.array(histories.seeds, np.uint64)
        after = np.full(end - begin, math.nan)
        for stop in histories.stops():
            after[histories.seeds.index(stop.seed)] = QUARTER * (stop.rows - 1) if stop.rows else 0.0
        self._file[STOPPED][begin:end] = after
        for column, name in enumerate(COLUMNS[1:], start=1):
            self._file[name][begin:end] = panels[:, :, column]
