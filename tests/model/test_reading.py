"""Is a text that anybody may have written read as YAML 1.2, within its bounds, and is what is wrong refused line by line?"""

import math
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from model import reading
from model.errors import LONGEST_LINE, LONGEST_VALUE, InputError, file_bytes, plain, shown
from model.reading import DEEPEST, LONGEST_TEXT, MOST_BYTES, MOST_DIGITS, MOST_VALUES, read_mapping, read_text


@pytest.fixture(params=["in C", "in Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "in Python":
        monkeypatch.setattr(reading, "_LOADER", yaml.SafeLoader)
    return str(request.param)


# The core schema of YAML 1.2; in the comment what YAML 1.1 made of it.
SCALARS = {
    "0300": 300,  # 192
    "08": 8, "-0": 0, "+12": 12, "0o17": 15, "0x1F": 31,
    "0b11": "0b11",  # 3
    "1_000": "1_000",  # 1000
    "1e3": 1000.0,  # text
    "1E5": 1e5, "1e+05": 1e5, ".5": 0.5, "5.": 5.0, "-.5e-3": -0.0005, "0e-999": 0.0,
    "no": "no",  # False
    "yes": "yes", "on": "on", "Off": "Off", "y": "y",
    "true": True, "False": False, "tRue": "tRue",
    "12:30:00": "12:30:00",  # 45000
    "1:30": "1:30", "190:20:30.15": "190:20:30.15",
    "2001-01-01": "2001-01-01",  # a date
    "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
    "~": None, "null": None, "": None, "Null": None, "nUll": "nUll", "none": "none",
    ".inf": math.inf, "-.Inf": -math.inf, "inf": "inf", "nan": "nan",
    "'300'": "300", '"no"': "no", "=": "=", "<<": "<<",
}  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_scalars_are_those_of_yaml_1_2(text: str, parser: str) -> None:
    value = read_text(f"key: {text}\n")["key"]
    assert value == SCALARS[text]
    assert type(value) is type(SCALARS[text])


def test_not_a_number_is_read() -> None:
    assert math.isnan(read_text(".nan"))


def test_json_is_read(parser: str) -> None:
    assert read_text('{"a": [1, 2.5e3, null, true, "x\\u00e9"], "b": {"c": "d"}}') == {
        "a": [1, 2500.0, None, True, "xé"], "b": {"c": "d"},
    }  # fmt: skip


def test_an_alias_repeats_what_stands_before_it(parser: str) -> None:
    assert read_text("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(9)
)
CHAIN = "a: &a [1]\n" + "".join(
    f"b{i}: &b{i} {'[' * 30}*{'a' if i == 0 else f'b{i - 1}'}{']' * 30}\n" for i in range(DEEPEST // 30 + 1)
)
WRONG = {
    "nested lists": ("[" * 40_000, "nested deeper"),
    "nested blocks": ("- " * 40_000, "nested deeper"),
    "nested mappings": ("{a: " * 3000, "nested deeper"),
    "nested keys": ("? " * 3000, "nested deeper"),
    "just too deep": ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested deeper"),
    "aliases in aliases": (BOMB, "values"),
    "depth by aliases": (CHAIN, "nested deeper"),
    "many values": ("- a\n" * (MOST_VALUES + 1), "values"),
    "an alias of itself": ("a: &x [*x]", "'x' repeats what does not stand before"),
    "an alias of nothing": ("a: *x", "'x' repeats what does not stand before"),
    "a long text": ("a: " + "x" * (LONGEST_TEXT + 1), "longer than"),
    "400 digits": ("a: " + "9" * 400, "at most"),
    "5,000 digits": ("a: " + "9" * 5000, "at most"),
    "5,000 octal digits": ("a: 0o" + "7" * 5000, "at most"),
    "5,000 hexadecimal digits": ("a: 0x" + "f" * 5000, "at most"),
    "5,000 decimals": ("a: 0." + "1" * 5000, "at most"),
    "overflow": ("a: 1e999", "too large or too small"),
    "underflow": ("a: -1e-999", "too large or too small"),
    "a terminal's command": ('a: "\\e[31m"', "control character"),
    "a turned direction": ("a: '\u202egnp'", "control character"),
    "a byte of nothing": ("a: \x00", "not valid YAML"),
    "half a character": ("a: \ud800", "not valid YAML"),
    "two documents": ("--- 1\n--- 2\n", "line 2: a second document"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "line 3: key `a` is given twice"),
    "a number for a key": ("1: a", "key `1` is not a word"),
    "a list for a key": ("? [a]\n: 1", "is not a word"),
    "an open list": ("[1, 2", "not valid YAML"),
    "an open quote": ("a: 'x", "not valid YAML"),
    "a tab": ("-\t- x\n\t- y", "not valid YAML"),
} | {
    f"tag {tag}": (f"a: {tag}", f"tag '{tag.split()[0]}' is not read")
    for tag in (
        "!!bool foo", "!!int ''", "!!float x", "!!set [a]", "!!set {a}", "!!timestamp x", "!!binary x", "!!omap [1]",
        "!!pairs [1]", "!!null x", "!!str 3", "!!merge x", "!own x", "!!python/object:os.system ls", "!!python/tuple [1]",
    )
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str, parser: str) -> None:
    text, rule = WRONG[name]
    with pytest.raises(InputError) as error:
        read_text(text)
    assert rule in str(error.value)
    assert all(fault.isprintable() and len(fault) < 300 for fault in error.value.faults)


def test_every_fault_is_a_line_of_its_own() -> None:
    with pytest.raises(InputError) as error:
        read_text("a: 1\na: !!set {x}\n3: 1e999\n")
    assert [fault.split(":")[0] for fault in error.value.faults] == ["line 2", "line 2", "line 3", "line 3"]


def test_a_file_of_very_many_faults_is_told_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n" * 1000, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_mapping(tmp_path / "a.yaml")
    assert len(error.value.faults) == 21
    assert error.value.faults[-1].endswith("has 979 more faults; correct these first")


# What anybody may write: nested values, keys of all kinds, marks of YAML thrown in.
GARBAGE = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=5),
        st.sampled_from(["!!set", "&a", "*a", "<<", "0300", "1e999", "9" * 200, "? ", "- ", ": ", "%TAG", "---", "|", ">", "\t"]),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


def flow(value: Any) -> str:
    """Write nested values as anybody might: half YAML, half accident."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return value if isinstance(value, str) else repr(value)


def faults_of(text: str) -> tuple[str, ...]:
    try:
        read_text(text)
    except InputError as error:
        return error.faults
    return ()


@given(GARBAGE, st.sampled_from([flow, str, lambda value: yaml.safe_dump(value, allow_unicode=True)]))
@settings(max_examples=600)
def test_garbage_is_read_or_refused(value: Any, write: Callable[[Any], str]) -> None:
    assert all(fault.isprintable() and len(fault) <= LONGEST_LINE for fault in faults_of(write(value)))


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_bytes_are_read_or_refused(content: bytes) -> None:
    assert all(fault.isprintable() for fault in faults_of(content.decode("utf-8", "surrogateescape")))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@given(PLAIN)
@settings(max_examples=200)
def test_what_json_writes_is_read_back(value: Any) -> None:
    import json

    assert read_text(json.dumps(value, ensure_ascii=False)) == value


# ---------------------------------------------------------------------------------------------------- files


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "a.yaml")
    return folder / "a.yaml"


def loop(folder: Path) -> Path:
    (folder / "a.yaml").symlink_to(folder / "a.yaml")
    return folder / "a.yaml"


def listening(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s"))
    return folder / "s"


def sparse(folder: Path) -> Path:
    with (folder / "a.yaml").open("wb") as file:
        file.truncate(2**40)
    return folder / "a.yaml"


def link_to_fifo(folder: Path) -> Path:
    (folder / "b.yaml").symlink_to(fifo(folder))
    return folder / "b.yaml"


ODD: dict[str, Callable[[Path], Path]] = {
    "pipe": fifo, "link to a pipe": link_to_fifo, "folder": lambda folder: folder, "loop of links": loop, "socket": listening,
    "endless device": lambda _: Path("/dev/zero"), "empty device": lambda _: Path("/dev/null"), "terabyte": sparse,
    "absent": lambda folder: folder / "a.yaml", "name of nothing": lambda folder: folder / "a\0.yaml",
    "long name": lambda folder: folder / ("a" * 300), "long path": lambda folder: folder / ("a/" * 3000),
    "through a file": lambda _: Path(__file__) / "a.yaml", "half a character": lambda folder: folder / "a\ud800.yaml",
    "line break": lambda folder: folder / "a\n\x1b[31m.yaml",
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_refused_at_once_in_one_line(name: str, tmp_path: Path) -> None:
    path = ODD[name](tmp_path)
    with pytest.raises(InputError) as error:
        read_mapping(path)
    assert str(error.value).isprintable()
    assert "; " in str(error.value)
    with pytest.raises(InputError):
        file_bytes(path, MOST_BYTES)


def test_a_file_is_read_through_a_link_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffa: é\r\nb: 1\r\n".encode())
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    assert read_mapping(tmp_path / "b.yaml") == {"a": "é", "b": 1}


# ---------------------------------------------------------------------------------------------------- what is shown


def test_a_value_is_shown_short_and_harmless() -> None:
    nested: Any = []
    for _ in range(10_000):
        nested = [nested, nested]
    values = ["a" * 10**6, 10**10_000, nested, {"a": {"b": {"c": {"d": 1}}}}, "\x1b[31m\n", "\u202e"]
    values += [b"\0" * 1000, list(range(10**5))]
    for value in values:
        assert len(shown(value)) <= LONGEST_VALUE
        assert shown(value).isprintable()
    assert (shown("many"), shown(True), shown(3.5), shown([1, 2])) == ("'many'", "True", "3.5", "[1, 2]")


def test_a_message_keeps_its_beginning_and_its_end() -> None:
    line = plain("where: " + "x" * 10_000 + "; remedy")
    assert len(line) <= LONGEST_LINE
    assert line.startswith("where: x")
    assert line.endswith("x; remedy")
    assert str(InputError("one\ntwo", "three")) == "one\\ntwo\nthree"


def test_bounds_are_those_of_the_message() -> None:
    assert read_text("a: " + "9" * MOST_DIGITS) == {"a": int("9" * MOST_DIGITS)}
    assert read_text("[" * DEEPEST + "]" * DEEPEST) != []
    assert len(read_text("- a\n" * (MOST_VALUES - 1))) == MOST_VALUES - 1
