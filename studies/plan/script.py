"""Which script does a batch machine take? For Slurm: it stops before its time is up, keeps what is done, and queues again."""

import re
import shlex
import sys
from pathlib import Path
from typing import Final, NamedTuple

from execution.batch_jobs import seconds_of
from model.profile import Batch, Profile

# Asked for beyond the upper end of the interval: a factor and seconds; more than the peak of memory: a factor.
MARGIN: Final = 1.5
MARGIN_S: Final = 300
MEMORY_MARGIN: Final = 1.5
# Rounded up to these: seconds, bytes.
ROUND_S: Final = 300
MEGABYTE: Final = 2**20
ROUND_BYTES: Final = 256 * MEGABYTE
# Seconds before the end at which Slurm says so: a chunk takes one, a network an epoch.
NOTICE_S: Final = 60


class Request(NamedTuple):
    """What the job asks for: walltime (s), how many times about it will queue again, memory (bytes), cores."""

    seconds: int
    again: int
    memory: int
    cores: int


def request(upper_s: float, memory: float, cores: int, batch: Batch) -> Request:
    """Return what to ask for.

    Parameters
    ----------
    upper_s : upper end of the predicted wall time (s)
    memory : predicted peak (bytes)

    Notes
    -----
    The walltime is the upper end with a margin, but no more than the profile's own, within which the job queues again.
    """
    wanted = -(-int(MARGIN * upper_s + MARGIN_S) // ROUND_S) * ROUND_S
    allowed = seconds_of(batch.walltime)
    asked = min(wanted, allowed)
    usable = max(asked - NOTICE_S, 1)
    again = 0 if asked == wanted else -(-int(upper_s) // usable) - 1
    return Request(asked, again, -(-int(MEMORY_MARGIN * memory) // ROUND_BYTES) * ROUND_BYTES, cores)


def walltime_of(seconds: int) -> str:
    """Return seconds as hours:minutes:seconds."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def script(profile: Profile, reference: str, where: str, out: Path, asked: Request) -> str:
    """Return the text of the script.

    Parameters
    ----------
    reference : the profile's name, or the file that holds it
    where : as ``--on`` takes it
    out : run folder
    """
    name = "takeoff-" + (re.sub(r"[^A-Za-z0-9._-]", "-", profile.name) or "run")
    # Not resolved: in a virtual environment the interpreter is a link, and the command lies beside the link.
    command = Path(sys.executable).absolute().parent / "takeoff"
    words = [str(command), "run", "--profile", reference, "--out", str(out.absolute()), "--on", where, "--resume"]
    options = {
        "job-name": "takeoff",
        "time": walltime_of(asked.seconds),
        "mem": f"{asked.memory // MEGABYTE}M",
        "nodes": 1,
        "ntasks": 1,
        "cpus-per-task": asked.cores,
        "partition": profile.slurm.partition,
        "account": profile.slurm.account,
        "output": f"{name}-%j.log",
        "open-mode": "append",
        "signal": f"B:USR1@{min(NOTICE_S, asked.seconds // 2)}",
    }
    lines = [f"#SBATCH --{key}={value}" for key, value in options.items() if value is not None]
    return _TEXT.format(
        options="\n".join([*lines, "#SBATCH --requeue"]),
        remark=_remark(profile.slurm, where),
        prologue="\n".join(profile.slurm.prologue) or ":  # the profile names no prologue",
        command=" ".join(shlex.quote(word) for word in words),
    )


def _remark(batch: Batch, where: str) -> str:
    if where.startswith("local") and batch.jobs > 1:
        return (
            f"# Or {batch.jobs} jobs side by side, each doing its share in the same folder, on whichever nodes:\n"
            f"#   sbatch --array=1-{batch.jobs} PLAN.sbatch"
        )
    if where == "slurm":
        return f"# This job drives {batch.jobs} worker jobs, which it asks for itself."
    return "# This job drives workers that are there already." if where.startswith("dask") else "# One job."


_TEXT: Final = """#!/bin/bash
# For Slurm: sbatch THIS-FILE. Before its time is up the job saves, queues again and goes on; what is done is never done twice.
{remark}
{options}

{prologue}

# Slurm's notice (USR1) and TERM are handed on: takeoff saves, and ends with 75.
heard=
times=0
takeoff=
hand_on() {{
    heard=$1
    times=$((times + 1))
    [ -z "$takeoff" ] || kill -USR1 "$takeoff" 2>/dev/null
}}
trap 'hand_on USR1' USR1
trap 'hand_on TERM' TERM

{command} &
takeoff=$!
# Heard before there was anybody to tell.
[ "$times" -eq 0 ] || kill -USR1 "$takeoff" 2>/dev/null
code=127
while :; do
    before=$times
    wait "$takeoff"
    ended=$?
    # 127: it was waited for already, by a round that a signal met at its end.
    [ "$ended" -eq 127 ] || code=$ended
    # A signal cuts waiting short: wait again.
    [ "$times" -ne "$before" ] || break
done

case $code in
    0) echo "done"; exit 0 ;;
    3) echo "done; not converged"; exit 0 ;;
esac
# Queued again only on Slurm's notice: not after scancel, nor where a disk is full.
if [ "$code" -eq 75 ] && [ "$heard" = USR1 ]; then
    echo "time is up: queued again"
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
"""
