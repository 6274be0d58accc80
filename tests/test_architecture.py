"""Does the code keep to the plan of the house? The arrow of imports, the rooms of ``studies``, one home for each thing.

A rule is a function that returns the violations below a root folder. Each is held against this house, and against small houses
in which a violation was planted: a rule that sees nothing there would be worth nothing here.
"""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

import model
from docs.house import (
    PACKAGES,
    Import,
    circles,
    direct,
    dotted,
    floors,
    home,
    house,
    imports,
    plan_of,
    reached,
    rooms_table,
    tree,
)
from model.parameters import Params
from tests.sources import CODE, REPOSITORY, importers, nodes, plant, sources, where

# What execution may know of the model: arrays, errors, profiles, the hash of sources, and the cores that this process may use.
OPEN_TO_EXECUTION = {"model.arrays", "model.errors", "model.profile", "model.compiling", "model.cores"}
# The rooms of `studies` that a room may not import, directly or over another one: computation knows no presentation.
HIDDEN_FROM = {
    "policy": ("page", "plots", "report"),
    "sensitivities": ("page", "plots", "report"),
    "sweeps": ("page", "plots", "policy", "report"),
    "trials": ("page", "plots", "policy", "report"),
    "page": ("policy", "report"),
    "taught": ("page", "plots", "report"),
    "plots": ("commands", "report"),
}
# Libraries that one file alone knows.
KNOWN_TO_ONE_FILE = {
    "yaml": "model/reading.py",
    "dask": "execution/dask_executor.py",
    "distributed": "execution/dask_executor.py",
    "dask_jobqueue": "execution/dask_executor.py",
    "optuna": "studies/policy/search.py",
}
PICKLERS = ("pickle", "cloudpickle", "dill", "joblib", "shelve")
TRAINING = ("jax", "optax")


def imported(root: Path, *folders: str) -> Iterator[tuple[Path, Import]]:
    for path in sources(root, *folders):
        yield from ((path, one) for one in imports(root, path))


# ---------------------------------------------------------------------------------------------------- arrows and rooms


def arrows_that_turn_back(root: Path) -> list[str]:
    later = {package: {*PACKAGES[number + 1 :], "docs", "benchmarks", "tests"} for number, package in enumerate(PACKAGES)}
    return [
        f"{where(root, path, one.line)} imports {one.name}"
        for package in PACKAGES
        for path, one in imported(root, package)
        if one.name.split(".")[0] in later[package]
    ]


def what_execution_must_not_know(root: Path) -> list[str]:
    known = [(path, one) for path, one in imported(root, "execution") if one.name.split(".")[0] == "model"]
    return [f"{where(root, path, one.line)} imports {one.name}" for path, one in known if one.name not in OPEN_TO_EXECUTION]


def rooms_that_must_stay_hidden(root: Path) -> list[str]:
    beyond = reached(plan_of(root, "studies"))
    pairs = [(f"studies.{room}", f"studies.{other}") for room, others in HIDDEN_FROM.items() for other in others]
    return [f"{room} imports {other}, directly or over another room" for room, other in pairs if other in beyond.get(room, ())]


def circles_of_rooms(root: Path) -> list[str]:
    plans = [house(root), *(plan_of(root, package) for package in PACKAGES)]
    return [" and ".join(rooms) for plan in plans for rooms in circles(plan)]


def relative_imports(root: Path) -> list[str]:
    # `from model.state import FIRM`: a reader sees where it lives.
    return [where(root, path, one.line) for path, one in imported(root, *CODE) if one.name.startswith(".")]


# ---------------------------------------------------------------------------------------------------- libraries and their homes


def libraries_known_elsewhere(root: Path) -> list[str]:
    readers = {library: importers(root, library, *PACKAGES) - {file} for library, file in KNOWN_TO_ONE_FILE.items()}
    return sorted(f"{path} imports {library}" for library, paths in readers.items() for path in paths)


def pickled(root: Path) -> list[str]:
    return sorted(path for library in PICKLERS for path in importers(root, library, *CODE))


def statistics_in_the_model(root: Path) -> list[str]:
    return sorted(path for library in ("emcee", "arviz", *TRAINING) for path in importers(root, library, "model"))


def training_libraries_for_all(root: Path) -> list[str]:
    # An extra: a stored surrogate is evaluated where JAX is not installed. One file may name it at the top, itself imported late.
    top = {
        where(root, path)
        for path in sources(root, *PACKAGES)
        for line in tree(path).body
        if isinstance(line, ast.Import | ast.ImportFrom) and re.search(rf"\b({'|'.join(TRAINING)})\b", ast.unparse(line))
    }
    return sorted(top)[1:]


def dependencies_out_of_step(root: Path) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # What tests, linters, benchmarks and the site need, and no package of ours imports.
    beside = ("dev", "docs", "mutation", "calibration-peers")
    wanted = [*project["dependencies"], *(line for name, lines in extras.items() if name not in beside for line in lines)]
    named = {re.split(r"[<>=\[ ;]", line)[0].lower() for line in wanted}
    spelled = {"yaml": "pyyaml", "dask_jobqueue": "dask-jobqueue", "SALib": "salib", "sklearn": "scikit-learn"}
    spelled |= dict.fromkeys(("arviz_base", "arviz_plots", "arviz_stats"), "arviz")
    first_words = {one.name.split(".")[0] for _, one in imported(root, *PACKAGES)}
    own = {word for word in first_words if home(root, word) is not None}
    used = {spelled.get(word, word) for word in first_words - own - {"__future__", *sys.stdlib_module_names}}
    by_name = {"h5netcdf", "h5py", "pyarrow", "cryptography"}  # engines that xarray and pandas find by name, and Dask's for TLS
    missing = [f"{name} is imported and not asked for" for name in sorted(used - named)]
    return missing + [f"{name} is asked for and imported nowhere" for name in sorted(named - used - by_name)]


# ---------------------------------------------------------------------------------------------------- one home for each mechanism


def mechanisms(root: Path) -> list[Path]:
    return [path for path in sources(root, "model/mechanisms") if path.stem != "__init__"]


def parameters_read(path: Path) -> set[str]:
    return {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)} & set(Params._fields)


def mechanisms_without_a_question(root: Path) -> list[str]:
    # The docstring opens with the question that the file answers.
    opened = {where(root, path): re.findall(r"[.?!]", ast.get_docstring(tree(path)) or "") for path in mechanisms(root)}
    return [file for file, stops in opened.items() if stops[:1] != ["?"]]


def equations_with_two_homes(root: Path) -> list[str]:
    functions = [(path, node) for path in mechanisms(root) for node in tree(path).body if isinstance(node, ast.FunctionDef)]
    homes: dict[str, list[str]] = {}
    for path, node in functions:
        if not node.name.startswith("_"):
            homes.setdefault(node.name, []).append(where(root, path, node.lineno))
    return [f"{name}: {' and '.join(places)}" for name, places in homes.items() if len(places) > 1]


def engines_that_say_how_much(root: Path) -> list[str]:
    read = [(path, name) for path in sources(root, "model/engines") for name in sorted(parameters_read(path))]
    return [f"{where(root, path)} reads {name}" for path, name in read]


def parameters_that_nothing_reads(root: Path) -> list[str]:
    # A prior on what nothing reads is a promise not kept.
    by_field = {name for path in sources(root, "model") for name in parameters_read(path)}
    by_key = {node.slice.value for _, node in nodes(root, ast.Subscript, "model") if isinstance(node.slice, ast.Constant)}
    return [name for name in Params._fields if name not in by_field | by_key]


def priors_and_parameters_that_differ(root: Path) -> list[str]:
    entries = yaml.safe_load((root / "configs" / "priors.yaml").read_text(encoding="utf-8"))["parameters"]
    return sorted(set(Params._fields) ^ {name for name in entries if not name.startswith("population_")})


def priors_that_stand_twice(root: Path) -> list[str]:
    # A reader of YAML keeps the last of two entries and says nothing.
    sections = (root / "configs" / "priors.yaml").read_text(encoding="utf-8").split("\nstructures:")
    counted = [Counter(re.findall(r"^  (\w+):", section, flags=re.MULTILINE)) for section in sections]
    return [name for names in counted for name, count in names.items() if count > 1]


# ---------------------------------------------------------------------------------------------------- the rules, and the planted

Rule = Callable[[Path], list[str]]
PROJECT = '[project]\ndependencies = ["numpy"]\n[project.optional-dependencies]\nsurrogate = []\nbatch = []\n'
LATE = "def late():\n    "

# Each rule with houses in which it must see something: files and their text.
PLANTED: dict[Rule, tuple[Mapping[str, str], ...]] = {
    arrows_that_turn_back: (
        {"model/a.py": "import execution\n"},
        {"execution/a.py": "from calibration.gate import judge\n"},
        {"execution/a.py": f"{LATE}import studies.cli\n"},
        {"calibration/a.py": "from studies import compare\n"},
        {"studies/a.py": "from tests.conftest import repository\n"},
        {"studies/a.py": "import importlib\nimportlib.import_module(f'docs.{1}')\n"},
    ),
    what_execution_must_not_know: (
        {"execution/a.py": f"{LATE}from model.state import FIRM\n"},
        {"execution/a.py": "from model import simulate\n", "model/__init__.py": "from model.simulation import simulate\n"},
    ),
    rooms_that_must_stay_hidden: (
        {"studies/policy/a.py": "import studies.page.b\n", "studies/page/b.py": ""},
        {"studies/sensitivities/a.py": f"{LATE}from studies.report import b\n", "studies/report/b.py": ""},
        {"studies/sweeps/a.py": "from studies.policy.b import c\n", "studies/policy/b.py": ""},
        {"studies/sweeps/a.py": "import studies.b\n", "studies/b.py": "import studies.page.c\n", "studies/page/c.py": ""},
        {"studies/page/a.py": "from studies import report\n", "studies/report/b.py": ""},
    ),
    circles_of_rooms: (
        {"studies/plan/a.py": "import studies.cli\n", "studies/cli.py": f"{LATE}from studies.plan.a import b\n"},
        {"calibration/room/a.py": "import calibration.b\n", "calibration/b.py": f"{LATE}from calibration.room import a\n"},
        {"model/a.py": "import model.b\n", "model/b.py": "import model.c\n", "model/c.py": "from model import a\n"},
        {"model/a.py": "import studies\n", "studies/a.py": "import model\n"},
    ),
    relative_imports: ({"model/a.py": "from . import b\n"}, {"tests/a.py": "from ..b import c\n"}),
    libraries_known_elsewhere: (
        {"studies/a.py": "import yaml\n"},
        {"execution/a.py": f"{LATE}from dask_jobqueue import SLURMCluster\n"},
    ),
    pickled: ({"benchmarks/a.py": f"{LATE}import pickle\n"},),
    statistics_in_the_model: ({"model/a.py": "import arviz.stats\n"},),
    training_libraries_for_all: ({"studies/a.py": "import jax\n", "studies/b.py": "from optax import adam\n"},),
    dependencies_out_of_step: (
        {"pyproject.toml": PROJECT, "model/a.py": "import numpy, scipy\n"},
        {"pyproject.toml": PROJECT, "model/a.py": "import math\n"},
    ),
    mechanisms_without_a_question: ({"model/mechanisms/a.py": '"""Firms leave. Why?"""\n'},),
    equations_with_two_homes: (dict.fromkeys(("model/mechanisms/a.py", "model/mechanisms/b.py"), "def hazard(): ...\n"),),
    engines_that_say_how_much: ({"model/engines/a.py": f"def wait(p):\n    return p.{Params._fields[0]}\n"},),
    parameters_that_nothing_reads: ({"model/a.py": "".join(f"p.{name}\n" for name in Params._fields[1:])},),
    priors_and_parameters_that_differ: (
        {"configs/priors.yaml": "parameters:\n" + "".join(f"  {name}: 1\n" for name in Params._fields[1:])},
    ),
    priors_that_stand_twice: ({"configs/priors.yaml": "parameters:\n  a: 1\n  b: 2\n  a: 3\nstructures:\n  b: x\n"},),
}


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_house_keeps_to_its_plan(rule: Rule) -> None:
    assert rule(REPOSITORY) == []


@pytest.mark.parametrize(
    ("rule", "files"),
    [(rule, files) for rule, houses in PLANTED.items() for files in houses],
    ids=lambda part: getattr(part, "__name__", "planted"),
)
def test_a_planted_violation_is_seen(rule: Rule, files: Mapping[str, str], tmp_path: Path) -> None:
    assert len(rule(plant(tmp_path, files))) == 1


def test_the_sources_are_there() -> None:
    for folder in CODE:
        assert sources(REPOSITORY, folder), f"no source in {folder}/: the rules would hold of nothing"


def test_the_packages_imported_are_those_of_this_repository() -> None:
    assert Path(model.__file__ or "").resolve().parent == REPOSITORY / "model"


def test_every_package_says_that_it_is_typed() -> None:
    assert [folder for folder in PACKAGES if not (REPOSITORY / folder / "py.typed").is_file()] == []


# ---------------------------------------------------------------------------------------------------- how the house is counted


def test_rooms_floors_and_arrows_of_a_small_house(tmp_path: Path) -> None:
    files = {
        "studies/__init__.py": "from studies.plan.size import size as size\n",
        "studies/cli.py": "from studies import size\nimport json\n",
        "studies/plan/size.py": f"{LATE}import studies.files\n",
        "studies/plan/words.py": "from studies.plan.size import size\n",
        "studies/files/rows.py": "import model.arrays\n",
        "model/arrays.py": "",
    }
    plan = plan_of(plant(tmp_path, files), "studies")
    assert plan.rooms == ("studies.cli", "studies.files", "studies.plan")
    assert plan.arrows == {("studies.cli", "studies.plan"), ("studies.plan", "studies.files")}
    assert floors(plan) == {"studies.files": 1, "studies.plan": 2, "studies.cli": 3}
    assert reached(plan)["studies.cli"] == {"studies.plan", "studies.files"}
    assert house(tmp_path, ("model", "studies")).arrows == {("studies", "model")}


def test_rooms_in_a_circle_share_a_floor(tmp_path: Path) -> None:
    files = {"a": "import model.b\n", "b": "import model.a, model.c\n", "c": "", "d": "import model.a\n"}
    plan = plan_of(plant(tmp_path, {f"model/{name}.py": text for name, text in files.items()}), "model")
    assert floors(plan) == {"model.c": 1, "model.a": 2, "model.b": 2, "model.d": 3}


def test_a_module_and_a_package_have_a_home() -> None:
    for name, file in (("model.events", "model/events.py"), ("studies.policy", "studies/policy/__init__.py")):
        assert home(REPOSITORY, name) == REPOSITORY / file
        assert dotted(REPOSITORY, REPOSITORY / file) == name
    assert home(REPOSITORY, "model.events.CLOCKS") is None


def test_the_table_of_rooms_shows_each_with_its_floor_and_what_it_imports() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in rooms_table().splitlines()[2:]]
    plan = plan_of(REPOSITORY, "studies")
    assert sorted(row[1] for row in rows) == sorted(f"`{room.removeprefix('studies.')}`" for room in plan.rooms)
    assert [int(row[0]) for row in rows] == sorted(floors(plan).values(), reverse=True)
    assert rows[0][1:] == ["`cli`", "`commands`, `listening`"]


def test_only_arrows_that_no_longer_path_implies_are_drawn(tmp_path: Path) -> None:
    imported_by = {"a": ("b", "c"), "b": ("c",), "c": (), "d": ("a", "e"), "e": ("d",)}
    files = {f"model/{name}.py": "".join(f"import model.{end}\n" for end in ends) for name, ends in imported_by.items()}
    plan = plan_of(plant(tmp_path, files), "model")
    drawn = [("a", "b"), ("b", "c"), ("d", "a"), ("d", "e"), ("e", "d")]
    assert direct(plan) == [(f"model.{start}", f"model.{end}") for start, end in drawn]


def test_the_design_says_what_every_room_answers() -> None:
    text = (REPOSITORY / "docs" / "design.md").read_text(encoding="utf-8")
    rooms = [*PACKAGES, *(room.split(".")[1] for room in plan_of(REPOSITORY, "studies").rooms)]
    first_cells = " ".join(re.findall(r"^\| (`.+?) \|", text, flags=re.MULTILINE))
    told = set(re.findall(r"`(\w+)(?:/|\.py)`", first_cells))
    assert [room for room in rooms if room not in told] == []
