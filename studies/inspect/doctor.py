"""What works on this machine? Versions, cores, disk, compile cache and fonts are checked, and both engines run a tiny history."""

import importlib
import importlib.metadata
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from model.cores import granted
from model.surroundings import plots

DISTRIBUTION: Final = "industrial-takeoff"
# Distributions of an extra, and their use.
USEFUL: Final = dict.fromkeys(("jax", "optax", "blackjax"), "teaches or samples the emulator of a calibration")
# Distributions of other extras: without them some files or machines are out of reach, and the rest works.
OPTIONAL: Final = {"pyarrow": "Parquet files", "dask": "work on Dask and on batch systems", "optuna": "takeoff optimise"}
# The least free space on the disk (GiB).
ROOM_GIB: Final = 2.0


class Finding(NamedTuple):
    """The name of a thing that was examined, whether it is as it should be, and what was seen."""

    name: str
    fine: bool
    seen: str


def needed() -> list[str]:
    """Return the distributions without which a command fails, as our own says them."""
    wanted = importlib.metadata.requires(DISTRIBUTION) or []
    return [re.split(r"[^\w.-]", line)[0] for line in wanted if "extra ==" not in line]


def _versions() -> Iterator[Finding]:
    yield Finding(
        "Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.machine()}, {platform.system()}"
    )
    for name in needed():
        try:
            yield Finding(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, "is missing; run make install")
    for name, use in USEFUL.items():
        try:
            yield Finding(name, True, f"{importlib.metadata.version(name)} ({use})")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, f"is missing: {use}; run make install")
    for name, use in OPTIONAL.items():
        try:
            yield Finding(name, True, f"{importlib.metadata.version(name)} ({use})")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, True, f"is not installed, and only needed for {use}; make extras installs it")


def _machine() -> Iterator[Finding]:
    count, reason = granted()
    yield Finding("cores", True, f"{count}, granted by {reason}")
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    room = "" if free >= ROOM_GIB else f"; free some, or work in a folder that has {ROOM_GIB:g} GiB"
    yield Finding("disk", free >= ROOM_GIB, f"{free:.1f} GiB free in {Path.cwd()}{room}")
    from model.compiling import cache_folder, usable_cache_folder

    used = usable_cache_folder()
    kept = used == cache_folder()
    remedy = "cannot be written, and every process compiles anew; set NUMBA_CACHE_DIR to a folder that can be"
    yield Finding("compile cache", kept, str(used) if kept else f"{cache_folder()} {remedy}")


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
    yield Finding("fonts", fonts > 0, f"{fonts} for pictures" if fonts else "none; install a font, for instance DejaVu")


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
