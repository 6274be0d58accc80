"""What is run, by whom, and when are two folders the same? Four small commands, a process that forks victims, and their files."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from execution.chunks import digest
from execution.writing import TEMPORARY
from studies.inspect.verify import verify_folder
from tests.tiny import tiny

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PROFILE: Final = tiny(morris_trajectories=4, point_seeds=1)
TABLE: Final = "case,policy,seed,entry_intensity\n1,training,1:3,\n2,,4,\n1,no-such,1,\n1,,7,3.0\n"
ROWS: Final = 40
# What tells how a run went, and checksums of files that tell it too; the files themselves are compared by what they say.
WAY: Final = {"wall_s", "cpu_s", "command", "sha256"}
LOCAL: Final = ("--on", "local:1")


@dataclass(frozen=True)
class Job:
    """A command and where it writes.

    Attributes
    ----------
    begins : whether it may start in an absent folder; otherwise it needs a finished calibration
    last : the file that it writes last
    fine : exit codes of a run that is done
    """

    name: str
    begins: bool
    last: str
    fine: tuple[int, ...] = (0,)

    def words(self, folder: Path, inputs: Path) -> list[str]:
        """Return what is typed."""
        profile = ["--profile", str(inputs / "tiny.yaml")]
        out = ["--out", str(folder), "--resume", *LOCAL]
        return {
            "calibrate": ["calibrate", *profile, *out],
            "compare": ["compare", str(folder), "--policy", "training", "--horizon", "5", *LOCAL],
            "report": ["report", str(folder)],
            "sweep": [
                "sweep", str(inputs / "table.csv"), "--years", "50", "--keep", "last",
                "--out", str(folder / "panel.csv"), "--resume", *LOCAL,
            ],
            "sensitivity": [
                "sensitivity", *profile, "--case", "1", "--policy", "training",
                "--parameter", "entry_intensity", "production_span", *out,
            ],
        }[self.name]  # fmt: skip


JOBS: Final = {
    job.name: job
    for job in (
        Job("calibrate", True, "manifest.json", (3,)),
        Job("compare", False, "comparison/manifest.json", (3,)),
        Job("report", False, "manifest.json", (3,)),
        Job("sweep", True, "panel.csv.run/manifest.json"),
        Job("sensitivity", True, "manifest.json", (0, 3)),
    )
}


def write_inputs(folder: Path) -> Path:
    """Write what the commands read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.yaml").write_text(PROFILE, encoding="utf-8")
    rows = [f"{1 + place % 2},,{100 + place},{2 + place / 40}\n" for place in range(ROWS)]
    (folder / "table.csv").write_text(TABLE + "".join(rows), encoding="utf-8")
    return folder


def build(folder: Path) -> Path:
    """Compile the library that kills or refuses."""
    library = folder / "fault.so"
    source = Path(__file__).with_name("fault.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True, timeout=60)
    return library


@dataclass
class Ending:
    """How a command ended: exit code (negative: the signal), calls by which it changed its folder, and what it said."""

    code: int
    calls: list[tuple[str, str]]
    said: str

    @property
    def last_line(self) -> str:
        """What was said last."""
        return self.said.strip().splitlines()[-1] if self.said.strip() else ""


class Victims:
    """A process that forks a child for every command."""

    def __init__(self, library: Path, scratch: Path, trained: Path | None = None) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "tests.kill.victim", str(scratch), *([str(trained)] if trained else [])]
        environment = {**os.environ, "LD_PRELOAD": str(library), "JAX_PLATFORMS": "cpu"}
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY
        )

    def run(self, words: list[str], folder: Path, **how: Any) -> Ending:
        """Run a command in a child; ``at`` kills it at that call, ``fault`` makes calls fail from ``at`` on; see ``victim``."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"words": words, "folder": str(folder), **how}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return Ending(answer["code"], [(kind, path) for kind, path in answer["calls"]], answer["said"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


def content(path: Path) -> Any:
    """Return what a file says, apart from when and how it was made."""
    if path.suffix == ".nc":
        return _arrays(path)
    if path.name == "manifest.json":
        manifest = json.loads(path.read_text(encoding="utf-8"))
        return {key: value for key, value in manifest.items() if key not in WAY} | {"files": sorted(manifest["files"])}
    if path.suffix == ".html":
        # It names its folder and how long the run took.
        return path.read_text(encoding="utf-8").count("<section"), path.read_text(encoding="utf-8").rstrip()[-7:]
    return sha256(path.read_bytes()).hexdigest()


def _arrays(path: Path) -> str:
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:

        def take(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                values = np.asarray(item[...])
                found[name] = values.astype(str) if values.dtype == object else values

        file.visititems(take)
    return digest(found)


def visible(folder: Path) -> dict[str, Any]:
    """Return every file that a reader sees, with what it says."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): content(path) for path in paths}


def litter(folder: Path) -> list[str]:
    """Return what is hidden and no lock."""
    return [path.name for path in folder.rglob(".*") if path.name.startswith(TEMPORARY) or path.stat().st_size > 0]


def verified(folder: Path) -> tuple[int, list[str]]:
    """Verify every run in a folder; return the worst exit code and what was said."""
    said: list[str] = []
    codes = [verify_folder(path.parent, False, said.append) for path in folder.rglob("fingerprint.json")]
    return max(codes), said


@dataclass
class Tally:
    """Deaths by kind of call, and how many of them lost something."""

    deaths: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} at {kind}" for kind, count in sorted(self.deaths.items()))
        return f"{sum(self.deaths.values())} deaths ({kinds}), {len(self.lost)} lost"


def copy(folder: Path, target: Path) -> Path:
    """Copy a run."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target
