"""Is a new clock one file and one line? The clock of docs/extending.md is planted in a copy of the model, as the text says."""

import hashlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import simulate
from model.observe import COLUMNS

YEARS = 3
# Runs the planted model in both engines, and tells its clocks and the hash of the panel.
RUN = """
import model
from model import simulate
from model.events import CLOCKS, ENTRY, FIRM_CLOCKS
from pathlib import Path
assert Path(model.__file__).is_relative_to(Path.cwd())
one, other = (simulate(9, seeds=(1,), years=YEARS, engine=engine) for engine in ("compiled", "simpy"))
assert one.identical(other), "the engines part"
print(CLOCKS[-1], ENTRY, FIRM_CLOCKS, fingerprint(one))
"""


def fingerprint(history) -> str:
    digest = hashlib.sha256()
    for name in COLUMNS:
        digest.update(np.ascontiguousarray(history[name].values, "<f8").tobytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="module")
def unplanted() -> str:
    return fingerprint(simulate(9, seeds=(1,), years=YEARS))


def planted(repository: Path, folder: Path, fires: float) -> None:
    """Copy the model, and add what the document says, with so many fires a year."""
    text = (repository / "docs" / "extending.md").read_text(encoding="utf-8")
    (source,) = (code for code in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if "CLOCK = " in code)
    (line,) = re.findall(r"the last of `HOMES`: `(.*?)`", text)
    shutil.copytree(repository / "model", folder / "model", ignore=shutil.ignore_patterns("__pycache__"))
    if (repository / "configs").is_dir():
        (folder / "configs").symlink_to(repository / "configs")
    assert "FIRES = 0.5\n" in source
    (folder / "model" / "mechanisms" / "fire.py").write_text(source.replace("FIRES = 0.5", f"FIRES = {fires}"), encoding="utf-8")
    events = folder / "model" / "events.py"
    before, begun, after = events.read_text(encoding="utf-8").partition("HOMES: Final = (\n")
    homes, ended, rest = after.partition("\n)\n")
    events.write_text(f"{before}{begun}{homes}\n    {line}{ended}{rest}", encoding="utf-8")


def told(folder: Path, compiles: bool) -> list[str]:
    """Run both engines on the planted model in a process of its own."""
    code = "\n".join(
        [f"YEARS, COLUMNS = {YEARS}, {COLUMNS}", "import hashlib", "import numpy as np", inspect.getsource(fingerprint), RUN]
    )
    variables = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(folder / "cache"),
        "NUMBA_DISABLE_JIT": "0" if compiles else "1",
    }
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("compiles", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["plain Python", "compiled"])
def test_a_clock_is_one_file_and_one_line(repository: Path, tmp_path: Path, unplanted: str, compiles: bool) -> None:
    prints = {}
    for fires in (0.0, 4.0):
        folder = tmp_path / f"fires-{fires}"
        folder.mkdir()
        planted(repository, folder, fires)
        *numbers, prints[fires] = told(folder, compiles)
        assert numbers == ["fire", "8", "10"]
    assert prints[0.0] == unplanted, "a clock that never strikes moved another's draw"
    assert prints[4.0] != unplanted, "the clock never struck"
