"""What does a plot say in words? A caption, a text for readers who cannot see it, and where it comes from."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from model.errors import InputError
from studies.page.palette import MARKS

UNLABELLED: Final = "no label: the data do not say on which posterior they stand"


class Told(NamedTuple):
    """The words of a plot.

    Attributes
    ----------
    caption : what to see, in sentences, with the meaning of the marks
    alt : the same in place of the picture, with its numbers
    source : label and verdict of what was drawn
    """

    caption: str
    alt: str
    source: str


_TOLD: Final[WeakKeyDictionary[Any, Told]] = WeakKeyDictionary()


def tell(axes: Any, told: Told) -> None:
    """Attach words to the axes of a plot: one, or an array of them."""
    for axis in np.atleast_1d(axes).ravel():
        _TOLD[axis] = told


def caption(ax: Any) -> str:
    """Return the caption of a plot: what to see in it, and what its marks mean.

    Parameters
    ----------
    ax : what a plot function returned: axes, or an array of axes

    Raises
    ------
    InputError
        If no plot of this package was drawn there.
    """
    return _told(ax).caption


def alt_text(ax: Any) -> str:
    """Return the text that stands for a plot where it cannot be seen, with its numbers; see ``caption``."""
    return _told(ax).alt


def source(ax: Any) -> str:
    """Return on what a plot stands: the label and the verdict of its data; see ``caption``."""
    return _told(ax).source


def _told(ax: Any) -> Told:
    for axis in np.atleast_1d(np.asarray(ax, object)).ravel():
        if axis in _TOLD:
            return _TOLD[axis]
    raise InputError("ax: holds no plot of this package; give what a function such as studies.plot_policies returned")


def source_of(attributes: Mapping[Any, Any]) -> str:
    """Return the label that attributes carry; it begins with the verdict."""
    return str(attributes.get("label") or UNLABELLED)


def key(*names: str) -> str:
    """Return what marks mean, in a sentence."""
    words = {"thin": "thin line", "thick": "thick line", "mean": "dot", "prior": "grey ground", "seen": "orange dot"}
    words |= {"error": "its bar", "band90": "pale band", "band50": "darker band", "median": "line"}
    told = "; ".join(f"{words[name]}: {MARKS[name].meaning}" for name in names)
    return f"{told[0].upper()}{told[1:]}."


def listed(names: list[str]) -> str:
    """Return names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"
