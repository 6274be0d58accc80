"""The chain from the tables to the page: ``run``, ``calibrate``, ``check``, ``compare`` and ``report``."""

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from model.config import Priors, Profile, load_priors, load_profile
from model.errors import InputError
from studies.commands.drawing import draw, plot_asked
from studies.commands.telling import exit_code, progress_asked, tell
from studies.commands.working import executor_asked, profile_asked, work_asked
from studies.progress import Progress, span

REPORT: Final = "report.html"


class Job(NamedTuple):
    """A calibration as asked for, checked before its first line and its first simulation."""

    profile: Profile
    priors: Priors
    structures: dict[str, str]
    out: Path


def _job(arguments: argparse.Namespace) -> Job:
    from model.changes import read_priors

    priors, structures = read_priors(load_priors(), arguments.changes, beyond=arguments.beyond_prior)
    profile = load_profile(arguments.profile or main_profile(), priors)
    return Job(profile, priors, structures, Path(arguments.out or f"runs/{arguments.command}-{profile.name}"))


def main_profile() -> str:
    """Return the profile of the main job: that of the posterior that comes with the house, or quick where none does."""
    from calibration.shipped import PROFILE, is_shipped

    return PROFILE if is_shipped() else "quick"


def _is_taken(job: Job, arguments: argparse.Namespace) -> bool:
    """Tell whether the posterior that comes with the house is asked for, and is not to be calibrated anew."""
    from calibration.shipped import PROFILE

    return job.profile.name == PROFILE and not getattr(arguments, "anew", False)


def _obtain(job: Job, arguments: argparse.Namespace, on: Any, progress: Progress) -> Any:
    """Obtain a posterior in the job's run folder, by taking the shipped one or by calibrating."""
    way: Callable[..., Any]
    if _is_taken(job, arguments):
        progress.stage("taking the shipped posterior")
        from calibration.shipped import take as way
    else:
        progress.stage("loading the compiled model (the first time on a machine compiles it)")
        from calibration import calibrate

        way = partial(calibrate, job.profile, warm=getattr(arguments, "warm", None))
    posterior = way(
        job.out,
        seed=arguments.seed,
        priors=job.priors,
        structures=job.structures,
        **work_asked(arguments, progress, on),
    )
    progress.end()
    return posterior


def _verdict_lines(checks: dict[str, Any]) -> list[str]:
    lines = []
    for check in checks["checks"]:
        value = "not finite" if check["value"] is None else f"{check['value']:.3g}"
        lines.append(f"  {'passed' if check['passed'] else 'MISSED'}  {check['name']}: {value} (rule: {check['rule']})")
    lines.append(f"{'converged' if checks['converged'] else 'NOT CONVERGED'}: {checks['label']}")
    return lines


def calibrate_tables(arguments: argparse.Namespace) -> int:
    """Run ``takeoff calibrate``."""
    job = _job(arguments)
    if arguments.warm and _is_taken(job, arguments):
        raise InputError("--warm: the shipped posterior is taken and not calibrated; add --anew, or name another --profile")
    posterior = _obtain(job, arguments, arguments.on, progress_asked(arguments))
    path = job.out / "posterior.nc"
    tell(
        arguments,
        lambda: {**posterior.checks, "posterior": path},
        lambda: [*_verdict_lines(posterior.checks), f"posterior  {path}"],
    )
    return exit_code(posterior.converged)


def compare_structures(arguments: argparse.Namespace) -> int:
    """Run ``takeoff alternatives``."""
    from calibration.alternatives import alternatives
    from studies.commands.ranking import survival_lines
    from studies.policy.structures import compare_rankings, have_policies

    compared = alternatives(arguments.folders)
    rows = compare_rankings(compared) if have_policies(compared) else []
    tell(
        arguments,
        lambda: {"alternatives": [_content(one) for one in compared], "rankings": rows},
        lambda: [*_alternative_lines(compared), "", *survival_lines(rows)],
    )
    return exit_code(all(one.converged for one in compared))


def _content(one: Any) -> dict[str, Any]:
    """Return an alternative as plain values."""
    numbers = {"elpd": one.elpd.tolist(), "k_hat": one.k_hat.tolist(), "behind": list(one.behind), "weight": one.weight}
    return {"folder": one.folder, "structures": one.structures, "label": one.label, **numbers}


def _alternative_lines(compared: list[Any]) -> list[str]:
    """Return a line for each alternative: what it chooses otherwise than the first, how far behind it is, and its weight."""
    first, lines = compared[0].structures, []
    for one in compared:
        other = ", ".join(f"{name}={option}" for name, option in one.structures.items() if first.get(name) != option)
        behind = f"{one.behind.nats:+.1f} nats behind (se {one.behind.error:.1f})"
        lines.append(f"{one.folder}: {other or 'as the first'}: elpd {one.elpd.sum():.1f}, {behind}, weight {one.weight:.2f}")
        lines.append(f"  {one.label}; largest k-hat {max(one.k_hat):.2f}")
    return lines


def check_run(arguments: argparse.Namespace) -> int:
    """Run ``takeoff check``."""
    from calibration import check

    checks = check(arguments.folder)
    tell(arguments, lambda: checks, lambda: _verdict_lines(checks))
    return exit_code(checks["converged"])


def _compare(folder: Path, profile: Profile | None, progress: Progress, **options: Any) -> tuple[Any, Any]:
    """Compare policies as a profile says, or as nothing is said; an option that is given goes before both.

    Returns the comparison, and the names of the policies that were asked for, if any.
    """
    from studies.policy.compare import compare

    chosen: dict[str, Any] = {}
    if profile is not None:
        chosen = {
            "policies": list(profile.policies) or None,
            "horizon": profile.horizon,
            "draws": profile.policy_draws,
            "futures": profile.futures,
            "batch": profile.slurm,
        }
    chosen |= {name: value for name, value in options.items() if value is not None}
    data = compare(folder, progress=progress.step, say=progress.say, **chosen)
    progress.end()
    return data, chosen.get("policies")


def compare_policies(arguments: argparse.Namespace) -> int:
    """Run ``takeoff compare``."""
    from studies.commands.ranking import effects_in, ranking_content, ranking_lines, setting_of
    from studies.files.tables import read_table
    from studies.policy.chosen import chosen_policies

    folder, profile, plot = Path(arguments.folder), profile_asked(arguments), plot_asked(arguments)
    data, asked = _compare(
        folder,
        profile,
        progress_asked(arguments),
        cases=arguments.cases,
        policies=arguments.policies,
        horizon=arguments.horizon,
        draws=arguments.draws,
        futures=arguments.futures,
        on=executor_asked(profile, arguments),
        shard=arguments.shard,
    )
    from execution.run import checked, read_manifest
    from studies.plots.policies import plot_policies

    draw(plot, plot_policies, folder)
    manifest, written = read_manifest(folder), {"decision": folder / "decision.csv", "histories": folder / "policies.nc"}
    rows = effects_in(read_table(checked(folder, "decision.csv")))
    told = rows, str(manifest["label"]), bool(manifest["converged"])
    setting = setting_of(data, chosen_policies(asked))
    tell(
        arguments,
        lambda: {**ranking_content(*told), **setting._asdict(), "equal_budgets": setting.equal_budgets, **written},
        lambda: [*ranking_lines(*told, setting), *(f"{name:<10} {path}" for name, path in written.items())],
    )
    return exit_code(manifest["converged"])


def _report(folder: Path) -> tuple[Path, bool]:
    """Write the page of a run, and return its path and whether the run has converged."""
    from execution.run import revised
    from studies.report.loading import load_view
    from studies.report.page import write_report

    view = load_view(folder)
    with revised(folder, [REPORT]):
        return write_report(view, folder / REPORT), view.verdict.converged


def report_run(arguments: argparse.Namespace) -> int:
    """Run ``takeoff report``."""
    path, converged = _report(Path(arguments.folder))
    tell(arguments, lambda: {"report": path}, lambda: [f"report     {path}"])
    return exit_code(converged)


def run(arguments: argparse.Namespace) -> int:
    """Run ``takeoff run``: the whole chain, from the tables to the page."""
    job, progress = _job(arguments), progress_asked(arguments)
    begun = os.times().elapsed
    from execution.executors import asked_by, executor_on

    first = "take the shipped posterior" if _is_taken(job, arguments) else "calibrate"
    progress.stage(f"run in {job.out}: {first}, check, compare policies, report")
    with executor_on(asked_by(job.profile, arguments.on), job.profile.slurm, progress.say) as executor:
        posterior = _obtain(job, arguments, executor, progress)
        progress.stage("checking")
        for line in _verdict_lines(posterior.checks):
            progress.say(line)
        path = job.out / REPORT
        # What is there already is found by the hash of all that it depends on, and not by its name.
        progress.stage("comparing policies")
        _compare(job.out, job.profile, progress, on=executor, shard=arguments.shard)
        progress.stage("writing the report")
        _report(job.out)
    progress.stage("done")
    verdict = f"{'converged' if posterior.converged else 'NOT CONVERGED'}: {posterior.label}"
    took = os.times().elapsed - begun
    tell(
        arguments,
        lambda: {"label": posterior.label, "converged": posterior.converged, "report": path.resolve(), "took_s": took},
        lambda: [f"verdict    {verdict}", f"report     {path.resolve()}", f"took       {span(took)}"],
    )
    return exit_code(posterior.converged)
