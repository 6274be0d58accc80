"""The page on the shape: every key row is measured, runs stand side by side, and what was not run yet is left out."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shape.document import ABLATIONS, BEFORE, KEY_ROWS, NOW, ablations, targets
from benchmarks.shape.draws import Observed
from benchmarks.shape.rows import measures
from model.config import all_cases
from model.observe import COLUMNS


def measured(value: float, group: str = "Solid", what: str = KEY_ROWS[0][2]) -> dict[str, Any]:
    estimate = {"value": value, "error": 0.01, "histories": 9}
    return {"group": group, "what": what, "target": ">= .6", "prior": estimate, "default": estimate, "met": "met / no"}


def write(folder: Path, name: str, data: object) -> None:
    (folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")


def test_every_key_row_is_a_row_of_the_table() -> None:
    cases = [Observed(case, np.zeros((1, len(case.observations), len(COLUMNS))), 1.0) for case in all_cases()]
    named = {(one.group, one.what) for one in measures(cases)}
    assert [(group, what) for _, group, what in KEY_ROWS if (group, what) not in named] == []


def test_runs_stand_side_by_side_in_the_order_of_the_latest(tmp_path: Path) -> None:
    write(tmp_path, BEFORE, {"histories": 5, "seed": 1, "rows": [measured(0.1)]})
    alone = targets(tmp_path).splitlines()
    assert "| before, prior | before, default | met |" in alone[4]
    write(tmp_path, NOW, {"histories": 7, "seed": 2, "rows": [measured(0.7, "Firms", "new"), measured(0.8)]})
    lines = targets(tmp_path).splitlines()
    assert [line for line in lines if line.startswith("#")] == ["### Firms", "### Solid"]
    assert "5 histories" in lines[0]
    assert "7 histories" in lines[0]
    assert "| new | >= .6 |  | 0.7 +- 0.01 |  | 0.7 +- 0.01 | met / no |" in lines
    assert f"| {KEY_ROWS[0][2]} | >= .6 | 0.1 +- 0.01 | 0.8 +- 0.01 | 0.1 +- 0.01 | 0.8 +- 0.01 | met / no |" in lines


def test_an_ablation_is_a_line_with_the_key_rows_that_it_has(tmp_path: Path) -> None:
    word, group, what = KEY_ROWS[5]
    write(tmp_path, ABLATIONS, {"the model": [measured(0.7), measured(0.6, group, what)], "no record": [measured(0.4)]})
    assert ablations(tmp_path).splitlines() == [
        f"| run | {KEY_ROWS[0][0]} | {word} |",
        "| --- | --- | --- |",
        "| *target* | >= .6 | >= .6 |",
        "| the model | 0.7 +- 0.01 | 0.6 +- 0.01 |",
        "| no record | 0.4 +- 0.01 |  |",
    ]


def test_a_page_without_any_run_says_so(tmp_path: Path) -> None:
    assert targets(tmp_path) == "No run is stored yet."
    assert ablations(tmp_path) == "No ablation is stored yet."
