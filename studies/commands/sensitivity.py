"""``takeoff sensitivity``: which parameters matter, for what, and how sure that is."""

import argparse
import sys
from pathlib import Path

from studies.progress import Progress

SETTLED, NOT_SETTLED = 0, 3


def analyse(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sensitivity``."""
    from model.config import load_profile
    from studies.sensitivities.design import DEFAULT_BY, check_count, check_words

    progress, profile = Progress(), load_profile(arguments.profile)
    check_words(arguments.method, arguments.by)
    check_count(arguments.method, profile.morris_trajectories if arguments.method == "morris" else profile.sobol_samples)
    progress.stage("loading the compiled model (the first time on a machine compiles it)")
    from studies.report.sensitivity import leaders, stopped_lines, write_page
    from studies.sensitivities.arrays import convergence_line, headline, settled
    from studies.sensitivities.study import TABLE, default_folder, sensitivity

    data = sensitivity(
        arguments.method,
        arguments.profile,
        arguments.out,
        cases=arguments.cases,
        policies=arguments.policies,
        parameters=arguments.parameters,
        by=arguments.by,
        seed=arguments.seed,
        resume=arguments.resume,
        on=arguments.on,
        shard=arguments.shard,
        progress=progress.step,
        say=progress.say,
    )
    progress.end()
    out = Path(arguments.out or default_folder(arguments.method, arguments.by or DEFAULT_BY[arguments.method], profile.name))
    shown = write_page(out, data)
    whole = headline(data)
    lines = [f"{outcome}: {leaders(whole.sel(outcome=outcome))}" for outcome in data["outcome"].values]
    lines += stopped_lines(data)
    lines += [convergence_line(whole), f"table      {out / TABLE}", f"page       {shown}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return SETTLED if settled(data) else NOT_SETTLED
