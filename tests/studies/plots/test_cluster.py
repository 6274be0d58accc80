"""Do histories of a cluster appear as they are, with what was observed and the decision?"""

from pathlib import Path

import numpy as np
import pytest

from execution import netcdf
from model import simulate
from model.config import load_case
from model.observe import UNITS
from studies import plot_cluster
from studies.page.pictures import SHOWN, observed_points
from studies.plots import alt_text, source
from tests.studies.plots import made
from tests.studies.plots.drawn import dots, marks


def test_one_line_a_seed_that_ends_where_its_history_was_stopped() -> None:
    axis = plot_cluster(made.histories(), quantities="firms")
    lines = [line for line in axis.lines if len(line.get_xdata()) == 41]
    np.testing.assert_array_equal([line.get_ydata() for line in lines], made.histories()["firms"].values)
    assert np.isnan(lines[1].get_ydata()[21:]).all()
    assert [float(year) for year in lines[0].get_xdata()[[0, -1]]] == [2000.0, 2010.0]


def test_each_quantity_has_its_words_its_unit_the_decision_and_what_was_observed() -> None:
    axes = plot_cluster(made.histories())
    points = list(observed_points(load_case(10)))
    for axis, (name, words) in zip(axes, SHOWN, strict=True):
        assert (axis.get_title(loc="left"), axis.get_ylabel()) == (words, UNITS[name])
        assert "decision" in [text.get_text() for text in axis.texts]
        expected = [[point.time, point.value] for point in points if point.name == name]
        np.testing.assert_allclose(dots(axis, "seen"), np.reshape(expected, (-1, 2)))
        np.testing.assert_allclose([y for _, y in marks(axis, "error")], [[p.low, p.high] for p in points if p.name == name])


def test_what_simulate_returns_is_drawn_from_memory_and_from_a_file(tmp_path: Path) -> None:
    data = simulate(10, years=3.0, seeds=[1, 2])
    netcdf.write(tmp_path / "panel.nc", data)
    assert alt_text(plot_cluster(tmp_path / "panel.nc")) == alt_text(plot_cluster(data))


def test_a_cluster_of_ones_own_has_the_figures_of_its_case() -> None:
    data = made.histories().assign_attrs(case="My town")
    assert len(dots(plot_cluster(data, quantities="firms"), "seen")) == 0
    assert len(dots(plot_cluster(data, load_case(10), quantities="firms"), "seen")) == 1


def test_a_decision_outside_the_years_is_not_drawn() -> None:
    axis = plot_cluster(made.histories().assign_attrs(decision="2050"), quantities="firms")
    assert not list(axis.texts)


def test_histories_say_that_they_stand_on_no_posterior_unless_they_do() -> None:
    assert source(plot_cluster(made.histories(), quantities="firms")) == "Simulated, on no posterior; parameters: defaults"
    assert source(plot_cluster(made.histories().assign_attrs(label=made.LABEL), quantities="firms")) == made.LABEL


@pytest.mark.parametrize("quantity", ["firms", "schooling"])
def test_the_text_in_place_of_the_picture_has_its_numbers(quantity: str) -> None:
    text = alt_text(plot_cluster(made.histories(), quantities=quantity))
    assert f"10.0 to 50.0 {UNITS[quantity]}" in text
    assert "Observed: " in text
