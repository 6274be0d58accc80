"""What files say of themselves: the same few words on every file and group, none of which moves a hash of a result."""

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from execution import netcdf
from execution.fingerprint import content_hash, result_hash
from execution.labels import KEYS, NOT_CONVERGED, labelled, provenance, provenance_in, verdict_of

TOLD = provenance("surrogate, checked, not corrected", verdict_of(False), 2**64 - 1, {"a": [1, 2]})


def data() -> xr.Dataset:
    return xr.Dataset({"x": ("row", np.arange(3.0))}, attrs={"unit": "firms"})


def test_the_label_says_at_once_that_an_answer_has_not_converged() -> None:
    assert tuple(TOLD) == KEYS
    assert TOLD["label"] == "NOT CONVERGED; surrogate, checked, not corrected"
    assert TOLD["verdict"] == NOT_CONVERGED
    assert TOLD["seed"] == str(2**64 - 1)
    assert TOLD["fingerprint"] == content_hash({"a": [1, 2]})
    assert "numpy" in TOLD["versions"]
    assert provenance_in({**TOLD, "unit": "firms"}) == TOLD


@pytest.mark.parametrize("groups", [False, True], ids=["a dataset", "groups"])
def test_every_file_and_group_carries_it_and_its_hash_does_not(groups: bool, tmp_path: Path) -> None:
    content = {"posterior": data(), "prior": data()} if groups else data()
    plain, told = tmp_path / "plain.nc", tmp_path / "told.nc"
    netcdf.write(plain, content)
    netcdf.write(told, labelled(content, TOLD))
    with xr.open_datatree(told) as tree:
        assert {name: str(tree.attrs[name]) for name in KEYS} == TOLD
    for dataset in netcdf.datasets(told).values():
        assert provenance_in(dataset.attrs) == TOLD
        assert dataset.attrs["unit"] == "firms"
    hashes = [
        result_hash({name.replace("plain", "told"): one for name, one in netcdf.datasets(path).items()}) for path in (plain, told)
    ]
    assert hashes[0] == hashes[1]


def test_a_command_line_that_is_no_text_is_kept_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["takeoff", "run", "--out", b"caf\xe9".decode("utf-8", "surrogateescape")])
    netcdf.write(tmp_path / "told.nc", labelled(data(), provenance("label", "whole", 1, {})))
    assert netcdf.read(tmp_path / "told.nc").attrs["command"] == r"takeoff run --out caf\udce9"
