"""Status, verification and comparison of run folders, on folders made by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from execution import netcdf
from execution.executors import Threads
from execution.run import MANIFEST, Run, holds, revised
from model.errors import InputError
from studies.inspect.diff import folder_differences
from studies.inspect.run_folder import status_lines
from studies.inspect.verify import DAMAGED, verify_folder


def folder(path: Path, value: float = 1.0, seed: int = 1, finished: bool = True) -> Path:
    run = Run("calibration", path, {"seed": seed, "data": {"a": "b"}}, ("histories.nc",))

    def write() -> dict[str, object]:
        labelled = xr.Dataset({"x": ("n", np.array([value, 2.0])), "name": ("n", np.array(["a", "b"]))})
        netcdf.write(path / "histories.nc", labelled)
        return {"converged": False, "label": "exact"}

    with run.opened(Threads(1)) as runner:
        runner.folder.save("training-00000", {"x": np.array([1.0, 2.0])})
        runner.folder.save("training-00001", {"x": np.array([value])})
        if finished:
            run.finish(runner, write)
    return path


def compared(path: Path, value: float = 9.0, finished: bool = True) -> Path:
    """Return the folder with a comparison in it, whose files lie beside those of the run."""
    run = Run("comparison", path / "comparison", {}, ("../policies.nc",))

    def write() -> dict[str, object]:
        with revised(path, ["policies.nc"], lambda: None):
            netcdf.write(path / "policies.nc", xr.Dataset({"level": ("n", np.array([value]))}))
        return {}

    with run.opened(Threads(1), resume=True) as runner:
        runner.folder.save("bingo-000000", {"x": np.array([value])})
        if finished:
            run.finish(runner, write)
    return path


def verified(path: Path, repair: bool = False) -> tuple[int, str]:
    lines: list[str] = []
    return verify_folder(path, repair, lines.append), "\n".join(lines)


def test_a_whole_run(tmp_path: Path) -> None:
    home = compared(folder(tmp_path / "run"))
    assert verified(home) == (0, "whole: 3 pieces and 4 files agree with their checksums")
    text = "\n".join(status_lines(home))
    assert "NOT CONVERGED" in text
    assert "training: 2" in text
    assert "comparison: 1" in text
    assert "policies.nc: there" in text
    assert "kind       calibration" in text


def test_an_unfinished_run_says_how_to_go_on(tmp_path: Path) -> None:
    lines = status_lines(folder(tmp_path / "run", finished=False))
    assert "--resume" in lines[-1]
    assert "file       histories.nc: not yet" in lines


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(np.array([1.0]).tobytes())] ^= 1
    path.write_bytes(content)


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip, shorten, empty])
def test_a_damaged_piece_is_found_and_put_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    home = folder(tmp_path / "run")
    chunk = home / "chunks/training-00001.npz"
    damage(chunk)
    code, said = verified(home)
    assert code == DAMAGED == 4
    assert "training-00001" in said
    assert chunk.exists()
    assert verified(home, repair=True)[0] == 0
    assert not chunk.exists()
    assert chunk.with_name("training-00001.npz.damaged").exists()
    assert not (home / MANIFEST).exists()
    assert verified(home)[0] == 0


@pytest.mark.parametrize("name", ["histories.nc", "policies.nc", MANIFEST, f"comparison/{MANIFEST}"])
@pytest.mark.parametrize("damage", [shorten, empty])
def test_a_damaged_result_is_found_and_put_aside(tmp_path: Path, name: str, damage: Callable[[Path], None]) -> None:
    home = compared(folder(tmp_path / "run"))
    damage(home / name)
    code, said = verified(home)
    assert code == DAMAGED
    assert name in said
    assert verified(home, repair=True)[0] == 0
    assert (home / f"{name}.damaged").exists()
    assert verified(home)[0] == 0


def test_a_result_that_was_edited_is_found(tmp_path: Path) -> None:
    home = folder(tmp_path / "run")
    netcdf.write(home / "histories.nc", xr.Dataset({"x": ("n", np.array([9.0]))}))
    code, said = verified(home)
    assert code == DAMAGED
    assert "histories.nc: does not agree with its checksum" in said


def test_a_damaged_comparison_leaves_the_calibration_whole(tmp_path: Path) -> None:
    home = compared(folder(tmp_path / "run"))
    shorten(home / "comparison/chunks/bingo-000000.npz")
    assert verified(home, repair=True)[0] == 0
    assert holds(home, "histories.nc")
    assert not holds(home, "policies.nc")
    assert not (home / "policies.nc").exists()
    assert holds(compared(home), "histories.nc", "policies.nc")
    assert verified(home)[0] == 0


def test_a_comparison_that_was_interrupted_is_no_damage(tmp_path: Path) -> None:
    home = compared(folder(tmp_path / "run"), finished=False)
    code, said = verified(home)
    assert code == 0
    assert "a comparison was begun here and is not finished" in said
    assert any("a comparison was begun here" in line for line in status_lines(home))


def test_two_runs_part_where_they_part(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "one"), folder(tmp_path / "two", value=4.0, seed=2)
    text = "\n".join(folder_differences(one, two))
    assert "seed was 1, is 2" in text
    assert "1 of 2 shared ones are the same" in text
    assert "training-00001" in text
    assert "histories.nc: x: largest difference 3" in text
    same = "\n".join(folder_differences(one, one))
    assert "2 of 2 shared ones are the same" in same
    assert "difference" not in same


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    for look in (status_lines, lambda path: verify_folder(path, False, str), lambda path: folder_differences(path, path)):
        with pytest.raises(InputError, match="is no run"):
            look(tmp_path)
        with pytest.raises(InputError, match="is no folder"):
            look(tmp_path / "nowhere")
