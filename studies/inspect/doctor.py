"""What works on this machine? Versions, cores, disk, compile cache and fonts are checked, and both engines run a tiny history."""

import importlib
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from model.cores import granted
from model.surroundings import plots

# Distributions without which a command fails.
NEEDED: Final = (
    "numpy",
    "scipy",
    "numba",
    "simpy",
    "emcee",
    "arviz",
    "xarray",
    "h5netcdf",
    "pydantic",
    "PyYAML",
    "matplotlib",
    "pandas",
)
# Distributions of an extra, and their use.
USEFUL: Final = dict.fromkeys(("jax", "optax", "blackjax"), "teaches or samples the emulator of a calibration")
# The least free space on the disk (GiB).
ROOM_GIB: Final = 2.0


class Finding(NamedTuple):
    """The name of a thing that was examined, whether it is as it should be, and what was seen."""

    name: str
    fine: bool
    seen: str


def _versions() -> Iterator[Finding]:
    yield Finding(
        "Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.machine()}, {platform.system()}"
    )
    for name in NEEDED:
        try:
            yield Finding(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, "is missing; run make install")
    for name, use in USEFUL.items():
        try:
            yield Finding(name, True, f"{importlib.metadata.version(name)} ({use})")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, f"is missing: {use}; run make install")


def _machine() -> Iterator[Finding]:
    count, reason = granted()
    yield Finding("cores", True, f"{count}, granted by {reason}")
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    yield Finding("disk", free >= ROOM_GIB, f"{free:.1f} GiB free in {Path.cwd()}")
    from model.compiling import cache_folder, usable_cache_folder

    used = usable_cache_folder()
    kept = used == cache_folder()
    yield Finding(
        "compile cache", kept, str(used) if kept else f"{cache_folder()} cannot be written; every process compiles anew"
    )


def _engines() -> Iterator[Finding]:
    import numpy as np

    from model.simulation import simulate

    runs = [simulate(10, engine=engine, seeds=[1], years=3.0) for engine in ("compiled", "simpy")]
    same = all(
        np.array_equal(np.asarray(runs[0][name]), np.asarray(runs[1][name]), equal_nan=runs[0][name].dtype.kind == "f")
        for name in runs[0].data_vars
    )
    yield Finding(
        "engines",
        same,
        "compiled and simpy give the same bits" if same else "compiled and simpy DIFFER; please report this machine",
    )


def _pictures() -> Iterator[Finding]:
    with plots():
        from matplotlib import font_manager

    fonts = len(font_manager.fontManager.ttflist)
    yield Finding("fonts", fonts > 0, f"{fonts} for pictures")


def examine(tell: Callable[[Finding], None]) -> bool:
    """Examine everything, call ``tell`` with each finding at once, and return whether all is fine.

    A part that breaks is a finding, not a crash: that is what this command is for.
    """
    all_fine = True
    for part in (_versions, _machine, _pictures, _engines):
        try:
            for finding in part():
                tell(finding)
                all_fine = all_fine and finding.fine
        except Exception as error:  # noqa: BLE001 - a part that breaks is a finding of this command
            tell(Finding(part.__name__.strip("_"), False, f"{type(error).__name__}: {error}"))
            all_fine = False
    return all_fine
