"""How do several runs of the table compare? A row each measure and a column each run, in Markdown, as documentation shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.shape.estimates import Estimate, figure_of

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
    lines = [f"| | target | {' | '.join(runs)} |", f"|---|---|{'---|' * len(runs)}"]
    for row in first:
        if groups and row["group"] not in groups:
            continue
        cells = [cell(by_name[title].get((row["group"], row["what"])), column) for title in runs]
        lines.append(f"| {row['group']}: {row['what']} | {row['target']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(row: Mapping[str, Any] | None, column: str) -> str:
    """Return the estimate of one run with its error."""
    if row is None or isinstance(row[column], str):
        return ""
    told = {name: float("nan") if value is None else value for name, value in row[column].items()}
    return figure_of(Estimate(**told))
