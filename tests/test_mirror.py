"""Do the tests mirror the tree? For every module the mirrored folder holds a test of its name, or a file that imports it."""

from pathlib import Path

import pytest

from docs.house import PACKAGES, dotted, imports
from tests.sources import REPOSITORY, plant, sources, where

# Rooms whose modules are tested together with those of the room below which they lie: a mechanism acts in a whole quarter.
WITH_THE_ROOM_BELOW = {"model/mechanisms", "model/engines"}
# Modules that no test in their room imports, each with the reason.
BY_COMMAND = "its commands are run through studies.cli, by the tests of the rooms that answer them"
BY_PAGE = "fills a page, which tests/studies/report/test_page.py or test_sensitivity.py reads as a reader would"
TESTED_ELSEWHERE = {
    "model/arrays.py": "names types of arrays and runs nothing",
    "model/warm.py": "run by `make install`",
    "studies/commands/inspecting.py": BY_COMMAND,
    "studies/commands/listing.py": BY_COMMAND,
    "studies/commands/planning.py": BY_COMMAND,
    "studies/commands/sensitivity.py": BY_COMMAND,
    "studies/report/coverage.py": BY_PAGE,
    "studies/report/policies.py": BY_PAGE,
    "studies/report/sections.py": BY_PAGE,
    "studies/report/sensitivity_figures.py": BY_PAGE,
    "studies/report/sensitivity_outcomes.py": BY_PAGE,
}


def mirrored(module: Path) -> Path:
    """The folder below ``tests/`` that mirrors a module's, both relative."""
    folder = module.parent
    return Path("tests") / (folder.parent if folder.as_posix() in WITH_THE_ROOM_BELOW else folder)


def modules_without_a_test(root: Path) -> list[str]:
    """Modules that have no test of their name in the mirrored folder, and that no file there imports."""
    modules = [path.relative_to(root) for path in sources(root, *PACKAGES) if path.stem != "__init__"]
    return [module.as_posix() for module in modules if not _is_tested(root, module)]


def _is_tested(root: Path, module: Path) -> bool:
    folder = root / mirrored(module)
    own = folder / f"test_{module.stem}.py"
    name = dotted(root, root / module)
    return own.is_file() or any(one.name == name for path in folder.glob("*.py") for one in imports(root, path))


def test_every_module_has_a_test_in_its_room() -> None:
    assert sorted(modules_without_a_test(REPOSITORY)) == sorted(TESTED_ELSEWHERE)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tests/studies/policy/test_advice.py", ""),
        ("tests/studies/policy/test_ranking.py", "from studies.policy.advice import advise\n"),
        ("tests/studies/policy/test_ranking.py", "def test_it():\n    from studies.policy import advice\n"),
    ],
)
def test_a_test_by_name_or_by_import_counts(file: str, text: str, tmp_path: Path) -> None:
    assert modules_without_a_test(plant(tmp_path, {"studies/policy/advice.py": "", file: text})) == []


@pytest.mark.parametrize("file", ["tests/test_advice.py", "tests/studies/test_advice.py", "tests/studies/report/test_advice.py"])
def test_a_test_in_another_room_does_not_count(file: str, tmp_path: Path) -> None:
    planted = {"studies/policy/advice.py": "", file: "from studies.policy import advice\n"}
    assert modules_without_a_test(plant(tmp_path, planted)) == ["studies/policy/advice.py"]


def test_every_folder_of_tests_has_a_room() -> None:
    folders = {path.parent for package in PACKAGES for path in sources(REPOSITORY, f"tests/{package}")}
    rooms = {folder: REPOSITORY / folder.relative_to(REPOSITORY / "tests") for folder in folders}
    assert [where(REPOSITORY, folder) for folder, room in rooms.items() if not room.is_dir()] == []
