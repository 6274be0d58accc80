"""Do labelled arrays come back as they were written, and is a file that was cut short named?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from execution import netcdf
from model.errors import DamagedRun, InputError

ONE = xr.Dataset({"x": (("n",), np.array([1.0, np.nan])), "name": (("n",), np.array(["a", "b"]))}, attrs={"unit": "years"})


def test_a_dataset_comes_back(tmp_path: Path) -> None:
    netcdf.write(tmp_path / "deep" / "one.nc", ONE)
    again = netcdf.read(tmp_path / "deep" / "one.nc")
    assert again["x"].identical(ONE["x"])
    assert again["name"].values.tolist() == ["a", "b"]
    assert again.attrs == {"unit": "years"}
    assert list(netcdf.datasets(tmp_path / "deep" / "one.nc")) == ["one.nc"]


def test_groups_come_back_by_name(tmp_path: Path) -> None:
    netcdf.write(tmp_path / "groups.nc", {"prior": ONE, "posterior": ONE[["x"]]})
    groups = netcdf.datasets(tmp_path / "groups.nc")
    assert groups.keys() == {"prior", "posterior"}
    assert list(groups["posterior"].variables) == ["x"]


@pytest.mark.parametrize("content", [b"", b"no netCDF", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04" + bytes(100)])
def test_foreign_bytes_are_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(DamagedRun, match=r"a\.nc: cannot be read"):
        netcdf.read(tmp_path / "a.nc")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_damage(tmp_path: Path, share: float) -> None:
    netcdf.write(tmp_path / "a.nc", ONE)
    content = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(content[: round(share * len(content))])
    with pytest.raises(DamagedRun, match=r"a\.nc: cannot be read"):
        netcdf.read(tmp_path / "a.nc")


def test_a_file_that_cannot_be_opened_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        netcdf.read(tmp_path / "absent.nc")
