"""What do Tables 1-2 say about the parameters? The whole calibration in order, resumable, with its gate."""

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
from calibration.results import CHECKS, FILES, HISTORIES, KIND, PATHS, POSTERIOR, Posterior, finished_calibration, load_posterior
from calibration.simulator import ClusterSimulator
from calibration.stages import Chains, ExactDraws, chains, exact_draws, networks, some_draws, training_pairs
from calibration.tables import covariates, table
from calibration.work import Work
from execution import netcdf
from execution.executors import asked_by, executor_on
from execution.labels import labelled, provenance, verdict_of
from execution.run import Run, checked
from execution.store import Shard
from execution.tasks import Executor, Progress, Runner, silent, unheard
from execution.writing import read_json, write_json
from model.arguments import whole_seed
from model.arrays import Floats
from model.config import all_cases, load_priors, load_profile
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
    known = (priors or load_priors()).changed(changes or {})
    chosen = load_profile(profile, known) if isinstance(profile, str) else profile
    choices, calibrated = known.structures_with(structures), known.names("calibrated")
    chosen.check_walkers(len(calibrated))
    simulator = ClusterSimulator(all_cases(), known, calibrated, errors or ErrorModel(), choices, threads=1)
    first = chosen.seed if seed is None else whole_seed(seed, "seed")
    depends = fingerprint(simulator.cases, simulator.priors, simulator.structures, chosen, first, simulator.errors)
    run = Run(KIND, Path(out), depends, FILES)
    with (
        executor_on(asked_by(chosen, on), chosen.slurm, say) as executor,
        run.opened(executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        if not run.finished:
            _complete(run, _work(simulator, chosen, first, runner), simulator)
    return load_posterior(run.folder)


def _work(simulator: ClusterSimulator, profile: Profile, seed: int, runner: Runner) -> Work:
    tables = [table(case, simulator.errors) for case in simulator.cases]
    sizes = Sizes(len(tables), len(simulator.names), len(LATENTS))
    told = features(covariates(simulator.cases))
    return Work(replace(simulator, heed=runner.stop.check), tables, told, sizes, profile, seed, simulator.errors, runner)


def _complete(run: Run, work: Work, simulator: ClusterSimulator) -> None:
    """Do every stage, then write the finished files."""
    pairs = training_pairs(work)
    learned = networks(work, pairs)
    sampled = chains(work, learned.surrogate)
    exact = exact_draws(work, learned, sampled, typical_size(pairs, work.sizes))
    verdict, weights, blamed = _verdict(work, simulator, sampled, exact)
    everything = [table(case, _all_figures(work.errors)) for case in simulator.cases]
    predicted = predict(work, _predictive_draws(work, sampled, exact, weights, verdict), everything)
    paths = fans(work, simulator, exact.z, exact.estimate.latents, exact.estimate.keys)
    names = [case.name for case in simulator.cases]
    checks = {
        **asdict(verdict),
        "blamed": blamed,
        "replicates": dict(zip(names, exact.replicates.tolist(), strict=True)),
        "networks": {"proposal": learned.scores[0], "surrogate": learned.scores[1:]},
        "coverage": coverage(predicted, everything, names),
        "statements": statements(predicted, everything, names),
        "sampler": dict(sampled.convergence._asdict()),
        "parameters": list(simulator.names),
    }

    def write() -> dict[str, Any]:
        told = provenance(verdict.label, verdict_of(verdict.converged), work.seed, run.depends)
        groups = results.groups(simulator, learned.surrogate, sampled, predicted, everything, work.seed)
        netcdf.write(run.folder / POSTERIOR, labelled(groups, told))
        kept = histories.assemble(simulator, exact.z, exact.estimate, exact.surrogate, weights)
        netcdf.write(run.folder / HISTORIES, labelled(kept, told))
        netcdf.write(run.folder / PATHS, labelled(paths, told))
        write_json(run.folder / CHECKS, results.plain(checks))
        return {
            "seed": work.seed,
            "converged": verdict.converged,
            "label": verdict.label,
            "imposed": dict(simulator.structures),
            "simulations": _simulations(work, exact),
        }

    run.finish(work.runner, write)


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
    corrected = correction(exact.estimate, exact.surrogate, arviz_adapter.k_hat(total))
    mean = np.logaddexp.reduce(exact.estimate.log_likelihood, axis=0) - np.log(len(total))
    misfit = np.array([dead_log_density(row, work.errors) for row in work.tables]) - np.log(work.errors.dead) - mean
    verdict = judge(sampled.convergence, work.profile.steps - work.profile.burn, corrected, names, misfit)
    weights = corrected.weights if verdict.converged else np.full(len(total), 1.0 / len(total))
    return verdict, weights, worst(corrected, names)


def _predictive_draws(work: Work, sampled: Chains, exact: ExactDraws, weights: Floats, verdict: Verdict) -> Floats:
    """Posterior draws for prediction: resampled by weight where the correction passed."""
    count = work.profile.predictive_draws
    if not verdict.converged:
        return some_draws(work, sampled, count, PREDICTIVE)
    ends = np.cumsum(weights)
    rows = np.searchsorted(ends, (np.arange(count) + 0.5) / count * ends[-1])
    drawn: Floats = exact.z[np.minimum(rows, len(weights) - 1)]
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
    DamagedRun
        If what it holds was changed or cannot be read.
    """
    return read_json(checked(finished_calibration(path), CHECKS))
