"""Does the check of the site see what a page asks of the network, and what it lacks?"""

from pathlib import Path

import pytest

from docs.check_site import faults, main


def site(folder: Path, body: str, style: str = "") -> Path:
    (folder / "_static").mkdir()
    (folder / "_static" / "own.css").write_text(style or "p { color: black }", encoding="utf-8")
    (folder / "_static" / "theirs.html").write_text("<script src='{{ of a template }}'></script>", encoding="utf-8")
    head = "<link rel='stylesheet' href='_static/own.css?v=1'>"
    (folder / "index.html").write_text(f"<html><head>{head}</head><body>{body}</body></html>", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        "<a href='https://example.org'>a link that a reader may follow</a>",
        "<img src='data:image/png;base64,AA'>",
        "<link rel='canonical' href='https://example.org/'>",
        "<a href='#below'>below</a><script>let one = 1</script>",
    ],
)
def test_a_page_that_needs_nothing_else_passes(body: str, tmp_path: Path) -> None:
    assert main([str(site(tmp_path, body))]) == 0


@pytest.mark.parametrize(
    ("body", "style", "told"),
    [
        ("<script src='https://example.org/x.js'></script>", "", "https://example.org/x.js: is elsewhere"),
        ("<script src='//example.org/x.js'></script>", "", "//example.org/x.js: is elsewhere"),
        ("<link rel='stylesheet' href='https://example.org/x.css'>", "", "https://example.org/x.css: is elsewhere"),
        ("<img src='nowhere.png'>", "", "nowhere.png: is missing"),
        ("<p style='background: url(https://example.org/x.png)'></p>", "", "https://example.org/x.png: is elsewhere"),
        ("<style>@import 'https://example.org/x.css';</style>", "", "https://example.org/x.css: is elsewhere"),
        ("", "@font-face { src: url(https://example.org/x.woff2) }", "https://example.org/x.woff2: is elsewhere"),
    ],
)
def test_what_lies_elsewhere_or_is_missing_is_told(body: str, style: str, told: str, tmp_path: Path) -> None:
    lines = list(faults(site(tmp_path, body, style)))
    assert len(lines) == 1
    assert lines[0].endswith(told)


def test_a_folder_without_pages_is_no_site(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1
