"""Where does the Slurm of the tests come from? From start.sh, on loopback, once for all processes of pytest; or tests skip."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

HERE = Path(__file__).resolve().parent
NEEDED = {"sbatch": "slurm-wlm", "slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "munged": "munge"}
# Asks for Slurm to be installed where it is not, which only root on Debian can do.
ASKED = "TAKEOFF_TEST_SLURM"
PATIENCE = 300  # s, for packages


def obstacle() -> str:
    """Return why there can be no Slurm, or nothing."""
    if os.getuid() != 0:
        return "only root can start a Slurm"
    missing = sorted({package for command, package in NEEDED.items() if shutil.which(command) is None})
    if not missing:
        return ""
    if not Path("/etc/debian_version").is_file():
        return f"{', '.join(missing)} not installed, and this is not Debian"
    if os.environ.get(ASKED) != "1":
        return f"{', '.join(missing)} not installed; {ASKED}=1 installs them"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]):
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if ended.returncode != 0:
            return f"{' '.join(command)}: {ended.stderr.strip()[-200:]}"
    return ""


@pytest.fixture(scope="session")
def slurm() -> Iterator[Path]:
    """The slurm.conf of a Slurm that runs. Whoever of several processes ends last stops it."""
    folder = Path(os.environ.get("TMPDIR", tempfile.gettempdir())) / "takeoff-slurm"
    with folder.with_suffix(".users").open("w") as users, folder.with_suffix(".starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if reason := obstacle():
            pytest.skip(f"no Slurm: {reason}")
        environment = {**os.environ, "TAKEOFF_SLURM_DIR": str(folder)}
        started = subprocess.run(
            ["timeout", "60", HERE / "start.sh"], env=environment, capture_output=True, text=True, check=False
        )
        if started.returncode != 0:
            pytest.fail(f"start.sh: {started.stderr}")
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_UN)
        before = os.environ.get("SLURM_CONF")
        os.environ["SLURM_CONF"] = started.stdout.strip()
        try:
            yield Path(started.stdout.strip())
        finally:
            if before is None:
                del os.environ["SLURM_CONF"]
            else:
                os.environ["SLURM_CONF"] = before
            stop_if_last(users, starting, environment)


def stop_if_last(users: TextIO, starting: TextIO, environment: dict[str, str]) -> None:
    fcntl.flock(starting, fcntl.LOCK_EX)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another process still uses it, and will stop it
    subprocess.run(["timeout", "60", HERE / "stop.sh"], env=environment, check=True)


@pytest.fixture
def alone(slurm: Path) -> Iterator[Path]:
    """Slurm for one test at a time: their jobs would be in each other's way."""
    with slurm.parent.with_suffix(".turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield slurm
