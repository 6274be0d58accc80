"""Do the documents say what the code does? Generated tables are those of the code; what the table of mechanisms names exists."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from model.config import load_case
from model.parameters import Params

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_tables_are_those_of_the_code(generator: ModuleType) -> None:
    for name in generator.FILES:
        text = (DOCS / name).read_text(encoding="utf-8")
        assert generator.generated(text) == text, f"docs/{name} is behind the code: run `python docs/generate.py`"


def test_every_table_has_a_place(generator: ModuleType) -> None:
    marks = [
        mark for name in generator.FILES for mark in re.findall(r"generated: (\w+)", (DOCS / name).read_text(encoding="utf-8"))
    ]
    assert sorted(marks) == sorted(generator.SECTIONS)


def test_an_edited_table_is_noticed_and_written_anew(generator: ModuleType) -> None:
    text = (DOCS / "model.md").read_text(encoding="utf-8")
    edited = text.replace("| `govern` |", "| `parliament` |")
    assert edited != text
    assert generator.generated(edited) == text


def cells(document: str) -> str:
    """The lines of a document's tables."""
    lines = (DOCS / document).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("|"))


def test_the_mechanisms_table_names_what_exists() -> None:
    rows = cells("mechanisms.md")
    tests = {
        node.name
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    named = set(re.findall(r"`(test_\w+)`", rows))
    assert len(named) > 20
    assert named <= tests
    files = re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.\w+)`", rows)
    assert [file for file in files if not any((folder / file).is_file() for folder in (REPOSITORY, REPOSITORY / "model"))] == []


def test_the_mechanisms_table_names_every_parameter_that_a_mechanism_reads() -> None:
    named = set(re.findall(r"`([a-z]+_\w+)`", cells("mechanisms.md")))
    assert sorted(set(Params._fields) - named) == []


def test_the_guides_cluster_can_be_read(tmp_path: Path) -> None:
    found = re.findall(r"^```yaml\n(.*?)^```", (DOCS / "guide.md").read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    path = tmp_path / "my-town.yaml"
    path.write_text(found[0], encoding="utf-8")
    assert load_case(path).observations[0].firms is not None
