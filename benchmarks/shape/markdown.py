"""How do several runs of the table compare? A row each measure and a column each run, in Markdown, as documentation shows it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.shape.estimates import Estimate, figure_of
from benchmarks.tables import table

Rows = Sequence[Mapping[str, Any]]


def compared(runs: Mapping[str, Rows], column: str = "prior", groups: Sequence[str] = ()) -> str:
    """Return a Markdown table of some runs.

    Parameters
    ----------
    runs : the ``rows`` of each run's result file, by the run's title
    column : ``prior`` or ``default``
    groups : groups of rows that are shown, all if none is given

    Returns
    -------
    str
        Rows in the order of the first run; a cell is empty where a run lacks the row.
    """
    by_name = {title: {(row["group"], row["what"]): row for row in rows} for title, rows in runs.items()}
    first = next(iter(runs.values()))
    lines = []
    for row in first:
        if not groups or row["group"] in groups:
            cells = [cell(by_name[title].get((row["group"], row["what"])), column) for title in runs]
            lines.append([f"{row['group']}: {row['what']}", row["target"], *cells])
    return table(["", "target", *runs], lines)


def cell(row: Mapping[str, Any] | None, column: str) -> str:
    """Return the estimate of one run with its error."""
    if row is None or isinstance(row[column], str):
        return ""
    value, error = (math.nan if row[column][name] is None else row[column][name] for name in ("value", "error"))
    return figure_of(Estimate(value, error, row[column]["histories"]))
