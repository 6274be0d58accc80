"""What may each file say? Every key with its type, default and rule from the schema, and its words from reference/keys.yaml."""

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from docs.house import REPOSITORY
from studies.policy.outcomes import OUTCOMES
from studies.sweeps.table import WORDS

KEYS: Final = Path(__file__).resolve().parent / "reference" / "keys.yaml"
TEMPLATES: Final = REPOSITORY / "studies" / "commands" / "templates"
# A line of a template: a key, perhaps in a comment, its example, and what it means.
LINE: Final = re.compile(r"^(?:# )?(\w+): (.+?)\s+# (.+)$", flags=re.MULTILINE)
# The name of a file is that of its entry, but a case calls its title so.
FROM_THE_FILE: Final = ("name", "number")
SIGNS: Final = {"minimum": ">=", "ge": ">=", "gt": ">", "maximum": "<=", "le": "<=", "lt": "<"}
TYPES: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


class Key(NamedTuple):
    """What is written by hand of a key: its unit, its meaning, and an example in YAML."""

    unit: str
    meaning: str
    example: str


class Section(NamedTuple):
    """One kind of entry: its title, its schema, what is said of it, least valid entries, and its keys."""

    title: str
    schema: Any
    text: str
    bases: Sequence[Mapping[str, Any]]
    keys: Mapping[str, Key]


@cache
def sections() -> tuple[Section, ...]:
    """Return every kind of entry, in the order of the page."""
    return tuple(map(_section, yaml.safe_load(KEYS.read_text(encoding="utf-8"))))


def _section(given: Mapping[str, Any]) -> Section:
    module, _, name = given["class"].rpartition(".")
    schema = getattr(importlib.import_module(module), name)
    keys = {key: Key(*words) for key, words in given["keys"].items()}
    bases = given.get("bases", [])
    if "template" in given:
        text = (TEMPLATES / given["template"]).read_text(encoding="utf-8")
        keys |= {key: Key("", meaning, example) for key, example, meaning in LINE.findall(text)}
        bases = [{"name": "x", **yaml.safe_load(text)}]
    return Section(given["title"], schema, given.get("text", ""), bases, keys)


def properties(section: Section) -> dict[str, dict[str, Any]]:
    """Return the JSON schema of every key that a file of this kind may hold."""
    said = dict(section.schema.model_json_schema(by_alias=True)["properties"])
    if "covariates" in said:
        said["name"] = said.pop("title")
        del said["number"]
        return said
    named = "title" in said and "name" in said
    return {key: rule for key, rule in said.items() if not (named and key in FROM_THE_FILE)}


def _kinds(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a value may be, in words; nothing where the schema leaves it open."""
    for one in rule.get("anyOf", [rule]):
        kind = one.get("type")
        bounds = [f"{sign} {one[name]:g}" for name, sign in SIGNS.items() if name in one and abs(one[name]) < 1e12]
        if "enum" in one:
            yield " / ".join(str(choice) for choice in one["enum"])
        elif "$ref" in one or kind == "object":
            yield "mapping"
        elif "prefixItems" in one:
            yield "pair"
        elif kind == "array":
            yield "list"
        elif kind in TYPES:
            yield ", ".join([TYPES[str(kind)], *bounds])


def _row(key: str, rule: Mapping[str, Any], words: Key, needed: bool) -> str:
    kind = " or ".join(_kinds(rule)) or "number or pair"
    default = rule.get("default")
    plain = not isinstance(default, dict | list) and default not in (None, "")
    shown = "needed" if needed else f"`{str(default).lower() if isinstance(default, bool) else default}`" if plain else ""
    cells = (f"`{key}`", kind, words.unit, shown, words.meaning, f"`{words.example}`")
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def table(section: Section) -> str:
    """Return the keys of one kind of entry, in the order in which they are explained."""
    said = properties(section)
    # What a case lacks of these follows from its file.
    given = {"start", "name"} if "covariates" in said else set[str]()
    needed = set(section.schema.model_json_schema(by_alias=True).get("required", ())) - given
    rows = [_row(key, said[key], words, key in needed) for key, words in section.keys.items()]
    head = "| key | is | unit | default | meaning | example |\n| --- | --- | --- | --- | --- | --- |"
    return "\n\n".join(part for part in (f"## {section.title}", section.text, "\n".join([head, *rows])) if part)


def keys() -> str:
    """Return the tables of all kinds of entries."""
    return "\n\n".join(map(table, sections()))


def columns() -> str:
    """Return the words that a sweep's table may have as columns, beside parameters and structural choices."""
    return ", ".join(f"`{word}`" for word in WORDS)


def outcomes() -> str:
    """Return the outcomes by which policies are judged."""
    better = {1: "more", -1: "less", 0: ""}
    rows = [f"| `{one.name}` | {one.unit} | {better.get(one.direction, '')} | {one.meaning} |" for one in OUTCOMES]
    return "\n".join(["| outcome | unit | better is | meaning |\n| --- | --- | --- | --- |", *rows])


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {"keys": keys, "columns": columns, "outcomes": outcomes}
