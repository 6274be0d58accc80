"""What tables does ``docs/shape.md`` show? The first model beside the model now, and the model without one mechanism at a time.

Both come from the files in ``benchmarks/results/``. A run that was not made yet is left out, so that the page can be written at
any time.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.shape.markdown import Rows, cell
from benchmarks.tables import RESULTS, table

BEFORE: Final = "shape-before"
NOW: Final = "shape"
ABLATIONS: Final = "shape-ablations"
# What a row of ablations shows: a short word for the column, and the group and name of the measure.
KEY_ROWS: Final = (
    ("fewer and larger, heavy", "Solid", "30 years on: firms <= .8 of peak, more workers and output, heavy"),
    ("fewer and larger, light", "Solid", "30 years on: firms <= .8 of peak, more workers and output, light"),
    ("firms kept at 10, light", "Solid", "firms 10 years on over their peak, median, light"),
    ("firms kept at 30, light", "Solid", "firms 30 years on over their peak, median, light"),
    ("exports follow : precede", "Solid", "exports (5 % of output) follow t* : precede it"),
    ("survival kept", "Dotted", "of these still in survival at 40"),
    ("attempts, median", "Attempts", "attempts of a history that never improves, median"),
    ("success of first movers", "Attempts", "success of first movers"),
    ("listed less not listed", "Listed", "P(improved), label off: listed less not listed"),
    ("sd of log size", "Firms", "sd of log workers, 20 years after t*"),
    ("output per worker 90/10", "Firms", "output per worker 90/10, unimproved at 30"),
    ("exits a year", "Firms", "exits a year over firms, whole histories"),
    ("skill drift, SD", "No drift", "rise of mean skill from year 5 to 45 without IPM, SD"),
)


def stored(name: str, folder: Path = RESULTS) -> Any:
    """Return what a benchmark wrote, or None where it was not run yet."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def targets(folder: Path = RESULTS) -> str:
    """Return every measure, before and now, under the prior and at default parameters; a table for each group."""
    runs = {title: stored(name, folder) for title, name in (("before", BEFORE), ("now", NOW))}
    made = {title: run for title, run in runs.items() if run is not None}
    if not made:
        return "No run is stored yet."
    latest = list(made.values())[-1]
    head = ["", "target", *(f"{title}, {column}" for column in ("prior", "default") for title in made), "met"]
    parts = [_about(made)]
    for group in dict.fromkeys(row["group"] for row in latest["rows"]):
        lines = [_line(row, made) for row in latest["rows"] if row["group"] == group]
        parts.append(f"### {group}\n\n{table(head, lines)}")
    return "\n\n".join(parts)


def _about(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return how many histories each run rests on."""
    told = [f"{title}: {run['histories']} histories of each cluster and set, seed {run['seed']}" for title, run in runs.items()]
    return f"`python -m benchmarks.shape`; {'; '.join(told)}. Monte Carlo standard errors stand after `+-`."


def _line(row: Mapping[str, Any], runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return one measure of the latest run beside the same one of the others."""
    same = [_find(run["rows"], row["group"], row["what"]) for run in runs.values()]
    cells = [cell(one, column) for column in ("prior", "default") for one in same]
    return [row["what"], row["target"], *cells, row["met"]]


def _find(rows: Rows, group: str, what: str) -> Mapping[str, Any] | None:
    return next((row for row in rows if (row["group"], row["what"]) == (group, what)), None)


def ablations(folder: Path = RESULTS) -> str:
    """Return key measures of the model and of the model without one mechanism, under the prior: a line for each run."""
    runs: Mapping[str, Rows] | None = stored(ABLATIONS, folder)
    if not runs:
        return "No ablation is stored yet."
    first = next(iter(runs.values()))
    shown = [(word, row) for word, group, what in KEY_ROWS if (row := _find(first, group, what)) is not None]
    lines = [["*target*", *(row["target"] for _, row in shown)]]
    for title, rows in runs.items():
        lines.append([title, *(cell(_find(rows, row["group"], row["what"]), "prior") for _, row in shown)])
    return table(["run", *(word for word, _ in shown)], lines)


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {"shape_targets": targets, "shape_ablations": ablations}
