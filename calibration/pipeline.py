"""What do Tables 1-2 say about the parameters? The whole calibration in order, resumable, with its gate."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from calibration import arviz_adapter, histories, results
from calibration.fingerprint import fingerprint
from calibration.gate import Verdict, correction, judge, worst
from calibration.keys import PREDICTIVE
from calibration.learned.surrogate import features
from calibration.learned.training_set import Sizes, typical_size
from calibration.observation import ErrorModel, dead_log_density
from calibration.predictive import coverage, fans, predict, statements
from calibration.results import CHECKS, HISTORIES, PATHS, POSTERIOR, Posterior, load_posterior
from calibration.simulator import ClusterSimulator
from calibration.stages import Chains, ExactDraws, chains, exact_draws, networks, some_draws, training_pairs
from calibration.tables import covariates, table
from calibration.work import Work
from execution.executors import asked_by, executor_on
from execution.fingerprint import result_hash, versions
from execution.store import MANIFEST, Shard, read_json, write_json
from execution.tasks import Executor, Progress, Runner, running, silent, unheard
from model.arrays import Floats
from model.config import all_cases, load_priors, load_profile
from model.errors import InputError
from model.latents import LATENTS
from model.priors import Priors
from model.profile import Profile


def calibrate(
    profile: str | Profile = "quick",
    out: str | Path = "runs/calibrate-quick",
    *,
    seed: int | None = None,
    changes: Mapping[str, Any] | None = None,
    structures: Mapping[str, str] | None = None,
    priors: Priors | None = None,
    resume: bool = False,
    on: str | Executor = "local",
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
    errors: ErrorModel | None = None,
) -> Posterior:
    """Calibrate on Tables 1-2.

    Parameters
    ----------
    profile, out, seed : counts of work, run folder, first of all keys (the profile's if not given)
    changes, structures : as ``Priors.changed`` and ``Priors.structures_with`` take them
    resume : continue an existing folder; a finished one is returned as it is
    on : where the work is done: ``local``, ``local:N``, ``dask:ADDRESS``, ``slurm`` or an open executor; no bit depends on it
    shard : do one part of every stage, beside living shards, and for dead ones
    progress, say : told (stage, done, total), and what a user should know of the workers

    Raises
    ------
    InputError
        If the folder exists and is not this run's, or a change is wrong.
    Interrupted
        On SIGINT, SIGTERM or SIGUSR1, after saving.
    DamagedRun
        If a stored chunk disagrees with its checksum.
    """
    chosen = load_profile(profile) if isinstance(profile, str) else profile
    known = (priors or load_priors()).changed(changes or {})
    choices, calibrated = known.structures_with(structures), known.names("calibrated")
    simulator = ClusterSimulator(all_cases(), known, calibrated, errors or ErrorModel(), choices, threads=1)
    place, first = Path(out), chosen.seed if seed is None else seed
    mark = fingerprint(simulator.cases, simulator.priors, simulator.structures, chosen, first, simulator.errors)
    with (
        executor_on(asked_by(chosen, on), chosen.slurm, say) as executor,
        running(place, mark, executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        if not _finished(place):
            _run(_work(simulator, chosen, first, runner), simulator, mark)
    return load_posterior(place)


def _finished(out: Path) -> bool:
    return (out / MANIFEST).exists()


def _work(simulator: ClusterSimulator, profile: Profile, seed: int, runner: Runner) -> Work:
    tables = [table(case, simulator.errors) for case in simulator.cases]
    sizes = Sizes(len(tables), len(simulator.names), len(LATENTS))
    told = features(covariates(simulator.cases))
    return Work(replace(simulator, heed=runner.stop.check), tables, told, sizes, profile, seed, simulator.errors, runner)


def _run(work: Work, simulator: ClusterSimulator, mark: dict[str, Any]) -> None:
    """Do every stage, then write the finished files: the manifest comes last."""
    wall, cpu = time.monotonic(), time.process_time()
    pairs = training_pairs(work)
    learned = networks(work, pairs)
    sampled = chains(work, learned.surrogate)
    exact = exact_draws(work, learned, sampled, typical_size(pairs, work.sizes))
    verdict, weights, blamed = _verdict(work, simulator, sampled, exact)
    everything = [table(case, _all_figures(work.errors)) for case in simulator.cases]
    predicted = predict(work, _predictive_draws(work, sampled, exact, weights, verdict), everything)
    paths = fans(work, simulator, exact.z, exact.estimate.latents, exact.estimate.keys)
    names = [case.name for case in simulator.cases]
    report = {
        **asdict(verdict),
        "blamed": blamed,
        "replicates": dict(zip(names, exact.replicates.tolist(), strict=True)),
        "networks": {"proposal": learned.scores[0], "surrogate": learned.scores[1:]},
        "coverage": coverage(predicted, everything, names),
        "statements": statements(predicted, everything, names),
        "sampler": dict(sampled.convergence._asdict()),
        "parameters": list(simulator.names),
    }
    place = work.runner.folder.path

    def write() -> None:
        arviz_adapter.write(
            place / POSTERIOR, results.groups(simulator, learned.surrogate, sampled, predicted, everything, work.seed)
        )
        histories.write(place / HISTORIES, histories.assemble(simulator, exact.z, exact.estimate, exact.surrogate, weights))
        histories.write(place / PATHS, paths)
        write_json(place / CHECKS, results.plain(report))
        spent = {"wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu, "simulations": _simulations(work, exact)}
        write_json(place / MANIFEST, _manifest(place, work.seed, simulator, verdict, mark) | spent)

    work.runner.finish(lambda: _finished(place), write)


def _manifest(place: Path, seed: int, simulator: ClusterSimulator, verdict: Verdict, mark: dict[str, Any]) -> dict[str, Any]:
    datasets = {name: histories.read(place / name) for name in (HISTORIES, PATHS)}
    return {
        "result_hash": result_hash({**datasets, **arviz_adapter.datasets(place / POSTERIOR)}),
        "fingerprint": mark,
        "versions": versions(),
        "seed": seed,
        "converged": verdict.converged,
        "label": verdict.label,
        "imposed": dict(simulator.structures),
        "command": " ".join(sys.argv),
    }


def _all_figures(errors: ErrorModel) -> ErrorModel:
    return ErrorModel(**{**vars(errors), "score_founding_schooling": True})


def _verdict(
    work: Work,
    simulator: ClusterSimulator,
    sampled: Chains,
    exact: ExactDraws,
) -> tuple[Verdict, Floats, list[str]]:
    """Return the verdict, the weights of the exact draws, and the clusters to blame."""
    names = [case.name for case in simulator.cases]
    total = (exact.estimate.log_likelihood - exact.surrogate).sum(axis=1)
    found = correction(exact.estimate, exact.surrogate, arviz_adapter.k_hat(total))
    mean = np.logaddexp.reduce(exact.estimate.log_likelihood, axis=0) - np.log(len(total))
    misfit = np.array([dead_log_density(row, work.errors) for row in work.tables]) - np.log(work.errors.dead) - mean
    verdict = judge(sampled.convergence, work.profile.steps - work.profile.burn, found, names, misfit)
    weights = found.weights if verdict.converged else np.full(len(total), 1.0 / len(total))
    return verdict, weights, worst(found, names)


def _predictive_draws(work: Work, sampled: Chains, exact: ExactDraws, weights: Floats, verdict: Verdict) -> Floats:
    """Posterior draws for prediction: resampled by weight where the correction passed."""
    count = work.profile.predictive_draws
    if not verdict.converged:
        return some_draws(work, sampled, count, PREDICTIVE)
    ends = np.cumsum(weights)
    places = np.searchsorted(ends, (np.arange(count) + 0.5) / count * ends[-1])
    drawn: Floats = exact.z[np.minimum(places, len(weights) - 1)]
    return drawn


def _simulations(work: Work, exact: ExactDraws) -> int:
    profile, cases = work.profile, work.sizes.cases
    training = -(-profile.training_simulations // cases) * cases
    return int(training + 2 * exact.replicates.sum() * len(exact.z) + cases * (profile.predictive_draws + len(exact.z)))


def check(path: str | Path) -> dict[str, Any]:
    """Return the gate's verdict on a finished calibration.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    stored = Path(path) / CHECKS
    if not stored.is_file():
        raise InputError(f"{path}: check: holds no {CHECKS}; run takeoff calibrate --out {path}")
    verdict: dict[str, Any] = read_json(stored)
    return verdict
