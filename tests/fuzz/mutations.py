"""How is a bad input made? A good one is changed, once or a few times, in its bytes, its lines, or its structure."""

import random
from collections.abc import Callable
from typing import Any, Final

import yaml

# What has fallen elsewhere: tags, anchors, depths, numbers that are none, control characters, other programs' words.
NASTY: Final = (
    "!!bool foo", "!!set {a, b}", "!!timestamp x", "!!python/object/apply:os.system [true]", "!!binary x", "!<x> y",
    "&a [*a]", "*a", "<<: *a", "0300", "0x1F", "0b11", "0o17", "1_000", "12:30:00", "2001-01-01", "no", "yes", "on",
    "~", "null", "NA", "n/a", ".nan", ".inf", "-.inf", "nan", "inf", "-1", "-0.0", "1e400", "1e-400", "1e3", "1e+05",
    "1.5", "9" * 400, "-" + "9" * 5000, "1e" + "9" * 30, "0." + "0" * 400 + "1", "'", '"', "''", '""', "\\x00",
    "\x00", "\x1b[31m", "\u202e", "\ufeff", "\ud83d", "\r", "\t", "  ", "#", "---", "...", "%YAML 1.1", "[" * 50,
    "{" * 50, "[" * 3000, "{a: " * 200, "- " * 500, "a" * 10_000, "=", "=1+1", "@", "`", "|", ">", "? x", ": ", ",",
    ";", "\\", "/", "../../x", "${HOME}", "$(true)", "`true`", "\n#SBATCH --wrap=true", "18446744073709551616",
    "true", "[]", "{}", "[1, 2]", "{normal: [0, -1]}", "{lognormal: [1e308, 9]}", "{beta: [0, 0]}",
    "{gamma: [1, nan]}", "[5, 1]", "1:5", "5:1",
)  # fmt: skip

Change = Callable[[random.Random, str], str]


def _lines(draw: random.Random, text: str) -> str:
    """Delete, repeat, exchange or indent a line."""
    lines = text.split("\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    kind = draw.randrange(5)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines.insert(other, lines[one])
    elif kind == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 3:
        lines[one] = " " * draw.randrange(1, 5) + lines[one]
    else:
        lines[one] = lines[one].lstrip()
    return "\n".join(lines)


def _bytes(draw: random.Random, text: str) -> str:
    """Exchange, drop or repeat a few characters."""
    signs = list(text) or [" "]
    for _ in range(draw.randrange(1, 6)):
        index = draw.randrange(len(signs))
        kind = draw.randrange(3)
        if kind == 0:
            signs[index] = chr(draw.randrange(256))
        elif kind == 1:
            signs[index] = ""
        else:
            signs[index] *= draw.randrange(2, 40)
    return "".join(signs)


def _scalar(draw: random.Random, text: str) -> str:
    """Put something nasty where a value, a cell or a word stands."""
    lines = text.split("\n")
    index = draw.randrange(len(lines))
    for sign in draw.sample([":", ",", "- ", " ", "="], 5):
        if sign in lines[index]:
            parts = lines[index].split(sign)
            parts[draw.randrange(1, len(parts))] = " " * draw.randrange(2) + draw.choice(NASTY)
            lines[index] = sign.join(parts)
            break
    else:
        lines[index] = draw.choice(NASTY)
    return "\n".join(lines)


def _insert(draw: random.Random, text: str) -> str:
    """Insert something nasty anywhere."""
    index = draw.randrange(len(text) + 1)
    return text[:index] + draw.choice(NASTY) + text[index:]


def _cut(draw: random.Random, text: str) -> str:
    """Cut the text short."""
    return text[: draw.randrange(len(text) + 1)]


def _structure(draw: random.Random, text: str) -> str:
    """Change the structure of a YAML file: drop, rename, nest or replace one of its parts."""
    try:
        content = yaml.safe_load(text)
    except Exception:  # noqa: BLE001 - PyYAML fails in many ways on what was made to fail
        return _insert(draw, text)
    owner: Any = content
    while isinstance(owner, dict | list) and owner:
        key = draw.choice(list(owner) if isinstance(owner, dict) else range(len(owner)))
        if not isinstance(owner[key], dict | list) or not owner[key] or draw.random() < 0.3:
            _replace(draw, owner, key)
            break
        owner = owner[key]
    try:
        return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _insert(draw, text)


def _replace(draw: random.Random, owner: Any, key: Any) -> None:
    kind = draw.randrange(6)
    if kind == 0:
        del owner[key]
    elif kind == 1:
        owner[key] = [owner[key]]
    elif kind == 2:
        owner[key] = {"value": owner[key], str(draw.random()): None}
    elif kind == 3 and isinstance(owner, dict):
        owner[f"{key}x"] = owner.pop(key)
    elif kind == 4:
        owner[key] = draw.choice([None, True, -1, 0, 1e308, -1e-308, 2**70, "", "x", [], {}, 1.5, float("inf"), float("nan")])
    else:
        owner[key] = draw.choice(NASTY[:50])


CHANGES: Final[tuple[Change, ...]] = (_lines, _bytes, _scalar, _scalar, _insert, _cut, _structure, _structure)


def mutated(draw: random.Random, text: str) -> str:
    """Return a text after one to four changes."""
    for _ in range(draw.choice((1, 1, 1, 2, 3, 4))):
        text = draw.choice(CHANGES)(draw, text)
    return text
