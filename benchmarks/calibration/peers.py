"""How do other libraries do on the reduced task? NPE and NLE of sbi and ABC-SMC of pyABC, by their documented settings.

Rows in which a cluster died out or outgrew the simulator are drawn again, as if they had never been studied.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.calibration.proposing import Weighted
from benchmarks.calibration.task import STAGE, Task
from calibration.keys import PARAMETERS, normals, seeds
from model.arrays import Floats

# Draws of a learned posterior.
KEPT: Final = 2000


class Budget(NamedTuple):
    """Simulated rows in all, and over how many rounds; for pyABC the particles of a population."""

    rows: int
    rounds: int = 1
    particles: int = 0


def studied(task: Task, z: Floats, seed: int, first: int) -> tuple[Floats, Floats]:
    """Return parameters and rows of whole tables, without those in which a cluster cannot have been studied."""
    rows = task.rows(z, seed, first)
    whole = np.isfinite(rows).all(axis=1)
    return z[whole], rows[whole]


def _torch(seed: int) -> Any:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return torch


def _first(task: Task, seed: int, count: int) -> Floats:
    return normals(seeds(seed, STAGE, len(task.tables), 0, count), PARAMETERS, task.parameters)


def posterior_estimation(task: Task, budget: Budget, seed: int, note: Callable[..., Any]) -> Weighted:
    """NPE: a density network of the parameters given the rows, by sbi's defaults; with rounds, from its own proposals (NPE-C)."""
    torch = _torch(seed)
    from sbi.inference import NPE

    size = task.parameters
    prior = torch.distributions.MultivariateNormal(torch.zeros(size), torch.eye(size))
    observed = torch.as_tensor(task.observed, dtype=torch.float32)
    trainer, proposal, each = NPE(prior, show_progress_bars=False), prior, budget.rows // budget.rounds
    for turn in range(budget.rounds):
        drawn = _first(task, seed, each) if turn == 0 else proposal.sample((each,), show_progress_bars=False).numpy()
        z, rows = studied(task, drawn.astype(np.float64), seed, turn * each)
        given = torch.as_tensor(z, dtype=torch.float32), torch.as_tensor(rows, dtype=torch.float32)
        trainer.append_simulations(*given, proposal=proposal).train()
        proposal = trainer.build_posterior().set_default_x(observed)
    z = proposal.sample((KEPT,), show_progress_bars=False).numpy().astype(np.float64)
    return Weighted(z, np.full(KEPT, 1.0 / KEPT))


def likelihood_estimation(task: Task, budget: Budget, seed: int, note: Callable[..., Any]) -> Weighted:
    """MNLE: a density network of the rows given the parameters, for figures and statements mixed, by sbi's defaults."""
    torch = _torch(seed)
    from sbi.inference import MNLE

    size = task.parameters
    prior = torch.distributions.MultivariateNormal(torch.zeros(size), torch.eye(size))
    z, rows = studied(task, _first(task, seed, budget.rows), seed, 0)
    trainer = MNLE(prior, show_progress_bars=False)
    trainer.append_simulations(torch.as_tensor(z, dtype=torch.float32), torch.as_tensor(rows, dtype=torch.float32)).train()
    # Its sampler of 20 chains would take minutes at 20 ms an evaluation; rejection is exact, and cheap with few parameters.
    posterior = trainer.build_posterior(sample_with="rejection")
    observed = torch.as_tensor(task.observed, dtype=torch.float32)
    drawn = posterior.sample((KEPT,), x=observed, show_progress_bars=False).numpy().astype(np.float64)
    return Weighted(drawn, np.full(len(drawn), 1.0 / len(drawn)))


def approximate_computation(task: Task, budget: Budget, seed: int, note: Callable[..., Any]) -> Weighted:
    """ABC-SMC: populations of particles, adaptive weights of the statistics, the median as next threshold; one process."""
    import pyabc

    logging.getLogger("ABC").setLevel(logging.WARNING)
    names, spent = list(task.simulator.names), 0.0
    # pyABC draws from NumPy's global generator, which it documents.
    np.random.set_state(np.random.RandomState(seed).get_state())  # noqa: NPY002
    count = 0

    def run(given: dict[str, float]) -> dict[str, Floats]:
        nonlocal count, spent
        began = time.process_time()
        while True:
            row = task.rows(np.array([[given[name] for name in names]]), seed, count)[0]
            count += 1
            if np.isfinite(row).all():
                spent += time.process_time() - began
                return {"row": row}

    prior = pyabc.Distribution(**{name: pyabc.RV("norm", 0.0, 1.0) for name in names})
    distance = pyabc.AdaptivePNormDistance(p=2)
    sampler = pyabc.sampler.SingleCoreSampler()
    search = pyabc.ABCSMC(run, prior, distance, population_size=budget.particles, sampler=sampler)
    with tempfile.TemporaryDirectory() as place:
        search.new("sqlite:///" + str(Path(place) / "runs.db"), {"row": task.observed})
        history = search.run(max_total_nr_simulations=budget.rows)
        frame, weights = history.get_distribution(t=history.max_t)
        note(populations=int(history.max_t) + 1, simulator_s=spent)
        return Weighted(frame[names].to_numpy(np.float64), np.asarray(weights, np.float64) / np.sum(weights))
