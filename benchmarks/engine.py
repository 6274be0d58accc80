"""What does a firm-quarter cost in each engine? Whole histories, births, deaths and events counted, in one process.

``python -m benchmarks.engine [--quick] [--out F.json]`` prints a table for people and writes one JSON object a row: engine,
firms, ns_per_firm_quarter (median of the runs, with the least and the largest), ratio to ``compiled``.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from model.config import load_case, load_priors
from model.latents import conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.simulation import engine_named

# Home markets (wage-years a year) that keep about so many firms alive.
MARKETS = {50: 140.0, 500: 1_400.0, 5_000: 17_000.0}
YEARS = 30
SIMPY_LARGEST = 500


def history(engine: str, market: float, seed: int) -> tuple[float, float]:
    """Run one history; return its processor time (s) and its firm-quarters."""
    case, priors = load_case(10), load_priors()
    structures = priors.structures_with()
    values = default_values(priors, 1)
    settings, _ = settings_for(case, values, conditional_medians(case, priors)[None, :], structures)
    settings["market"] = market
    settings["quarters"] = 4 * YEARS
    programmes = programmes_for(None, case, structures)
    run = engine_named(engine)
    began = time.process_time()
    panel, _ = run(params_for(values)[0], settings[0], programmes, seed)
    return time.process_time() - began, float(np.nansum(panel[:, COLUMNS.index("firms")]))


def measure(engine: str, firms: int, runs: int) -> dict[str, Any]:
    """Return one row: the cost of a firm-quarter over several seeds."""
    costs, sizes = [], []
    for seed in range(1, runs + 1):
        seconds, quarters = history(engine, MARKETS[firms], seed)
        costs.append(1e9 * seconds / quarters)
        sizes.append(quarters / (4 * YEARS + 1))
    return {
        "engine": engine,
        "firms": firms,
        "mean_firms": round(statistics.fmean(sizes)),
        "runs": runs,
        "ns_per_firm_quarter": round(statistics.median(costs), 1),
        "least": round(min(costs), 1),
        "largest": round(max(costs), 1),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs, no large cluster")
    parser.add_argument("--out", type=Path, help="JSON file, one object a row")
    options = parser.parse_args()
    for engine in ("compiled", "simpy"):
        history(engine, MARKETS[50], 1)
    rows = []
    for firms in MARKETS:
        if options.quick and firms > SIMPY_LARGEST:
            continue
        rows.append(measure("compiled", firms, 5))
        if firms <= SIMPY_LARGEST:
            rows.append(measure("simpy", firms, 2 if options.quick else 5))
    base = {row["firms"]: row["ns_per_firm_quarter"] for row in rows if row["engine"] == "compiled"}
    machine = {"machine": platform.machine(), "python": platform.python_version(), "numpy": np.__version__}
    for row in rows:
        row["ratio"] = round(row["ns_per_firm_quarter"] / base[row["firms"]], 2)
        row.update(machine)
        sys.stdout.write(
            f"{row['engine']:>9} {row['mean_firms']:>6} firms: {row['ns_per_firm_quarter']:>9.1f} ns a firm-quarter "
            f"({row['least']:.1f} to {row['largest']:.1f}), {row['ratio']:.2f} x compiled\n"
        )
    if options.out is not None:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
