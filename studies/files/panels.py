"""What does a simulated history look like as a table? A panel with a row for each quarter, and a log with one for each event."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from model.errors import TakeoffError
from model.observe import COUNTS, PHASES, UNITS

PANEL_UNITS: Final = {**UNITS, "year": "calendar years", "phase": "word"}


# Columns in which a number may be missing: none. Where a cluster is extinct its price is the ceiling, and means and rates are 0.
MAY_BE_MISSING: Final[frozenset[str]] = frozenset()


def check_finite(table: Mapping[str, NDArray[Any]]) -> None:
    """Refuse a panel with a number that is missing or infinite in a required column.

    Raises
    ------
    TakeoffError
        If a column has such a number: the model failed to stop the history, which is a fault of ours.
    """
    for name, column in table.items():
        if name not in MAY_BE_MISSING and column.dtype.kind == "f" and not np.isfinite(column).all():
            raise TakeoffError(f"panel: {name}: has a number that is not finite; nothing was written; please report it")


def panel_table(histories: xr.Dataset, *, seeds: bool | None = None) -> dict[str, NDArray[Any]]:
    """Return the panel by column: ``time``, ``year`` and the rest, after ``seed`` where there are several seeds.

    Parameters
    ----------
    histories : dataset
        What ``model.simulate`` returned, with dimensions (seed, time).
    seeds : bool, optional
        Whether there is a column ``seed``, where these are not all histories of the table.

    Returns
    -------
    dict of arrays, shape (rows,) each
        Seed after seed, in the units of ``PANEL_UNITS``. Quarters after the end of a history that was stopped are left out.
    """
    count, quarters = len(histories["seed"]), len(histories["time"])
    kept = np.isfinite(np.asarray(histories["firms"].transpose("seed", "time"))).ravel()

    def column(name: str) -> NDArray[Any]:
        values = histories[name]
        if values.dims == ("time",):
            return np.asarray(np.tile(np.asarray(values), count)[kept])
        if values.dims == ("seed",):
            return np.asarray(np.repeat(np.asarray(values), quarters)[kept])
        return np.asarray(np.asarray(values.transpose("seed", "time")).ravel()[kept])

    names = [str(name) for name in histories.data_vars if set(histories[name].dims) <= {"seed", "time"} and histories[name].dims]
    table: dict[str, NDArray[Any]] = {"seed": column("seed")} if (count > 1 if seeds is None else seeds) else {}
    table["time"] = column("time")
    for name in ["year", *(name for name in names if name not in ("year", "time"))]:
        if name not in histories:
            continue
        values = column(name)
        if name == "phase" and values.dtype.kind != "U":
            values = np.asarray(PHASES)[values.astype(np.int64)]
        # Whole numbers lose nothing as integers.
        table[name] = values.astype(np.int64) if name in COUNTS else values
    check_finite(table)
    return table


def event_table(histories: xr.Dataset, *, seeds: bool | None = None) -> dict[str, NDArray[Any]]:
    """Return the event log by column, in the order in which the events happened.

    Parameters
    ----------
    histories : dataset
        What ``model.simulate`` returned, with the dimension (event).
    seeds : bool, optional
        As in ``panel_table``.

    Returns
    -------
    dict of arrays, shape (events,) each
        ``time`` (years since the start), ``event``, ``firm`` and ``other`` (16 hexadecimal digits, empty where there is no other
        firm) and ``detail``, after ``seed`` where there are several seeds.
    """

    def digits(name: str) -> NDArray[Any]:
        return np.array([f"{int(key):016x}" if int(key) else "" for key in np.asarray(histories[name])], dtype="U16")

    several = len(histories["seed"]) > 1 if seeds is None else seeds
    table: dict[str, NDArray[Any]] = {"seed": np.asarray(histories["event_seed"])} if several else {}
    return table | {
        "time": np.asarray(histories["event_time"]),
        "event": np.asarray(histories["event_word"]),
        "firm": digits("event_firm"),
        "other": digits("event_other"),
        "detail": np.asarray(histories["event_detail"]),
    }
