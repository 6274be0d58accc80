"""Which part of the work is ours? ``--shard I/N``, or what Slurm says of the array that this job belongs to."""

from collections.abc import Mapping
from typing import Final

from execution.store import Shard
from model.errors import InputError

ARRAY: Final = "SLURM_ARRAY_TASK_"


def shard_asked(given: tuple[int, int] | None, environment: Mapping[str, str]) -> Shard | None:
    """Return the shard asked for, that of a Slurm array, or none.

    Parameters
    ----------
    given : (part from 0, parts) of ``--shard``, or nothing
    environment : that of the process

    Raises
    ------
    InputError
        If the array's numbers are not evenly spaced.
    """
    if given is not None:
        return Shard(*given)
    if f"{ARRAY}ID" not in environment:
        return None
    try:
        number, count, least, step = (int(environment[f"{ARRAY}{word}"]) for word in ("ID", "COUNT", "MIN", "STEP"))
    except (KeyError, ValueError) as error:
        raise InputError(f"{ARRAY}*: {error}: is missing or no number; give --shard I/N") from error
    part, rest = divmod(number - least, max(step, 1))
    if rest or not 0 <= part < count:
        raise InputError(f"{ARRAY}ID: {number}: the numbers of the array are not evenly spaced; give --shard I/N")
    return Shard(part, count) if count > 1 else None
