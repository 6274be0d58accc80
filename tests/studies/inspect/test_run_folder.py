"""Status, verification and comparison of run folders, on folders made by hand."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from execution.fingerprint import result_hash
from execution.store import RunFolder, write_json
from model.errors import InputError
from studies.inspect.run_folder import DAMAGED, datasets, folder_differences, seal, status_lines, verify_folder


def folder(path: Path, value: float = 1.0, seed: int = 1, finished: bool = True) -> Path:
    with RunFolder(path, {"seed": seed, "data": {"a": "b"}}) as run:
        run.save("training-00000", {"x": np.array([1.0, 2.0])})
        run.save("training-00001", {"x": np.array([value])})
    xr.Dataset({"x": ("n", np.array([value, 2.0])), "name": ("n", np.array(["a", "b"]))}).to_netcdf(
        path / "histories.nc", engine="h5netcdf"
    )
    if finished:
        write_json(path / "manifest.json", {"converged": False, "label": "exact", "result_hash": result_hash(datasets(path))})
    return path


def verified(path: Path, repair: bool = False) -> tuple[int, str]:
    lines: list[str] = []
    return verify_folder(path, repair, lines.append), "\n".join(lines)


def test_a_whole_run(tmp_path: Path) -> None:
    place = folder(tmp_path / "run")
    assert verified(place)[0] == 0
    text = "\n".join(status_lines(place))
    assert "NOT CONVERGED" in text
    assert "training: 2" in text


def test_an_unfinished_run_says_how_to_go_on(tmp_path: Path) -> None:
    assert "--resume" in status_lines(folder(tmp_path / "run", finished=False))[-1]


def test_a_flipped_byte_is_found_and_put_aside(tmp_path: Path) -> None:
    place = folder(tmp_path / "run")
    chunk = place / "chunks/training-00001.npz"
    content = bytearray(chunk.read_bytes())
    content[content.index(np.array([1.0]).tobytes())] ^= 1
    chunk.write_bytes(content)
    code, said = verified(place)
    assert code == DAMAGED == 4
    assert "training-00001" in said
    assert chunk.exists()
    assert verified(place, repair=True)[0] == 0
    assert not chunk.exists()
    assert chunk.with_name("training-00001.npz.damaged").exists()
    assert not (place / "manifest.json").exists()
    assert verified(place)[0] == 0


def test_a_changed_result_is_found(tmp_path: Path) -> None:
    place = folder(tmp_path / "run")
    xr.Dataset({"x": ("n", np.array([9.0]))}).to_netcdf(place / "histories.nc", engine="h5netcdf")
    code, said = verified(place)
    assert code == DAMAGED
    assert "result_hash" in said


def test_a_truncated_result_is_found(tmp_path: Path) -> None:
    place = folder(tmp_path / "run")
    (place / "histories.nc").write_bytes((place / "histories.nc").read_bytes()[:100])
    code, said = verified(place)
    assert code == DAMAGED
    assert "histories.nc" in said


def test_sealing_takes_in_the_comparison(tmp_path: Path) -> None:
    place = folder(tmp_path / "run")
    xr.Dataset({"level": ("n", np.array([9.0]))}).to_netcdf(place / "policies.nc", engine="h5netcdf")
    code, said = verified(place)
    assert code == 0
    assert "interrupted; run takeoff compare" in said
    seal(place)
    assert verified(place) == (0, "whole: 2 pieces and 3 files agree with their checksums")
    xr.Dataset({"level": ("n", np.array([8.0]))}).to_netcdf(place / "policies.nc", engine="h5netcdf")
    assert verified(place)[0] == DAMAGED
    seal(place, compared=False)
    assert verified(place)[0] == 0


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
