"""Does an installed wheel do what the checkout does? It is built, unpacked, and run where the checkout cannot be imported."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest

PACKAGES = ("model", "execution", "calibration", "studies", "configs")
OTHERS = ("tests", "benchmarks", "docs")
FILES = ("pyproject.toml", "README.md", "LICENSE", "industrial_takeoff.py")
# Without the compiler, a history has the same bits, and the new folder's kernels need not be compiled.
SIMULATE = ("simulate", "10", "--years", "5", "--engine", "simpy", "--out", "panel.csv")
LIBRARIES = Path(np.__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def source(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout: a build leaves folders behind, from which the next one would take files long deleted."""
    folder = tmp_path_factory.mktemp("source")
    for name in (*PACKAGES, *OTHERS):
        shutil.copytree(repository / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
    for name in FILES:
        shutil.copy(repository / name, folder)
    return folder


def built(source: Path, target: Path) -> Path:
    """The wheel of a folder or of a source distribution."""
    build = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index")
    done = subprocess.run([*build, "--wheel-dir", target, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = target.glob("*.whl")
    return made


def source_distribution(source: Path, target: Path) -> Path:
    program = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, target], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = target.glob("*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(folder: Path, *words: str, cwd: Path) -> str:
    """Run Python without the environment's own paths: ``folder`` and the libraries alone are searched."""
    variables = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join((str(folder), str(LIBRARIES)))}
    done = subprocess.run([sys.executable, "-S", *words], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_gives_the_panel_of_the_checkout(installed: Path, repository: Path, tmp_path: Path) -> None:
    panels = []
    for name, folder in (("wheel", installed), ("checkout", repository)):
        (tmp_path / name).mkdir()
        python(folder, "-m", "studies.cli", *SIMULATE, cwd=tmp_path / name)
        panels.append((tmp_path / name / "panel.csv").read_bytes())
    assert panels[0].count(b"\n") == 1 + 4 * 5 + 1
    assert panels[0] == panels[1]


def test_a_wheel_is_whole_without_the_checkout(installed: Path, repository: Path, tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(repository).with_suffix("").parts)
        for name in PACKAGES
        for path in sorted((repository / name).rglob("*.py"))
    ]
    program = f"from importlib.util import find_spec\nfor name in {modules!r}: print(find_spec(name).origin)"
    origins = python(installed, "-c", program, cwd=tmp_path).splitlines()
    assert len(origins) == len(modules)
    assert [origin for origin in origins if not Path(origin).is_relative_to(installed)] == []


def test_a_wheel_holds_the_data_of_every_package_and_nothing_else(wheel: Path, repository: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    data = {
        path.relative_to(repository).as_posix()
        for name in PACKAGES
        for path in (repository / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"model/py.typed", "configs/priors.yaml", "studies/cli.py"} < data
    assert data - held == set()
    others = {name for name in held - data if ".dist-info/" not in name}
    assert others == {"industrial_takeoff.py"}


def test_the_command_starts_where_no_other_name_can_hide_it(installed: Path) -> None:
    (entries,) = installed.glob("*.dist-info/entry_points.txt")
    assert "takeoff = industrial_takeoff:main" in entries.read_text(encoding="utf-8").splitlines()


def test_a_source_distribution_makes_the_same_wheel(source: Path, wheel: Path, tmp_path: Path) -> None:
    archive = source_distribution(source, tmp_path)
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(built(archive, tmp_path / "wheel")) as second:
        names = [{name for name in one.namelist() if ".dist-info/" not in name} for one in (first, second)]
        assert names[0] == names[1]
        assert [name for name in names[0] if first.read(name) != second.read(name)] == []


def test_one_version_is_told_everywhere(repository: Path, installed: Path) -> None:
    told = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {told}\n" in (repository / "CITATION.cff").read_text(encoding="utf-8")
    (metadata,) = installed.glob("*.dist-info/METADATA")
    assert f"\nVersion: {told}\n" in metadata.read_text(encoding="utf-8")
