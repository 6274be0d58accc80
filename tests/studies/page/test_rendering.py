"""The template engine: every text is escaped, a name that is missing is an error, and only drawings are markup."""

import tomllib
from pathlib import Path

import jinja2
import pytest

from studies.page.rendering import ENVIRONMENT, ROOT, rendered
from studies.page.svg import Canvas

TEMPLATES = sorted(ROOT.glob("*/templates/*.html"))


def filled(source: str, **view: object) -> str:
    return ENVIRONMENT.from_string(source).render(**view)


def test_texts_are_escaped_and_drawings_are_not() -> None:
    assert filled("{{ text }}", text="<b>\"'&") == "&lt;b&gt;&#34;&#39;&amp;"
    drawing = Canvas(1, 1, "<b>", "a drawing")
    assert filled("{{ drawing }}", drawing=drawing) == drawing.svg()
    assert "<title>&lt;b&gt;</title>" in drawing.svg()


def test_the_cells_of_a_row_bear_the_words_of_their_columns() -> None:
    source = """{% from "page/templates/parts.html" import table %}
    {% call(row) table(head, ["<td>"]) %}<td>{{ row }}</td><td class="n">1</td>{% endcall %}"""
    text = filled(source, head=['a "b"', "c"])
    assert '<td role="cell" data-label="a &#34;b&#34;">&lt;td&gt;</td>'.replace("&#34;", "&quot;") in text
    assert '<td role="cell" data-label="c" class="n">1</td>' in text
    assert "scroll" not in text


def test_parts_escape_what_they_are_given() -> None:
    source = """{% from "page/templates/parts.html" import definitions, folded, table %}
    {{ definitions([(text, text)]) }}
    {% call folded(text) %}{{ text }}{% endcall %}
    {% call(row) table([text], [text]) %}<td>{{ row }}</td>{% endcall %}"""
    assert filled(source, text="<i>").count("&lt;i&gt;") == 7
    assert "<i>" not in filled(source, text="<i>")


def test_columns_of_numbers_are_set_to_the_right() -> None:
    source = """{% from "page/templates/parts.html" import table %}
    {% call(row) table(["a", "b"], [], numbers=(1,)) %}{% endcall %}"""
    assert '<th>a</th>\n<th class="n">b</th>' in filled(source)


def test_a_name_that_the_view_lacks_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'run' is undefined"):
        rendered("report/templates/report.html")


def test_numbers_are_written_by_the_rules_of_the_project() -> None:
    assert filled("{{ x|amount }} {{ x|amount(1) }} {{ x|signed }} {{ x|share }}", x=0.1234) == "0.123 0.1 +0.123 12 %"
    assert filled("{{ x is known }} {{ y is known }}", x=1.0, y=float("nan")) == "True False"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_opens_the_door_to_markup(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    ENVIRONMENT.get_template(path.relative_to(ROOT).as_posix())
    assert "safe" not in source.replace("unsafe", "")
    assert "autoescape" not in source
    assert "https:" not in source


def test_templates_are_part_of_the_package() -> None:
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    kept = {path for pattern in patterns for path in ROOT.glob(f"*/{pattern}")}
    assert set(TEMPLATES) | {ROOT / "page" / "templates" / "style.css"} <= kept
    assert len(TEMPLATES) > 10
