"""What holds of every plot function: axes in and out, a new figure without them, units, title, source, caption, other text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import studies
from model.errors import InputError
from studies.plots import alt_text, caption, save_plot, source
from studies.plots.paper import METADATA
from tests.studies.plots import made


class Plot(NamedTuple):
    """A plot function with a result that it takes, the axes that it draws on, a word and a unit in it, and a wrong choice."""

    draw: Callable[..., Any]
    result: Callable[[], Any]
    axes: int
    choices: dict[str, Any]
    unit: str
    wrong: dict[str, Any]
    hint: str


PLOTS = {
    "plot_cluster": Plot(studies.plot_cluster, made.histories, 8, {}, "workers", {"quantities": ["firm"]}, "quantities: 'firm'"),
    "plot_paths": Plot(
        studies.plot_paths, made.comparison, 1, {"case": 10}, "firms", {"case": 10, "quantity": "worker"}, "`workers`?"
    ),
    "plot_policies": Plot(
        studies.plot_policies, made.comparison, 2, {}, "wage-years", {"outcome": "netvalue"}, "did you mean `net_value`?"
    ),
    "plot_frontier": Plot(
        studies.plot_frontier, made.budgets, 1, {}, "wage-years", {"policies": ["trainig"]}, "did you mean `training`?"
    ),
    "plot_acceptability": Plot(
        studies.plot_acceptability, made.budgets, 1, {}, "(1)", {"case": "kumasi"}, "did you mean `10-kumasi`?"
    ),
    "plot_parameters": Plot(
        studies.plot_parameters, made.posterior, 1, {}, "prior standard deviations", {"names": "exit_bas"}, "`exit_base`?"
    ),
    "plot_coverage": Plot(studies.plot_coverage, made.posterior, 3, {}, "(1)", {"figures": "firm"}, "did you mean `firms`?"),
    "plot_sensitivity": Plot(studies.plot_sensitivity, made.study, 1, {}, "log density", {"outcome": "fits"}, "`fit`?"),
}
EVERY = pytest.mark.parametrize("name", PLOTS)


def test_every_plot_function_of_the_package_is_tested_here() -> None:
    assert {name for name in dir(studies) if name.startswith("plot_")} == set(PLOTS)


def drawn(name: str, **more: Any) -> Any:
    plot = PLOTS[name]
    return plot.draw(plot.result(), **plot.choices, **more)


@EVERY
def test_a_new_figure_is_one_that_notebooks_and_windows_know(name: str) -> None:
    axes = np.atleast_1d(drawn(name)).ravel()
    assert len(axes) == PLOTS[name].axes
    (number,) = pyplot.get_fignums()
    figure = pyplot.figure(number)
    assert {axis.figure for axis in axes} == {figure}
    assert figure.get_layout_engine().__class__.__name__ == "ConstrainedLayoutEngine"
    # Also when it is drawn, nothing warns, which would be an error here.
    figure.canvas.draw()


@EVERY
def test_axes_that_are_given_come_back_and_no_figure_is_made(name: str) -> None:
    figure = Figure()
    given = figure.subplots(1, PLOTS[name].axes)
    assert drawn(name, ax=given) is given
    assert pyplot.get_fignums() == []
    assert figure.get_supxlabel() == ""
    assert all(axis.has_data() for axis in np.atleast_1d(given) if name != "plot_coverage")


@EVERY
def test_too_few_axes_and_what_are_no_axes_are_refused(name: str) -> None:
    for given, rule in ((Figure().subplots(1, 4), "4 axes: this plot draws on"), ("axes", "ax: holds what is no Matplotlib")):
        with pytest.raises(InputError, match=rule):
            drawn(name, ax=given)


@EVERY
def test_every_axes_has_a_title_and_units_and_the_figure_a_source(name: str) -> None:
    axes = np.atleast_1d(drawn(name)).ravel()
    assert all(axis.get_title(loc="left") and axis.get_xlabel() for axis in axes)
    assert any(PLOTS[name].unit in text for axis in axes for text in (axis.get_xlabel(), axis.get_ylabel()))
    assert axes[0].figure.get_supxlabel() == source(axes)
    assert source(axes) in (made.LABEL, "converged; surrogate, corrected", "Simulated, on no posterior; parameters: defaults")


@EVERY
def test_caption_and_alternative_text_are_told_of_one_axes_and_of_all(name: str) -> None:
    axes = drawn(name)
    assert caption(axes) == caption(np.atleast_1d(axes).ravel()[-1])
    assert caption(axes).endswith(".")
    assert alt_text(axes).endswith(".")
    assert any(letter.isdigit() for letter in alt_text(axes))
    assert caption(axes) != alt_text(axes)


@EVERY
def test_a_wrong_choice_is_refused_with_what_is_near(name: str) -> None:
    with pytest.raises(InputError, match="is not among them") as refused:
        PLOTS[name].draw(PLOTS[name].result(), **PLOTS[name].wrong)
    assert PLOTS[name].hint in str(refused.value)
    assert pyplot.get_fignums() == []


@EVERY
def test_another_kind_of_result_is_refused_in_one_line(name: str) -> None:
    wrong = made.budgets() if PLOTS[name].result is not made.budgets else made.study()
    for result in (wrong, 3):
        with pytest.raises(InputError, match="give what") as refused:
            PLOTS[name].draw(result)
        assert len(refused.value.faults) == 1


@EVERY
@pytest.mark.parametrize("suffix", METADATA)
def test_a_file_is_the_same_twice_and_whatever_the_settings_are(name: str, suffix: str, tmp_path: Path) -> None:
    plot = PLOTS[name]
    first = tmp_path / f"first{suffix}"
    axes = save_plot(first, plot.draw, plot.result(), **plot.choices)
    assert caption(axes)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9, "savefig.dpi": 10}):
        save_plot(tmp_path / f"second{suffix}", plot.draw, plot.result(), **plot.choices)
    assert first.read_bytes() == (tmp_path / f"second{suffix}").read_bytes()
    assert pyplot.get_fignums() == []


def test_what_is_no_plot_has_no_words() -> None:
    with pytest.raises(InputError, match="holds no plot of this package"):
        caption(Figure().subplots())


@pytest.mark.parametrize(("file", "rule"), [("a.jpg", "format '.jpg'"), ("a", "no suffix"), ("folder.png", "is a folder")])
def test_a_file_that_no_picture_can_have_is_refused(file: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=rule):
        save_plot(tmp_path / file, studies.plot_policies, made.comparison())
