"""Does the plot of indices show them with their sampling errors, and nothing where there is none?"""

import numpy as np
import pytest

from studies import plot_sensitivity
from studies.plots import alt_text, caption
from studies.plots.sensitivity import SHIFTS
from tests.studies.plots import made
from tests.studies.plots.drawn import dots, marks, named_rows


@pytest.mark.parametrize(("method", "names"), [("morris", ("mu_star", "sigma")), ("sobol", ("ST", "S1"))])
def test_two_indices_a_factor_with_the_ends_of_their_bootstrap(method: str, names: tuple[str, str]) -> None:
    axis = plot_sensitivity(made.study(method))
    one = made.study(method).isel(outcome=0, cluster=0)
    order = ["exit_base", "entry_intensity"]
    assert named_rows(axis) == [*order, "training_gain"]
    expected = [[float(one["value"].sel(index=name, factor=factor)) for factor in order] for name in names]
    np.testing.assert_allclose(dots(axis)[:, 0], np.ravel(expected))
    np.testing.assert_allclose(dots(axis)[:, 1], [row + shift for shift in SHIFTS for row in (0, 1)])
    ends = [[float(one[end].sel(index=name, factor=factor)) for end in ("low", "high")] for name in names for factor in order]
    np.testing.assert_allclose([x for x, _ in marks(axis, "thick")], ends)


def test_unit_and_meaning_are_those_of_the_method_and_the_outcome() -> None:
    assert plot_sensitivity(made.study()).get_xlabel() == "\u03bc* and \u03c3 (log density)"
    assert "share of the variance" in plot_sensitivity(made.study("sobol")).get_xlabel()
    axis = plot_sensitivity(made.study(), "net_value:training", cluster="10-kumasi")
    assert "wage-years" in axis.get_xlabel()
    assert axis.get_title(loc="left") == "net value:training (10-kumasi)"
    assert "mean size of the elementary effects" in caption(axis)


def test_as_many_factors_as_are_wanted() -> None:
    assert named_rows(plot_sensitivity(made.study(), most=1)) == ["exit_base"]


def test_the_text_in_place_of_the_picture_has_its_numbers() -> None:
    assert "exit_base mu_star 1.80 (1.70 to 2.00)" in alt_text(plot_sensitivity(made.study()))
