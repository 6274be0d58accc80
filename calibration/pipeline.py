"""What do Tables 1-2 say about the parameters? The whole calibration in order, resumable, with its gate."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from calibration import distil, groups, histories
from calibration.correction import HALVES, Decision, decide
from calibration.emulator.features import ClusterFeatures
from calibration.emulator.pairs import Sizes
from calibration.emulator.stored import stored_emulator, stored_network, stored_scale
from calibration.exact import (
    CHECK_REPLICATES,
    ExactDraws,
    check_draws,
    compared,
    exact_draws,
    reinforced,
    shares,
    some_draws,
)
from calibration.fingerprint import fingerprint
from calibration.gate import Chain, Limits, Verdict, agreement, judge, worst
from calibration.jax_setup import need_learning_libraries
from calibration.keys import PREDICTIVE
from calibration.observation import ErrorModel, dead_log_density
from calibration.otherwise import kept_of, otherwise
from calibration.predictive import coverage, fans, kept_histories, predict, statements
from calibration.results import (
    CHECKS,
    EMULATOR,
    FILES,
    HISTORIES,
    KIND,
    PATHS,
    POSTERIOR,
    Posterior,
    finished_calibration,
    load_posterior,
    plain,
)
from calibration.simulator import ClusterSimulator, far_too_many
from calibration.stages import Begun, Chains, Joint, Learned, Weighed, chains, distilled, joint_draws, learn, weighed
from calibration.tables import table
from calibration.weights import systematic
from calibration.work import Work
from execution import netcdf
from execution.chunks import digest
from execution.executors import asked_by, executor_on
from execution.labels import labelled, provenance, verdict_of
from execution.run import Run, checked
from execution.store import Shard
from execution.tasks import Executor, Progress, Runner, silent, unheard
from execution.writing import read_json, write_json
from model.arguments import whole_seed
from model.arrays import Arrays, Floats
from model.calls import public
from model.config import all_cases, load_priors, load_profile
from model.errors import InputError
from model.priors import Priors
from model.profile import Profile


@public
def calibrate(
    profile: str | Path | Profile = "quick",
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
    warm: str | Path | None = None,
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
    warm : a finished calibration whose emulator is taught further, for instance one of another structure

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
    chosen = profile if isinstance(profile, Profile) else load_profile(profile, known)
    choices, calibrated = known.structures_with(structures), known.names("calibrated")
    chosen.check_walkers(len(calibrated))
    simulator = ClusterSimulator(all_cases(), known, calibrated, errors or ErrorModel(), choices, threads=1)
    first = chosen.seed if seed is None else whole_seed(seed, "seed")
    depends = fingerprint(simulator.cases, simulator.priors, simulator.structures, chosen, first, simulator.errors)
    begun = None if warm is None else _begun(warm, calibrated, chosen)
    run = Run(KIND, Path(out), depends | ({} if begun is None else {"warm": digest(begun.network)}), FILES)
    if not run.finished:
        need_learning_libraries()
    with (
        executor_on(asked_by(chosen, on), chosen.slurm, say) as executor,
        run.opened(executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        if not run.finished:
            _complete(run, _work(simulator, chosen, first, runner), simulator, begun, say)
    return load_posterior(run.folder)


def _begun(warm: str | Path, calibrated: tuple[str, ...], profile: Profile) -> Begun:
    """Return the emulator of a finished calibration, if it can be taught further with this profile."""
    home = finished_calibration(warm)
    stored = netcdf.datasets(checked(home, EMULATOR))
    network, components = stored_network(stored)
    if read_json(checked(home, CHECKS))["parameters"] != list(calibrated):
        raise InputError(f"--warm: {warm}: was calibrated on other parameters; leave --warm out")
    made = network["w0"].shape[1], components
    if made != (profile.hidden, profile.components):
        rule = f"its emulator has hidden: {made[0]} and components: {made[1]}"
        raise InputError(f"--warm: {warm}: {rule}; take a profile with the same")
    return Begun(network, stored_scale(stored))


def _work(simulator: ClusterSimulator, profile: Profile, seed: int, runner: Runner) -> Work:
    tables = [table(case, simulator.errors) for case in simulator.cases]
    sizes = Sizes(len(tables), len(simulator.names), len(simulator.own))
    bounds = np.array([far_too_many(case) for case in simulator.cases])
    told = ClusterFeatures(simulator)
    return Work(replace(simulator, heed=runner.stop.check), tables, told, bounds, sizes, profile, seed, simulator.errors, runner)


class _Answer(NamedTuple):
    """What the stages leave: the emulator, both samplers, the distilled likelihood with weights for its draws, exact ratios."""

    learned: Learned
    drawn: Joint
    sampled: Chains
    distilled: Arrays
    weighed: Weighed
    exact: ExactDraws
    decision: Decision


def _complete(
    run: Run, work: Work, simulator: ClusterSimulator, begun: Begun | None, say: Callable[[str], object]
) -> None:
    """Do every stage, then write the finished files."""
    names = [case.name for case in simulator.cases]
    answer = _answer(work, names, begun, say)
    exact = answer.exact
    verdict, weights, blamed = _verdict(work, simulator, answer)
    everything = [table(case, _all_figures(work.errors)) for case in simulator.cases]
    fresh = _predictive_draws(work, answer, weights, verdict)
    predicted = predict(work, fresh, everything)
    kept = kept_histories(work, simulator, exact.z, exact.estimate.own, exact.estimate.keys)
    choices = otherwise(simulator, work.tables, kept_of(exact.z, weights, kept), fresh, predicted.alive)
    paths = fans(simulator, kept, weights)
    checks = {
        **asdict(verdict),
        **_of_stages(answer, names),
        "blamed": blamed,
        "coverage": coverage(predicted, everything, names),
        "statements": statements(predicted, everything, names),
        "otherwise": choices,
        "parameters": list(simulator.names),
    }

    def write() -> dict[str, Any]:
        told = provenance(verdict.label, verdict_of(verdict.converged), work.seed, run.depends)
        likelihood = answer.distilled["coefficients"]
        made = groups.groups(simulator, _draws(answer, verdict), predicted, everything, work.seed)
        netcdf.write(run.folder / POSTERIOR, labelled(made, told))
        stored = histories.assemble(simulator, exact.z, exact.estimate, distil.likelihood(likelihood, exact.z), weights)
        netcdf.write(run.folder / HISTORIES, labelled(stored, told))
        netcdf.write(run.folder / PATHS, labelled(paths, told))
        taught = stored_emulator(answer.learned.emulator, answer.learned.scale, answer.drawn.tuned)
        netcdf.write(run.folder / EMULATOR, labelled(taught, told))
        write_json(run.folder / CHECKS, plain(checks))
        summary = {"seed": work.seed, "converged": verdict.converged, "label": verdict.label}
        return {**summary, "imposed": dict(simulator.structures), "simulations": _simulations(work, answer)}

    run.finish(work.runner, write)


def _draws(answer: _Answer, verdict: Verdict) -> groups.Draws:
    """Return the draws that stand for the posterior: the exact ones with their weights where they passed the gate."""
    likelihood = answer.distilled["coefficients"]
    if verdict.converged:
        return groups.weighted_draws(answer.exact, likelihood)
    return groups.sampled_draws(answer.drawn.chains, likelihood)


def _of_stages(answer: _Answer, names: list[str]) -> dict[str, Any]:
    """Return what ``checks.json`` holds of the stages."""
    assessed = answer.learned.assessed._asdict()
    return {
        "decision": answer.decision._asdict(),
        "replicates": dict(zip(names, answer.exact.replicates.tolist(), strict=True)),
        "emulator": {"score": answer.learned.scores, **assessed, "distilled": answer.distilled["error"]},
        "sampler": dict(answer.sampled.convergence._asdict()),
    }


def _answer(work: Work, names: list[str], begun: Begun | None, say: Callable[[str], object]) -> _Answer:
    """Do the stages in order; exact draws are paid for only where the cheap check leaves a chance that they suffice."""
    learned = learn(work, begun)
    drawn = joint_draws(work, learned.emulator, work.profile.rounds, work.profile.joint_steps)
    quadratic = distilled(work, learned.emulator, drawn)
    sampled = chains(work, quadratic["coefficients"])
    weights = weighed(work, learned.emulator, drawn, sampled, quadratic["coefficients"])
    checked = check_draws(work, learned.emulator, drawn)
    replicates = shares(work, checked, learned.root_cost)
    decision = decide(checked.estimate, checked.replicates, replicates, work.profile.exact_draws, Limits().ess)
    say(decision.words())
    exact = checked
    if decision.paid:
        exact = exact_draws(work, learned.emulator, drawn, replicates)
        exact = reinforced(work, learned.emulator, drawn, exact, names, say)
    return _Answer(learned, drawn, sampled, quadratic, weights, exact, decision)


def _all_figures(errors: ErrorModel) -> ErrorModel:
    return ErrorModel(**{**vars(errors), "score_founding_schooling": True})


def _verdict(work: Work, simulator: ClusterSimulator, answer: _Answer) -> tuple[Verdict, Floats, list[str]]:
    """Return the verdict, the weights of the exact draws, and the clusters to blame."""
    profile, estimate, names = work.profile, answer.exact.estimate, [case.name for case in simulator.cases]
    total = estimate.log_ratio.sum(axis=1)
    corrected = compared(answer.exact)
    likelihood = estimate.log_ratio + distil.likelihood(answer.distilled["coefficients"], answer.exact.z)
    mean = np.logaddexp.reduce(likelihood, axis=0) - np.log(len(total))
    misfit = np.array([dead_log_density(row, work.errors) for row in work.tables]) - np.log(work.errors.dead) - mean
    samplers = (
        Chain("joint", answer.drawn.chains.convergence, profile.joint_steps),
        Chain("emcee", answer.sampled.convergence, profile.steps - profile.burn),
    )
    size = work.sizes.parameters
    agreed = agreement(answer.drawn.chains.z.reshape(-1, size), *answer.weighed, simulator.names)
    verdict = judge(samplers, agreed, corrected, names, misfit)
    weights = corrected.weights if verdict.converged else np.full(len(total), 1.0 / len(total))
    return verdict, weights, worst(corrected, names)


def _predictive_draws(work: Work, answer: _Answer, weights: Floats, verdict: Verdict) -> Floats:
    """Posterior draws for prediction: resampled by weight where the correction passed."""
    count = work.profile.predictive_draws
    if not verdict.converged:
        return some_draws(work, answer.drawn, count, PREDICTIVE)[0]
    drawn: Floats = answer.exact.z[systematic(weights, count)]
    return drawn


def _simulations(work: Work, answer: _Answer) -> int:
    """Return how many histories the run has simulated."""
    profile, cases = work.profile, work.sizes.cases
    taught = len(answer.learned.pairs.keys)
    checked = profile.check_draws * CHECK_REPLICATES * cases
    exact = HALVES * int(answer.exact.replicates.sum()) * len(answer.exact.z) if answer.decision.paid else 0
    return int(taught + checked + exact + cases * (profile.predictive_draws + len(answer.exact.z)))


@public
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
