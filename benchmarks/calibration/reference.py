"""What is the exact posterior of the reduced task? Importance sampling with many exact histories, and no network.

Histories from the prior that come near a cluster's row say where to look. At parameters drawn from a broad density around a
pilot's posterior, every cluster is then simulated many times; the mean of population / proposal * p(row | history) is an
unbiased estimate of its likelihood (``calibration.exact_road``). Unbiased weights target the exact posterior however noisy they
are; noise only costs effective draws, and the Monte Carlo error counts it.
"""

import json
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.stats import multivariate_normal

from benchmarks.calibration.measures import moments, monte_carlo_errors
from benchmarks.calibration.proposing import Weighted, near_rows, weighted
from benchmarks.calibration.task import STAGE, Task, reduced_task
from benchmarks.measuring import machine
from calibration import distil
from calibration.exact_road import Road, estimated
from calibration.keys import number
from calibration.weights import effective_size, systematic
from model.arrays import Floats

STORED: Final = Path(__file__).resolve().parents[1] / "results" / "calibration-reference.json"
# Share of parameters drawn from the prior, and factor by which the pilot's standard deviations are widened.
FROM_PRIOR: Final = 0.15
WIDER: Final = 1.25
# Parameters whose likelihood is estimated at a time.
BLOCK: Final = 50
# Draws that are stored of both runs together.
KEPT: Final = 2000


class Counts(NamedTuple):
    """How much work a reference is.

    Attributes
    ----------
    pilot : histories of each cluster from the prior
    pilot_draws : parameters of the pilot
    draws : parameters that are weighted
    replicates : histories of each cluster at one of them
    """

    pilot: int = 3000
    pilot_draws: int = 100
    draws: int = 1000
    replicates: int = 20


def road(task: Task, proposal: distil.Proposal, replicates: int, seed: int) -> Road:
    """Return what it takes to estimate the likelihood, without a cheap density before it."""
    each = np.full(len(task.tables), replicates)
    nothing = np.zeros(distil.count(task.parameters))
    return Road(task.simulate, task.tables, task.simulator.errors, proposal, each, nothing, seed)


def reference(task: Task, seed: int, counts: Counts) -> Weighted:
    """Return weighted draws of the exact posterior."""
    proposal, size = near_rows(task, seed, counts.pilot), task.parameters
    draw: Any = np.random.Generator(np.random.Philox(number(seed, STAGE + 2)))
    first = draw.standard_normal((counts.pilot_draws, size))
    pilot = weighted(estimated(road(task, proposal, counts.replicates, seed), first, 0), first)
    mean, scatter = pilot.weights @ pilot.z, WIDER**2 * np.cov(pilot.z.T, aweights=pilot.weights)
    z = np.where(
        draw.random((counts.draws, 1)) < FROM_PRIOR,
        draw.standard_normal((counts.draws, size)),
        draw.multivariate_normal(mean, scatter, counts.draws),
    )
    exact = road(task, proposal, counts.replicates, number(seed, STAGE + 3))
    blocks = []
    for at in range(0, counts.draws, BLOCK):
        blocks.append(estimated(exact, z[at : at + BLOCK], at))
        print(f"reference {seed}: {at + BLOCK:,} of {counts.draws:,} draws", flush=True)
    likelihood = np.concatenate(blocks)
    prior = multivariate_normal(np.zeros(size)).logpdf(z)
    around = multivariate_normal(mean, scatter).logpdf(z)
    proposed = np.logaddexp(np.log(FROM_PRIOR) + prior, np.log1p(-FROM_PRIOR) + around)
    return weighted(prior + likelihood - proposed, z)


def pooled(runs: tuple[Weighted, Weighted]) -> Weighted:
    """Return the draws of two runs, each run with the share of its effective draws."""
    sizes = np.array([effective_size(run.weights) for run in runs])
    shares = sizes / sizes.sum()
    weights = np.concatenate([share * run.weights for share, run in zip(shares, runs, strict=True)])
    return Weighted(np.concatenate([run.z for run in runs]), weights)


def apart(runs: tuple[Weighted, Weighted]) -> tuple[Floats, Floats]:
    """Return how far two runs are apart in means and in sds (d,), in standard errors of the difference."""
    first, second = (np.stack(moments(*run)) for run in runs)
    errors = np.sqrt(sum(np.stack(monte_carlo_errors(*run)) ** 2 for run in runs))
    scores = (first - second) / errors
    return scores[0], scores[1]


class Made(NamedTuple):
    """A run: its draws, the histories that it simulated, and its processor seconds."""

    found: Weighted
    histories: int
    cpu_s: float


def made(seed: int, counts: Counts) -> Made:
    """Make a run."""
    task, began = reduced_task(), time.process_time()
    found = reference(task, seed, counts)
    return Made(found, task.histories, time.process_time() - began)


def store(one: Made, other: Made, counts: Counts, path: Path = STORED) -> None:
    """Print whether two runs agree, and store both together."""
    runs, task = (one.found, other.found), reduced_task()
    means, sds = apart(runs)
    both = pooled(runs)
    names = ("mean", "sd", "mean_error", "sd_error")
    values = (*moments(*both), *monte_carlo_errors(*both))
    told = {
        "cases": [case.name for case in task.simulator.cases],
        "parameters": list(task.simulator.names),
        "truth": task.truth.tolist(),
        "observed": task.observed.tolist(),
        "counts": counts._asdict(),
        "histories": one.histories + other.histories,
        "cpu_s": one.cpu_s + other.cpu_s,
        "effective": [effective_size(run.weights) for run in runs],
        "apart_means": means.tolist(),
        "apart_sds": sds.tolist(),
        **{name: value.tolist() for name, value in zip(names, values, strict=True)},
        "draws": both.z[systematic(both.weights, KEPT)].round(4).tolist(),
        "machine": machine(),
    }
    path.write_text(json.dumps(told) + "\n", encoding="utf-8")
    print(f"reference: {told['histories']:,} histories, {told['cpu_s']:.0f} s, effective draws {told['effective']}")
    print(f"two runs apart, in standard errors: means {means.round(2)}, sds {sds.round(2)}")


def stored(path: Path = STORED) -> dict[str, Any]:
    """Return what ``store`` wrote."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    store(made(1, Counts()), made(2, Counts()), Counts())
