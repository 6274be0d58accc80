"""How does this project's own road do on the reduced task? The stages of the package, through their public functions.

Pairs teach the emulator, joint draws come from Hamiltonian Monte Carlo, and exact ratios weigh them, as in
``calibration.pipeline``. The second sampler (integrals, distilled likelihood, emcee) is left out: it checks the first and moves
no draw. JAX keeps what it compiles in a folder of this benchmark: the first run of a budget compiles, as for a user who
calibrates for the first time, and the others find the programs.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.calibration.proposing import Weighted
from benchmarks.calibration.task import Task
from calibration.emulator.features import ClusterFeatures
from calibration.emulator.pairs import Sizes
from calibration.exact import check_draws, compared, exact_draws, shares
from calibration.jax_setup import jax_alone
from calibration.simulator import far_too_many
from calibration.stages import joint_draws, learn
from calibration.weights import effective_size
from calibration.work import Work
from execution.executors import Threads
from execution.store import RunFolder
from execution.tasks import Runner
from model.config import load_profile
from model.profile import Profile

# Joint draws that stand for the emulator's posterior.
KEPT: Final = 2000


class Budget(NamedTuple):
    """Counts of a run; what is not named here are the counts of the profile ``quick``.

    Attributes
    ----------
    prior, targeted : histories from the prior, and at the emulator's own joint draws
    joint_steps : transitions of the joint chains
    exact_draws, exact_replicates : draws that are weighed, and histories of a cluster at one of them
    """

    prior: int
    targeted: int
    joint_steps: int
    exact_draws: int
    exact_replicates: int


def profile(budget: Budget) -> Profile:
    """Return the profile of a budget."""
    counts = {
        "training_simulations": budget.prior,
        "rounds": int(budget.targeted > 0),
        "targeted_simulations": budget.targeted,
        "joint_steps": budget.joint_steps,
        "check_draws": 40,
        "exact_draws": budget.exact_draws,
        "exact_replicates": budget.exact_replicates,
    }
    return load_profile("quick").model_copy(update=counts)


def work_of(task: Task, budget: Budget, seed: int, runner: Runner) -> Work:
    """Return what the stages share, for the reduced task."""
    simulator = task.simulator
    sizes = Sizes(len(task.tables), task.parameters, len(simulator.own))
    bounds = np.array([far_too_many(case) for case in simulator.cases])
    features = ClusterFeatures(simulator)
    return Work(task.simulate, task.tables, features, bounds, sizes, profile(budget), seed, simulator.errors, runner)


def house(task: Task, budget: Budget, seed: int, note: Callable[..., Any]) -> Weighted:
    """Return weighted draws of the posterior, corrected by exact ratios.

    ``note`` is told what came by the way: the emulator's own draws as ``early`` with what they had cost, and the checks.
    """
    with tempfile.TemporaryDirectory() as place, RunFolder(Path(place) / "run", {}) as folder:
        work = work_of(task, budget, seed, Runner(folder, Threads(1)))
        learned = learn(work)
        drawn = joint_draws(work, learned.emulator, work.profile.rounds, work.profile.joint_steps)
        note(r_hat=float(drawn.chains.convergence.r_hat.max()))
        note(early=drawn.flat(KEPT, seed)[0], early_cpu_s=time.process_time(), early_histories=task.histories)
        checked = check_draws(work, learned.emulator, drawn)
        exact = exact_draws(work, learned.emulator, drawn, shares(work, checked, learned.root_cost))
        told = compared(exact)
        note(effective=effective_size(told.weights), k_hat=told.k_hat, error_sd=told.error_sd, noise_sd=told.noise_sd)
        return Weighted(exact.z, told.weights)


def keep_programs(folder: Path) -> None:
    """Let JAX keep compiled programs in a folder."""
    with jax_alone():
        import jax

        jax.config.update("jax_compilation_cache_dir", str(folder))
