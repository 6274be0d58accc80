"""How does a plot reach a file? As PNG, SVG or PDF, whole or not at all, the same whatever settings a user has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from execution.writing import write_atomic
from model.errors import InputError
from studies.plots.style import on_paper

# The formats by suffix, each with what it would otherwise say of the hour or of the library.
METADATA: Final[dict[str, dict[str, None]]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DPI: Final = 150


def check_plot(option: str, path: str | Path) -> Path:
    """Return the path of a picture, if one can be written there.

    Raises
    ------
    InputError
        If the suffix names no format of pictures, or the path is a folder.
    """
    file = Path(path)
    if file.suffix.lower() not in METADATA:
        told = f"unknown format {file.suffix or '(no suffix)'!r}; end the name in {', '.join(METADATA)}"
        raise InputError(f"{option}: {path}: {told}")
    if file.is_dir():
        raise InputError(f"{option}: {path}: is a folder; name a file")
    return file


def save_plot(path: str | Path, draw: Callable[..., Any], *given: Any, dpi: int = DPI, **choices: Any) -> Any:
    """Write a plot into a file, and return its axes.

    Parameters
    ----------
    path : ends in .png, .svg or .pdf
    draw : a plot function, such as ``studies.plot_policies``
    given, choices : what the function takes; no ``ax``, since the figure is made for the file
    dpi : dots per inch of a PNG

    Raises
    ------
    InputError
        If nothing can be written there, or the function refuses what it is given.
    """
    file = check_plot("path", path)
    kind = file.suffix.lower()
    with on_paper():
        import matplotlib

        # Names inside the file are hashes of their content and of this word, not of the hour.
        matplotlib.rcParams["svg.hashsalt"] = "industrial-takeoff"
        axes = draw(*given, **choices)
        figure = np.atleast_1d(axes).ravel()[0].figure
        write_atomic(file, lambda part: figure.savefig(part, format=kind[1:], dpi=dpi, metadata=METADATA[kind]))
    return axes
