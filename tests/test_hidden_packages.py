"""What if a user's own file has the name of a package? One line names the file, from the command and from Python."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import industrial_takeoff
from industrial_takeoff import HOME, PACKAGES, hidden_package

COMMAND = ("-m", "studies.cli", "explain", "schedule")
START = ("-m", "industrial_takeoff", "explain", "schedule")
# It would show that a user's file was run, and not only found.
OWN = "print('a script of the user runs')\n"


def run(folder: Path, *words: str, path: Path | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of Python in a folder, with another folder before the project's on PYTHONPATH."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(str(one) for one in (path, HOME) if one)}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def plant(folder: Path, name: str) -> str:
    """Write a user's file with a package's name; return the line that is expected."""
    path = folder / f"{name}.py"
    path.write_text(OWN, encoding="utf-8")
    return f"{path.resolve()}: hides this project's package `{name}`; rename it, or start elsewhere and without it on PYTHONPATH"


@pytest.mark.parametrize(
    ("words", "name"),
    [*((START, name) for name in PACKAGES), *((COMMAND, name) for name in PACKAGES[:-1])],
    ids=lambda part: part if isinstance(part, str) else part[1],
)
def test_the_command_names_the_file_in_the_way(words: tuple[str, ...], name: str, tmp_path: Path) -> None:
    expected = plant(tmp_path, name)
    assert run(tmp_path, *words) == (2, "", f"takeoff: {expected}\n")


def test_a_file_on_pythonpath_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "start").mkdir()
    expected = plant(tmp_path / "scripts", "model")
    assert run(tmp_path / "start", *COMMAND, path=tmp_path / "scripts") == (2, "", f"takeoff: {expected}\n")


def test_a_package_of_the_user_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").write_text(OWN, encoding="utf-8")
    code, said, error = run(tmp_path, *COMMAND)
    assert (code, said) == (2, "")
    assert error.startswith(f"takeoff: {tmp_path.resolve() / 'model'}: hides")


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("import calibration", "model"),
        ("import calibration", "execution"),
        ("import execution", "model"),
        ("import execution.store", "model"),
        ("from studies import compare", "model"),
        ("import studies; studies.sweep", "execution"),
        ("from studies import advise", "calibration"),
    ],
)
def test_an_import_names_the_file_in_the_way(program: str, name: str, tmp_path: Path) -> None:
    expected = plant(tmp_path, name)
    code, said, error = run(tmp_path, "-c", program)
    assert (code, said) == (1, "")
    assert error.splitlines()[-1] == f"ImportError: {expected}"


@pytest.mark.parametrize("name", ["studies", "calibration"])
def test_a_file_that_hides_nothing_needed_is_no_matter(name: str, tmp_path: Path) -> None:
    plant(tmp_path, name)
    assert run(tmp_path, "-c", "import execution, model; print('fine')") == (0, "fine\n", "")


def test_a_system_without_locks_of_files_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(industrial_takeoff, "find_spec", lambda name: None if name == "fcntl" else find_spec(name))
    assert industrial_takeoff.main() == 2
    assert capsys.readouterr().err == f"takeoff: {industrial_takeoff.WINDOWS}\n"
    with pytest.raises(ImportError, match="Windows is not supported"):
        industrial_takeoff.check_packages("calibration")


def test_in_the_repository_nothing_is_hidden() -> None:
    assert hidden_package() is None
