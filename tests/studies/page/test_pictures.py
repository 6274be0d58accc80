"""Pictures for a terminal: a line of blocks, and the course of a history."""

import math

import numpy as np
import pytest

from model.config import load_case, load_policy
from model.observe import COLUMNS, UNITS
from model.panels import Histories
from studies.page.pictures import SHOWN, observed_of, observed_points, sparkline, terminal_plot


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [5.0, 5.0], [np.nan, 1.0], [np.nan], list(range(500))])
def test_sparkline_fits_its_width(values: list[float]) -> None:
    line = sparkline(np.array(values, np.float64), 60)
    assert len(line) == min(60, int(np.isfinite(values).sum()))


def test_terminal_plot_shows_first_and_last() -> None:
    panel = np.full((3, len(COLUMNS)), 1.0)
    panel[:, COLUMNS.index("firms")] = [3.0, 5.0, 4.0]
    text = terminal_plot(Histories(load_case(10), load_policy("status-quo"), 1950.0, [1], [panel], []), "A cluster")
    assert "3 → 4 (max 5)" in text
    assert text.startswith("A cluster")
    assert "1950" in text


def drawn(decision: float = 1950.25, case: int = 10) -> Histories:
    panel = np.full((3, len(COLUMNS)), 1.0)
    return Histories(load_case(case), load_policy("status-quo"), 1950.0, [1], [panel], [], decision=decision)


def test_terminal_plot_shows_units_the_decision_and_what_was_observed() -> None:
    lines = terminal_plot(drawn(), "A cluster").splitlines()
    for name, words in SHOWN:
        assert any(words in line and line.endswith(f" {UNITS[name]}") for line in lines)
    marked = next(line for line in lines if "decision" in line)
    blocks = next(line for line in lines if line.strip().startswith("firms"))
    assert marked.endswith("1950.25")
    assert marked.index("\u25b2") == blocks.index("\u2581") + 1
    assert any("observed in 2005.5 500 firms" in line and "exports: none" in line for line in lines)
    assert "decision" not in terminal_plot(drawn(2005.5), "A cluster")


def test_a_stopped_history_is_drawn_as_far_as_it_came() -> None:
    history = drawn()
    history.panels[0][1:] = np.nan
    assert "1950" in terminal_plot(history, "A cluster")
    history.panels[0][:] = np.nan
    assert terminal_plot(history, "A cluster").startswith("A cluster")


def test_observed_figures_have_their_interval() -> None:
    firms = next(point for point in observed_points(load_case(10)) if point.name == "firms")
    assert (firms.time, firms.value) == (2005.5, 500.0)
    assert math.log(firms.high / firms.low) == pytest.approx(2 * 1.6448536 * load_case(10).observations[0].firms.sd)  # type: ignore[union-attr]
    drawn = {point.name for number in range(1, 20) for point in observed_points(load_case(number))}
    assert drawn <= {"workers", *(name for name, _ in SHOWN)}


def test_observed_workers_are_firms_times_their_size() -> None:
    (workers,) = observed_of(load_case(10), "workers")
    assert (workers.year, workers.value) == (2005.5, pytest.approx(500 * 5.9))
    # Errors of the two figures are independent, so that their log variances add up.
    firms, size = observed_of(load_case(10), "firms")[0], observed_of(load_case(10), "workers_per_firm")[0]
    reaches = [math.log(one.high / one.value) for one in (firms, size)]
    assert math.log(workers.high / workers.value) == pytest.approx(math.hypot(*reaches))
