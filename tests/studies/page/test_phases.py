"""Phases over time: the dates of improvement follow from shares, and shares lie over one another on the paper."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from model.observe import PHASES
from studies.page.phases import BOTTOM, STACKED, TOP, Timing, phases, timing

YEARS = np.arange(1990.0, 2001.0)


def test_the_time_of_improvement_is_that_of_the_histories_in_which_it_comes() -> None:
    made = np.array([0.0, 0.0, 0.04, 0.1, 0.1, 0.2, 0.25, 0.38, 0.39, 0.4, 0.4])
    assert timing(YEARS, made) == Timing(1992.0, 1995.0, 1997.0, 0.4, 2000.0)
    assert timing(YEARS, np.where(YEARS < 1996, 0.0, 1.0)) == Timing(1996.0, 1996.0, 1996.0, 1.0, 2000.0)


@pytest.mark.parametrize("made", [np.zeros(11), np.full(11, np.nan), np.array([])])
def test_no_date_where_improvement_never_comes(made: np.ndarray) -> None:
    assert timing(YEARS[: len(made)], made) is None


def paths(shares: np.ndarray, when: Timing | None = None) -> dict[str, list[tuple[float, float]]]:
    """Corners of each phase's band."""
    root = ET.fromstring(phases("A", YEARS, shares, when, 1998.0).svg())  # noqa: S314 - our own drawing
    bands = [element for element in root if element.tag.endswith("path")]
    corners = {}
    for band in bands:
        points = band.attrib["d"].strip("MZ").split("L")
        corners[band.attrib["class"].split()[1]] = [tuple(map(float, point.split(","))) for point in points]
    return corners


def test_improvement_stands_at_the_bottom_and_all_phases_fill_the_frame() -> None:
    assert set(STACKED) == set(PHASES)
    shares = np.full((len(PHASES), len(YEARS)), 0.2)
    drawn = paths(shares)
    assert list(drawn) == list(STACKED)
    heights = {name: {y for _, y in points} for name, points in drawn.items()}
    assert max(heights["improvement"]) == BOTTOM
    assert min(heights["improvement"]) == pytest.approx(BOTTOM - 0.2 * (BOTTOM - TOP), abs=0.06)
    assert min(heights["extinct"]) == TOP


def test_what_has_not_begun_is_left_blank_and_unknown_shares_are_none() -> None:
    shares = np.full((len(PHASES), len(YEARS)), np.nan)
    shares[PHASES.index("survival")] = 0.5
    assert min(y for _, y in paths(shares)["extinct"]) == pytest.approx(0.5 * (TOP + BOTTOM), abs=0.06)


def test_the_date_is_drawn_where_there_is_one() -> None:
    shares = np.full((len(PHASES), len(YEARS)), 0.2)
    drawn = phases("A", YEARS, shares, Timing(1992.0, 1995.0, 1997.0, 0.4, 2000.0)).svg()
    assert "1995 (1992 to 1997)" in drawn
    assert "<circle" in drawn
    assert "<circle" not in phases("A", YEARS, shares, None).svg()
