"""Is a lock's file taken as it is: never emptied, never followed, never waited for, and done without where there are none?"""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from execution.locks import ALONE, SHARED, NoLocks, held, opened, take, take_soon, wait_for
from execution.store import RunFolder, Shard
from model.errors import InputError


def test_a_lock_is_held_until_its_handle_closes(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    handle, other = opened(path), opened(path)
    assert not held(path)
    assert take(handle, ALONE)
    assert held(path)
    assert not take(other, SHARED)
    assert not take_soon(other, ALONE)
    os.close(handle)
    assert take(other, ALONE)
    os.close(other)
    assert not held(path)
    assert not held(tmp_path / "absent")


def test_who_waits_is_heeded(tmp_path: Path) -> None:
    path, heard = tmp_path / ".lock", []
    handle, other = opened(path), opened(path)
    take(handle, ALONE)

    def heed() -> None:
        heard.append(1)
        fcntl.flock(handle, fcntl.LOCK_UN)

    wait_for(other, heed)
    assert heard == [1]
    assert held(path)
    os.close(handle)
    os.close(other)


def test_a_link_is_refused_and_what_it_points_to_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("content", encoding="utf-8")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(InputError, match=r"\.lock: cannot be written"):
        opened(tmp_path / ".lock")
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "content"


def test_a_lock_file_with_content_keeps_it(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("content", encoding="utf-8")
    os.close(opened(tmp_path / ".lock"))
    assert (tmp_path / ".lock").read_text(encoding="utf-8") == "content"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP])
def test_one_writer_does_without_locks_and_shards_do_not(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, kind: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with RunFolder(tmp_path / "run", {"seed": 1}) as folder, folder.finishing(lambda: None):
        pass
    handle = opened(tmp_path / ".lock")
    with pytest.raises(NoLocks):
        take(handle, ALONE)
    os.close(handle)
    with pytest.raises(InputError, match="shards need locks"), RunFolder(tmp_path / "run", {"seed": 1}, shard=Shard(0, 2)):
        pass
