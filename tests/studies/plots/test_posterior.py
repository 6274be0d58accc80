"""Do the plots of a posterior show the numbers of the report?"""

import numpy as np
import pytest

from model.config import load_case, load_priors
from model.errors import InputError
from studies import plot_coverage, plot_parameters
from studies.plots import alt_text
from studies.taught.coverage import covered
from studies.taught.parameters import most_moved_first, parameters
from tests.studies.plots import made
from tests.studies.plots.drawn import areas, dots, marks, named_rows


def test_parameters_are_drawn_on_the_scale_of_their_priors() -> None:
    axis, views = plot_parameters(made.posterior()), most_moved_first(parameters(made.posterior(), load_priors()))
    assert named_rows(axis) == [view.name for view in views] == ["entry_intensity", "exit_base"]
    np.testing.assert_allclose(dots(axis)[:, 0], [view.shift for view in views])
    np.testing.assert_allclose([x for x, _ in marks(axis, "thin")], [view.scores[[0, 4]] for view in views])
    np.testing.assert_allclose([np.ptp(x) for x, _ in marks(axis, "thick")], [4 * view.shift_error for view in views])
    boxes = [box.get_bbox().intervalx for box in areas(axis, "band50")]
    np.testing.assert_allclose(boxes, [view.scores[[1, 3]] for view in views])


def test_the_shaded_ground_is_the_central_90_percent_of_the_prior() -> None:
    (ground,) = areas(plot_parameters(made.posterior()), "prior")
    np.testing.assert_allclose([ground.get_x(), ground.get_width()], [-1.6448536, 2 * 1.6448536])


def test_what_was_done_to_a_parameter_stands_beside_it() -> None:
    texts = [text.get_text() for text in plot_parameters(made.posterior()).texts]
    assert texts[0].startswith("raised by 1.0 sd, variance down")
    assert texts[1] == "not moved by these data"
    assert "Of 2 parameters 1 were moved: entry_intensity raised" in alt_text(plot_parameters(made.posterior()))


def test_parameters_can_be_chosen_and_cut() -> None:
    assert named_rows(plot_parameters(made.posterior(), names="exit_base")) == ["exit_base"]
    assert named_rows(plot_parameters(made.posterior(), most=1)) == ["entry_intensity"]


def test_ranks_are_those_of_the_checks_and_what_is_missed_looks_otherwise() -> None:
    firms, schooling, workers = plot_coverage(made.posterior())
    cells = covered(made.posterior().checks, [load_case(10)])
    np.testing.assert_allclose(dots(firms), [[cells[0].rank, 0]])
    np.testing.assert_allclose(dots(schooling, "missed"), [[0.99, 0]])
    assert len(dots(schooling)) == len(dots(workers)) == len(dots(workers, "missed")) == 0
    (missed,) = [line for line in schooling.lines if line.get_label() == "_missed"]
    assert missed.get_marker() != firms.lines[-1].get_marker()
    assert named_rows(firms) == ["10 Kumasi, metalwork"]
    np.testing.assert_allclose(areas(firms, "prior")[0].get_bbox().intervalx, [0.05, 0.95])


def test_the_text_counts_what_is_inside_and_names_what_is_not() -> None:
    text = alt_text(plot_coverage(made.posterior()))
    assert text.startswith("Figures inside their central 90 %: 1 of 1 for firms, 0 of 1 for schooling and 0 of 0 for workers")
    assert "schooling (observed 11.0, predicted 8.00 to 10.0)" in text
    assert plot_coverage(made.posterior(), figures="firms").get_title(loc="left") == "firms"


def test_what_is_no_posterior_is_refused() -> None:
    with pytest.raises(InputError, match="posterior: dict: is no posterior"):
        plot_parameters({})  # type: ignore[arg-type]
