"""Does a wheel, and a source distribution, work in an empty environment of every Python that we name? All is installed anew."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_documentation import PYTHONS
from tests.test_wheel import built, source, source_distribution, wheel

__all__ = ["source", "wheel"]  # fixtures of the tests on wheels
SIMULATE = ("simulate", "10", "--years", "5", "--seed", "1:2", "--policy", "training", "--out")


def interpreter(version: str) -> str | None:
    """A Python of this version that answers: one on the path, or one that pyenv keeps."""
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for name in (shutil.which(f"python{version}"), *map(str, kept)):
        if name is None:
            continue
        told = subprocess.run(
            [name, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if told.returncode == 0 and told.stdout.strip() == version:
            return name
    return None


def run(*words: str | Path, cwd: Path) -> str:
    # Nothing of the checkout or of this environment is searched.
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.environments
@pytest.mark.parametrize("version", PYTHONS)
def test_a_new_environment_gives_the_panel_of_this_one(
    version: str, wheel: Path, source: Path, repository: Path, tmp_path: Path
) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    # The oldest takes the wheel that is made of the source distribution.
    archive = built(source_distribution(source, tmp_path), tmp_path / "wheel") if version == PYTHONS[0] else wheel
    run(python, "-m", "venv", tmp_path / "new", cwd=tmp_path)
    home = tmp_path / "new" / "bin"
    run(home / "python", "-m", "pip", "install", "-qq", "-c", repository / "constraints.txt", archive, cwd=tmp_path)
    run(home / "python", "-m", "pip", "check", cwd=tmp_path)
    assert "takeoff " in run(home / "takeoff", "--version", cwd=tmp_path)
    assert "training" in run(home / "takeoff", "list", "policies", cwd=tmp_path)
    run(home / "takeoff", *SIMULATE, "new.csv", cwd=tmp_path)
    run(sys.executable, "-m", "studies.cli", *SIMULATE, tmp_path / "ours.csv", cwd=repository)
    assert (tmp_path / "new.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()
