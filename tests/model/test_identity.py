"""Is a case, a policy or a profile known by what it says? A file that takes a shipped name, or another file's, is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.config import CONFIGS, load_case, load_policy, load_profile, refuse_twins
from model.errors import InputError

SHIPPED: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "case": (load_case, "cases", "10-kumasi"),
    "policy": (load_policy, "policies", "training"),
    "profile": (load_profile, "profiles", "quick"),
}


def copy(folder: Path, kind: str, name: str | None = None, change: str = "", suffix: str = ".yaml") -> Path:
    """Write a shipped file under a name, with a line added."""
    _, home, shipped = SHIPPED[kind]
    path = folder / f"{name or shipped}{suffix}"
    text = (CONFIGS / home / f"{shipped}.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("title:", "title: Mine,") if change == "title" else text + change, encoding="utf-8")
    return path


CHANGES = {"case": "note: Five firms.\n", "policy": "note: Another.\n", "profile": "point_seeds: 7\n"}


def changed(folder: Path, kind: str, name: str | None = None, suffix: str = ".yaml") -> Path:
    path = copy(folder, kind, name, suffix=suffix)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(CHANGES[kind].split(":")[0])]
    path.write_text("\n".join(lines) + "\n" + CHANGES[kind], encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", SHIPPED)
@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_a_file_with_a_shipped_name_and_other_content_is_refused(kind: str, suffix: str, tmp_path: Path) -> None:
    load, home, shipped = SHIPPED[kind]
    path = changed(tmp_path, kind, suffix=suffix)
    with pytest.raises(InputError) as error:
        load(path)
    told = str(error.value)
    assert "\n" not in told
    assert str(path) in told
    assert str(CONFIGS / home / f"{shipped}.yaml") in told
    assert "rename" in told
    assert load(changed(tmp_path, kind, "mine")).name == "mine"


@pytest.mark.parametrize("kind", SHIPPED)
def test_a_copy_of_a_shipped_file_is_the_shipped_one(kind: str, tmp_path: Path) -> None:
    load, _, shipped = SHIPPED[kind]
    path = copy(tmp_path, kind, change="# a comment says nothing\n")
    assert load(path) == load(shipped)
    assert load(path).path == load(shipped).path


def test_a_copy_of_a_case_keeps_its_number(tmp_path: Path) -> None:
    assert load_case(copy(tmp_path, "case")).number == 10
    assert load_case(copy(tmp_path, "case", "mine")).number == 0


@pytest.mark.parametrize("kind", SHIPPED)
def test_two_files_of_one_name_are_told_apart_by_content(kind: str, tmp_path: Path) -> None:
    load = SHIPPED[kind][0]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, same = load(copy(tmp_path / "a", kind, "plan")), load(copy(tmp_path / "b", kind, "plan"))
    with pytest.raises(InputError, match="--policy: plan: is named twice; name each policy once"):
        refuse_twins("--policy", "policy", [one, same])
    other = load(changed(tmp_path / "b", kind, "plan"))
    with pytest.raises(InputError) as error:
        refuse_twins("--policy", "policy", [load(copy(tmp_path, kind, "plan-b")), one, other])
    assert str(one.path) in str(error.value)
    assert str(other.path) in str(error.value)
    refuse_twins("--policy", "policy", [one, load(copy(tmp_path, kind, "plan-b"))])


def test_the_same_entry_twice_is_named_twice() -> None:
    with pytest.raises(InputError, match="named twice"):
        refuse_twins("--policy", "policy", [load_policy("credit"), load_policy("training"), load_policy("credit")])


@pytest.mark.parametrize("name", ["a" * 81, ".hidden", " plan", "plan ", "a\\b", "a\nb", "a\x1b[31m", "é" * 41])
def test_a_name_that_no_file_of_results_may_bear_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load_policy(copy(tmp_path, "policy", name))
    assert str(error.value).isprintable()
    assert "rename" in str(error.value)


@pytest.mark.parametrize("name", ["plan B", "förderung", "first-part", "2030", "nan", "a,b", 'a"b'])
def test_a_name_may_be_written_in_any_language(name: str, tmp_path: Path) -> None:
    assert load_policy(copy(tmp_path, "policy", name)).name == name
