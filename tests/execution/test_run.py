"""Does a run own its folder: opened once, finished whole, and believed only as far as its checksums go?"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from execution import netcdf
from execution.executors import Threads
from execution.run import (
    MANIFEST,
    Run,
    checked,
    datasets,
    forget,
    holds,
    is_finished,
    read_manifest,
    revised,
    run_at,
)
from execution.store import FINGERPRINT, Shard
from model.errors import DamagedRun, InputError

LABELLED = xr.Dataset({"x": ("n", np.arange(3.0))})


def run_in(folder: Path, files: tuple[str, ...] = ("a.nc", "b.txt")) -> Run:
    return Run("calibration", folder, {"seed": 1}, files)


def write_files(run: Run) -> dict[str, Any]:
    netcdf.write(run.folder / "a.nc", LABELLED)
    (run.folder / "b.txt").write_text("text", encoding="utf-8")
    return {"converged": True}


def finished(folder: Path) -> Run:
    run = run_in(folder)
    with run.opened(Threads(1)) as runner:
        assert not run.finished
        run.finish(runner, lambda: write_files(run))
    return run


def never() -> None:
    raise AssertionError("nobody else is writing")


def test_a_finished_run_says_what_it_is_and_what_it_left(tmp_path: Path) -> None:
    run = finished(tmp_path / "run")
    manifest = read_manifest(run.folder)
    assert run.finished
    assert run_at(run.folder) == run
    assert {"kind", "fingerprint", "versions", "command", "wall_s", "cpu_s", "result_hash"} <= manifest.keys()
    assert (manifest["kind"], manifest["converged"], list(manifest["files"])) == ("calibration", True, ["a.nc", "b.txt"])
    assert manifest["fingerprint"] == {"kind": "calibration", "files": ["a.nc", "b.txt"], "seed": 1}
    assert checked(run.folder, "b.txt").read_text(encoding="utf-8") == "text"
    assert list(datasets(run.folder, run.files)) == ["a.nc"]


def test_a_finished_run_is_not_written_again(tmp_path: Path) -> None:
    run = finished(tmp_path / "run")
    with run.opened(Threads(1), resume=True) as runner:
        run.finish(runner, lambda: pytest.fail("it is finished"))
        before = (run.folder / MANIFEST).read_bytes()
        run.finish(runner, lambda: write_files(run), done=lambda: False)
    assert read_manifest(run.folder)["result_hash"] == json.loads(before)["result_hash"]


def test_another_kind_is_another_run(tmp_path: Path) -> None:
    run = finished(tmp_path / "run")
    other = Run("sensitivity", run.folder, run.depends, run.files)
    with pytest.raises(InputError, match="kind was calibration, is sensitivity"), other.opened(Threads(1), resume=True):
        pass


def test_a_death_between_two_files_leaves_an_unfinished_run(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run")

    def die() -> dict[str, Any]:
        netcdf.write(run.folder / "a.nc", LABELLED)
        raise KeyboardInterrupt

    with run.opened(Threads(1)) as runner, pytest.raises(KeyboardInterrupt):
        run.finish(runner, die)
    assert not run.finished
    with pytest.raises(InputError, match="holds no finished run"):
        checked(run.folder, "a.nc")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"!")


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
@pytest.mark.parametrize("name", ["a.nc", "b.txt"])
def test_a_changed_file_is_not_believed(tmp_path: Path, name: str, damage: Callable[[Path], Any]) -> None:
    run = finished(tmp_path / "run")
    damage(run.folder / name)
    with pytest.raises(DamagedRun, match=name):
        checked(run.folder, name)


@pytest.mark.parametrize("key", ["converged", "result_hash", "command"])
def test_an_edited_manifest_is_not_believed(tmp_path: Path, key: str) -> None:
    run = finished(tmp_path / "run")
    manifest = json.loads((run.folder / MANIFEST).read_text(encoding="utf-8"))
    (run.folder / MANIFEST).write_text(json.dumps({**manifest, key: "edited"}), encoding="utf-8")
    for look in (read_manifest, is_finished, lambda folder: checked(folder, "a.nc"), lambda folder: holds(folder, "a.nc")):
        with pytest.raises(DamagedRun, match="its own checksum"):
            look(run.folder)


@pytest.mark.parametrize("content", ["[]", "{", "3", '{"kind": 1}', '{"kind": "x", "files": ["/etc/x"]}', "[" * 100_000])
def test_a_damaged_fingerprint_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / FINGERPRINT).write_text(content, encoding="utf-8")
    with pytest.raises(DamagedRun, match=FINGERPRINT):
        run_at(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "a file", "x" * 300, "a\0b"])
def test_what_is_no_folder_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").write_text("", encoding="utf-8")
    with pytest.raises(InputError):
        run_at(tmp_path / name)


def test_a_file_may_lie_beside_the_folder(tmp_path: Path) -> None:
    run = Run("sweep", tmp_path / "out.csv.run", {}, ("../out.csv",))
    with run.opened(Threads(1)) as runner:
        run.finish(runner, lambda: {"files": [name for name in run.files if (tmp_path / "out.csv").write_text("x")]})
    assert checked(run.folder, "../out.csv") == tmp_path / "out.csv"
    (tmp_path / "out.csv").unlink()
    assert not run.finished


def test_files_that_are_revised_are_not_named_until_they_are_written(tmp_path: Path) -> None:
    run = finished(tmp_path / "run")
    whole = read_manifest(run.folder)["result_hash"]
    with revised(run.folder, ["c.nc"], never):
        netcdf.write(run.folder / "c.nc", LABELLED)
        assert not holds(run.folder, "c.nc")
    assert holds(run.folder, "a.nc", "b.txt", "c.nc")
    assert read_manifest(run.folder)["result_hash"] != whole
    with pytest.raises(KeyboardInterrupt), revised(run.folder, ["c.nc"], never):
        raise KeyboardInterrupt
    assert (holds(run.folder, "c.nc"), run.finished) == (False, True)
    assert read_manifest(run.folder)["result_hash"] == whole
    assert forget(run.folder, ["b.txt"]) == ["a.nc"]


def test_finished_files_are_written_by_one_shard(tmp_path: Path) -> None:
    written: list[int] = []
    run = run_in(tmp_path / "run")
    barrier = threading.Barrier(3)

    def work(shard: Shard) -> None:
        with run.opened(Threads(1), shard=shard) as runner:
            barrier.wait()
            run.finish(runner, lambda: written.append(shard.part) or write_files(run))

    shards = [threading.Thread(target=work, args=(Shard(part, 3),)) for part in range(3)]
    for shard in shards:
        shard.start()
    for shard in shards:
        shard.join()
    assert len(written) == 1
