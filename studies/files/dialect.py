"""How did another program write a table as text? Its encoding, separator and line ends are recognised where they are certain."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from model.errors import InputError

# The most characters of a row: a row that a quote left open would else hold the rest of the file.
ROW_MOST: Final = 4 << 20
SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NO_TEXT: Final = ((b"PK\3\4", "a ZIP archive, as an Excel workbook is"), (b"\x1f\x8b", "compressed"), (b"PAR1", "Parquet"))
# A first line by which Excel is told the separator.
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)

# The limit belongs to the process; ours is for whole rows, and a cell that is too long fails its row only.
csv.field_size_limit(ROW_MOST)


class Dialect(NamedTuple):
    """How a table is written as text.

    Attributes
    ----------
    encoding : codec without a mark of its byte order
    separator : character between two cells
    start : bytes before the header
    line : number of the header's line, from 1, unless blank lines precede it
    """

    encoding: str
    separator: str
    start: int
    line: int


class Line(NamedTuple):
    """A line with its end, and the numbers of bytes before it and up to its end."""

    text: str
    position: int
    after: int


def dialect_of(path: Path) -> Dialect:
    """Return how a table is written as text, judged by its first bytes and its first line.

    Raises
    ------
    InputError
        If the file is no text, or its separator is not certain.
    """
    with path.open("rb") as file:
        first = file.read(4)
    for begins, kind in _NO_TEXT:
        if first.startswith(begins):
            raise InputError(f"{path}: is {kind}, and no text; export the table as CSV")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if first.startswith(mark)), (b"", "utf-8"))
    start, number = len(mark), 1
    for line in lines_of(path, encoding, start):
        text = line.text.strip("\r\n")
        told = _SEPARATOR_LINE.fullmatch(text.strip(" "))
        if told is None and text.strip():
            return Dialect(encoding, _separator(path, text, number), start, number)
        number, start = number + 1, line.after
        if told is not None:
            return Dialect(encoding, _told(path, told[1]), start, number)
    return Dialect(encoding, ",", start, number)


def _told(path: Path, separator: str) -> str:
    """Return the separator that a first line ``sep=`` tells."""
    if separator not in SEPARATORS:
        raise InputError(f"{path}: line 1: {separator!r}: is no separator; use one of {' '.join(SEPARATORS)!r}")
    return separator


def _separator(path: Path, header: str, number: int) -> str:
    """Return the character that separates the columns of a header: a comma where there is one column only."""
    used = [mark for mark in SEPARATORS if len(next(csv.reader([header], delimiter=mark), [])) > 1]
    if len(used) > 1:
        names = " and ".join(SEPARATORS[mark] for mark in used)
        raise InputError(f"{path}: line {number}: has {names}, so that the separator is not certain; write `sep=,` above it")
    return used[0] if used else ","


def lines_of(path: Path, encoding: str, position: int) -> Iterator[Line]:
    r"""Yield the lines of a file from a byte on; ``\n``, ``\r\n`` and ``\r`` end a line.

    Raises
    ------
    InputError
        If a line is longer than a row may be, or the bytes are not in that encoding.
    """
    with path.open("rb") as file:
        file.seek(position)
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        try:
            while line := text.readline(ROW_MOST + 1):
                if len(line) > ROW_MOST:
                    raise InputError(
                        f"{path}: line {line_number(path, encoding, position)}: has more than {ROW_MOST:,} characters; "
                        "give the table line ends, and shorten its cells"
                    )
                begins, position = position, position + len(line.encode(encoding))
                yield Line(line, begins, position)
        except UnicodeDecodeError as error:
            raise InputError(_undecodable(path, encoding)) from error


def line_number(path: Path, encoding: str, position: int) -> int:
    """Return the number, from 1, of the line that begins at a byte of a file."""
    number, before = 1, 0
    with path.open(encoding=encoding, errors="replace", newline="") as text:
        while before < position and (line := text.readline(ROW_MOST)):
            before += len(line.encode(encoding))
            # A mark of the byte order lies before the first line.
            number += before <= position
    return number


def _undecodable(path: Path, encoding: str) -> str:
    """Return what to tell of a file whose bytes are not in the encoding that it seems to have."""
    if encoding != "utf-8":
        return f"{path}: begins as {encoding[:6].upper()} and does not go on so: it is cut short or damaged; save it as UTF-8"
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as text:
        for number, line in enumerate(iter(lambda: text.readline(ROW_MOST), ""), start=1):
            wrong = next((ord(character) - 0xDC00 for character in line if "\udc80" <= character <= "\udcff"), None)
            if wrong is not None:
                told = f"byte 0x{wrong:02x} is not UTF-8, but perhaps Latin-1 (Windows-1252)"
                return f"{path}: line {number}: {told}; save the table as UTF-8"
    return f"{path}: is not a text table in UTF-8; save it as UTF-8"
