"""How does a view become a page? One template engine fills in templates, and escapes every text that it is given.

A template is named by its path below ``studies/``. Only a ``Canvas`` passes unescaped, since it escapes its own texts.
"""

import re
from collections.abc import Sequence
from html import escape
from math import isfinite
from pathlib import Path
from typing import Final, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from studies.numbers import amount, share, signed

Text = TypeVar("Text", bound=str)
CELL: Final = re.compile("<t[dh](?= |>)")
ROOT: Final = Path(__file__).resolve().parents[1]


def labelled(cells: Text, head: Sequence[str]) -> Text:
    """Return the cells of a row, each with the words of its column, which a narrow screen shows beside the cell."""
    words = iter(head)
    # Texts are escaped already, so that only an element begins with this sign.
    # What the engine hands over is a text that it takes for markup, and so is what it gets back.
    return type(cells)(CELL.sub(lambda tag: f'{tag.group()} role="cell" data-label="{escape(next(words, ""))}"', cells))


ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(ROOT),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters |= {"amount": amount, "signed": signed, "share": share, "labelled": labelled}
ENVIRONMENT.globals["zip"] = zip
ENVIRONMENT.tests["known"] = isfinite


def rendered(template: str, **view: object) -> str:
    """Return a template filled in with a view.

    Parameters
    ----------
    template : path below ``studies/``, such as ``report/templates/report.html``
    view : what the template shows, by name

    Raises
    ------
    jinja2.UndefinedError
        When the template names something that the view does not hold.
    """
    return ENVIRONMENT.get_template(template).render(**view)
