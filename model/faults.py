"""How is what is wrong with a file told? Every fault on one line of its own: file, key, value, rule and remedy."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError

from model.errors import LONGEST_VALUE, InputError, plain, shown
from model.figures import Entry

# A file with more faults than this is told of so many.
MOST: Final = 20
# Characters of names that one line lists.
LONGEST_LIST: Final = 300
REMEDIES: Final = {
    "model_type": "must be a mapping; write `key: value` lines below it",
    "dict_type": "must be a mapping; write `key: value` lines below it",
    "tuple_type": "must be a list; begin each entry with `-`",
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number; drop quotes, unit and fraction",
    "bool_type": "must be true or false; write one of them without quotes",
}


def nearest(name: str, known: Iterable[str], kind: str = "") -> str:
    """Return a remedy for an unknown name: the nearest known one, or all of them, or where to see those that fill no line.

    Parameters
    ----------
    kind : str
        What ``takeoff list`` takes to list the names; nothing where it does not list them.
    """
    words = list(known)
    near = difflib.get_close_matches(name[:100], words, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    listed = ", ".join(words)
    if len(listed) <= LONGEST_LIST:
        return f"known are {listed}"
    return f"see takeoff list {kind}" if kind else f"known are {listed[:LONGEST_LIST].rpartition(', ')[0]}, and others"


def several(path: Path | str, faults: Iterable[str]) -> InputError:
    """Return one error of all faults of a file, or of the first of very many."""
    lines = [f"{path}: {fault}" for fault in faults]
    if len(lines) > MOST:
        lines[MOST:] = [f"{path}: has {len(lines) - MOST} more faults; correct these first"]
    return InputError(*lines)


def complaints(owner: type[Entry], error: ValidationError, content: Any = None) -> list[str]:
    """Return each fault that pydantic reports as a line ``key: value: rule; remedy``, misspelt keys first.

    A missing key is not reported where a misspelt one beside it is taken for it. Keys are those that ``content``, what the user
    wrote, has: of ``exports: world`` the key is ``exports``, though the entry that it stands for has the key ``exports.level``.
    Where no content is given, they are the entry's.
    """
    reported = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    misspelt: set[tuple[int | str, ...]] = set()
    lines: list[str] = []
    for fault in reported:
        steps, value = fault["loc"], fault.get("input")
        written = [*_written(steps[:-1], content), steps[-1]] if fault["type"] == "missing" else _written(steps, content)
        key = ".".join(plain(str(step), LONGEST_VALUE) for step in written) or "file"
        if fault["type"] == "extra_forbidden":
            known = _known_keys(owner, steps[:-1])
            misspelt |= {(*steps[:-1], near) for near in difflib.get_close_matches(str(steps[-1])[:100], known, n=1)}
            lines.append(f"{key}: {shown(value)}: unknown key; {nearest(str(steps[-1]), known)}")
        elif fault["type"] == "missing":
            if steps not in misspelt:
                lines.append(f"{key}: missing: a value is needed; add `{steps[-1]}:`")
        else:
            # A rule on a whole mapping names the keys that it is about.
            whole = fault["type"] == "value_error" and isinstance(value, dict)
            told = f"{key}: " * bool(steps) if whole else f"{key}: {shown(value)}: "
            lines += [told + rule for rule in _rules(fault)]
    return lines


def _written(steps: tuple[int | str, ...], content: Any) -> list[int | str]:
    """Return those of the steps (keys and list indices) to a value that stand in what the user wrote."""
    if content is None:
        return list(steps)
    written: list[int | str] = []
    for step in steps:
        of_list = isinstance(content, list | tuple) and isinstance(step, int) and step < len(content)
        if of_list or (isinstance(content, Mapping) and step in content):
            written.append(step)
            content = content[step]
    return written


def _rules(fault: Mapping[str, Any]) -> list[str]:
    """Return the rules that a fault of pydantic breaks, with remedies; a validator of ours may name several, a line each."""
    kind, message = fault["type"], str(fault["msg"])
    if kind == "value_error":
        return message.removeprefix("Value error, ").split("\n")
    return [REMEDIES.get(kind) or message.replace("Input should be", "must be") + "; correct the value"]


def _entries(annotation: Any) -> Iterator[type[Entry]]:
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        yield annotation
    for part in get_args(annotation):
        yield from _entries(part)


def _known_keys(owner: type[Entry], steps: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the entry to which steps (keys and list indices) lead from an owner."""
    for step in steps:
        if isinstance(step, str):
            named = [field for name, field in owner.model_fields.items() if step in (name, field.alias)]
            owner = next((entry for field in named for entry in _entries(field.annotation)), owner)
    return [field.alias or name for name, field in owner.model_fields.items()]
