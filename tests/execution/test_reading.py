"""Is a file of a run opened only where it is one, and is a file that cannot be opened never called damaged?"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from execution import netcdf, reading
from execution.chunks import load_chunk, save_chunk
from execution.run import damage_of, file_hash
from execution.writing import read_json, write_json
from model.errors import DamagedRun, InputError

READERS: dict[str, Callable[[Path], object]] = {
    "piece": load_chunk,
    "JSON": read_json,
    "netCDF": netcdf.read,
    "bytes": reading.content,
}


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("other", [folder, pipe, link_to_a_device])
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_damage_and_blocks_nothing(reader: str, other: Callable[[Path], None], tmp_path: Path) -> None:
    other(tmp_path / "file")
    assert "where a file is due" in damage_of(tmp_path, "file", "0")
    with pytest.raises(InputError, match="is no file"):
        file_hash(tmp_path / "file")
    with pytest.raises(DamagedRun, match="where a file is due"):
        READERS[reader](tmp_path / "file")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.EMFILE])
@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_cannot_be_opened_is_no_damage(
    reader: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match=rf"file: cannot be opened: {os.strerror(number)}"):
        READERS[reader](tmp_path / "file")
    with pytest.raises(InputError):
        damage_of(tmp_path, "file", "0")


@pytest.mark.parametrize("name", ["loop", "n" * 300])
def test_a_name_that_leads_nowhere_is_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="cannot be opened"):
        reading.content(tmp_path / name)
    with pytest.raises(InputError, match="null byte"):
        reading.content(tmp_path / "a\0b")


def test_whole_files_are_read_and_missing_ones_named(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"x": 1})
    save_chunk(tmp_path / "a.npz", {"x": np.ones(2)}, "mark")
    netcdf.write(tmp_path / "a.nc", xr.Dataset({"x": ("n", np.ones(2))}))
    (tmp_path / "link.json").symlink_to("a.json")
    assert read_json(tmp_path / "a.json") == read_json(tmp_path / "link.json") == {"x": 1}
    assert load_chunk(tmp_path / "a.npz")["x"].tolist() == netcdf.read(tmp_path / "a.nc")["x"].values.tolist() == [1.0, 1.0]
    assert reading.lies(tmp_path / "link.json")
    assert not reading.lies(tmp_path / "absent")
    with pytest.raises(DamagedRun, match="is missing"):
        read_json(tmp_path / "absent.json")
