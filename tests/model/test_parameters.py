"""Has every parameter a home? The file that ``HOMES`` gives is there and reads it, and the documents name the same file."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from model.config import load_priors
from model.parameters import HOMES, Params, home_of
from studies.sensitivities.design import mechanism_of


@cache
def names_read(path: Path) -> frozenset[str]:
    """The fields and keys that a file of source names."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    fields = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    keys = {node.slice.value for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)}
    return frozenset(fields | {key for key in keys if isinstance(key, str)})


@pytest.mark.parametrize("name", Params._fields)
def test_the_home_of_a_parameter_reads_it(name: str, repository: Path) -> None:
    home = repository / "model" / home_of(name)
    assert home.is_file()
    assert name in names_read(home), f"{home_of(name)} does not read {name}: correct HOMES in model/parameters.py"


def test_no_line_of_homes_is_needless() -> None:
    used = {begin for name in Params._fields for begin in HOMES if f"{name}_".startswith(f"{begin}_")}
    assert set(HOMES) == used
    for begin, home in HOMES.items():
        shorter = [HOMES[other] for other in HOMES if begin != other and f"{begin}_".startswith(f"{other}_")]
        assert home not in shorter[-1:], f"{begin}: a shorter beginning says the same"


def test_a_first_word_is_a_mechanism_of_the_sensitivity_study() -> None:
    # The table's shortest beginnings are the factors; a market place is a programme of its own there.
    shortest = {begin for begin in HOMES if not any(begin != other and begin.startswith(f"{other}_") for other in HOMES)}
    assert {mechanism_of(name) for name in Params._fields} == shortest | {"market_place"}


def test_population_s_parameters_belong_to_no_mechanism() -> None:
    others = set(load_priors().names()) - set(Params._fields)
    assert {name.split("_", maxsplit=1)[0] for name in others} == {"population"}


def test_the_document_of_mechanisms_names_each_parameter_with_its_home(repository: Path) -> None:
    text = (repository / "docs" / "mechanisms.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    named = {
        (parameter, file)
        for row in rows
        if len(row) > 5
        for parameter in re.findall(r"`(\w+)`", row[4])
        for file in re.findall(r"`([\w/]+\.py)`", row[3])
    }
    assert [name for name in Params._fields if (name, home_of(name)) not in named] == []
