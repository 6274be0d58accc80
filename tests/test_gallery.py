"""Does the gallery show every plot, by calls that can be made, in small pictures whose text stands beside them?"""

import ast
import inspect
import re
from pathlib import Path

import pytest
from PIL import Image

import studies
from docs import gallery
from docs.gallery import GALLERY, HEAD, PAGE, PICTURES, Picture, drawn, main, plain
from tests.studies.plots import made

DOCS = Path(gallery.__file__).parent
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")
MOST_BYTES = 150_000


def plot_functions() -> list[str]:
    return [name for name in dir(studies) if name.startswith("plot_")]


def test_the_page_and_the_guide_name_every_plot_function() -> None:
    guide = (DOCS / "plots.md").read_text(encoding="utf-8")
    assert [name for name in plot_functions() for text in (TEXT, guide) if name not in text] == []


def test_the_page_is_the_one_that_the_script_writes() -> None:
    assert TEXT.startswith(HEAD)
    assert re.findall(r"^## (.+)$", TEXT, flags=re.MULTILINE) == [picture.question for picture in GALLERY]
    assert re.findall(r"^`(.+)`$", TEXT, flags=re.MULTILINE) == [picture.call for picture in GALLERY]


@pytest.mark.parametrize("picture", GALLERY, ids=lambda picture: picture.name)
def test_every_picture_is_small_and_has_a_text_with_numbers(picture: Picture) -> None:
    (words,) = re.findall(rf"^!\[(.+)\]\({PICTURES}/{picture.name}\.png\)$", TEXT, flags=re.MULTILINE)
    assert len(re.findall(r"\d", words)) > 4
    path = DOCS / PICTURES / f"{picture.name}.png"
    assert path.stat().st_size < MOST_BYTES
    with Image.open(path) as image:
        assert image.mode == "P"
        assert image.width > 500


def test_no_picture_is_left_that_the_page_does_not_show() -> None:
    assert {path.stem for path in (DOCS / PICTURES).iterdir()} == {picture.name for picture in GALLERY}


@pytest.mark.parametrize("picture", GALLERY, ids=lambda picture: picture.name)
def test_every_call_names_a_function_and_arguments_that_it_takes(picture: Picture) -> None:
    call = ast.parse(picture.call, mode="eval").body
    assert isinstance(call, ast.Call)
    function = getattr(studies, ast.unparse(call.func))
    inspect.signature(function).bind(*call.args, **{word.arg: word.value for word in call.keywords if word.arg})


def test_a_picture_is_drawn_by_the_call_that_stands_below_it(tmp_path: Path) -> None:
    picture = Picture("small", "What?", "plot_policies(comparison, 10)")
    (tmp_path / PICTURES).mkdir(parents=True)
    part = drawn(picture, {"comparison": made.comparison()}, tmp_path)
    assert part.startswith("\n## What?\n\n![net value against the status quo (wage-years).")
    assert f"`{picture.call}`" in part
    assert part.endswith(f"Source: {made.LABEL}\n")
    with Image.open(tmp_path / PICTURES / "small.png") as image:
        assert image.mode == "P"


def test_signs_of_markdown_are_told_from_words() -> None:
    assert plain("of the largest mu*, a_b [c]") == r"of the largest mu\*, a\_b \[c\]"


def test_the_script_asks_for_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
