"""Does the code keep to the plan of the house? The arrow of imports, one home for each thing, sizes, names: read from the source.

Nothing is imported that can be read instead: a file that does not run yet is judged all the same.
"""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any

import pytest
import yaml

import model
from model.parameters import Params

REPOSITORY = Path(__file__).resolve().parents[1]
ARROW = ("model", "execution", "calibration", "studies")  # what stands on the right may import what stands on the left
CODE = (*ARROW, "benchmarks", "tests")
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 50
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

# Functions of numpy.random that draw from, or reseed, one global state.
GLOBAL_RANDOM = {"seed", "rand", "randn", "randint", "random", "normal", "uniform", "choice", "shuffle", "permutation"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if isinstance(node, ast.stmt | ast.expr | ast.excepthandler) else ""
    return f"{path.relative_to(REPOSITORY).as_posix()}{line}"


def nodes(kind: type | UnionType, *folders: str) -> Iterator[tuple[Path, Any]]:
    for path in sources(*folders):
        yield from ((path, node) for node in ast.walk(tree(path)) if isinstance(node, kind))


def imported(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Every module that a file names in an import statement, wherever the statement stands."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node, "." * node.level + (node.module or "")


def importers(library: str, *folders: str) -> set[str]:
    return {place(path) for path in sources(*folders) for _, name in imported(path) if name.split(".")[0] == library}


def stored_names(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every name that a file binds: assigned, looped over, caught, or a parameter of a function."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id
        elif isinstance(node, ast.arg):
            yield node, node.arg
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node, node.name


def test_the_sources_are_found() -> None:
    for folder in ARROW:
        assert sources(folder), f"no source in {folder}/: the tests below would pass on nothing"


@pytest.mark.parametrize("package", ARROW)
def test_the_arrow_never_turns_back(package: str) -> None:
    later = {*ARROW[ARROW.index(package) + 1 :], "benchmarks", "tests"}
    named = [(place(path, node), name) for path in sources(package) for node, name in imported(path)]
    assert [where for where, name in named if name.split(".")[0] in later] == []


def test_imports_name_their_package() -> None:
    relative = [place(path, node) for path in sources(*CODE) for node, name in imported(path) if name.startswith(".")]
    assert relative == [], "write `from model.state import FIRM`: a reader sees where it lives"


def test_one_file_reads_yaml() -> None:
    assert importers("yaml", *ARROW) == {"model/config.py"}


def test_one_file_knows_dask() -> None:
    knowing = set().union(*(importers(library, *ARROW) for library in ("dask", "distributed", "dask_jobqueue")))
    assert knowing <= {"execution/dask_executor.py"}


@pytest.mark.parametrize("library", ["pickle", "cloudpickle", "dill", "joblib", "shelve"])
def test_nothing_is_pickled(library: str) -> None:
    assert importers(library, *CODE) == set()


def test_the_model_knows_neither_the_samplers_nor_the_surrogate() -> None:
    for library in ("emcee", "arviz", "jax", "optax"):
        assert importers(library, "model") == set()


def test_training_libraries_are_imported_late() -> None:
    # An extra: a stored surrogate is evaluated where JAX is not installed. One file may name it at the top, itself imported late.
    top = {
        place(path)
        for path in sources(*ARROW)
        for node, name in imported(path)
        if name.split(".")[0] in {"jax", "optax"} and node in tree(path).body
    }
    assert len(top) <= 1, f"imported for all their readers: {sorted(top)}"


def test_no_star_imports() -> None:
    stars = [place(path, node) for path, node in nodes(ast.ImportFrom, *CODE) if any(alias.name == "*" for alias in node.names)]
    assert stars == []


def test_no_global_random_state() -> None:
    drawn = [
        place(path, node)
        for path, node in nodes(ast.Attribute, *CODE)
        if node.attr in GLOBAL_RANDOM and ast.unparse(node.value) in {"np.random", "numpy.random"}
    ]
    assert drawn == [], "draw from a keyed generator that is passed in"
    assert importers("random", *ARROW) == set()


def test_libraries_do_not_print() -> None:
    printed = [
        place(path, node)
        for path, node in nodes(ast.Call, "model", "calibration")
        if isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    # `python -m model.warm` is a small command: it says what it compiles.
    assert [line for line in printed if not line.startswith("model/warm.py")] == []


def test_names_say_something() -> None:
    empty = [place(path) for path in sources(*CODE) if EMPTY_NAMES & {path.stem, path.parent.name}]
    assert empty == []


def test_no_variable_shadows_a_package() -> None:
    shadows = [f"{place(path, node)} {name}" for path in sources(*CODE) for node, name in stored_names(path) if name in ARROW[:2]]
    assert shadows == []


def test_no_exception_is_passed_over_in_silence() -> None:
    silent = [
        place(path, node)
        for path, node in nodes(ast.ExceptHandler, *CODE)
        if node.type is None or all(isinstance(line, ast.Pass) for line in node.body)
    ]
    assert silent == []


def test_a_users_input_is_never_asserted() -> None:
    asserted = [place(path, node) for path, node in nodes(ast.Assert, *ARROW)]
    assert asserted == [], "python -O drops asserts: raise InputError"


def test_files_fit_on_few_screens() -> None:
    lengths = {place(path): path.read_text(encoding="utf-8").count("\n") for path in sources(*CODE)}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}


def test_functions_fit_on_one_screen() -> None:
    lengths = {
        f"{place(path, node)} {node.name}": node.end_lineno - node.lineno + 1
        for path, node in nodes(ast.FunctionDef | ast.AsyncFunctionDef, *CODE)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_no_path_of_one_machine_and_no_address_of_a_registry() -> None:
    # Spelled in halves, so that this file passes its own test.
    roots = "|".join(("wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers", "opt"))
    registries = "|".join(("py" + "pi[.]o", "python" + "hosted", "npm" + "js[.]", "index" + "-url", "find" + "-links"))
    forbidden = re.compile(rf"(?<![\w.)}}\]~-])/({roots})/\w|{registries}")
    named = [
        f"{place(path)}: {found.group(0)}"
        for path in [*sources(*CODE), *shipped_texts()]
        for found in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert named == []


def shipped_texts() -> list[Path]:
    names = ["README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "constraints.txt", "CITATION.cff", ".ci/run"]
    inside = [path for folder in ("configs", "docs") for kind in ("*.yaml", "*.md") for path in (REPOSITORY / folder).rglob(kind)]
    return [REPOSITORY / name for name in names] + sorted(inside)


def test_the_packages_imported_are_those_of_this_repository() -> None:
    assert Path(model.__file__ or "").resolve().parent == REPOSITORY / "model"


def test_every_package_says_that_it_is_typed() -> None:
    assert [folder for folder in ARROW if not (REPOSITORY / folder / "py.typed").is_file()] == []


# ---------------------------------------------------------------------------------------------------- one home for each mechanism


def mechanisms() -> list[Path]:
    return [path for path in sources("model/mechanisms") if path.stem != "__init__"]


@pytest.mark.parametrize("path", mechanisms(), ids=lambda path: path.stem)
def test_a_mechanism_begins_with_its_question(path: Path) -> None:
    stops = re.findall(r"[.?!]", ast.get_docstring(tree(path)) or "")
    assert stops[:1] == ["?"], f"{place(path)}: open the docstring with the question that this file answers"


def test_an_equation_has_one_home() -> None:
    homes: dict[str, list[str]] = {}
    for path in mechanisms():
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(place(path, node))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def parameters_read(path: Path) -> set[str]:
    return {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)} & set(Params._fields)


def test_engines_say_when_and_never_how_much() -> None:
    read = {place(path): sorted(parameters_read(path)) for path in sources("model/engines")}
    assert {name: parameters for name, parameters in read.items() if parameters} == {}


def test_every_parameter_is_read() -> None:
    by_field = {name for path in sources("model") for name in parameters_read(path)}
    by_key = {node.slice.value for _, node in nodes(ast.Subscript, "model") if isinstance(node.slice, ast.Constant)}
    read = by_field | by_key
    assert [name for name in Params._fields if name not in read] == [], "a prior on what nothing reads is a promise not kept"


def test_parameters_and_priors_name_the_same_numbers() -> None:
    entries = yaml.safe_load((REPOSITORY / "configs" / "priors.yaml").read_text(encoding="utf-8"))["parameters"]
    assert set(Params._fields) == {name for name in entries if not name.startswith("population_")}


def test_no_parameter_stands_twice_in_the_priors() -> None:
    # A YAML reader keeps the last of two entries and says nothing.
    text = (REPOSITORY / "configs" / "priors.yaml").read_text(encoding="utf-8")
    for section in text.split("\nstructures:"):
        counted = Counter(re.findall(r"^  (\w+):", section, flags=re.MULTILINE))
        assert counted
        assert {name: count for name, count in counted.items() if count > 1} == {}


def test_what_is_imported_is_asked_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["surrogate"], *extras["batch"]]
    named = {re.split(r"[<>=\[ ;]", line)[0].lower() for line in wanted}
    own = {*ARROW, "industrial_takeoff", "benchmarks", "tests", "__future__"}
    spelled = {"yaml": "pyyaml", "dask_jobqueue": "dask-jobqueue", "SALib": "salib"}
    spelled |= dict.fromkeys(("arviz_base", "arviz_plots", "arviz_stats"), "arviz")
    used = {name.split(".")[0] for path in sources(*ARROW) for _, name in imported(path)} - own - set(sys.stdlib_module_names)
    assert {spelled.get(name, name) for name in used} - named == set(), "imported and not asked for in pyproject.toml"
    by_name = {"h5netcdf", "h5py", "pyarrow", "cryptography"}  # engines that xarray and pandas find by name, and Dask's for TLS
    assert named - {spelled.get(name, name) for name in used} - by_name == set(), "asked for and imported nowhere"
