"""Does every picture speak in the same colours, and can a reader who does not tell red from green read them?"""

import re
from itertools import combinations

import numpy as np
import pytest

from studies.page.palette import COLOURS, DASHES, MARKS, SERIES, UNBEATEN
from studies.page.rendering import ROOT

CSS = (ROOT / "page" / "templates" / "style.css").read_text(encoding="utf-8")
# Full deficiency, on linear RGB: Machado, Oliveira and Fernandes (2009), table 1.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
# A difference of about 2.3 is just noticed; marks that must never be taken for one another differ by far more.
APART = 15.0


def lab(colour: str, sight: str) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen."""
    coded = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    ratio = np.maximum(TO_XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1) / WHITE, 1e-9)
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def difference(one: str, other: str, sight: str) -> float:
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


@pytest.mark.parametrize("sight", SIGHT)
def test_series_are_told_apart_by_every_reader(sight: str) -> None:
    near = {pair: difference(*pair, sight) for pair in combinations((*SERIES, COLOURS["orange"]), 2)}
    assert min(near.values()) > APART, min(near, key=near.__getitem__)


def test_the_measure_of_differences_knows_black_white_and_a_confusion() -> None:
    assert difference("#000000", "#ffffff", "normal") == pytest.approx(100, abs=0.1)
    # A red and a green that are far apart for most readers, and near for one who lacks the green cones.
    assert difference("#c87137", "#7d8f1e", "normal") > 3 * difference("#c87137", "#7d8f1e", "deuteranopia")


def test_observed_figures_are_told_from_the_histories() -> None:
    assert MARKS["seen"].colour == MARKS["error"].colour == MARKS["missed"].colour == COLOURS["orange"]
    assert all(difference(MARKS["seen"].colour, MARKS["mean"].colour, sight) > 2 * APART for sight in SIGHT)


def test_lines_that_differ_in_colour_differ_in_dashes_too() -> None:
    assert len(DASHES) == len(set(SERIES)) == len(SERIES) == len(set(DASHES))


def test_the_style_sheet_begins_with_the_colours_of_the_table() -> None:
    head = CSS.split(":root {")[1].split("}")[0]
    assert dict(re.findall(r"--(\w+): (#\w+);", head)) == COLOURS


@pytest.mark.parametrize("name", MARKS)
def test_the_style_sheet_draws_a_mark_as_the_table_says(name: str) -> None:
    rule = re.search(rf"^(?:.* )?\.{name} \{{ (.*?) \}}", CSS, flags=re.MULTILINE)
    assert rule is not None
    style = dict(re.findall(r"([\w-]+): ([^;]+);", rule.group(1)))
    mark, line = MARKS[name], MARKS[name].width > 0
    kind = "stroke" if line else "fill"
    assert style[kind] == mark.colour
    assert float(style.get(f"{kind}-opacity", 1)) == mark.opacity
    assert not line or float(style["stroke-width"]) == mark.width


def test_the_set_that_cannot_be_beaten_is_framed_as_on_the_page() -> None:
    rule = re.search(r"\.key \.box \{ (.*?) \}", CSS)
    assert rule is not None
    assert "1.5px solid var(--ink)" in rule.group(1)
    ground = dict(re.findall(r"([\w-]+): ([^;]+);", rule.group(1)))["background"]
    assert (COLOURS["ink"], ground) == UNBEATEN
