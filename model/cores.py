"""How many cores may this process use? What its affinity, its control group and Slurm grant, whichever is least."""

import os
import re
from pathlib import Path
from typing import Final

# More threads than any machine has cores.
MOST_THREADS: Final = 1000
CONTROL_GROUP: Final = Path("/sys/fs/cgroup")
# Each library of linear algebra reads one of these when it is loaded: more threads may change bits.
SINGLE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# A count that somebody else wrote; Python refuses to read a number of more than some thousand digits.
_COUNT: Final = re.compile("[0-9]{1,18}")


def granted() -> tuple[int, str]:
    """Return how many cores this process may use, and what sets this limit: machine, affinity, cgroup or Slurm."""
    count, reason = os.cpu_count() or 1, "machine"
    if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) < count:
        count, reason = len(os.sched_getaffinity(0)), "affinity"
    quota = control_group_cores(CONTROL_GROUP)
    if quota is not None and quota < count:
        count, reason = max(1, int(quota)), "cgroup"
    slurm = os.environ.get("SLURM_CPUS_PER_TASK", "")
    if _COUNT.fullmatch(slurm) and 0 < int(slurm) < count:
        count, reason = int(slurm), "Slurm"
    return count, reason


def granted_cores() -> int:
    """Return how many cores this process may use."""
    return granted()[0]


def control_group_cores(root: Path) -> float | None:
    """Return the number of cores that a control group grants (version 2 before version 1), or None where it sets no limit."""
    for quota_file, period_file in (("cpu.max", None), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        path = root / quota_file
        if not path.is_file():
            continue
        words = path.read_text(encoding="ascii").split()
        if period_file is not None:
            words += (root / period_file).read_text(encoding="ascii").split()
        if len(words) == 2 and all(map(_COUNT.fullmatch, words)) and int(words[1]) > 0:
            return int(words[0]) / int(words[1])
    return None
