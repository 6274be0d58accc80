"""``takeoff sweep``: one history, or several seeds, for each row of a table of parameters, cases, policies and seeds."""

import argparse
import sys

from studies.progress import Progress


def sweep(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sweep``."""
    from studies.sweeps.sweep import sweep as run_sweep

    progress = Progress()
    try:
        done = run_sweep(
            arguments.table,
            arguments.out,
            years=arguments.years,
            keep=arguments.keep,
            resume=arguments.resume,
            on=arguments.on,
            shard=arguments.shard,
            progress=progress.step,
            say=progress.say,
        )
    finally:
        progress.end()
    if done.failures is not None:
        told = f"{done.failed:,} of {done.rows:,} rows failed, {done.stopped:,} histories were stopped for their size"
        sys.stderr.write(f"{told}: see {done.failures}\n")
    sys.stderr.write(f"wrote {done.out}\n")
    return 0
