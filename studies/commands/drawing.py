"""``--plot F``: which picture is asked for? A plot of the command's result, as ``from studies import`` offers it, in a file."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def plot_asked(arguments: argparse.Namespace) -> Path | None:
    """Return where a picture is asked for, checked before any work; None where none is.

    Raises
    ------
    InputError
        If the suffix names no format of pictures, or the path is a folder.
    """
    if not arguments.plot:
        return None
    from studies.plots.paper import check_plot

    return check_plot("--plot", arguments.plot)


def draw(path: Path | None, function: Callable[..., Any], *given: Any, **choices: Any) -> None:
    """Write a picture, if one is asked for, and say so; the arguments are those of the plot function."""
    if path is None:
        return
    from studies.plots.paper import save_plot

    save_plot(path, function, *given, **choices)
    sys.stderr.write(f"wrote {path}\n")
