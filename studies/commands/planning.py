"""``takeoff plan``: what a run would cost and buy, and the batch script for it; or the script alone."""

import argparse
from pathlib import Path

from model.config import load_profile
from model.errors import InputError
from model.profile import Profile
from studies.commands.telling import progress_asked, tell
from studies.commands.words import BATCH_OPTIONS
from studies.commands.working import with_batch


def plan(arguments: argparse.Namespace) -> int:
    """Run ``takeoff plan``."""
    options = {name: getattr(arguments, name) for name, _, _ in BATCH_OPTIONS if getattr(arguments, name) is not None}
    profile, out = with_batch(load_profile(arguments.profile), options), Path(arguments.out)
    if out.is_dir():
        raise InputError(f"--out: {out}: is a folder; name the script's file")
    if "memory" in options and not arguments.script_only:
        raise InputError(f"--memory: {options['memory']}: is what the plan finds out; leave it out, or add --script-only")
    named = Path(arguments.profile)
    reference = str(named.absolute()) if named.is_file() else arguments.profile
    return (_write_script if arguments.script_only else _plan_run)(arguments, profile, reference, out)


def _write_script(arguments: argparse.Namespace, profile: Profile, reference: str, out: Path) -> int:
    """Write the script without a plan."""
    from execution.writing import write_text
    from studies.plan.plan import capacity_of, job_cores, run_folder
    from studies.plan.script import resources_told, script
    from studies.plan.words import told_lines

    resources = resources_told(job_cores(capacity_of(profile, arguments.on)), profile.slurm)
    write_text(out, script(profile, reference, arguments.on, run_folder(profile), resources))
    tell(
        arguments,
        lambda: {"profile": profile.name, "on": arguments.on, "resources": resources, "script": out},
        lambda: told_lines(resources, profile.slurm, arguments.out),
    )
    return 0


def _plan_run(arguments: argparse.Namespace, profile: Profile, reference: str, out: Path) -> int:
    """Time a sample, write the script that follows from it, and tell what the run would cost and buy."""
    progress = progress_asked(arguments)
    progress.stage("timing a sample, one to two minutes; --script-only writes a script at once")
    progress.stage("loading the compiled model (the first time on a machine compiles it)")
    from execution.writing import write_text
    from studies.plan.plan import make_plan
    from studies.plan.words import plan_content, plan_lines

    made = make_plan(profile, arguments.on, reference=reference, progress=progress.step)
    progress.end()
    write_text(out, made.script)
    tell(arguments, lambda: {**plan_content(made), "script": out}, lambda: plan_lines(made, arguments.out))
    return 0
