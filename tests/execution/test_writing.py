"""Does a result reach the disk whole, or not at all, and is JSON of a run read within bounds?"""

import os
from pathlib import Path

import pytest

from execution.writing import read_json, write_atomic, write_json, write_text
from model.errors import DamagedRun, InputError


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


DAMAGED = {
    "nothing": "", "no JSON": "{", "a list": "[]", "a number": "3", "bytes": "\udcff",
    "nested lists": '{"a": ' + "[" * 200 + "]" * 200 + "}",
    "very deep": "[" * 100_000, "deep mappings": '{"a": ' * 500 + "1" + "}" * 500, "400 digits": '{"a": ' + "9" * 400 + "}",
    "5,000 digits": '{"a": ' + "9" * 5000 + "}", "too large": '{"a": 1e999}', "many decimals": '{"a": 0.' + "1" * 5000 + "}",
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_json_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(DAMAGED[name].encode("utf-8", "surrogateescape"))
    with pytest.raises(DamagedRun) as error:
        read_json(path)
    assert str(error.value).startswith(f"{path}: ")
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


def test_json_that_cannot_be_opened_is_no_damage_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "pipe", tmp_path / "loop", tmp_path / "absent", tmp_path, Path("/dev/zero"), tmp_path / ("a" * 300)):
        with pytest.raises((InputError, DamagedRun), match=r"cannot be opened|is missing|is a folder, a pipe or a device"):
            read_json(path)


def test_json_of_a_run_is_read_back(tmp_path: Path) -> None:
    content = {"seed": 2**64 - 1, "wall_s": 0.1, "files": {"a.nc": "é"}, "none": None, "nested": [[[1]]]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
