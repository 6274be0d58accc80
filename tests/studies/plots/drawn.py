"""What was drawn? The artists of an axes by the kind of mark that they are."""

from typing import Any

import numpy as np


def marks(axis: Any, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """The coordinates of every line or dot of a kind, in the order in which they were drawn."""
    lines = [line for line in axis.lines if line.get_label() == f"_{name}"]
    return [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in lines]


def dots(axis: Any, name: str = "mean") -> np.ndarray:
    """The places of all dots of a kind, shape (dots, 2)."""
    return np.array([[x[0], y[0]] for x, y in marks(axis, name)]).reshape(-1, 2)


def areas(axis: Any, name: str) -> list[Any]:
    return [area for area in (*axis.collections, *axis.patches) if area.get_label() == f"_{name}"]


def named_rows(axis: Any) -> list[str]:
    return [label.get_text() for label in axis.get_yticklabels()]
