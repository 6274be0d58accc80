"""Who does which part of the work? ``--shard I/N``, or what Slurm says of the job's array; ``--on`` and the profile."""

import argparse
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from execution.executors import asked_by
from execution.store import Shard
from model.config import load_profile
from model.errors import InputError, shown
from model.faults import complaints
from model.profile import Batch, Profile
from studies.progress import Progress

ARRAY: Final = "SLURM_ARRAY_TASK_"
_DIGITS: Final = re.compile("[0-9]{1,18}")


def shard_asked(given: tuple[int, int] | None, environment: Mapping[str, str]) -> Shard | None:
    """Return the shard asked for, that of a Slurm array, or none.

    Parameters
    ----------
    given : (part from 0, parts) of ``--shard``, or nothing
    environment : that of the process

    Raises
    ------
    InputError
        If the array's numbers are none, or not evenly spaced.
    """
    if given is not None:
        return Shard(*given)
    if f"{ARRAY}ID" not in environment:
        return None
    said = {word: environment.get(f"{ARRAY}{word}", "") for word in ("ID", "COUNT", "MIN", "STEP")}
    for word, text in said.items():
        if not _DIGITS.fullmatch(text):
            raise InputError(f"{ARRAY}{word}: {shown(text)}: is missing or no number; give --shard I/N")
    number, count, least, step = map(int, said.values())
    part, rest = divmod(number - least, max(step, 1))
    if rest or not 0 <= part < count:
        raise InputError(f"{ARRAY}ID: {number}: the numbers of the array are not evenly spaced; give --shard I/N")
    return Shard(part, count) if count > 1 else None


def work_asked(arguments: argparse.Namespace, progress: Progress, on: Any) -> dict[str, Any]:
    """Return how a resumable run is worked on: what to go on with, where, which part, and who is told."""
    return {
        "resume": arguments.resume,
        "on": on,
        "shard": arguments.shard,
        "progress": progress.step,
        "say": progress.say,
    }


def profile_asked(arguments: argparse.Namespace) -> Profile | None:
    """Return the profile that was named, if one was."""
    return load_profile(arguments.profile) if arguments.profile is not None else None


def with_batch(profile: Profile, options: Mapping[str, str]) -> Profile:
    """Return a profile in whose entry ``slurm`` options stand in the place of what it says, each by the name of its key.

    Raises
    ------
    InputError
        If an option is none that a batch system takes.
    """
    given = profile.slurm.model_dump(exclude_unset=True)
    if "memory" in options:
        given.pop("memory_per_cpu", None)
    try:
        return profile.model_copy(update={"slurm": Batch.model_validate({**given, **options})})
    except ValidationError as error:
        faults = complaints(Batch, error, {**given, **options})
        raise InputError(*(f"--{fault}" if fault.split(":")[0] in options else fault for fault in faults)) from error


def executor_asked(profile: Profile | None, arguments: argparse.Namespace) -> str:
    """Return where the work is done: in as many threads as a profile says, unless ``--on`` says more."""
    where = str(arguments.on)
    return str(asked_by(profile, where)) if profile is not None else where
