"""How does a view become a page? One template engine fills in templates, and escapes every text that it is given.

A template is named by its path below ``studies/``. Only a ``Canvas`` passes unescaped, since it escapes its own texts.
"""

from math import isfinite
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from studies.numbers import amount, share, signed

ROOT: Final = Path(__file__).resolve().parents[1]

ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(ROOT),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters |= {"amount": amount, "signed": signed, "share": share}
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
