"""How does text become a page? A few building blocks that escape whatever they are given."""

from collections.abc import Iterable, Sequence
from html import escape

from studies.page.svg import Canvas


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    shown = f' class="{kind}"' if kind else ""
    return f"<p{shown}>{escape(text)}</p>"


def items(texts: Iterable[str]) -> str:
    """Return a list of plain texts."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def figure(canvas: Canvas, caption: str, wide: bool = False) -> str:
    """Return a drawing with its caption; a wide one may scroll on a small screen."""
    drawing = f'<div class="scroll">{canvas.svg()}</div>' if wide else canvas.svg()
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int] = frozenset()) -> str:
    """Return a table of plain texts; columns in ``numbers`` are set to the right."""

    def line(cells: Sequence[str], tag: str) -> str:
        return (
            "<tr>"
            + "".join(
                f"<{tag}{' class=n' if index in numbers else ''}>{escape(cell)}</{tag}>" for index, cell in enumerate(cells)
            )
            + "</tr>"
        )

    body = "".join(line(row, "td") for row in rows)
    return f'<div class="scroll"><table><thead>{line(head, "th")}</thead><tbody>{body}</tbody></table></div>'


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a list of terms with what they are."""
    return "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in pairs) + "</dl>"


def folded(summary: str, content: str) -> str:
    """Return content that opens at a click."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"
