"""The plotting canvas: scales that are true, ticks that are round, text that is escaped."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.page.figures import Observed, Row, chances, contraction, fan, forest, ranks
from studies.page.svg import Canvas, Scale, log_ticks, short, ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_are_inside_ascending_and_few(low: float, width: float, most: int) -> None:
    marks = ticks(low, low + width, most)
    assert 1 <= len(marks) <= most + 1
    assert marks == sorted(set(marks))
    assert all(low - 1e-6 * width <= tick <= low + 1.000001 * width for tick in marks)


@given(st.floats(1e-3, 1e4), st.floats(1.3, 1e6))
def test_log_ticks_are_inside(low: float, ratio: float) -> None:
    assert all(0.999 * low <= tick <= 1.001 * low * ratio for tick in log_ticks(low, low * ratio))


def test_scales() -> None:
    assert Scale(0, 10, 100, 0)(2.5) == 75
    assert Scale(1, 100, 0, 10, log=True)(10) == pytest.approx(5)
    assert Scale(0, 10, 0, 100)(99) == 100


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1500, "1500"), (20000, "20k"), (3e6, "3m"), (-2, "\u22122"), (0.3, "0.3")]
)
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text


def parsed(canvas: Canvas) -> ET.Element:
    return ET.fromstring(canvas.svg())  # noqa: S314 - our own drawing


def numbers(canvas: Canvas) -> list[float]:
    coordinates = ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy")
    return [float(element.attrib[name]) for element in parsed(canvas).iter() for name in coordinates if name in element.attrib]


CURVES = np.vstack([np.full(6, np.nan), *[np.linspace(1, 50, 6) * k for k in (1, 2, 3, 4)]])


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("curves", [CURVES, np.full((5, 6), np.nan), np.zeros((5, 6)), -CURVES])
def test_fans_stay_on_the_paper(curves: np.ndarray, log: bool) -> None:
    seen = (Observed(2000.5, 100.0, 50.0, 200.0, "2000: 100 firms"),)
    canvas = fan("A <b> & c", np.arange(1996.0, 2002.0), curves, "firms", seen, 2000.5, log)
    assert all(math.isfinite(number) and -1 <= number <= 331 for number in numbers(canvas))
    assert parsed(canvas)[0].text == "A <b> & c"


def test_other_figures_are_well_formed() -> None:
    assert parsed(contraction(["a", "b"], np.zeros((2, 5)), np.zeros(2), ["x", "y"])) is not None
    assert parsed(ranks(["r"], ["c"], np.array([[0.99]]), [["tip"]])) is not None
    assert parsed(chances(["r"], ["c", "d"], np.array([[0.2, np.nan]]), np.array([0]))) is not None
    assert (
        parsed(forest("f", [Row("r", 1.0, float("nan"), float("nan"), 0.1), Row("s", *[float("nan")] * 4)], "wage-years"))
        is not None
    )
    assert parsed(forest("f", [], "wage-years")) is not None
