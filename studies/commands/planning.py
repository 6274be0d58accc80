"""``takeoff plan``: what a run would cost and buy, and the batch script for it."""

import argparse
from pathlib import Path

from model.config import load_profile
from model.errors import InputError
from studies.commands.telling import progress_asked, tell


def plan(arguments: argparse.Namespace) -> int:
    """Run ``takeoff plan``."""
    profile, progress, out = load_profile(arguments.profile), progress_asked(arguments), Path(arguments.out)
    if out.is_dir():
        raise InputError(f"--out: {out}: is a folder; name the script's file")
    progress.stage("loading the compiled model (the first time on a machine compiles it)")
    from execution.writing import write_text
    from studies.plan.plan import make_plan
    from studies.plan.words import plan_content, plan_lines

    named = Path(arguments.profile)
    reference = str(named.absolute()) if named.is_file() else arguments.profile
    made = make_plan(profile, arguments.on, reference=reference, progress=progress.step)
    progress.end()
    write_text(out, made.script)
    tell(arguments, lambda: {**plan_content(made), "script": out}, lambda: plan_lines(made, arguments.out))
    return 0
