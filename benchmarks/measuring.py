"""How is something measured on a shared machine? Side by side, turn by turn, and told as a ratio with its spread."""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.config import load_case, load_priors
from model.cores import granted_cores
from model.latents import conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.state import FIRMS_MAX

FIRMS = COLUMNS.index("firms")
# Quarters of a history of thirty years, and firm-quarters of one measurement.
QUARTERS = 120
ENOUGH = 3_000_000
# What keeps about so many firms alive, as the size of a scenario of ``steady``.
SIZES = {50: 37, 500: 440, 5_000: 6_400, 50_000: 73_000}
LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "simpy", "mesa")


class Scenario(NamedTuple):
    """What a history is given: one record each of parameters and setting, and the programmes."""

    params: Any
    setting: Any
    programmes: NDArray[Any]

    def many(self, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return parameters and settings of so many histories."""
        return np.repeat(np.array([self.params]), count), np.repeat(np.array([self.setting]), count)


def steady(firms: int, quarters: int = 120) -> Scenario:
    """Return a cluster that begins with so many firms in a market which keeps some 0.7 to 3 times as many alive.

    Births, deaths, attempts and all other events happen as they do in a calibration; only the numbers are chosen.
    """
    case, priors = load_case(10), load_priors()
    structures = priors.structures_with()
    values = default_values(priors, 1)
    settings, _ = settings_for(case, values, conditional_medians(case, priors)[None, :], structures)
    settings["market"], settings["founders"], settings["capacity"] = 12.0 * firms, firms, 4.0 * firms
    settings["growth"], settings["firms_max"], settings["quarters"] = 0.0, FIRMS_MAX, quarters
    # What a policy is worth is reckoned from the decision on; histories of a calibration end there.
    settings["decision"] = np.inf
    return Scenario(params_for(values)[0], settings[0], programmes_for(None, case, structures))


class Spread(NamedTuple):
    """A median over runs, with the least and the largest."""

    median: float
    least: float
    largest: float

    def __str__(self) -> str:
        return f"{self.median:,.3g} ({self.least:,.3g} to {self.largest:,.3g})"


def spread(values: Sequence[float]) -> Spread:
    """Return the median, least and largest of values."""
    return Spread(statistics.median(values), min(values), max(values))


def in_turn(works: Mapping[str, Callable[[int], float]], runs: int) -> dict[str, list[float]]:
    """Call every work once a round, each round in the opposite order, and return what each returned, round by round."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs):
        for name in list(works)[:: 1 if run % 2 == 0 else -1]:
            found[name].append(works[name](run))
    return found


def ratio(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Return the ratios of runs made side by side."""
    return spread([one / other for one, other in zip(over, under, strict=True)])


def core_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of all threads of this process that some work takes (s)."""
    began = time.process_time()
    work()
    return time.process_time() - began


def wall_seconds(work: Callable[[], object]) -> float:
    """Return the time that passes while some work is done (s)."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_memory() -> int:
    """Return the most memory that this process has held (bytes).

    Not ``ru_maxrss``, which a process inherits from the one that started it.
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("/proc/self/status tells no peak of memory")


def forget_peak() -> None:
    """Let ``peak_memory`` count from what this process holds now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def machine(libraries: Sequence[str] = LIBRARIES) -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, and the versions of Python and of libraries."""
    versions = {}
    for name in libraries:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": granted_cores(),
        "python": platform.python_version(),
        **versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def options(doc: str | None) -> argparse.Namespace:
    """Return the options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="end within 50 s: fewer runs")
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args()


def tell(title: str, rows: Sequence[Mapping[str, Any]], out: Path | None, began: float) -> None:
    """Write what was measured, with the machine and the versions, as JSON."""
    about = {"benchmark": title, "machine": machine(), "seconds": round(time.perf_counter() - began, 1), "rows": rows}
    if out is not None:
        out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print(f"{title}: {about['seconds']} s on {about['machine']['processor']}, {about['machine']['cores']} cores")
