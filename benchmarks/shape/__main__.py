"""The command line of the table: ``python -m benchmarks.shape --help``."""

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine
from benchmarks.shape import EXPERIMENTS, HISTORIES, QUICK, QUICK_EXPERIMENTS, Shape, measure
from benchmarks.shape.estimates import Estimate, figure_of
from model.config import load_priors
from model.errors import InputError

RESULT = Path(__file__).parents[1] / "results" / "shape.json"
FIRST = Path(__file__).parents[1] / "results" / "shape-before.json"


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shape", description="The paper's Figure 1, measured.")
    parser.add_argument("--quick", action="store_true", help="end within 50 s: fewer histories, and no result file")
    parser.add_argument("--histories", type=int, metavar="N", help=f"of each case ({HISTORIES}; {QUICK} when quick)")
    parser.add_argument("--seed", type=int, default=1, help="key of all draws (1)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter, and where its prior moves")
    parser.add_argument("--structure", action="append", default=[], metavar="NAME=OPTION", help="a structural choice")
    parser.add_argument("--priors", type=Path, metavar="FILE", help="priors other than the shipped ones")
    parser.add_argument("--json", type=Path, metavar="FILE", help=f"where the result is written ({RESULT.name} unless quick)")
    return parser.parse_args(words)


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """Return NAME=VALUE words as a mapping.

    Raises
    ------
    InputError
        If a word has no equals sign.
    """
    for word in words:
        if "=" not in word:
            raise InputError(f"{option}: {word}: must be NAME=VALUE; write both")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def numbers(words: Sequence[str]) -> dict[str, float]:
    """Return the changed parameters.

    Raises
    ------
    InputError
        If a value is no number.
    """
    try:
        return {name: float(value) for name, value in pairs(words, "--set").items()}
    except ValueError as error:
        raise InputError(f"--set: {error}; write a number") from error


def shown(estimate: Estimate | str) -> str:
    """Return an estimate as the table prints it."""
    if isinstance(estimate, str):
        return estimate
    return f"{figure_of(estimate)} ({estimate.histories})"


def printed(shape: Shape, lines: bool) -> None:
    """Print the table, and if wanted a line for each case."""
    print(f"{'':75}{'target':13}{'prior predictive':27}{'default parameters':27}met")
    group = ""
    for row in shape.rows:
        title, group = ("" if row.group == group else row.group), row.group
        print(f"{title:9}{row.what:66}{row.target:13}{shown(row.prior):27}{shown(row.default):27}{row.met}".rstrip())
    if not lines:
        return
    print(f"\n{'case at its last observation':34}{'firms':>9}{'table':>8}{'workers':>9}{'table':>8}{'improved':>14}{'ms':>7}")
    for one in shape.prior_clusters:
        firms = f"{one['firms']:>9.3g}{one['firms_table']:>8.4g}"
        workers = f"{one['workers_per_firm']:>9.3g}{one['workers_per_firm_table']:>8.4g}"
        improved = f"{one['improved']:>8.2f} +- {one['improved_error']:.2f}"
        print(f"{one['case']:>2} {one['name']:31}{firms}{workers}{improved}{one['ms']:>7.1f}")


def as_data(shape: Shape) -> dict[str, Any]:
    """Return the table as JSON takes it."""
    rows = [row.as_data() for row in shape.rows]
    told: dict[str, Any] = written(
        {"rows": rows, "prior_clusters": shape.prior_clusters, "default_clusters": shape.default_clusters}
    )
    return told


def written(data: Any) -> Any:
    """Return data with None for numbers that JSON has not."""
    if isinstance(data, dict):
        return {name: written(one) for name, one in data.items()}
    if isinstance(data, list):
        return [written(one) for one in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def first_milliseconds() -> str:
    """Return what a history cost in the first run that was kept, for comparison."""
    if not FIRST.exists():
        return ""
    lines = json.loads(FIRST.read_text(encoding="utf-8"))["prior_clusters"]
    return f"; {sum(one['ms'] for one in lines) / len(lines):.1f} in the first run kept"


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print and write; return the exit status."""
    given, began = parsed(words), time.perf_counter()
    histories = given.histories or (QUICK if given.quick else HISTORIES)
    most = QUICK_EXPERIMENTS if given.quick else EXPERIMENTS
    try:
        changes, structures = numbers(given.set), pairs(given.structure, "--structure")
        shape = measure(histories, given.seed, changes, structures, load_priors(given.priors), experiments=most)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    printed(shape, not given.quick)
    seconds = round(time.perf_counter() - began, 1)
    milliseconds = sum(float(one["ms"]) for one in shape.prior_clusters) / len(shape.prior_clusters)
    cost = f"{milliseconds:.1f} ms a prior history{first_milliseconds()}"
    print(f"{histories} histories of each case, seed {given.seed}; {cost}; {seconds} s")
    out = given.json or (None if given.quick else RESULT)
    if out is not None:
        about = {"histories": histories, "seed": given.seed, "set": changes, "structures": structures, "seconds": seconds}
        told = {"benchmark": "shape", **about, "machine": machine(), **as_data(shape)}
        out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
