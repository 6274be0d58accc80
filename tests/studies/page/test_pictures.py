"""Pictures for a terminal: a line of blocks, and the course of a history."""

import numpy as np
import pytest

from model.config import load_case, load_policy
from model.observe import COLUMNS
from model.panels import Histories
from studies.page.pictures import sparkline, terminal_plot


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
