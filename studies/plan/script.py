"""Which script does a batch machine take? One for Slurm: it stops before its time is up, keeps what is done, and queues again."""

import re
import shlex
import sys
from pathlib import Path
from typing import Final, NamedTuple

from execution.batch_jobs import seconds_of
from model.errors import InputError
from model.profile import Batch, Profile
from model.resources import MEGABYTES

# The walltime asked for is the upper end of the predicted interval times this factor, and so many seconds more.
MARGIN: Final = 1.5
MARGIN_S: Final = 300
# The memory asked for is the predicted peak times this factor.
MEMORY_MARGIN: Final = 1.5
# Walltime (s) and memory (bytes) are rounded up to multiples of these.
ROUND_S: Final = 300
MEGABYTE: Final = 2**20
ROUND_BYTES: Final = 256 * MEGABYTE
# Slurm gives notice so many seconds before the end: a chunk takes about one second, and a network stops after an epoch.
NOTICE_S: Final = 60


class Resources(NamedTuple):
    """What the job asks for.

    Attributes
    ----------
    seconds : walltime of one job (s)
    again : how many times the job is expected to queue again
    memory : bytes
    cores : cores of the node
    """

    seconds: int
    again: int
    memory: int
    cores: int


def resources_for(upper_s: float, memory: float, cores: int, batch: Batch) -> Resources:
    """Return the resources to ask for.

    Parameters
    ----------
    upper_s : upper end of the predicted wall time (s)
    memory : predicted peak (bytes)
    cores : cores of the node
    batch : the profile's entry ``slurm``

    Notes
    -----
    The walltime is the upper end with a margin. Where the entry gives a walltime, that is the most: a job that needs more queues
    again.
    """
    enough = -(-int(MARGIN * upper_s + MARGIN_S) // ROUND_S) * ROUND_S
    most = longest_s(batch)
    walltime = enough if most is None else min(enough, most)
    usable = max(walltime - NOTICE_S, 1)
    again = 0 if walltime == enough else -(-int(upper_s) // usable) - 1
    return Resources(walltime, again, -(-int(MEMORY_MARGIN * memory) // ROUND_BYTES) * ROUND_BYTES, cores)


def longest_s(batch: Batch) -> int | None:
    """Return the longest walltime (s) that a profile or an option allows a job, or None where neither gives one."""
    return seconds_of(batch.walltime) if "walltime" in batch.model_fields_set else None


def resources_told(cores: int, batch: Batch) -> Resources:
    """Return the resources that a profile or an option names, for a script before which nothing is timed.

    Raises
    ------
    InputError
        If neither gives a walltime, or neither gives a memory: the defaults are those of a worker, and too small for a run.
    """
    missing = {
        "walltime": "04:00:00" if longest_s(batch) is None else "",
        "memory": "" if {"memory", "memory_per_cpu"} & batch.model_fields_set else "16G",
    }
    rule = "missing: nothing is timed that could tell it"
    if any(missing.values()):
        raise InputError(*(f"--{key}: {rule}; give for instance --{key} {word}" for key, word in missing.items() if word))
    each, count = (batch.memory, 1) if batch.memory_per_cpu is None else (batch.memory_per_cpu, cores)
    memory = count * int(each[:-1]) * int(MEGABYTES[each[-1]]) * MEGABYTE
    return Resources(seconds_of(batch.walltime), 0, memory, cores)


def walltime_of(seconds: int) -> str:
    """Return a walltime in Slurm's form, hours:minutes:seconds."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def script(profile: Profile, reference: str, where: str, out: Path, resources: Resources) -> str:
    """Return the text of the script.

    Parameters
    ----------
    reference : the profile's name, or the file that holds it
    where : the option ``--on``
    out : run folder
    resources : what the job asks for

    Raises
    ------
    InputError
        If a path holds a control character.
    """
    # The interpreter's path is not resolved: in a virtual environment it is a link, and the command lies beside the link.
    command = Path(sys.executable).absolute().parent / "takeoff"
    words = [str(command), "run", "--profile", reference, "--out", str(out.absolute()), "--on", where, "--resume"]
    for word in words:
        if not word.isprintable():
            raise InputError(f"{word!r}: holds a control character, which no batch script takes; name another path")
    prologue = [*_for_workers(profile.slurm, where), *profile.slurm.prologue]
    return _TEXT.format(
        options="\n".join(f"#SBATCH {option}" for option in _options(profile, resources)),
        remark=_remark(profile.slurm, where),
        prologue="\n".join(prologue) or ":  # the profile names no prologue",
        command=" ".join(shlex.quote(word) for word in words),
    )


def _options(profile: Profile, resources: Resources) -> list[str]:
    """Return the options of ``sbatch``; the profile has checked that its values can stand there without quotes."""
    name = "takeoff-" + (re.sub(r"[^A-Za-z0-9._-]", "-", profile.name) or "run")
    megabytes = resources.memory // MEGABYTE
    per_cpu = profile.slurm.memory_per_cpu is not None
    options = {
        "job-name": "takeoff",
        "time": walltime_of(resources.seconds),
        "mem-per-cpu" if per_cpu else "mem": f"{-(-megabytes // resources.cores) if per_cpu else megabytes}M",
        "nodes": 1,
        "ntasks": 1,
        "cpus-per-task": resources.cores,
        "partition": profile.slurm.partition,
        "account": profile.slurm.account,
        "output": f"{name}-%j.log",
        "open-mode": "append",
        "signal": f"B:USR1@{min(NOTICE_S, resources.seconds // 2)}",
    }
    given = [f"--{key}={value}" for key, value in options.items() if value is not None]
    return [*given, *profile.slurm.directives, "--requeue"]


def _for_workers(batch: Batch, where: str) -> list[str]:
    """Return lines that let the worker jobs of ``--on slurm`` be asked for as this job is, by variables that ``sbatch`` reads."""
    options = {"ACCOUNT": batch.account, "PARTITION": batch.partition, "QOS": batch.qos, "CONSTRAINT": batch.constraint}
    if where != "slurm":
        return []
    return [f"export SBATCH_{name}={shlex.quote(value)}" for name, value in options.items() if value is not None]


def _remark(batch: Batch, where: str) -> str:
    """Return the script's comment on how it can be used."""
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

# Slurm's notice (USR1) and TERM are handed on to takeoff, which saves its work and ends with 75.
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
# A signal that came before takeoff began is handed on now.
[ "$times" -eq 0 ] || kill -USR1 "$takeoff" 2>/dev/null
code=127
while :; do
    before=$times
    wait "$takeoff"
    ended=$?
    # 127 means that an earlier round had waited for takeoff already, when a signal met the end of that round.
    [ "$ended" -eq 127 ] || code=$ended
    # A signal cuts the waiting short, and the script waits again.
    [ "$times" -ne "$before" ] || break
done

case $code in
    0) echo "done"; exit 0 ;;
    3) echo "done; not converged"; exit 0 ;;
esac
# The job queues again only on Slurm's notice: not after scancel, and not where a disk is full.

if [ "$code" -eq 75 ] && [ "$heard" = USR1 ]; then
    echo "time is up: queued again"
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
"""
