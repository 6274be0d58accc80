"""How much of a machine is asked for? Memory, walltime and options, in the spellings that batch systems and their users write.

Whatever is read here reaches lines of a batch script, so that nothing passes that could begin another line or another option.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

# Megabytes (2^20 bytes) of each unit; to batch systems a gigabyte is 2^30 bytes, however it is spelled.
MEGABYTES: Final = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}
_MEMORY: Final = re.compile(r"([0-9]{1,12})(?: *([KMGT])(?:i?B)?)?", re.IGNORECASE)
_WALLTIME: Final = re.compile(r"(?:[0-9]{1,3}-)?[0-9]{1,6}(?::[0-9]{1,2}){0,2}")
_MOST_HOURS: Final = 9999
# The value of an option: a name, a list, an expression of features. No blank, quote, # or backslash, at which sbatch cuts a line.
_VALUE: Final = re.compile(r"[A-Za-z0-9_.:/@%+=,&|!*()\[\]{}<>~^-]*", re.ASCII)
_OPTION: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")
# Options that the script or the driver sets itself, with the entry that decides them.
TAKEN: Final = {
    "mem": "memory", "mem-per-cpu": "memory_per_cpu", "time": "walltime", "partition": "partition", "account": "account",
    "qos": "qos", "constraint": "constraint", "cpus-per-task": "cores", "array": "jobs",
    **dict.fromkeys((
        "job-name", "nodes", "ntasks", "ntasks-per-node", "cpus-per-gpu", "mem-per-gpu", "time-min", "input", "output", "error",
        "open-mode", "signal", "requeue", "no-requeue", "wrap", "chdir", "hold", "wait", "test-only",
    ), ""),
}  # fmt: skip


def megabytes(given: Any) -> str:
    """Return memory as ``16G`` or ``16000M``, from ``16GB``, ``16 GiB`` or a bare number, which is megabytes as in Slurm.

    Raises
    ------
    ValueError
        If it is no amount of memory.
    """
    read = _MEMORY.fullmatch(str(given).strip()) if isinstance(given, int | str) and not isinstance(given, bool) else None
    amount = 0.0 if read is None else int(read[1]) * MEGABYTES[(read[2] or "M").upper()]
    whole = int(-(-amount // 1))
    if not 1 <= whole <= 2**32:
        raise ValueError("must be an amount of memory from 1 megabyte on; write for instance 16G or 16000M")
    return f"{whole // 1024}G" if whole % 1024 == 0 else f"{whole}M"


def hours_minutes_seconds(given: Any) -> str:
    """Return a walltime as ``48:00:00``, from any form of Slurm's.

    These are minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes and days-hours:minutes:seconds.

    Raises
    ------
    ValueError
        If it is no walltime, or none that a job can have.
    """
    text = str(given).strip() if isinstance(given, int | str) and not isinstance(given, bool) else ""
    seconds = _seconds(text) if _WALLTIME.fullmatch(text) else 0
    if not 1 <= seconds < 3600 * (_MOST_HOURS + 1):
        raise ValueError("must be a walltime; write hours:minutes:seconds, days-hours:minutes:seconds, or minutes alone")
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _seconds(walltime: str) -> int:
    """Return a walltime in seconds; 0 where hours, minutes or seconds exceed the unit before them."""
    days, dash, rest = walltime.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    # After a day hours come first; without one, hours come first of three numbers, and minutes of one or two.
    hours, minutes, seconds = [*parts, 0, 0][:3] if dash or len(parts) == 3 else [0, *parts, 0][:3]
    most = (24, 60, 60) if dash else (_MOST_HOURS + 1, 60 if len(parts) == 3 else 10**6, 60)
    if not all(part < limit for part, limit in zip((hours, minutes, seconds), most, strict=True)):
        return 0
    return 86_400 * int(days or 0) + 3600 * hours + 60 * minutes + seconds


def option_value(given: str) -> str:
    """Return the value of an option of a batch system, as it is.

    Raises
    ------
    ValueError
        If it is empty, or could end the option or the line.
    """
    if not given or given.startswith(("-", "=")) or not _VALUE.fullmatch(given):
        raise ValueError("must be one word without blanks, quotes and control characters; write a name or a list with commas")
    return given


def shell_line(given: str) -> str:
    """Return a line of shell, as it is.

    Raises
    ------
    ValueError
        If it is not one line of printed characters.
    """
    if not given.isprintable():
        raise ValueError("holds a control character; give each line of the prologue an entry of its own")
    return given


def slurm_options(given: Any) -> dict[str, str | bool]:
    """Return further options of ``sbatch`` by name; one that takes no value is true.

    Raises
    ------
    ValueError
        If a name is no option or one that another entry decides, or a value is none.
    """
    if not isinstance(given, Mapping):
        raise ValueError("must be a mapping of options; write for instance `{reservation: name}`")
    options: dict[str, str | bool] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not _OPTION.fullmatch(name):
            raise ValueError(f"{str(name)[:40]!r} is no option; write its long name without dashes, such as `reservation`")
        if name in TAKEN:
            remedy = f"give it as `{TAKEN[name]}`" if TAKEN[name] else "leave it out"
            raise ValueError(f"{name} is set by the script itself; {remedy}")
        if value is not True and (isinstance(value, bool) or not isinstance(value, int | str)):
            raise ValueError(f"{name} has neither a word nor a number; write one, or true for an option without a value")
        options[name] = value if value is True else option_value(str(value))
    return options
