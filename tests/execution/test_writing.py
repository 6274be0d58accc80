"""Does a result reach the disk whole, or not at all?"""

from pathlib import Path

import pytest

from execution.writing import write_atomic, write_text
from model.errors import InputError


def test_text_is_written_as_it_is_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_text(path, "één\n")
    assert path.read_bytes() == "één\n".encode()


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_text(path, "old\n")

    def half(partial: Path) -> None:
        partial.write_text("ne", encoding="utf-8")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomic(path, half)
    assert {entry.name for entry in tmp_path.iterdir()} == {"table.csv"}
    assert path.read_text(encoding="utf-8") == "old\n"


def test_the_temporary_file_keeps_the_suffix(tmp_path: Path) -> None:
    suffixes = []

    def write(partial: Path) -> None:
        suffixes.append(partial.suffix)
        partial.touch()

    write_atomic(tmp_path / "panel.parquet", write)
    assert suffixes == [".parquet"]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/panel\.csv: cannot be written"):
        write_text(tmp_path / "file" / "panel.csv", "1\n")
