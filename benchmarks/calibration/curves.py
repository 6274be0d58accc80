"""What does an error cost each method? Runs gathered into curves, and the cost of the errors that our road reached."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from benchmarks.calibration.measures import cost_to_reach
from benchmarks.calibration.plan import OURS
from benchmarks.measuring import Spread, spread

# The measures with their words; the classifier's share counts from 0.5, where it cannot tell.
MEASURES: Final[Mapping[str, str]] = {"mean_error": "means", "sd_error": "sds", "c2st": "C2ST"}


class Point(NamedTuple):
    """The runs of one method at one budget.

    Attributes
    ----------
    method, budget : its name, and its counts
    seeds : how many runs
    cost, histories : processor seconds, and histories simulated; of runs that found their programs compiled, where there are such
    first : processor seconds of the run that compiled, None where no other run had less to compile
    errors : spread over the runs, by measure
    """

    method: str
    budget: dict[str, Any]
    seeds: int
    cost: Spread
    histories: Spread
    first: float | None
    errors: dict[str, Spread]


def curves(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Point]]:
    """Return the points of every method, in the order of their costs; runs that failed are no part of them."""
    together: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        if "budget" in row and "failed" not in row:
            together.setdefault((row["method"], row["place"]), []).append(row)
    found: dict[str, list[Point]] = {}
    for (method, _), runs in together.items():
        found.setdefault(method, []).append(_point(method, runs))
    return {method: sorted(points, key=lambda point: point.cost.median) for method, points in found.items()}


def _point(method: str, runs: Sequence[Mapping[str, Any]]) -> Point:
    compiles = method.startswith("ours")
    later = [row for row in runs if not (compiles and row["first"])] or runs
    first = next((row["cpu_s"] for row in runs if row["first"]), None) if compiles else None
    errors = {name: spread([row[name] for row in runs]) for name in MEASURES}
    cost, histories = (spread([row[name] for row in later]) for name in ("cpu_s", "histories"))
    return Point(method, runs[0]["budget"], len(runs), cost, histories, first, errors)


def from_even(measure: str, value: float) -> float:
    """Return a measure as an error that is zero at best."""
    return value - 0.5 if measure == "c2st" else value


class Reached(NamedTuple):
    """What one error costs every method.

    Attributes
    ----------
    measure : name of the measure
    error : as measured, the median of our road at one of its budgets
    ours : our cost at that budget (s), everything compiled anew where the run did so
    others : by method, the cost at which its medians fall to the error (s); None where they never do
    """

    measure: str
    error: float
    ours: float
    others: dict[str, float | None]

    @property
    def best(self) -> tuple[str, float] | None:
        """The method that gets there for the least, and its cost; None where none does."""
        there = [(cost, name) for name, cost in self.others.items() if cost is not None]
        return (min(there)[1], min(there)[0]) if there else None


def reached(found: Mapping[str, Sequence[Point]], measure: str, method: str = OURS) -> list[Reached]:
    """Return what the median errors of a road of ours cost it, compiling included, and what they cost the others."""
    result = []
    for point in found.get(method, ()):
        error = point.errors[measure].median
        others = {}
        for name, points in found.items():
            if not name.startswith("ours"):
                medians = [max(from_even(measure, one.errors[measure].median), 1e-9) for one in points]
                others[name] = cost_to_reach([one.cost.median for one in points], medians, max(from_even(measure, error), 1e-9))
        result.append(Reached(measure, error, point.cost.median if point.first is None else point.first, others))
    return result
