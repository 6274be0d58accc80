"""Tables as other programs write them: encodings, separators and line ends, recognised where they are certain."""

import codecs
from pathlib import Path

import pytest

from model.errors import InputError
from studies.files.dialect import ROW_MOST, Dialect, dialect_of, line_number, lines_of
from studies.files.rows import table_rows

ROWS = [["10", "1", "4.5"], ["kumasi", "", ""], ["caf\u00e9", "2:3", "1"]]
TEXT = "case,seed,entry_intensity\n10,1,4.5\nkumasi,,\ncaf\u00e9,2:3,1\n"

WRITTEN = {
    "plain": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16, little end first": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-16 with tabs, as Excel's Unicode text": codecs.BOM_UTF16_LE
    + TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
    "semicolons": TEXT.replace(",", ";").encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "a line that tells the separator": b"sep=;\r\n" + TEXT.replace(",", ";").encode(),
    "that line, quoted, with a mark": codecs.BOM_UTF8 + b'"sep=,"\n' + TEXT.encode(),
    "line ends of Windows": TEXT.replace("\n", "\r\n").encode(),
    "line ends of an old Mac": TEXT.replace("\n", "\r").encode(),
    "no last line end": TEXT.rstrip("\n").encode(),
    "blank lines": b"\n\n" + TEXT.replace("\n", "\n\n").encode(),
    "quotes": "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in TEXT.split("\n") if line).encode(),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=list(WRITTEN))
def test_a_table_means_the_same_however_it_is_written(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    rows = list(table_rows(path))
    assert [row.cells for row in rows] == ROWS
    for index, row in enumerate(rows):
        assert [later.cells for later in table_rows(path, row.position)] == ROWS[index:]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"case;policy,seed\n10;,1\n", "line 1: has commas and semicolons, so that the separator is not certain"),
        (b"sep=x\ncase\n", "line 1: 'x': is no separator"),
        ("case,seed\ncaf\u00e9,1\n".encode("latin-1"), "line 2: byte 0xe9 is not UTF-8, but perhaps Latin-1"),
        (codecs.BOM_UTF16_LE + "case\n10\n".encode("utf-16-le")[:-1], "begins as UTF-16 and does not go on so"),
        ("case,seed\n10,1\n".encode("utf-16-le"), "holds a NUL byte; save the table as text in UTF-8"),
        (b"case,seed\n10,1\n10,\0\0\0\n", "line 3: column seed: holds a NUL byte"),
        (b"PK\3\4 a workbook", "is a ZIP archive, as an Excel workbook is, and no text; export the table as CSV"),
        (b"\x1f\x8b\x08", "is compressed, and no text"),
        (b'case,seed\n10,1\n10,"2\n10,3\n', "line 3: a quote is opened and never closed"),
        (b"case,seed\n10," + b"1" * (ROW_MOST + 1), "line 2: has more than 4,194,304 characters"),
        (b'case,seed\n10,"' + b"1\n" * ROW_MOST, "line 2: a quote is opened and never closed"),
        (b"case" + b",x" * 100_000 + b"\n", "line 1: has 100,001 columns, of at most 4,096"),
        (b"case,seed\n10" + b",1" * 100_000 + b"\n", "line 2: 100,001 cells: the header has 2"),
        (
            b"case,entry_intensity\n10,0,5\n",
            "line 2: 3 cells: the header has 2; correct the line, and write decimals with a point",
        ),
    ],
)
def test_what_is_not_certain_is_refused_in_one_short_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        list(table_rows(path))
    said = str(error.value).removeprefix(f"{path}: ")
    assert reason in said
    assert ";" in said
    assert said.isprintable()
    assert len(said) < 200


def test_lines_have_numbers_and_positions(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(codecs.BOM_UTF16_LE + "a\rb\r\n\u00e9\nd".encode("utf-16-le"))
    assert dialect_of(path) == Dialect("utf-16-le", ",", 2, 1)
    lines = list(lines_of(path, "utf-16-le", 2))
    assert [line.text for line in lines] == ["a\r", "b\r\n", "\u00e9\n", "d"]
    assert [line_number(path, "utf-16-le", line.position) for line in lines] == [1, 2, 3, 4]
    assert lines[-1].after == path.stat().st_size
