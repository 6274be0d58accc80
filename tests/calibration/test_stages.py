"""Does the chain of stages resume to the bit, whatever the threads, and stop when it is asked to?"""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration import exact as exactly
from calibration.exact import ExactDraws, check_draws, exact_draws, reinforced, shares
from calibration.observation import ErrorModel, Table
from calibration.stages import Chains, chains, distilled, joint_draws, learn, weighed
from calibration.work import Work
from execution.executors import Threads
from execution.stopping import Stop, listening
from execution.store import RunFolder
from execution.tasks import Runner
from model.config import load_profile
from model.errors import Interrupted
from model.profile import Profile
from tests.calibration.conftest import FEATURES, SIZES

COUNTS = {
    "training_simulations": 800,
    "rounds": 1,
    "targeted_simulations": 200,
    "hidden": 8,
    "components": 1,
    "epochs": 2,
    "batch": 64,
    "chains": 3,
    "warmup": 30,
    "round_steps": 8,
    "joint_steps": 120,
    "integrals": 120,
    "integral_points": 8,
    "ensembles": 2,
    "walkers": 12,
    "steps": 420,
    "burn": 20,
    "thin": 10,
    "check_draws": 10,
    "exact_draws": 10,
    "exact_replicates": 4,
    "predictive_draws": 8,
}


NAMES = ["one", "two", "three", "four"]


def profile() -> Profile:
    return load_profile("quick").model_copy(update=COUNTS)


def work(runner: Runner, cluster: Any, tables: list[Table], errors: ErrorModel) -> Work:
    return Work(cluster, tables, FEATURES, np.full(4, 5000.0), SIZES, profile(), 1, errors, runner)


def everything(job: Work) -> tuple[Chains, ExactDraws]:
    learned = learn(job)
    drawn = joint_draws(job, learned.emulator, job.profile.rounds, job.profile.joint_steps)
    quadratic = distilled(job, learned.emulator, drawn)["coefficients"]
    sampled = chains(job, quadratic)
    assert weighed(job, learned.emulator, drawn, sampled, quadratic).weights.sum() == pytest.approx(1.0)
    checked = check_draws(job, learned.emulator, drawn)
    exact = exact_draws(job, learned.emulator, drawn, shares(job, checked, learned.root_cost))
    return sampled, reinforced(job, learned.emulator, drawn, exact, NAMES, lambda line: None)


class _StopAt:
    """Asks for a stop when the n-th piece of work is done."""

    def __init__(self, stop: Stop, at: int) -> None:
        self.stop, self.left, self.seen = stop, at, ("", 0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        if (stage, done) != self.seen and done > 0:
            self.left -= 1
        self.seen = stage, done
        if self.left == 0:
            self.stop.asked = "SIGTERM"


def test_an_interrupted_run_resumes_to_the_same_bits_with_other_threads(
    tmp_path: Path, cluster: Any, tables: list[Table], errors: ErrorModel
) -> None:
    with RunFolder(tmp_path / "whole", {}) as folder:
        sampled, exact = everything(work(Runner(folder, Threads(1)), cluster, tables, errors))
    for at in (3, 20, 9):
        with RunFolder(tmp_path / "parts", {}, resume=True) as folder:
            stop = Stop()
            runner = Runner(folder, Threads(2), progress=_StopAt(stop, at), stop=stop)
            with pytest.raises(Interrupted, match="--resume"):
                everything(work(runner, cluster, tables, errors))
    with RunFolder(tmp_path / "parts", {}, resume=True) as folder:
        again, re_exact = everything(work(Runner(folder, Threads(4)), cluster, tables, errors))
    np.testing.assert_array_equal(sampled.z, again.z)
    np.testing.assert_array_equal(exact.estimate.halves, re_exact.estimate.halves)
    np.testing.assert_array_equal(exact.estimate.keys, re_exact.estimate.keys)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_signals_ask_for_a_stop_and_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with listening() as stop:
        stop.check()
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted, match=number.name):
            stop.check()
    assert signal.getsignal(number) == before


def test_the_noisiest_clusters_are_simulated_further_at_the_same_draws(
    tmp_path: Path, cluster: Any, tables: list[Table], errors: ErrorModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten draws never suffice, so both turns are taken: two clusters get three times and then nine times their histories."""
    monkeypatch.setattr(exactly, "FURTHER", 2)
    told: list[str] = []
    with RunFolder(tmp_path / "run", {}) as folder:
        job = work(Runner(folder, Threads(2)), cluster, tables, errors)
        learned = learn(job)
        drawn = joint_draws(job, learned.emulator, job.profile.rounds, job.profile.joint_steps)
        exact = exact_draws(job, learned.emulator, drawn, np.full(4, 4))
        more = reinforced(job, learned.emulator, drawn, exact, NAMES, told.append)
        monkeypatch.setattr(exactly, "weights_suffice", lambda so_far: True)
        assert reinforced(job, learned.emulator, drawn, exact, NAMES, told.append) is exact
    assert len(told) == 2
    np.testing.assert_array_equal(more.z, exact.z)
    grown = more.replicates // 4
    assert sorted(grown.tolist()) in ([1, 1, 9, 9], [1, 3, 3, 9], [3, 3, 3, 3])
    same = np.flatnonzero(grown == 1)
    np.testing.assert_array_equal(more.estimate.halves[:, same], exact.estimate.halves[:, same])
    noisy = np.flatnonzero(grown > 1)
    assert more.estimate.variance[:, noisy].sum() < exact.estimate.variance[:, noisy].sum()
    assert (more.estimate.keys[:, noisy] != exact.estimate.keys[:, noisy]).any()
