"""Are marks drawn by the table of colours, figures made as they should be, and words kept with their axes?"""

import gc
import os
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from model.errors import InputError
from studies.page.palette import COLOURS, MARKS, SERIES, series
from studies.plots import style, telling
from studies.plots.style import POINTS, axes_for, dot, estimate, fan, on_paper, rule, seen
from tests.studies.plots.drawn import areas, dots, marks


@pytest.mark.parametrize("name", ["thin", "thick", "error"])
def test_a_line_has_colour_width_and_opacity_of_its_kind(name: str) -> None:
    axis = Figure().subplots()
    rule(axis, name, (0, 1), (2, 2))
    (line,) = axis.lines
    assert (to_hex(line.get_color()), line.get_alpha()) == (MARKS[name].colour, MARKS[name].opacity)
    assert line.get_linewidth() == MARKS[name].width * POINTS


def test_an_estimate_is_thin_below_thick_below_its_dot() -> None:
    axis = Figure().subplots()
    estimate(axis, 3, 5.0, 1.0, 11.0, 0.5)
    np.testing.assert_array_equal(marks(axis, "thin")[0], [[1, 11], [3, 3]])
    np.testing.assert_array_equal(marks(axis, "thick")[0], [[4, 6], [3, 3]])
    np.testing.assert_array_equal(dots(axis), [[5, 3]])
    assert [line.get_label() for line in axis.lines] == ["_thin", "_thick", "_mean"]


@pytest.mark.parametrize("unknown", [np.nan, np.inf])
def test_what_is_not_known_is_not_drawn(unknown: float) -> None:
    axis = Figure().subplots()
    estimate(axis, 0, unknown, unknown, 1.0, unknown)
    seen(axis, 2000.0, 5.0, unknown, 9.0)
    dot(axis, "mean", 1.0, unknown)
    assert marks(axis, "error") == marks(axis, "thick") == []
    assert len(dots(axis)) == 0
    assert len(dots(axis, "seen")) == 1


def test_a_fan_is_two_bands_and_a_median() -> None:
    axis, x = Figure().subplots(), np.arange(3.0)
    fan(axis, x, np.outer([1.0, 2, 3, 4, 5], np.ones(3)))
    (wide,), (narrow,) = areas(axis, "band90"), areas(axis, "band50")
    for band, low, high in ((wide, 1, 5), (narrow, 2, 4)):
        heights = band.get_paths()[0].vertices[:, 1]
        assert (heights.min(), heights.max()) == (low, high)
    assert (wide.get_alpha(), narrow.get_alpha()) == (MARKS["band90"].opacity, MARKS["band50"].opacity)
    np.testing.assert_array_equal(axis.lines[0].get_ydata(), [3, 3, 3])


def test_thirty_six_lines_differ_in_colour_or_dashes() -> None:
    assert len({series(number) for number in range(36)}) == 36
    assert series(0) == (SERIES[0], "-")
    assert COLOURS["orange"] not in SERIES


def test_a_grid_has_no_axes_too_many() -> None:
    axes = axes_for(None, 5, 3, (2.0, 2.0))
    assert len(axes) == len(axes[0].figure.axes) == 5


def test_on_paper_no_figure_is_kept_and_settings_come_back() -> None:
    with matplotlib.rc_context({"font.size": 31.0}):
        with on_paper():
            assert matplotlib.rcParams["font.size"] == 10.0
            axes_for(None, 1, 1, (2.0, 2.0))
        assert matplotlib.rcParams["font.size"] == 31.0
    assert pyplot.get_fignums() == []
    with pytest.raises(InputError, match="twice"), on_paper():
        raise InputError("a: b: not twice")
    assert not style._PAPER.get()


def test_words_go_with_their_axes() -> None:
    axis = Figure().subplots()
    telling.tell(axis, telling.Told("c", "a", "s"))
    assert (telling.caption([axis]), telling.alt_text(axis), telling.source(axis)) == ("c", "a", "s")
    before = len(telling._TOLD)
    del axis
    gc.collect()
    assert len(telling._TOLD) < before


def test_a_key_is_a_sentence_of_the_meanings() -> None:
    text = telling.key("thin", "mean")
    assert text == f"Thin line: {MARKS['thin'].meaning}; dot: {MARKS['mean'].meaning}."
    assert [telling.listed(names) for names in ([], ["a"], ["a", "b", "c"])] == ["none", "a", "a, b and c"]


@pytest.mark.parametrize(("before", "expected"), [("", "pdf"), ("import matplotlib; matplotlib.use('svg'); ", "svg")])
def test_the_backend_of_the_user_is_taken_up_where_it_was_hidden(before: str, expected: str) -> None:
    # A notebook names its backend in this variable; whoever chose another one since keeps it.
    program = (
        f"{before}from calibration import arviz_adapter; arviz_adapter.assemble({{}}); from studies.plots.style import axes_for\n"
        "axes_for(None, 1, 1, (2, 2)); import matplotlib; print(matplotlib.get_backend())"
    )
    variables = {**os.environ, "MPLBACKEND": "pdf"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == expected
