"""What does an error of the posterior cost? Several methods of calibration on one task, beside the exact posterior.

``python -m benchmarks.calibration [--quick] [--out F.json] [--figure F.png] [--folder F [--judge]]``

Methods: our road, without and with its exact correction; NPE and MNLE of sbi; ABC-SMC of pyABC; emcee on a simulated likelihood
with fresh histories. Our first road, a density network q(row | parameters) that integrates nothing, is in effect sbi's neural
likelihood, and is not built again. black-it searches for the least of a loss and gives no posterior, so it is left out.

Costs are processor seconds of a process of its own, from its start to its end: imports, compiling, simulating, learning and
sampling. The exact posterior is that of ``python -m benchmarks.calibration.reference``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.calibration.measures import c2st, errors, moments
from benchmarks.calibration.picture import draw
from benchmarks.calibration.plan import EARLY, METHODS, Run, absent, planned
from benchmarks.calibration.reference import stored
from benchmarks.measuring import LIBRARIES, machine
from model.arrays import Floats
from model.cores import SINGLE_THREAD

# Draws of each sample that the classifier is given, and the most seconds of a run.
COMPARED: Final = 1000
PATIENCE: Final = 3600
VERSIONS: Final = (*LIBRARIES, "jax", "blackjax", "emcee", "sbi", "torch", "pyabc", "scikit-learn")


def thinned(z: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return at most ``COMPARED`` draws evenly spread over a sample, with weights that sum to one."""
    rows = np.unique(np.linspace(0, len(z) - 1, COMPARED).astype(np.int64))
    return z[rows], weights[rows] / weights[rows].sum()


def judged(z: Floats, weights: Floats, exact: dict[str, Any]) -> dict[str, float]:
    """Return the errors of means and sds in exact sds, and the classifier's share."""
    by_mean, by_sd = errors(moments(z, weights), (np.array(exact["mean"]), np.array(exact["sd"])))
    draws = np.array(exact["draws"])
    share = c2st(thinned(z, weights), thinned(draws, np.full(len(draws), 1.0 / len(draws))))
    return {"mean_error": by_mean, "sd_error": by_sd, "c2st": share}


def measured(run: Run, place: Path) -> dict[str, Any]:
    """Do one run in a process of its own, whose draws lie in ``place`` then; return its budget, cost and notes."""
    programs, out = place / f"{run.method} {run.place}", place / name_of(run)
    first = not programs.exists()
    programs.mkdir(exist_ok=True)
    budget = METHODS[run.method].budgets[run.place][0]
    row: dict[str, Any] = {**run._asdict(), "budget": budget._asdict(), "first": first}
    given = (run.method, str(run.place), str(run.seed), str(programs), str(out))
    # sbi leaves logs in the working directory.
    alone = {**os.environ, **dict.fromkeys(SINGLE_THREAD, "1"), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    before, began = os.times(), time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.calibration.plan", *given]
    done = subprocess.run(command, env=alone, cwd=place, capture_output=True, timeout=PATIENCE, check=False)
    after = os.times()
    row["cpu_s"] = after.children_user + after.children_system - before.children_user - before.children_system
    row["wall_s"] = time.perf_counter() - began
    if done.returncode:
        return {**row, "failed": done.stderr.decode().strip().splitlines()[-1]}
    with np.load(out) as found:
        return {**row, **json.loads(str(found["told"]))}


def kept_or_measured(run: Run, place: Path) -> dict[str, Any]:
    """Return what a run that lies in ``place`` had measured, or do it."""
    path = kept(run, place)
    if not path.exists():
        path.write_text(json.dumps(measured(run, place)), encoding="utf-8")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def kept(run: Run, place: Path) -> Path:
    """Return the file of what a run measured."""
    return place / f"{name_of(run)}.json"


def name_of(run: Run) -> str:
    """Return the name of the file of a run's draws."""
    return f"{run.method} {run.place} {run.seed}.npz"


def told(row: dict[str, Any], place: Path, exact: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a run with its errors, and before it what it gave on the way, if anything."""
    if "failed" in row:
        return [row]
    with np.load(place / name_of(Run(row["method"], row["place"], row["seed"]))) as found:
        whole = {**row, **judged(found["z"], found["weights"], exact)}
        if not len(found["early"]):
            return [whole]
        cost = {"method": EARLY, "cpu_s": whole.pop("early_cpu_s"), "histories": whole.pop("early_histories")}
        equal = np.full(len(found["early"]), 1.0 / len(found["early"]))
        named = ("place", "seed", "budget", "first")
        return [{**{name: row[name] for name in named}, **cost, **judged(found["early"], equal, exact)}, whole]


def line(row: dict[str, Any]) -> str:
    """Return a run as one line."""
    budget = "-".join(str(value) for value in row["budget"].values())
    head = f"{row['method']:>22} {budget:>18} {row['seed']} {row['cpu_s']:7.1f} s"
    if "failed" in row:
        return f"{head} failed: {row['failed']}"
    errors = f"mean {row['mean_error']:.3f} sd {row['sd_error']:.3f} c2st {row['c2st']:.3f}"
    return f"{head} {row['histories']:>8,} histories: {errors}"


def unlearned(exact: dict[str, Any]) -> dict[str, Any]:
    """Return the errors of the prior, for a scale."""
    z = np.random.Generator(np.random.Philox(1)).standard_normal((10 * COMPARED, len(exact["mean"])))
    return {"method": "the prior", **judged(z, np.full(len(z), 1.0 / len(z)), exact)}


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="end within three minutes on a quiet core: least budgets")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--figure", type=Path, help="picture, .png, .svg or .pdf")
    parser.add_argument("--folder", type=Path, help="where draws are kept; runs that lie there are not done again")
    parser.add_argument("--judge", action="store_true", help="do no run: judge what lies in the folder")
    return parser.parse_args()


def main() -> None:
    """Measure, print and write."""
    given = parsed()
    for name in absent():
        print(f"{name}: its library is not installed, so it is left out; pip install -e '.[calibration-peers]'")
    with tempfile.TemporaryDirectory() as scratch:
        place = given.folder or Path(scratch)
        place.mkdir(exist_ok=True)
        done = []
        for run in planned(given.quick):
            if given.judge and not kept(run, place).exists():
                continue
            done.append(kept_or_measured(run, place.resolve()))
            print(f"{run.method}, seed {run.seed}: {done[-1]['cpu_s']:.0f} s", flush=True)
        exact, began = stored(), time.perf_counter()
        rows = [unlearned(exact)]
        for row in done:
            rows += told(row, place, exact)
    about = {
        "benchmark": "calibration",
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(VERSIONS),
        "runs_cpu_s": round(sum(row["cpu_s"] for row in done), 1),
        "judging_s": round(time.perf_counter() - began, 1),
        "rows": rows,
    }
    print(*map(line, rows[1:]), sep="\n")
    if given.out is not None:
        given.out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    if given.figure is not None:
        draw(about, given.figure)


if __name__ == "__main__":
    main()
