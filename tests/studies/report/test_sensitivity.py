"""The page of a sensitivity study: one file that stands alone, escapes what users write, and explains its sampling errors."""

from pathlib import Path

import numpy as np
import pytest

from model.config import load_policy
from studies.report.sensitivity import page
from studies.sensitivities import study as home
from studies.sensitivities.arrays import ABOVE_TOTAL, BELOW_ZERO, headline
from studies.sensitivities.design import MORRIS, SOBOL
from tests.studies.report.test_page import EVIL, Reader, words
from tests.studies.sensitivities.stand_in import StandIn
from tests.studies.sensitivities.test_study import study


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "Laboratory", StandIn)


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_the_page_stands_alone_and_escapes(stand_in: None, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wicked = load_policy("training").model_copy(update={"title": "<script>alert(1)</script>", "name": "<b>training"})
    monkeypatch.setattr(home, "_policies", lambda wanted, profile: (wicked,))
    text = page(study(tmp_path / "study", method=method), {})
    reader = Reader(text)
    assert reader.loaded == []
    assert not reader.elements & {"script", "b", "link", "img"}
    assert "&lt;script&gt;" in text
    assert text.count("<figure>") == text.count("<figcaption>") > 5
    assert words(text).count("Source: this study") >= text.count("<figure>")
    assert "outgrew the bound" in text


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_meanings_and_factors_are_escaped_in_text_and_in_drawings(stand_in: None, tmp_path: Path, method: str) -> None:
    data = study(tmp_path / "study", method=method, by="parameter")
    names = data["factor"].values.astype(object)
    names[0] = EVIL
    reader = Reader(page(data.assign_coords(factor=names, parameter=names), {EVIL: EVIL}))
    assert reader.loaded == []
    assert not reader.elements & {"script", "img", "b"}
    assert {("td", words(EVIL)), ("text", words(EVIL))} <= reader.texts


def test_an_outcome_that_never_changes_has_no_drawing(stand_in: None, tmp_path: Path) -> None:
    data = study(tmp_path / "study")
    data["constant"][:] = True
    text = page(data, {})
    assert text.count("no factor moves it here") == data.sizes["outcome"]
    # The figure of luck is left.
    assert text.count("<figure>") == 1


def test_one_seed_a_point_cannot_tell_luck(stand_in: None, tmp_path: Path) -> None:
    data = study(tmp_path / "study")
    data["share"][:] = np.nan
    assert "One seed a point cannot tell luck from parameters" in page(data, {})


def test_the_page_explains_shares_that_no_truth_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Rough(StandIn):
        def observe(self, case: int, points: np.ndarray) -> dict[str, np.ndarray]:
            seen = super().observe(case, points)
            rough = np.sin(40 * points[:, 0]) * np.sin(31 * points[:, 1])
            return {**seen, "measures": seen["measures"] + 9 * rough[:, None, None]}

    monkeypatch.setattr(home, "Laboratory", Rough)
    data = study(tmp_path / "study", method=SOBOL)
    first, total = (headline(data)["value"].sel(index=index, outcome="fit").values for index in ("S1", "ST"))
    text = page(data, {})
    assert (first < 0).any() or (first > total).any(), "this design shows no sampling error: the test below would pass on nothing"
    assert (f"S1 {BELOW_ZERO}: " in text) == bool((headline(data)["value"].sel(index="S1") < 0).any())
    assert (f"S1 {ABOVE_TOTAL}: " in text) == bool(
        (headline(data)["value"].sel(index="S1") > headline(data)["value"].sel(index="ST")).any()
    )
