"""The tables of ``docs/calibration-benchmark.md``, from what the benchmark last wrote into ``benchmarks/results/``."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks.calibration.curves import MEASURES, Reached, curves, reached
from benchmarks.calibration.plan import EARLY, OURS
from benchmarks.calibration.reference import stored
from benchmarks.measuring import Spread
from benchmarks.tables import number, read, table

LIBRARIES: Final = ("python", "numba", "numpy", "jax", "blackjax", "emcee", "sbi", "torch", "pyabc", "scikit-learn")


def short(told: Spread) -> str:
    """Return a median, with the least and the largest where there are several."""
    if told.least == told.largest:
        return number(told.median)
    return f"{number(told.median)} ({number(told.least)} to {number(told.largest)})"


def budget(given: Mapping[str, Any]) -> str:
    """Return the counts of a budget in words."""
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in given.items() if value)


def exact() -> str:
    """Return the reference posterior, and how far its two runs are apart."""
    found = stored()
    rows = [
        [f"`{name}`", *(f"{value:.2f}" for value in values)]
        for name, *values in zip(
            found["parameters"],
            found["truth"],
            found["mean"],
            found["mean_error"],
            found["sd"],
            found["sd_error"],
            found["apart_means"],
            found["apart_sds"],
            strict=True,
        )
    ]
    head = ["parameter, in prior SDs", "truth", "mean", "its error", "SD", "its error", "runs apart: means", "runs apart: SDs"]
    effective = " and ".join(f"{value:.0f}" for value in found["effective"])
    told = f"{found['histories']:,} histories, {found['cpu_s']:.0f} processor seconds, {effective} effective draws."
    return f"`python -m benchmarks.calibration.reference`: {', '.join(found['cases'])}. {told}\n\n{table(head, rows)}"


def methods() -> str:
    """Return every method at every budget."""
    about = read("calibration")
    machine = about["machine"]
    versions = ", ".join(f"{name} {machine[name]}" for name in LIBRARIES if name in machine)
    prior = next(row for row in about["rows"] if row["method"] == "the prior")
    rows = [["the prior itself", "", "", "0", "0", *(number(prior[name]) for name in MEASURES)]]
    for name, points in curves(about["rows"]).items():
        for point in points:
            seconds = short(point.cost) if point.first is None else f"{short(point.cost)}; first {number(point.first)}"
            errors = [short(point.errors[measure]) for measure in MEASURES]
            rows.append([name, budget(point.budget), str(point.seeds), seconds, short(point.histories), *errors])
    head = ["method", "budget", "seeds", "processor seconds", "histories", *MEASURES.values()]
    where = f"on one of {machine['cores']} shared cores of an {machine['processor']}, {about['date']}"
    failed = [f"{row['method']}, seed {row['seed']}: {row['failed']}" for row in about["rows"] if "failed" in row]
    lost = f"\n\nRuns that failed: {'; '.join(failed)}." if failed else ""
    return f"`python -m benchmarks.calibration` {where}: {versions}.\n\n{table(head, rows)}{lost}"


def reach() -> str:
    """Return what the errors of our road, without and with its correction, cost it and the others."""
    found = curves(read("calibration")["rows"])
    rows = [[name, *_row(one)] for measure in MEASURES for name in (EARLY, OURS) for one in reached(found, measure, name)]
    head = ["road", "measure", "error", "ours, compiling included (s)", "best of the others", "its cost (s)", "theirs over ours"]
    return table(head, rows)


def _row(one: Reached) -> list[str]:
    cells = [MEASURES[one.measure], number(one.error), number(one.ours)]
    if one.best is None:
        return [*cells, "none got there", "", ""]
    name, cost = one.best
    return [*cells, name, number(cost), number(cost / one.ours)]


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {
    "calibration_reference": exact,
    "calibration_methods": methods,
    "calibration_reach": reach,
}
