"""Which parameter matters, for what, and how sure is that? A study on the prior: design, paired histories, indices."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from calibration.keys import SENSITIVITY, number
from calibration.observation import ErrorModel
from execution import netcdf
from execution.executors import asked_by, executor_on
from execution.fingerprint import content_hash, source_hashes, versions
from execution.labels import provenance, verdict_of
from execution.run import Run, checked
from execution.store import Shard
from execution.tasks import Executor, Progress, Runner, silent, unheard
from model.arguments import whole_seed
from model.calls import public
from model.config import Policy, all_cases, load_case, load_priors, load_profile, refuse_twins
from model.errors import InputError
from model.profile import Profile
from model.schema import Case
from studies.files.labels import sidecar_of
from studies.files.tables import write_table
from studies.policy.chosen import SEQUENCE, STATUS_QUO, chosen_policies
from studies.policy.compare import warn_of_idle
from studies.sensitivities.arrays import assemble, convergence_line, headline, index_table, settled, undefined
from studies.sensitivities.design import (
    DEFAULT_BY,
    MORRIS,
    REACH,
    Design,
    check_words,
    design,
    problem_of,
)
from studies.sensitivities.indices import analyse
from studies.sensitivities.laboratory import Laboratory, look, scoped

NETCDF: Final = "sensitivity.nc"
TABLE: Final = "sensitivity.csv"
FILES: Final = (NETCDF, TABLE, sidecar_of(Path(TABLE)).name)
KIND: Final = "sensitivity"
# A study of every policy would take hours; these two are the paper's advice and its first step.
POLICIES: Final = (SEQUENCE, "training")
# The packages whose sources decide the numbers of a study.
DECIDES: Final = ("model", "calibration", "studies.policy", "studies.sensitivities")


@public
def sensitivity(
    method: str = MORRIS,
    profile: str | Path | Profile = "quick",
    out: str | Path | None = None,
    *,
    cases: Sequence[int | str | Path] | None = None,
    policies: Sequence[str | Path] | None = None,
    parameters: Sequence[str] | None = None,
    by: str | None = None,
    seed: int | None = None,
    resume: bool = False,
    on: str | Executor = "local",
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> xr.Dataset:
    """Study which parameters matter for the fit to Tables 1-2, for phases, and for what policies change.

    Parameters
    ----------
    method : ``morris`` (screening) or ``sobol`` (shares of variance)
    profile : counts of work
    out : run folder, made with its parents; see ``default_folder``
    cases, policies, parameters : clusters, policies beside the status quo, parameters to vary; see ``plan_of``
    by : ``parameter`` or ``mechanism``: the factors; for Morris the former if not given, for Sobol the latter
    seed, resume, on, shard, progress, say : as ``calibration.calibrate`` takes them

    Returns
    -------
    xarray.Dataset
        Design, outcomes and indices, as in ``sensitivity.nc``; units and meanings in attributes.

    Raises
    ------
    InputError
        If a word, a name or a count is wrong, or the folder is not this study's.
    Interrupted
        On SIGINT, SIGTERM or SIGUSR1, after saving.
    """
    chosen = profile if isinstance(profile, Profile) else load_profile(profile)
    laboratory, plan, factors = plan_of(method, chosen, cases, policies, parameters, by, seed)
    warn_of_idle(laboratory.policies, laboratory.horizon, say)
    folder = Path(out or default_folder(method, factors, chosen.name))
    run = Run(KIND, folder, fingerprint(laboratory, plan, factors), FILES)
    with (
        executor_on(asked_by(chosen, on), chosen.slurm, say) as executor,
        run.opened(executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        if not run.finished:
            _complete(run, runner, laboratory, plan, factors)
    return netcdf.read(checked(folder, NETCDF))


def plan_of(
    method: str,
    profile: Profile,
    cases: Sequence[int | str | Path] | None = None,
    policies: Sequence[str | Path] | None = None,
    parameters: Sequence[str] | None = None,
    by: str | None = None,
    seed: int | None = None,
) -> tuple[Laboratory, Design, str]:
    """Return where a study looks at the model, at which points, and by which kind of factor.

    Parameters
    ----------
    cases : the profile's clusters if not given, or all
    policies : the profile's if not given, or the paper's sequence and training
    parameters : all that have a prior if not given; the others stay at their defaults

    Raises
    ------
    InputError
        If a word, a name or a count is wrong.
    """
    check_words(method, by)
    factors, first = by or DEFAULT_BY[method], profile.seed if seed is None else whole_seed(seed, "seed")
    priors = load_priors()
    problem = problem_of(priors, factors, parameters)
    laboratory = Laboratory(
        _clusters(cases, profile),
        priors,
        problem.names,
        priors.structures_with(None),
        ErrorModel(),
        _policies(policies, profile),
        profile.horizon,
        profile.point_seeds,
        first,
    )
    count = profile.morris_trajectories if method == MORRIS else profile.sobol_samples
    return laboratory, design(method, problem, count, number(first, SENSITIVITY)), factors


def default_folder(method: str, by: str, profile: str) -> Path:
    """Return where a study lies if nothing is said; what is not the default is in its name."""
    words = [] if method == MORRIS else [method]
    words += [] if by == DEFAULT_BY[method] else [f"by-{by}"]
    return Path("runs") / "-".join(["sensitivity", *words, profile])


def _clusters(wanted: Sequence[int | str | Path] | None, profile: Profile) -> tuple[Case, ...]:
    numbers: Sequence[int | str | Path] = wanted or profile.sensitivity_cases
    cases = tuple(load_case(name) for name in numbers) if numbers else all_cases()
    refuse_twins("--case", "cluster", cases)
    for case in cases:
        if not case.observations:
            raise InputError(f"--case: {case.name}: has no observations, so that nothing can be fitted; add one or name another")
    return cases


def _policies(wanted: Sequence[str | Path] | None, profile: Profile) -> tuple[Policy, ...]:
    chosen = chosen_policies(list(wanted or profile.policies or POLICIES))
    return tuple(policy for name, policy in chosen.items() if name != STATUS_QUO)


def fingerprint(laboratory: Laboratory, plan: Design, by: str) -> dict[str, Any]:
    """Return what a study's answer depends on: a resume refuses a change, and names it."""
    return {
        "data": {case.name: content_hash(case.model_dump(mode="json")) for case in laboratory.cases},
        "policies": {policy.name: content_hash(policy.model_dump(mode="json")) for policy in laboratory.policies},
        "priors": {name: content_hash(entry.model_dump(mode="json")) for name, entry in laboratory.priors.parameters.items()},
        "structures": dict(laboratory.structures),
        "errors": content_hash(vars(laboratory.errors)),
        "equations": source_hashes(DECIDES),
        "configuration": {
            "method": plan.method,
            "by": by,
            "parameters": list(plan.problem.names),
            "cases": [case.name for case in laboratory.cases],
            "blocks": plan.blocks,
            "point_seeds": laboratory.histories,
            "horizon": laboratory.horizon,
            "seed": laboratory.seed,
        },
        "versions": {**versions(), "SALib": version("SALib")},
    }


def _complete(run: Run, runner: Runner, laboratory: Laboratory, plan: Design, by: str) -> None:
    """Look at every point, analyse, then write the finished files.

    Raises
    ------
    InputError
        If an outcome or an index is not finite, though defined.
    """
    worlds = 1 + len(laboratory.policies)
    seen = look(runner, laboratory, len(laboratory.cases), plan.points, laboratory.histories * worlds)
    simulations = len(plan.points) * len(laboratory.cases) * laboratory.histories * worlds

    def write() -> dict[str, Any]:
        if not np.isfinite(seen.measures).all():
            raise InputError(f"{run.folder}: an outcome of a history is not finite; narrow the priors, or name other parameters")
        outcomes = scoped(seen.measures)
        findings = analyse(plan, outcomes.reshape(*outcomes.shape[:2], -1), number(laboratory.seed, SENSITIVITY, 1))
        data = assemble(laboratory, findings, seen, _attributes(laboratory, plan, by, simulations))
        label = convergence_line(headline(data))
        told = provenance(f"on the prior; {label}", verdict_of(settled(data)), laboratory.seed, run.depends)
        indices = index_table(data)
        write_table(run.folder / TABLE, indices, attributes=told, required=("value",), excused=undefined(indices))
        netcdf.write(run.folder / NETCDF, data.assign_attrs(told))
        return {
            "seed": laboratory.seed,
            "converged": settled(data),
            "label": label,
            "imposed": dict(laboratory.structures),
            "simulations": simulations,
        }

    run.finish(runner, write)


def _attributes(laboratory: Laboratory, plan: Design, by: str, simulations: int) -> dict[str, Any]:
    return {
        "method": plan.method,
        "by": by,
        "blocks": plan.blocks,
        "seed": laboratory.seed,
        "horizon": laboratory.horizon,
        "simulations": simulations,
        "reach": list(REACH[plan.method]),
        "structures": "; ".join(f"{name}={option}" for name, option in laboratory.structures.items()),
    }
