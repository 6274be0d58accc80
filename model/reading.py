"""How is a file read that anybody may have written? As YAML 1.2, of which JSON is a part, within bounds that hold from the start.

PyYAML only cuts the text into events, which know of no depth; tags are refused, and what an alias repeats counts again. Scalars
mean what the core schema of YAML 1.2 says: ``0300`` is 300, ``no`` is a word, and ``1e3`` is a number.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from model.errors import InputError, file_bytes, shown
from model.faults import several

MOST_BYTES: Final = 2**20
MOST_VALUES: Final = 50_000
DEEPEST: Final = 100
LONGEST_TEXT: Final = 10_000
MOST_DIGITS: Final = 100

# The parser in C is ten times as fast; PyYAML may have been built without it.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What the tag `!!set` stands for begins so.
_CORE: Final = "tag:yaml.org,2002:"
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ENDLESS: Final = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# Characters that steer a terminal or turn the direction of writing, and surrogates, which are no characters.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Stop(Exception):  # noqa: N818 - an end of the reading, not a fault of the program
    """The text cannot be read any further; the message is the fault."""


class Anchored(NamedTuple):
    """A value that may be repeated by its name: how many values it holds, itself included, and on how many levels."""

    value: Any
    size: int
    levels: int


class Reader:
    """Builds plain values from the events of one document and gathers what is wrong with them.

    Attributes
    ----------
    faults : what is wrong, one line each
    """

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._count = 0
        self._anchors: dict[str, Anchored] = {}
        self.faults: list[str] = []

    def document(self) -> Any:
        """Return the value of the only document; None where there is none.

        Raises
        ------
        Stop
            If there are two documents, or a bound is exceeded.
        """
        content = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Stop(_at(event, "a second document begins; keep one"))
                content = self._value(next(self._events), 1)
        return content

    def _value(self, event: Any, depth: int) -> Any:
        before = self._count
        self._grow(event, 1, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event, depth)
        if event.tag is not None:
            self._fault(event, f"tag {shown(event.tag.replace(_CORE, '!!'))} is not read; leave it out")
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._scalar(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = Anchored(value, self._count - before, _levels(value))
        return value

    def _grow(self, event: Any, size: int, depth: int) -> None:
        """Count further values, which reach down to a depth, and stop where the bounds are exceeded."""
        self._count += size
        if self._count > MOST_VALUES:
            raise Stop(_at(event, f"holds more than {MOST_VALUES:,} values; shorten the file"))
        if depth > DEEPEST:
            raise Stop(_at(event, f"is nested deeper than {DEEPEST} levels; write it flat"))

    def _repeated(self, event: Any, depth: int) -> Any:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            self._fault(event, f"alias {shown(event.anchor)} repeats what does not stand before it; write the value out")
            return None
        self._grow(event, anchored.size - 1, depth + anchored.levels - 1)
        return anchored.value

    def _sequence(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        content: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if not isinstance(key, str):
                self._fault(event, f"key `{shown(key)}` is not a word; write a word")
            elif key in content:
                self._fault(event, f"key `{shown(key)[1:-1]}` is given twice; keep one")
            else:
                content[key] = value
        return content

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if len(text) > LONGEST_TEXT:
            self._fault(event, f"{shown(text)}: is longer than {LONGEST_TEXT:,} characters; shorten it")
        elif _CONTROL.search(text):
            self._fault(event, f"{shown(text)}: holds a control character; leave it out")
        elif not event.implicit[0] or event.tag is not None:
            return text
        else:
            try:
                return plain_scalar(text)
            except ValueError as error:
                self._fault(event, f"{shown(text)}: {error}")
        return None

    def _fault(self, event: Any, text: str) -> None:
        self.faults.append(_at(event, text))


def _levels(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_levels, parts), default=0)


def plain_scalar(text: str) -> Any:
    """Return what a scalar without quotes means in the core schema of YAML 1.2: null, a truth value, a number, or its text.

    Raises
    ------
    ValueError
        If it is a number of too many digits, or one that a floating-point number cannot hold.
    """
    if text in _WORDS:
        return _WORDS[text]
    whole = _WHOLE.fullmatch(text)
    if whole is None and not _DECIMAL.fullmatch(text):
        endless = _ENDLESS.fullmatch(text)
        if endless is None:
            return text
        return math.nan if endless.group(3) else float(f"{endless.group(1)}inf")
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number has at most {MOST_DIGITS} characters; round it")
    if whole is not None:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    value = float(text)
    if math.isinf(value) or (value == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise ValueError("is too large or too small for a number; correct it")
    return value


def read_text(text: str) -> Any:
    """Return the value that a text in YAML or JSON describes: dict, list, str, int, float, bool or None.

    Raises
    ------
    InputError
        If the text is no YAML, exceeds a bound, holds a key twice, a key that is no word, or a tag. Every
        fault is a line of its own, which begins with the line's number.
    """
    reader, content = Reader(_events(text)), None
    try:
        content = reader.document()
    except Stop as stop:
        reader.faults.append(str(stop))
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
        line = "" if mark is None else f"line {mark.line + 1}: "
        reader.faults.append(f"{line}not valid YAML: {problem}; correct it")
    if reader.faults:
        raise InputError(*reader.faults)
    return content


def _events(text: str) -> Iterator[Any]:
    loader = _LOADER(text)
    while loader.check_event():
        yield loader.get_event()


def _at(event: Any, text: str) -> str:
    return f"line {event.start_mark.line + 1}: {text}"


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a file that holds a mapping in YAML or JSON.

    Raises
    ------
    InputError
        If the file cannot be read, is larger than ``MOST_BYTES``, is no text in UTF-8, is empty or holds no mapping, or its text
        is refused by ``read_text``.
    """
    try:
        text = file_bytes(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text file in UTF-8; save it as UTF-8") from error
    try:
        content = read_text(text)
    except InputError as error:
        raise several(path, error.faults) from error
    if content is None:
        raise InputError(f"{path}: is empty; write its entries, as a file in configs/ does")
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of keys to values, not {shown(content)}; write `key: value`")
    return content
