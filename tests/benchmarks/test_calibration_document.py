"""Do the tables and the picture of the calibration benchmark say what was measured? On rows that are made up."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.calibration import document
from benchmarks.calibration.curves import curves, from_even, reached
from benchmarks.calibration.picture import draw, plot_costs
from benchmarks.calibration.plan import OURS
from studies.plots.telling import alt_text, caption


def row(method: str, place: int, seed: int, cost: float, error: float, first: bool) -> dict[str, Any]:
    measured = {"cpu_s": cost, "histories": 100, "mean_error": error, "sd_error": error / 2, "c2st": 0.5 + error / 4}
    return {"method": method, "place": place, "seed": seed, "budget": {"rows": 10 * place + 10}, "first": first, **measured}


ROWS = [
    {"method": "the prior", "mean_error": 1.0, "sd_error": 0.5, "c2st": 0.8},
    row(OURS, 0, 1, 90.0, 0.1, True),
    row(OURS, 0, 2, 40.0, 0.2, False),
    row(OURS, 0, 3, 50.0, 0.3, False),
    row("NPE", 0, 1, 20.0, 0.4, True),
    row("NPE", 1, 1, 80.0, 0.1, True),
    row("ABC-SMC", 0, 1, 30.0, 0.9, True),
    {"method": "MNLE", "place": 0, "seed": 1, "budget": {"rows": 10}, "first": True, "cpu_s": 1.0, "failed": "out of luck"},
]
ABOUT = {"date": "2026-11-28", "machine": {"processor": "a processor", "cores": 2, "python": "3"}, "rows": ROWS}


def test_a_run_that_compiled_is_told_apart_from_the_others() -> None:
    found = curves(ROWS)
    assert list(found) == [OURS, "NPE", "ABC-SMC"]
    ours = found[OURS][0]
    assert (ours.first, ours.cost.median, ours.seeds, ours.errors["mean_error"].median) == (90.0, 45.0, 3, 0.2)
    assert [point.first for point in found["NPE"]] == [None, None]


def test_the_cost_of_our_error_is_read_from_the_others_curves() -> None:
    (one,) = reached(curves(ROWS), "mean_error")
    assert (one.error, one.ours) == (0.2, 90.0)
    # NPE falls from 0.4 to 0.1 between 20 s and 80 s; 0.2 lies in the middle on log scales.
    assert one.best == ("NPE", pytest.approx(40.0))
    assert one.others["ABC-SMC"] is None
    (share,) = reached(curves(ROWS), "c2st")
    assert share.best == ("NPE", pytest.approx(40.0))
    assert from_even("c2st", 0.75) == 0.25


def test_tables_tell_costs_errors_and_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "read", lambda name: ABOUT)
    told = document.methods()
    assert "| NPE | rows 20 | 1 | 80.0 | 100 | 0.1 |" in told
    assert "45.0 (40.0 to 50.0); first 90.0" in told
    assert "MNLE, seed 1: out of luck" in told
    assert "| ours, corrected | means | 0.2 | 90.0 | NPE | 40.0 | 0.444 |" in document.reach()


def test_the_picture_has_a_panel_for_each_measure(tmp_path: Path) -> None:
    draw(ABOUT, tmp_path / "costs.png")
    assert (tmp_path / "costs.png").stat().st_size > 1000
    axes = plot_costs(ABOUT)
    assert len(axes) == 3
    assert "NPE: 20 s, means 0.400, 80 s, means 0.100" in alt_text(axes)
    assert "the prior as an answer" in caption(axes)
