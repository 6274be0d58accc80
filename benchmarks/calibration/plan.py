"""Which methods run, at which budgets, how often? And one run of one of them, in a process of its own.

``python -m benchmarks.calibration.plan METHOD PLACE SEED PROGRAMS OUT`` does one run: of the budget at a place of the plan.
"""

import json
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.calibration import fresh, house, peers
from benchmarks.calibration.task import reduced_task


class Method(NamedTuple):
    """A method: its function, its budgets in order with the number of seeds at each, and the library that it needs.

    Attributes
    ----------
    run : callable
        Takes task, budget, seed and a function that is told what came by the way; returns weighted draws.
    budgets : tuple of (budget, seeds)
    quick : how many of the budgets a quick run takes, each once
    library : str
    """

    run: Callable[..., Any]
    budgets: tuple[tuple[Any, int], ...]
    quick: int
    library: str


# The name of our road with its correction, and of what it gives before.
OURS: Final = "ours, corrected"
EARLY: Final = "ours, not corrected"
METHODS: Final[dict[str, Method]] = {
    OURS: Method(
        house.house,
        ((house.Budget(400, 400, 200, 150, 16), 3), (house.Budget(2000, 2000, 400, 400, 24), 1)),
        1,
        "jax",
    ),
    "NPE": Method(
        peers.posterior_estimation,
        ((peers.Budget(250), 3), (peers.Budget(1000), 3), (peers.Budget(4000), 1), (peers.Budget(12000), 1)),
        1,
        "sbi",
    ),
    "NPE, 4 rounds": Method(peers.posterior_estimation, ((peers.Budget(1000, 4), 3),), 0, "sbi"),
    "MNLE": Method(peers.likelihood_estimation, ((peers.Budget(250), 3), (peers.Budget(1000), 1)), 0, "sbi"),
    "ABC-SMC": Method(
        peers.approximate_computation, ((peers.Budget(300, particles=100), 3), (peers.Budget(1500, particles=100), 1)), 1, "pyabc"
    ),
    "emcee, fresh histories": Method(fresh.fresh, ((fresh.Budget(8, 25), 3), (fresh.Budget(16, 60), 1)), 0, "emcee"),
}


class Run(NamedTuple):
    """One run: a method, the place of its budget among its own, and a seed."""

    method: str
    place: int
    seed: int


def planned(quick: bool) -> list[Run]:
    """Return the runs whose libraries are there: every method's first budget first, so that a run cut short has them all."""
    runs = []
    for place in range(max(len(method.budgets) for method in METHODS.values())):
        for name, method in METHODS.items():
            if find_spec(method.library) is None or place >= (method.quick if quick else len(method.budgets)):
                continue
            seeds = 1 if quick else method.budgets[place][1]
            runs += [Run(name, place, seed) for seed in range(1, seeds + 1)]
    return runs


def absent() -> list[str]:
    """Return the methods whose libraries are not installed."""
    return [name for name, method in METHODS.items() if find_spec(method.library) is None]


def one(run: Run, programs: Path, out: Path) -> None:
    """Do one run and write its draws, weights and notes."""
    method, notes = METHODS[run.method], dict[str, Any]()
    if method.library == "jax":
        house.keep_programs(programs)
    task = reduced_task()
    # What libraries announce about their own future is no part of a measurement.
    warnings.simplefilter("ignore")
    found = method.run(task, method.budgets[run.place][0], run.seed, notes.update)
    early = notes.pop("early", np.empty((0, task.parameters)))
    told = json.dumps({"histories": task.histories, **notes})
    np.savez(out, z=found.z, weights=found.weights, early=early, told=told)


if __name__ == "__main__":
    one(Run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])), Path(sys.argv[4]), Path(sys.argv[5]))
