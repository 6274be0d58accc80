"""Can a reader see all of a report: at a desk, on a telephone, on paper, and with a screen reader?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calibration.shipped import take
from studies import compare, learn
from studies.cli import main

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DESK, TELEPHONE = 1280, 390
# A drawing tells its title and its description, a picture its alternative text, and either has words below it.
UNTOLD = """figures => figures.filter(one =>
    !(one.querySelector("figcaption")?.textContent.trim())
    || [...one.querySelectorAll("svg")].some(each =>
        !(each.querySelector(":scope > title")?.textContent.trim() && each.querySelector(":scope > desc")?.textContent.trim()))
    || [...one.querySelectorAll("img")].some(each => !each.alt.trim())
).map(one => one.textContent.trim().slice(0, 80))"""
# What opens at a click and is shut: a reader on paper cannot click.
SHUT = """all => all.filter(one =>
    ![...one.children].some(each => each.tagName !== "SUMMARY" && each.checkVisibility())
).map(one => one.textContent.trim().slice(0, 80))"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> dict[str, Path]:
    """A report with all of its sections, an advice and a study of sensitivity, each small and made of the shipped posterior."""
    folder = tmp_path_factory.mktemp("pages")
    run = folder / "run"
    take(run)
    policies = ["training", "credit", "market-place", "training-then-credit-and-zone"]
    compare(run, cases=[2, 10], policies=policies, draws=12, futures=2)
    learn(run)
    town = Path(__file__).resolve().parents[2] / "docs" / "examples" / "three-facts.yaml"
    study = ["--case", "9", "--policy", "training", "--by", "mechanism", "--out", str(folder / "study"), "--quiet"]
    advice = ["--policy", "training", "credit", "--out", str(folder / "advice"), "--quiet"]
    codes = [main(["report", str(run)]), main(["advise", str(town), *advice]), main(["sensitivity", *study])]
    assert codes[0] == 0
    return {
        "report": run / "report.html",
        "advice": folder / "advice" / "advice.html",
        "sensitivity": next((folder / "study").glob("*.html")),
    }


NAMES = ["report", "advice", "sensitivity"]


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_read(
    name: str, width: int, pages: dict[str, Path], page_at: Callable[[int], Any], faults: Callable[[Any], list[str]]
) -> None:
    page = page_at(width)
    page.goto(pages[name].as_uri())
    assert page.locator("h1").count() == 1
    assert faults(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_told_in_words(name: str, pages: dict[str, Path], page_at: Callable[[int], Any]) -> None:
    page = page_at(DESK)
    page.goto(pages[name].as_uri())
    assert page.locator("figure").count() > 0
    assert page.eval_on_selector_all("figure", UNTOLD) == []


@pytest.mark.parametrize("name", NAMES)
def test_paper_shows_what_opens_at_a_click(name: str, pages: dict[str, Path], page_at: Callable[[int], Any]) -> None:
    page = page_at(DESK)
    page.goto(pages[name].as_uri())
    folded = page.locator("details").count()
    assert len(page.eval_on_selector_all("details", SHUT)) == folded
    page.emulate_media(media="print")
    assert page.eval_on_selector_all("details", SHUT) == []
