"""Is the code written as the house is? Sizes, names and habits, each a rule held against this house and a planted violation."""

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from docs.house import PACKAGES, tree
from tests.sources import CODE, REPOSITORY, bound_names, importers, nodes, plant, sources, where

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 40
# Functions that are longer, as "FILE NAME", each with the reason.
KEYWORDS = "a public function, whose docstring describes every keyword of a run"
LONG_FUNCTIONS = {
    "calibration/pipeline.py calibrate": KEYWORDS,
    "calibration/shipped.py take": KEYWORDS,
    "calibration/validation.py validate": KEYWORDS,
    "model/simulation.py simulate": KEYWORDS,
    "studies/policy/advice.py advise": KEYWORDS,
    "studies/policy/budgets.py budgets": KEYWORDS,
    "studies/policy/compare.py compare": KEYWORDS,
    "studies/policy/optimise.py optimise": KEYWORDS,
    "studies/sensitivities/study.py sensitivity": KEYWORDS,
    "studies/sweeps/sweep.py sweep": KEYWORDS,
    "studies/trials/run.py trial": KEYWORDS,
}
# Names that stood for an index, a path, a location and a result at once.
AMBIGUOUS_NAMES = ("place", "found")
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
# Functions of numpy.random that draw from, or reseed, one global state.
GLOBAL_RANDOM = {"seed", "rand", "randn", "randint", "random", "normal", "uniform", "choice", "shuffle", "permutation"}
# Spelled in halves, so that this file passes its own test.
ROOTS = "|".join(("wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers", "opt"))
REGISTRIES = "|".join(("py" + "pi[.]o", "python" + "hosted", "npm" + "js[.]", "index" + "-url", "find" + "-links"))
OF_ONE_MACHINE = re.compile(rf"(?<![\w.)}}\]~-])/({ROOTS})/\w|{REGISTRIES}")


# ---------------------------------------------------------------------------------------------------- sizes and names


def long_files(root: Path) -> list[str]:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in sources(root, *CODE)}
    return [f"{where(root, path)}: {lines} lines" for path, lines in lengths.items() if lines > LINES_OF_A_FILE]


def long_functions(root: Path) -> list[str]:
    lengths = {
        f"{where(root, path)} {node.name}": node.end_lineno - node.lineno + 1
        for path, node in nodes(root, ast.FunctionDef | ast.AsyncFunctionDef, *CODE)
    }
    return [
        f"{name}: {lines} lines"
        for name, lines in lengths.items()
        if lines > LINES_OF_A_FUNCTION and name not in LONG_FUNCTIONS
    ]


def test_every_exception_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    named = list(LONG_FUNCTIONS)
    monkeypatch.setattr(f"{__name__}.LONG_FUNCTIONS", {})
    long = {line.rpartition(":")[0] for line in long_functions(REPOSITORY)}
    assert [name for name in named if name not in long] == []


def empty_names(root: Path) -> list[str]:
    return [where(root, path) for path in sources(root, *CODE) if EMPTY_NAMES & {path.stem, path.parent.name}]


def shadowed_packages(root: Path) -> list[str]:
    return _bound(root, PACKAGES, CODE)


def ambiguous_names(root: Path) -> list[str]:
    # An index, row, column or position; a path or folder; or a noun that says what was found.
    return _bound(root, AMBIGUOUS_NAMES, PACKAGES)


def _bound(root: Path, names: tuple[str, ...], folders: tuple[str, ...]) -> list[str]:
    bound = [(path, line, name) for path in sources(root, *folders) for line, name in bound_names(path)]
    return [f"{where(root, path, line)} {name}" for path, line, name in bound if name in names]


# ---------------------------------------------------------------------------------------------------- habits


def star_imports(root: Path) -> list[str]:
    statements = nodes(root, ast.ImportFrom, *CODE)
    return [where(root, path, node.lineno) for path, node in statements if any(alias.name == "*" for alias in node.names)]


def global_random_state(root: Path) -> list[str]:
    # Draw from a keyed generator that is passed in.
    drawn = [
        where(root, path, node.lineno)
        for path, node in nodes(root, ast.Attribute, *CODE)
        if node.attr in GLOBAL_RANDOM and ast.unparse(node.value) in {"np.random", "numpy.random"}
    ]
    return drawn + sorted(importers(root, "random", *PACKAGES))


def printing_libraries(root: Path) -> list[str]:
    calls = nodes(root, ast.Call, "model", "execution", "calibration")
    return [where(root, path, node.lineno) for path, node in calls if ast.unparse(node.func) == "print"]


def silent_exceptions(root: Path) -> list[str]:
    return [
        where(root, path, node.lineno)
        for path, node in nodes(root, ast.ExceptHandler, *CODE)
        if node.type is None or all(isinstance(line, ast.Pass) for line in node.body)
    ]


def asserted_input(root: Path) -> list[str]:
    # `python -O` drops asserts: raise InputError.
    return [where(root, path, node.lineno) for path, node in nodes(root, ast.Assert, *PACKAGES)]


def paths_of_one_machine(root: Path) -> list[str]:
    """Absolute paths, and addresses of package registries, in code, configurations and documents."""
    names = ["README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "constraints.txt", "CITATION.cff", ".ci/run"]
    inside = [path for folder in ("configs", "docs") for kind in ("*.yaml", "*.md") for path in (root / folder).rglob(kind)]
    shipped = [root / name for name in names if (root / name).is_file()]
    return [
        f"{where(root, path)}: {match.group(0)}"
        for path in [*sources(root, *CODE), *shipped, *sorted(inside)]
        for match in OF_ONE_MACHINE.finditer(path.read_text(encoding="utf-8"))
    ]


# ---------------------------------------------------------------------------------------------------- the rules, and the planted

Rule = Callable[[Path], list[str]]

# Each rule with houses in which it must see one violation: files and their text.
PLANTED: dict[Rule, tuple[Mapping[str, str], ...]] = {
    long_files: ({"docs/a.py": "1\n" * (LINES_OF_A_FILE + 1)},),
    long_functions: ({"tests/a.py": "class A:\n    def a(self):\n" + "        1\n" * LINES_OF_A_FUNCTION},),
    empty_names: ({"studies/utils.py": ""}, {"model/common/__init__.py": ""}),
    shadowed_packages: ({"studies/a.py": "for model in ():\n    1\n"}, {"tests/a.py": "def a(execution): ...\n"}),
    ambiguous_names: (
        {"execution/a.py": "place = 1\n"},
        {"studies/a.py": "def a(*, found=None): ...\n"},
        {"model/a.py": "b = [place for place in range(3)]\n"},
    ),
    star_imports: ({"calibration/a.py": "from numpy import *\n"},),
    global_random_state: ({"tests/a.py": "np.random.seed(1)\n"}, {"model/a.py": "import random\n"}),
    printing_libraries: ({"execution/a.py": "print(1)\n"},),
    silent_exceptions: (
        {"studies/a.py": "try:\n    1\nexcept ValueError:\n    pass\n"},
        {"studies/a.py": "try:\n    1\nexcept:\n    2\n"},
    ),
    asserted_input: ({"model/a.py": "assert 1\n"},),
    paths_of_one_machine: ({"docs/a.md": "see /" + "home/me/file\n"}, {"docs/a.md": "from py" + "pi.org\n"}),
}


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_habits(rule: Rule) -> None:
    assert rule(REPOSITORY) == []


@pytest.mark.parametrize(
    ("rule", "files"),
    [(rule, files) for rule, houses in PLANTED.items() for files in houses],
    ids=lambda part: getattr(part, "__name__", "planted"),
)
def test_a_planted_violation_is_seen(rule: Rule, files: Mapping[str, str], tmp_path: Path) -> None:
    assert len(rule(plant(tmp_path, files))) == 1


def test_a_house_without_violations_passes(tmp_path: Path) -> None:
    plant(tmp_path, {"model/exit.py": "def hazard(age):\n    return 1.0 / age\n", "docs/a.md": "a relative/path\n"})
    assert [line for rule in PLANTED for line in rule(tmp_path)] == []
    assert tree(tmp_path / "model" / "exit.py").body
