"""Do the frontier and the chances by budget show what the data hold?"""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from studies import plot_acceptability, plot_frontier
from studies.page.palette import SERIES
from studies.plots import alt_text
from tests.studies.plots import made
from tests.studies.plots.drawn import dots, marks


def lines(axis: object) -> dict[str, np.ndarray]:
    return {line.get_label(): np.array(line.get_data()) for line in axis.lines if not line.get_label().startswith("_")}  # type: ignore[attr-defined]


def test_a_policy_is_a_line_of_gain_by_cost_with_a_dot_a_budget() -> None:
    axis, data = plot_frontier(made.budgets()), made.budgets().isel(case=0)
    for policy, line in zip(data["policy"].values, list(lines(axis).values())[:-1], strict=True):
        np.testing.assert_allclose(line, [data["cost"].sel(policy=policy), data["gain"].sel(policy=policy)])
    assert len(dots(axis)) == data["gain"].size
    np.testing.assert_allclose([np.ptp(y) for _, y in marks(axis, "thick")], 4 * data["mc_se"].values.ravel())


def test_the_frontier_joins_its_points_by_cost() -> None:
    np.testing.assert_allclose(lines(plot_frontier(made.budgets()))["frontier"], [[0, 50, 100, 280], [0, 120, 190, 330]])


def test_chances_are_drawn_by_budget_between_zero_and_one() -> None:
    axis, data = plot_acceptability(made.budgets(), 10), made.budgets().isel(case=0)
    drawn = list(lines(axis).values())
    np.testing.assert_allclose([line[1] for line in drawn], data["acceptability"].values)
    np.testing.assert_allclose(drawn[0][0], data["share"].values)
    assert axis.get_ylim() == (0.0, 1.0)
    assert [to_hex(line.get_color()) for line in axis.lines[:3]] == list(SERIES[:3])


def test_a_missing_budget_leaves_a_gap() -> None:
    data = made.budgets()
    data["gain"][0, 1, 1] = np.nan
    assert len(dots(plot_frontier(data))) == data["gain"].size - 1


def test_policies_are_named_by_their_titles_and_axes_have_units() -> None:
    data = made.budgets()
    data["policy"].attrs["titles"] = ["Nothing", "A course", "A zone"]
    axis = plot_frontier(data)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("cost (wage-years)", "gain (wage-years)")
    assert {"Nothing", "A course", "A zone"} < set(lines(axis))
    assert plot_acceptability(data).get_xlabel() == "budget (share of a year's wage bill)"


def test_the_texts_in_place_of_the_pictures_have_their_numbers() -> None:
    points = "Training at 0.500: cost 50.0, gain +120; Training at 1.00: cost 100, gain +190"
    assert points in alt_text(plot_frontier(made.budgets()))
    assert "at 2.00 Zone 70 % and Training 20 %" in alt_text(plot_acceptability(made.budgets()))


@pytest.mark.parametrize("draw", [plot_frontier, plot_acceptability])
def test_policies_can_be_chosen(draw: object) -> None:
    assert set(lines(draw(made.budgets(), policies="zone"))) - {"frontier"} == {"Zone"}  # type: ignore[operator]
