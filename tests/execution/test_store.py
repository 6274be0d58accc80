"""Does a run folder survive its death, and refuse what is not its own?"""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from execution import writing
from execution.chunks import digest, load_chunk
from execution.store import RunFolder, Shard, differences, mark_of
from execution.writing import clear_litter, read_json, write_atomic, write_json
from model.errors import DamagedRun, InputError, Interrupted

MARK = {"data": {"10-kumasi": "a"}, "configuration": {"steps": 100}}


def test_a_chunk_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    arrays = {"figures": np.array([[1.5, np.nan]]), "keys": np.array([2**64 - 1], np.uint64)}
    with RunFolder(tmp_path / "a" / "b", MARK) as folder:
        folder.save("one", arrays)
        found = folder.load("one")
    assert digest(found) == digest(arrays)


@pytest.mark.parametrize("place", ["write", "flush", "replace"])
def test_a_kill_at_any_write_leaves_a_folder_that_reads(tmp_path: Path, place: str) -> None:
    """The process ends without a goodbye inside the second save; the first chunk and the folder stay good."""
    script = f"""
import os, numpy as np
from pathlib import Path
from execution import store, writing
folder = store.RunFolder(Path({str(tmp_path / "run")!r}), {MARK!r}).__enter__()
folder.save("one", {{"x": np.arange(5)}})
if {place!r} == "write":
    np.savez = lambda file, **arrays: (file.write(b"half a chunk"), file.flush(), os._exit(9))
elif {place!r} == "flush":
    writing._flush = lambda path: os._exit(9)
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
from execution.store import RunFolder
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

    monkeypatch.setattr(writing, "_flush", refuse)
    with pytest.raises(InputError, match="disk full"):
        write_json(tmp_path / "a.json", {"x": 2})
    assert read_json(tmp_path / "a.json") == {"x": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("name", ["../../evil", "a/b", "/etc/evil", ".hidden", ".partial-x", "", "a\\b", "a\0b", "x" * 300])
def test_no_name_leads_a_piece_out_of_its_folder(tmp_path: Path, name: str) -> None:
    with RunFolder(tmp_path / "run", MARK) as folder:
        for use in (lambda: folder.save(name, {"x": np.ones(1)}), lambda: folder.load(name), lambda: folder.has(name)):
            with pytest.raises(InputError, match="cannot name a piece"):
                use()
        assert list((tmp_path / "run" / "chunks").iterdir()) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_a_piece_of_another_run_or_name_is_refused(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "one", MARK) as folder:
        folder.save("a", {"x": np.ones(2)})
    with RunFolder(tmp_path / "two", {**MARK, "seed": 2}) as other:
        stolen = (tmp_path / "one/chunks/a.npz").read_bytes()
        (tmp_path / "two/chunks/a.npz").write_bytes(stolen)
        with pytest.raises(DamagedRun, match="of another run"):
            other.load("a")
    with RunFolder(tmp_path / "one", MARK, resume=True) as folder:
        (tmp_path / "one/chunks/b.npz").write_bytes(stolen)
        with pytest.raises(DamagedRun, match="another piece"):
            folder.load("b")
        assert mark_of(tmp_path / "one") != mark_of(tmp_path / "two")


def test_a_pickled_object_is_not_brought_to_life(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "exploded",)

    with RunFolder(tmp_path / "run", MARK) as folder:
        np.savez(tmp_path / "run/chunks/one.npz", x=np.array([Bomb()], dtype=object))
        with pytest.raises(DamagedRun, match="cannot be read"):
            folder.load("one")
    assert not (tmp_path / "exploded").exists()


def test_litter_is_cleared_unless_somebody_writes(tmp_path: Path) -> None:
    left = tmp_path / ".partial-a.0123456789ab.json"
    left.write_text("{", encoding="utf-8")

    def fill(temporary: Path) -> None:
        clear_litter(tmp_path)
        assert left.exists()
        temporary.write_text("{}", encoding="utf-8")

    write_atomic(tmp_path / "b.json", fill)
    clear_litter(tmp_path, "b")
    assert left.exists()
    write_json(tmp_path / "a.json", {})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_dead_shards_leave_no_litter_behind(tmp_path: Path) -> None:
    shards = [Shard(part, 2) for part in range(2)]
    with RunFolder(tmp_path / "run", MARK, shard=shards[0]) as folder:
        litter = [tmp_path / "run/.partial-a.0.nc", tmp_path / "run/chunks/.partial-b.0.npz"]
        for left in litter:
            left.write_bytes(b"half")
        with folder.finishing(lambda: None):
            assert not any(left.exists() for left in litter)
        litter[1].write_bytes(b"half")
        with RunFolder(tmp_path / "run", MARK, shard=shards[1]):
            assert not litter[1].exists()


@pytest.mark.parametrize(
    ("number", "error", "word"),
    [
        (errno.ENOSPC, Interrupted, "disk is full"),
        (errno.EDQUOT, Interrupted, "disk is full"),
        (errno.EROFS, InputError, "Read-only"),
    ],
)
def test_a_disk_that_refuses_is_named_and_nothing_is_left(tmp_path: Path, number: int, error: type[Exception], word: str) -> None:
    def refuse(temporary: Path) -> None:
        temporary.write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    write_json(tmp_path / "a.json", {"x": 1})
    with pytest.raises(error, match=word):
        write_atomic(tmp_path / "a.json", refuse)
    assert read_json(tmp_path / "a.json") == {"x": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_hdf5_that_finds_no_room_is_a_full_disk(tmp_path: Path) -> None:
    def refuse(temporary: Path) -> None:
        raise RuntimeError("Can't decrement id ref count (file write failed: errno = 28, error message = 'No space left')")

    with pytest.raises(Interrupted, match="disk is full"):
        write_atomic(tmp_path / "a.nc", refuse)


def test_asking_whether_a_shard_lives_does_not_keep_it_out(tmp_path: Path) -> None:
    shard = Shard(0, 2)
    with RunFolder(tmp_path / "run", MARK, shard=Shard(1, 2)) as folder:
        (tmp_path / "run" / shard.lock).touch()
        asking = (tmp_path / "run" / shard.lock).open()
        fcntl.flock(asking, fcntl.LOCK_SH)
        release = threading.Timer(0.03, asking.close)
        release.start()
        with RunFolder(tmp_path / "run", MARK, shard=shard):
            assert folder.alive(shard)
        release.join()
