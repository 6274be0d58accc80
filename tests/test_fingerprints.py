"""Does a fingerprint change with every source that decides a number, and with no other? The imports say which these are.

A kind of run names the packages that decide its numbers in ``DECIDES``. Here the same names are derived: from the modules whose
functions are handed to a ``Runner`` as tasks, along the imports, to the packages where they end. ``execution`` is left out: it
decides who does a task and when, and no bit of its result (``tests/test_same_bits.py``).
"""

import ast
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.house import PACKAGES, dotted, home, imports, tree
from execution.fingerprint import source_hashes
from tests.sources import REPOSITORY, nodes, plant, sources


class Kind(NamedTuple):
    """A kind of run: the module that declares ``DECIDES``, and the modules that hold its tasks and their evaluation."""

    declared: str
    tasks: tuple[str, ...]


KINDS = {
    "calibration": Kind("calibration.fingerprint", ("calibration.stages", "calibration.predictive")),
    "validation": Kind("calibration.validation", ("calibration.validation",)),
    "comparison": Kind("studies.policy.pieces", ("studies.policy.counterfactuals",)),
    "sensitivity": Kind(
        "studies.sensitivities.study", ("studies.sensitivities.laboratory", "studies.sensitivities.indices")
    ),
    "sweep": Kind("studies.sweeps.sweep", ("studies.sweeps.rows",)),
}
IDLE = "execution"


# ---------------------------------------------------------------------------------------------------- what the imports say


def reached_modules(root: Path, first: Iterable[str]) -> set[str]:
    """The modules of the house from which the imports of the first ones take something, and these themselves."""
    known, ahead = set[str](), set(first)
    while ahead:
        known |= ahead
        paths = [path for name in ahead if (path := home(root, name)) is not None]
        named = {one.name for path in paths for one in imports(root, path)}
        ahead = {name for name in named if name.split(".")[0] in PACKAGES and name.split(".")[0] != IDLE} - known
    return known


def deciding_packages(root: Path, first: Iterable[str]) -> set[str]:
    """The packages of the modules that are reached: those of the house, of ``studies`` the room."""
    words = [name.split(".") for name in reached_modules(root, first)]
    return {".".join(part[: 2 if part[0] == "studies" else 1]) for part in words}


def declared_packages(root: Path, module: str) -> list[str]:
    """The value of ``DECIDES`` in a module, read and not imported."""
    path = home(root, module)
    statements = [] if path is None else tree(path).body
    values = [line.value for line in statements if isinstance(line, ast.AnnAssign) and ast.unparse(line.target) == "DECIDES"]
    return [name for value in values if value is not None for name in ast.literal_eval(value)]


def modules_of_tasks(root: Path) -> Iterator[str]:
    """The modules that define what is handed to ``Runner.gather`` and ``Runner.complete``.

    A name that is neither defined nor imported in the file is a parameter, whose value comes from the file's own functions.
    """
    for path, node in nodes(root, ast.Call, *PACKAGES):
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"gather", "complete"} and len(node.args) > 2:
            module = dotted(root, path)
            if module.split(".")[0] != IDLE:
                yield _origin(path, ast.unparse(node.args[1])) or module


def _origin(path: Path, name: str) -> str | None:
    statements = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    return next((node.module for node in statements if name in {alias.asname or alias.name for alias in node.names}), None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_run_names_the_packages_that_decide_its_numbers(kind: str) -> None:
    declared = declared_packages(REPOSITORY, KINDS[kind].declared)
    assert sorted(declared) == sorted(deciding_packages(REPOSITORY, KINDS[kind].tasks))
    assert [name for name in declared if not REPOSITORY.joinpath(*name.split(".")).is_dir()] == []


def test_every_task_of_the_house_belongs_to_a_kind_of_run() -> None:
    modules = set(modules_of_tasks(REPOSITORY))
    assert len(modules) >= len(KINDS)
    assert modules - {name for kind in KINDS.values() for name in reached_modules(REPOSITORY, kind.tasks)} == set()


# ---------------------------------------------------------------------------------------------------- planted imports


@pytest.mark.parametrize(
    ("statement", "room"),
    [
        ("from studies.report.words import label", "studies.report"),
        ("import studies.page.svg", "studies.page"),
        ("from studies.policy import planted", "studies.inspect"),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["at-the-top", "in-a-function"])
def test_a_planted_import_is_noticed(statement: str, room: str, late: bool, house: Path) -> None:
    tasks = KINDS["sensitivity"].tasks
    assert room not in deciding_packages(house, tasks)
    plant(house, {"studies/policy/planted.py": "import studies.inspect.explain\n"})
    text = f"def late():\n    {statement}\n" if late else f"{statement}\n"
    append(house / "studies" / "sensitivities" / "laboratory.py", text)
    assert room in deciding_packages(house, tasks)


def test_an_import_over_another_room_is_noticed(tmp_path: Path) -> None:
    files = {
        "studies/sweeps/rows.py": "from studies.files import tables\n",
        "studies/files/tables.py": "def write():\n    import studies.page.svg\n",
        "studies/page/svg.py": "import execution.store\n",
    }
    decided = deciding_packages(plant(tmp_path, files), ["studies.sweeps.rows"])
    assert decided == {"studies.sweeps", "studies.files", "studies.page"}


def test_a_task_that_no_kind_of_run_knows_is_noticed(tmp_path: Path) -> None:
    files = {
        "studies/a.py": "from studies.b import work\ndef go(runner):\n    return runner.gather('working', work, None, [])\n",
        "studies/b.py": "def work(): ...\ndef go(runner, f):\n    runner.complete('working', f, None, [], 1)\n",
    }
    assert list(modules_of_tasks(plant(tmp_path, files))) == ["studies.b", "studies.b"]


# ---------------------------------------------------------------------------------------------------- edits


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the sources that may be edited."""
    for path in sources(REPOSITORY, *PACKAGES):
        copy = tmp_path / path.relative_to(REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return tmp_path


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + f"\n\n{text}", encoding="utf-8")


def changed(root: Path, edit: Callable[[], object]) -> set[str]:
    """The kinds of run whose hashes of sources an edit changes."""
    before = {kind: source_hashes(declared_packages(root, of.declared), root) for kind, of in KINDS.items()}
    edit()
    return {kind for kind, of in KINDS.items() if source_hashes(declared_packages(root, of.declared), root) != before[kind]}


SHOWING = ("page", "report", "inspect", "plan", "plots", "taught", "commands")
IDLE_ROOMS = (IDLE, *(f"studies/{room}" for room in SHOWING))


@pytest.mark.parametrize("room", IDLE_ROOMS)
def test_an_edit_of_what_shows_or_carries_work_refuses_no_resume(room: str, house: Path) -> None:
    edited = sources(house, room)
    assert edited
    assert changed(house, lambda: [append(path, "# A comment.\n") for path in edited]) == set()


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("model/mechanisms/exit.py", set(KINDS)),
        ("calibration/gate.py", {"calibration", "comparison", "sensitivity", "validation"}),
        ("studies/policy/outcomes.py", {"comparison", "sensitivity"}),
        ("studies/sensitivities/design.py", {"sensitivity"}),
        ("studies/sweeps/rows.py", {"sweep"}),
        ("studies/files/rows.py", {"sweep"}),
    ],
)
def test_an_edit_of_what_decides_a_number_is_noticed(file: str, kinds: set[str], house: Path) -> None:
    assert changed(house, lambda: append(house / file, "# A comment.\n")) == kinds
