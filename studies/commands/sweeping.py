"""``takeoff sweep``: one history for each row of a table of parameters, cases, policies and seeds."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from model.config import load_case, load_policy, load_priors
from model.errors import InputError
from studies.changes import STRUCTURE, read_changes
from studies.progress import Progress

WORDS = ("case", "policy", "seed")


def _seed(table: Path, row: int, value: Any) -> int:
    """Return a seed from its cell; an empty one means 1."""
    text = str(value).removesuffix(".0")
    if text in ("", "nan", "None"):
        return 1
    if not text.isdecimal():
        raise InputError(f"{table}: row {row}: seed: {text}: must be a whole number from 0; correct the cell")
    return int(text)


def _panel(table: Path, row: int, cells: dict[str, Any], years: float | None) -> dict[str, Any]:
    """Return the panel of one row, with the row's number first."""
    from model.simulation import simulate
    from studies.panels import panel_table

    priors = load_priors()
    words = [(name, str(value)) for name, value in cells.items() if name not in WORDS and str(value) not in ("", "nan", "None")]
    try:
        changes = read_changes(priors, words)
        case, policy = load_case(str(cells["case"])), load_policy(str(cells.get("policy", "") or "status-quo"))
    except InputError as error:
        raise InputError(f"{table}: row {row}: {error}") from error
    seed = _seed(table, row, cells.get("seed", 1))
    given: dict[str, Any] = {"changes": changes.values, "structures": changes.structures, "seeds": [seed]}
    if years is not None:
        given["years"] = years
    panel = panel_table(simulate(case, policy=policy, **given))
    size = len(panel["time"])
    return {
        "row": np.full(size, row),
        "case": np.full(size, case.name),
        "policy": np.full(size, policy.name),
        "seed": np.full(size, seed),
        **panel,
    }


def sweep(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sweep``."""
    from studies.panels import PANEL_UNITS
    from studies.tables import check_suffix, read_table, write_table

    table = Path(arguments.table)
    out = check_suffix("--out", arguments.out or str(table.with_name(f"{table.stem}-panel{table.suffix}")))
    columns = read_table(table)
    if "case" not in columns:
        raise InputError(f"{table}: case: this column is missing; name a cluster in each row")
    priors = load_priors()
    for name in columns:
        if name not in WORDS and not name.startswith(STRUCTURE):
            priors.entry(name)
    count = len(columns["case"])
    progress, panels = Progress(), []
    for row in range(count):
        panels.append(_panel(table, row + 1, {name: column[row] for name, column in columns.items()}, arguments.years))
        progress.step("histories", row + 1, count)
    progress.end()
    write_table(out, {name: np.concatenate([panel[name] for panel in panels]) for name in panels[0]}, PANEL_UNITS)
    sys.stderr.write(f"wrote {out}\n")
    return 0
