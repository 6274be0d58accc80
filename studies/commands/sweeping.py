"""``takeoff sweep``: one history, or several seeds, for each row of a table of parameters, cases, policies and seeds."""

import argparse
import sys

from studies.commands.telling import progress_asked
from studies.commands.working import executor_asked, profile_asked, work_asked


def sweep(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sweep``."""
    from studies.sweeps.sweep import sweep as run_sweep

    progress, profile = progress_asked(arguments), profile_asked(arguments)
    try:
        done = run_sweep(
            arguments.table,
            arguments.out,
            years=arguments.years,
            keep=arguments.keep,
            beyond_prior=arguments.beyond_prior,
            batch=profile.slurm if profile is not None else None,
            **work_asked(arguments, progress, executor_asked(profile, arguments)),
        )
    finally:
        progress.end()
    if done.failures is not None:
        told = f"{done.failed:,} of {done.rows:,} rows failed, {done.stopped:,} histories were stopped for their size"
        sys.stderr.write(f"{told}: see {done.failures}\n")
    sys.stderr.write(f"wrote {done.out}\n")
    return 0
