"""Does a run folder survive its death, and refuse what is not its own?"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from calibration import store
from calibration.store import RunFolder, differences, digest, load_chunk, read_json, write_json
from model.errors import DamagedRun, InputError

MARK = {"data": {"10-kumasi": "a"}, "configuration": {"steps": 100}}


def test_a_chunk_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    arrays = {"figures": np.array([[1.5, np.nan]]), "keys": np.array([2**64 - 1], np.uint64)}
    with RunFolder(tmp_path / "a" / "b", MARK) as folder:
        folder.save("one", arrays)
        found = folder.load("one")
    assert digest(found) == digest(arrays)


def test_a_computation_is_remembered(tmp_path: Path) -> None:
    calls = []
    with RunFolder(tmp_path / "run", MARK) as folder:
        for _ in range(2):
            folder.remember("one", lambda: calls.append(1) or {"x": np.ones(2)})
    assert calls == [1]


@pytest.mark.parametrize("place", ["write", "flush", "replace"])
def test_a_kill_at_any_write_leaves_a_folder_that_reads(tmp_path: Path, place: str) -> None:
    """The process ends without a goodbye inside the second save; the first chunk and the folder stay good."""
    script = f"""
import os, numpy as np
from pathlib import Path
from calibration import store
folder = store.RunFolder(Path({str(tmp_path / "run")!r}), {MARK!r}).__enter__()
folder.save("one", {{"x": np.arange(5)}})
if {place!r} == "write":
    np.savez = lambda file, **arrays: (file.write(b"half a chunk"), file.flush(), os._exit(9))
elif {place!r} == "flush":
    store._flush = lambda path: os._exit(9)
else:
    Path.replace = lambda self, target: os._exit(9)
folder.save("one" if {place!r} == "replace" else "two", {{"x": np.arange(7)}})
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 9
    with RunFolder(tmp_path / "run", MARK, resume=True) as folder:
        assert folder.load("one")["x"].tolist() == [0, 1, 2, 3, 4]
        assert not folder.has("two")


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", MARK) as folder:
        folder.save("one", {"x": np.arange(100.0)})
        path = tmp_path / "run" / "chunks" / "one.npz"
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(bytes(raw))
        with pytest.raises(DamagedRun, match="delete it and resume"):
            folder.load("one")
    path.write_bytes(b"")
    with pytest.raises(DamagedRun):
        load_chunk(path)


def test_an_existing_run_is_refused_unless_resumed(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", MARK):
        pass
    with pytest.raises(InputError, match="add --resume"), RunFolder(tmp_path / "run", MARK):
        pass
    with RunFolder(tmp_path / "run", MARK, resume=True):
        pass


def test_a_mismatch_names_what_differs(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", MARK):
        pass
    changed = {**MARK, "configuration": {"steps": 200}}
    with (
        pytest.raises(InputError, match=r"configuration.steps was 100, is 200"),
        RunFolder(tmp_path / "run", changed, resume=True),
    ):
        pass
    assert differences(MARK, MARK) == []


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match="is no run"), RunFolder(tmp_path, MARK, resume=True):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["letters.txt"]
    with pytest.raises(InputError, match="is a file"), RunFolder(tmp_path / "letters.txt", MARK):
        pass


def test_two_writers_are_kept_apart_by_a_lock_that_death_releases(tmp_path: Path) -> None:
    again = RunFolder(tmp_path / "run", MARK, resume=True)
    with RunFolder(tmp_path / "run", MARK), pytest.raises(InputError, match="another run"):
        again.__enter__()
    script = f"""
import os
from pathlib import Path
from calibration.store import RunFolder
RunFolder(Path({str(tmp_path / "run")!r}), {MARK!r}, True).__enter__()
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2]).returncode == 9
    with RunFolder(tmp_path / "run", MARK, resume=True):
        pass


def test_json_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "a.json", {"x": 1})

    def refuse(path: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(store, "_flush", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_json(tmp_path / "a.json", {"x": 2})
    assert read_json(tmp_path / "a.json") == {"x": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
