"""Are the packages that Python finds those of this project? Their names are common words; the name of this module is not.

A user's own ``model.py``, in the working directory or on ``PYTHONPATH``, hides the package ``model``. The command ``takeoff``
starts here, and each package asks here whether those on which it builds are hidden, so that one line names the file in the way.
This module imports a package of the project only after that check.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

# A package imports only those on its left.
PACKAGES: Final = ("model", "execution", "calibration", "studies")
HOME: Final = Path(__file__).resolve().parent
# Functions below ``studies`` that return results, and the module that lets xarray and notebooks show them: ``data.takeoff``. They
# stand here, since a package may not import one on its right.
RETURN_RESULTS: Final = frozenset({"calibrate", "load_posterior", "simulate"})
SHOWS_RESULTS: Final = "studies.plots.accessor"
INPUT_IS_WRONG: Final = 2
INTERRUPTED: Final = 75
# Signals that ask a command to stop.
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, *([signal.SIGUSR1] if hasattr(signal, "SIGUSR1") else []))
WINDOWS: Final = "Windows is not supported; use Linux, macOS, or the Windows Subsystem for Linux (WSL)"


def supported() -> bool:
    """Tell whether this system has the locks of files on which run folders rely; Windows has none of that kind."""
    return find_spec("fcntl") is not None


def hidden_package(package: str | None = None) -> str | None:
    """Return one line on the first package of the project that something else hides, or None where all are found.

    Parameters
    ----------
    package : str, optional
        Only the packages that this one imports are looked at; all of them if not given. None of them is imported.
    """
    for name in PACKAGES[: PACKAGES.index(package)] if package else PACKAGES:
        path = _path_of(name)
        if path is None:
            return f"{name}: is not in {HOME}: this project needs it; install the project again"
        if path != HOME / name:
            return f"{path}: hides this project's package `{name}`; rename it, or start elsewhere and without it on PYTHONPATH"
    return None


def _path_of(name: str) -> Path | None:
    """Return the folder of the package that Python finds under a name, or the file of a module; None where it finds nothing."""
    spec = find_spec(name)
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    path = folders[0] if folders else spec.origin
    return None if path is None else Path(path).resolve()


def check_packages(package: str) -> None:
    """Check that what a package of the project imports is of the project.

    Raises
    ------
    ImportError
        If something else hides one of the packages that ``package`` imports, or the system is not supported.
    """
    hidden = hidden_package(package)
    if hidden is not None or not supported():
        raise ImportError(hidden or WINDOWS)


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that imports the home of a name when the name is first used.

    A command that shows its help, or simulates one history, thus loads nothing that it does not need.

    Parameters
    ----------
    package : str
        Name of the package.
    homes : mapping
        Each name that the package offers, with the module in which it lives.
    """

    def look_up(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        check_packages(package)
        if (package == PACKAGES[-1] or name in RETURN_RESULTS) and hidden_package() is None:
            import_module(SHOWS_RESULTS)
        return getattr(import_module(homes[name]), name)

    return look_up, lambda: sorted(homes)


def leave_at_once(number: int = 0, frame: FrameType | None = None) -> NoReturn:
    """End the process: a signal has come before any work has begun, after all of it, or a second time."""
    with suppress(OSError):
        os.write(2, b"\ntakeoff: interrupted\n")
    os._exit(INTERRUPTED)


def main() -> int:
    """Run ``takeoff``, unless a package of the project is hidden or the system is not supported.

    A signal ends the process with a line and an exit code: while a command works it does so by an exception
    (``studies.cli``), and before and after that at once, since nobody would catch an exception there.
    """
    try:
        for number in SIGNALS:
            signal.signal(number, leave_at_once)
        hidden = hidden_package()
        if hidden is not None or not supported():
            sys.stderr.write(f"takeoff: {hidden or WINDOWS}\n")
            return INPUT_IS_WRONG
        from studies.cli import main as run_command
        from studies.streams import guarded

        return guarded(run_command)
    except KeyboardInterrupt:
        leave_at_once()


if __name__ == "__main__":
    sys.exit(main())
