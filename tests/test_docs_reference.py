"""Is the reference whole? Every key of every file has its words and an example that is valid; every command has its entry."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from docs import command_line, file_keys
from model.config import CONFIGS
from model.reading import read_mapping
from studies.commands.telling import NOT_WHOLE

DOCS = Path(__file__).resolve().parents[1] / "docs"
SECTIONS = file_keys.sections()
IDS = [section.title for section in SECTIONS]
COMMANDS = command_line.commands()


@pytest.mark.parametrize("section", SECTIONS, ids=IDS)
def test_every_key_of_a_schema_is_explained_and_no_other(section: file_keys.Section) -> None:
    assert sorted(section.keys) == sorted(file_keys.properties(section))
    assert [key for key, words in section.keys.items() if not words.meaning or not words.example] == []


def valid(section: file_keys.Section, entry: dict[str, Any]) -> bool:
    try:
        section.schema.model_validate(entry)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("section", SECTIONS, ids=IDS)
def test_every_example_is_valid(section: file_keys.Section) -> None:
    assert any(valid(section, dict(base)) for base in section.bases)
    # A case calls its title its name.
    own = {"name": "title"} if "covariates" in section.keys else {}
    examples = {own.get(key, key): yaml.safe_load(words.example) for key, words in section.keys.items()}
    wrong = [key for key, given in examples.items() if not any(valid(section, {**base, key: given}) for base in section.bases)]
    assert wrong == []


def test_every_schema_that_a_file_is_read_by_has_a_table() -> None:
    shown = {section.schema.__name__ for section in SECTIONS}
    # A table of two schemas with the same keys bears the name of one of them.
    alike = {"Span": "Start", "WorkersPerFirm": "Firms", "Count": "Trigger"}
    named = set()
    for section in SECTIONS:
        named |= {section.schema.__name__, *section.schema.model_json_schema().get("$defs", {})}
    assert {alike.get(name, name) for name in named} == shown


def test_every_shipped_file_is_of_a_kind_that_the_reference_explains() -> None:
    told = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    kinds = {path.relative_to(CONFIGS).parts[0] for path in CONFIGS.rglob("*.yaml")}
    # The propositions are ours and no user's: what reads them checks them.
    assert [kind for kind in sorted(kinds - {"propositions.yaml"}) if f"configs/{kind}" not in told] == []
    assert read_mapping(CONFIGS / "measurements.yaml").keys() == {"measurements"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_usage_options_example_and_exit_codes(name: str) -> None:
    entry = command_line.one(name, COMMANDS[name], "does something")
    options = [action.option_strings[-1] for action in COMMANDS[name]._actions if action.option_strings]
    assert [option for option in options if option != "--help" and f"`{option}" not in entry] == []
    assert f"takeoff {name}" in entry
    assert re.search(r"^```text\ntakeoff .*\n```\n\nExit codes: 0, 2", entry, flags=re.MULTILINE | re.DOTALL)
    assert "%(default)s" not in entry


def test_exit_codes_are_those_that_a_command_can_end_with() -> None:
    codes = {name: command_line.exit_codes(name, parser) for name, parser in COMMANDS.items()}
    assert NOT_WHOLE in codes["check"]
    assert NOT_WHOLE in codes["simulate"]
    assert NOT_WHOLE not in codes["doctor"]
    assert 75 in codes["sweep"]
    assert 75 not in codes["plan"]
    assert 4 in codes["verify"]
