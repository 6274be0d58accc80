"""Small drawings: one scale for all strips, an arrow where a line goes on, and a ledger that adds up."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.page.strips import Account, Span, ledger, scale_strip, shared_scale, strip
from studies.page.svg import Canvas


def parsed(canvas: Canvas) -> ET.Element:
    return ET.fromstring(canvas.svg())  # noqa: S314 - our own drawing


def kinds(canvas: Canvas) -> list[str]:
    return [one.attrib["class"] for one in parsed(canvas) if "class" in one.attrib]


SPANS = [Span(float(mean), mean - 2.0, mean + 3.0, 0.2) for mean in range(1, 20)]


def test_one_scale_holds_zero_and_every_mean() -> None:
    across = shared_scale([*SPANS, Span(1.0, -500.0, 900.0, 1.0), Span(*[float("nan")] * 4)])
    assert across.low < 0 < 19 < across.high < 900
    assert shared_scale([])(0) == pytest.approx(50.0)
    assert parsed(scale_strip(across, "%")) is not None


def test_an_arrow_marks_an_end_beyond_the_scale() -> None:
    across = shared_scale(SPANS)
    assert kinds(strip("a", SPANS[3], across)) == ["zero", "thin", "thick", "mean"]
    assert kinds(strip("a", Span(1.0, -500.0, 900.0, 1.0), across)).count("thin arrow") == 2
    assert kinds(strip("a", Span(*[float("nan")] * 4), across)) == ["zero"]


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6))
def test_bars_lie_end_to_end(gains: list[float]) -> None:
    total = float(np.sum(gains))
    canvas = ledger("a", [Account("x", gain) for gain in gains], Account("all", total), "wage-years")
    bars = [one.attrib for one in parsed(canvas) if one.tag.endswith("rect")]
    edges = [(float(bar["x"]), float(bar["x"]) + float(bar["width"])) for bar in bars]
    for (begin, end), (start, stop) in pairwise(edges[:-1]):
        assert min(abs(one - other) for one in (begin, end) for other in (start, stop)) <= 1.0
    assert all(0 <= begin <= end <= 331 for begin, end in edges)
