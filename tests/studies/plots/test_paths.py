"""Do fans show the quantiles that are stored, before the decision and after it by policy?"""

import numpy as np
import pytest
import xarray as xr

from model.config import load_case
from model.errors import InputError
from studies import plot_paths
from studies.plots import alt_text, caption
from tests.studies.plots import made
from tests.studies.plots.drawn import areas, dots, marks


def medians(axis: object) -> dict[str, np.ndarray]:
    return {line.get_label(): np.array(line.get_data()) for line in axis.lines}  # type: ignore[attr-defined]


def test_the_median_goes_to_the_decision_and_on_by_policy() -> None:
    axis = plot_paths(made.comparison(), 10, policies=["status-quo", "zone"])
    lines, data = medians(axis), made.comparison()
    past = data["path"].sel(case="10-kumasi", quantity="firms", probability=0.5).values
    before = data["year"].sel(case="10-kumasi").values <= made.DECISION
    np.testing.assert_allclose(lines["_median"][0], data["year"].sel(case="10-kumasi").values[before])
    np.testing.assert_allclose(lines["_median"][1][2:], np.maximum(past[before], 1.0)[2:])
    after = data["after"].isel(structure=0).sel(case="10-kumasi", quantity="firms", probability=0.5, policy="zone").values
    np.testing.assert_allclose(lines["Zone"], [made.DECISION + np.arange(made.HORIZON + 1.0), after])
    assert lines["_decision"][0][0] == made.DECISION


def test_bands_are_the_outer_and_the_inner_quantiles() -> None:
    axis = plot_paths(made.comparison(), 10, quantity="profitability")
    after = made.comparison()["after"].isel(structure=0).sel(case="10-kumasi", quantity="profitability", policy="status-quo")
    for name, low, high in (("band90", 0.05, 0.95), ("band50", 0.25, 0.75)):
        heights = areas(axis, name)[1].get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(after.sel(probability=low).values.min())
        assert heights.max() == pytest.approx(after.sel(probability=high).values.max())


def test_many_policies_have_bands_of_the_first_and_ends_of_all() -> None:
    axis = plot_paths(made.comparison(), 10, policies=list(made.POLICIES))
    assert len(areas(axis, "band90")) == 2
    last = made.comparison()["after"].isel(structure=0, years_after=-1).sel(case="10-kumasi", quantity="firms")
    np.testing.assert_allclose([y for _, y in marks(axis, "thin")], last.sel(probability=[0.05, 0.95]).values)
    np.testing.assert_allclose(dots(axis)[:, 1], last.sel(probability=0.5).values)
    assert "Bands are those of status quo alone" in caption(axis)
    assert len(areas(plot_paths(made.comparison(), 10, policies=["status-quo", "zone"]), "band90")) == 3


def test_observed_figures_have_the_central_90_percent_of_their_error() -> None:
    axis = plot_paths(made.comparison(), 10)
    (seen,) = load_case(10).observations
    np.testing.assert_allclose(dots(axis, "seen"), [[seen.time, seen.firms.middle]])  # type: ignore[union-attr]
    ((_, ends),) = marks(axis, "error")
    assert np.log(ends[1] / ends[0]) == pytest.approx(2 * 1.6448536 * seen.firms.sd)  # type: ignore[union-attr]
    assert len(dots(plot_paths(made.comparison(), 10, quantity="profitability"), "seen")) == 0
    assert len(dots(plot_paths(made.comparison(), load_case(10), quantity="workers"), "seen")) == 1


def test_counts_are_read_by_ratios_and_what_is_below_one_is_drawn_at_one() -> None:
    axis = plot_paths(made.comparison(), 10)
    assert axis.get_yscale() == "log"
    assert min(np.nanmin(y) for y in (line.get_ydata() for line in axis.lines if line.get_label() == "_median")) >= 1.0
    assert plot_paths(made.comparison(), 10, quantity="improved_firms").get_yscale() == "linear"


def test_a_comparison_that_was_stored_before_structures_is_drawn_too() -> None:
    older: xr.Dataset = made.comparison().isel(structure=0, drop=True)
    assert plot_paths(older, 10).has_data()


def test_a_cluster_must_be_named_where_there_are_several() -> None:
    with pytest.raises(InputError, match="case: is not given, and the result holds 2; choose one of 10-kumasi, 06-bac-ninh"):
        plot_paths(made.comparison())
    assert plot_paths(made.comparison().sel(case=["10-kumasi"])).has_data()


def test_more_policies_than_can_be_told_apart_are_refused() -> None:
    data = made.comparison()
    many = data.isel(policy=[0, 1, 2, 3, 0, 1, 2, 3]).assign_coords(policy=list("abcdefgh"))
    with pytest.raises(InputError, match="8 of them: at most 6 are told apart"):
        plot_paths(many, 10, policies=[str(name) for name in many["policy"].values])


def test_the_text_in_place_of_the_picture_has_its_numbers() -> None:
    text = alt_text(plot_paths(made.comparison(), 10, policies=["zone"]))
    assert "In 2026: Zone 240 (130 to 460)" in text
    assert "Observed: 500 in 2005.5" in text
