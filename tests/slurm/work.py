"""What do the jobs of the Slurm tests compute? Something cheap that takes as long as one says and tells where it ran."""

import os
import time
from pathlib import Path

import numpy as np

from model.arrays import Arrays


def squares(context: Arrays, number: int, seconds: float = 0.0) -> Arrays:
    """Return powers of the context's numbers, after a while."""
    time.sleep(seconds)
    return {"squares": context["numbers"] ** 2 * number, "number": np.array(number)}


def signed(context: tuple[str, Arrays], number: int, seconds: float) -> Arrays:
    """Do the same, and leave a file named by the process, the job and the task in a folder first."""
    folder, numbers = context
    (Path(folder) / f"{os.getpid()}-{os.environ.get('SLURM_JOB_ID', '0')}-{number}").touch()
    return squares(numbers, number, seconds)
