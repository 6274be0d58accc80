"""Can every page of the documentation be read: at a desk, on a telephone, without a network, and with a screen reader?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
DOCS = Path(__file__).resolve().parents[2] / "docs"
SITE = DOCS / "_build" / "html"
PAGES = sorted(
    path.relative_to(DOCS).with_suffix("").as_posix()
    for path in DOCS.rglob("*.md")
    if "_build" not in path.relative_to(DOCS).parts
)
DESK, TELEPHONE = 1280, 390


@pytest.fixture(scope="module")
def site() -> Path:
    """The built site, as a folder."""
    if not (SITE / "index.html").is_file():
        pytest.skip("the site is not built: make docs")
    return SITE


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_a_page_can_be_read(
    name: str, width: int, site: Path, page_at: Callable[[int], Any], faults: Callable[[Any], list[str]]
) -> None:
    page = page_at(width)
    page.goto((site / f"{name}.html").as_uri())
    assert page.locator("h1").count() == 1
    assert faults(page) == []


def test_a_reader_finds_congestion_without_a_network(site: Path, page_at: Callable[[int], Any]) -> None:
    page = page_at(DESK)
    page.goto(f"{(site / 'search.html').as_uri()}?q=congestion")
    hits = page.locator("#search-results ul.search li")
    hits.first.wait_for(timeout=20_000)
    assert "The model" in " ".join(hits.all_inner_texts())
    assert page.complaints == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("<img src='nowhere.png' alt='nothing'>", "no picture"),
        ("<script>console.error('a fault of the page')</script>", "console: a fault of the page"),
        ("<script>undefined_function()</script>", "script: "),
        ("<script src='https://example.org/x.js'></script>", "elsewhere: https://example.org/x.js"),
        ("<div style='width: 900px'>far too wide for a telephone</div>", "too wide: div"),
        ("<button></button>", "critical: button-name"),
        ("<p style='color: #bbb; background: #fff'>hardly to be read</p>", "serious: color-contrast"),
    ],
)
def test_a_planted_fault_is_told(
    broken: str, told: str, tmp_path: Path, page_at: Callable[[int], Any], faults: Callable[[Any], list[str]]
) -> None:
    sound = "<!DOCTYPE html><html lang='en'><head><title>A page</title></head><body><main><h1>A page</h1>{}</main></body></html>"
    for name, body in (("sound", "<p>All is well.</p>"), ("broken", broken)):
        (tmp_path / f"{name}.html").write_text(sound.format(body), encoding="utf-8")
    page = page_at(TELEPHONE)
    page.goto((tmp_path / "sound.html").as_uri())
    assert faults(page) == []
    page.goto((tmp_path / "broken.html").as_uri())
    assert any(told in line for line in faults(page)), faults(page)
