"""Do hashes change with what they stand for, and with nothing else?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from execution.fingerprint import content_hash, result_hash, source_hashes, versions
from tests.sources import plant


def test_contents_are_hashed_whatever_their_order() -> None:
    assert content_hash({"a": 1, "b": [2.5]}) == content_hash({"b": [2.5], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 1.5})


def test_each_package_has_its_own_hash(tmp_path: Path) -> None:
    plant(tmp_path, {"studies/page/svg.py": "1\n", "studies/policy/outcomes.py": "1\n"})
    names = ("studies.page", "studies.policy")
    before = source_hashes(names, tmp_path)
    plant(tmp_path, {"studies/page/svg.py": "2\n"})
    after = source_hashes(names, tmp_path)
    assert {name for name in names if before[name] != after[name]} == {"studies.page"}


def test_an_absent_library_is_named() -> None:
    installed = versions(("numpy", "no-such-library"))
    assert installed["numpy"] == np.__version__
    assert installed["no-such-library"] == "absent"
    assert "python" in installed


@pytest.mark.parametrize(
    "other",
    [
        xr.Dataset({"firms": ("time", [1.0, 3.0])}),
        xr.Dataset({"firms": ("time", np.array([1.0, 2.0], np.float32))}),
        xr.Dataset({"workers": ("time", [1.0, 2.0])}),
        xr.Dataset({"firms": (("time", "draw"), [[1.0], [2.0]])}),
    ],
    ids=["value", "type", "name", "shape"],
)
def test_a_result_is_its_names_types_shapes_and_values(other: xr.Dataset) -> None:
    one = xr.Dataset({"firms": ("time", [1.0, 2.0])})
    assert result_hash({"panel": one}) == result_hash({"panel": one.assign_attrs(title="another")})
    assert result_hash({"panel": one}) != result_hash({"panel": other})
