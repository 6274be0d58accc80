"""What the files of a comparison say of themselves, and what is said of programmes that cannot act in it."""

import json
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from execution import netcdf
from execution.fingerprint import result_hash
from execution.labels import KEYS
from model.errors import InputError, shown
from studies.policy.advice import advise
from studies.policy.chosen import chosen_policies
from studies.policy.compare import (
    DECISION,
    FILES,
    HORIZON,
    POLICIES,
    compare,
    label_of,
    warn_of_idle,
    write_comparison,
    years_asked,
)

POSTERIOR = {"label": "surrogate, checked, not corrected", "converged": False, "seed": 7, "fingerprint": {"a": 1}}
CHOSEN = chosen_policies(["training", "credit"])


def test_a_comparison_stands_under_the_label_of_its_posterior(tmp_path: Path) -> None:
    told = label_of(POSTERIOR, CHOSEN.values(), 20)
    data = xr.Dataset({"level": ("history", [1.0, 2.0])}, attrs={"horizon": 20})
    write_comparison(tmp_path, data.assign_attrs(told), [])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    beside = json.loads((tmp_path / "decision.json").read_text())
    assert beside == {**told, "file": DECISION}
    assert beside["label"] == "NOT CONVERGED; surrogate, checked, not corrected"
    assert beside["seed"] == "7"
    written = netcdf.read(tmp_path / POLICIES)
    assert {name: written.attrs[name] for name in KEYS} == told
    assert result_hash({POLICIES: written}) == result_hash({POLICIES: data})


@pytest.mark.parametrize(
    "other",
    [
        label_of({**POSTERIOR, "fingerprint": {"a": 2}}, CHOSEN.values(), 20),
        label_of(POSTERIOR, chosen_policies(["training"]).values(), 20),
        label_of(POSTERIOR, CHOSEN.values(), 15),
    ],
    ids=["another posterior", "other policies", "another horizon"],
)
def test_its_fingerprint_is_of_all_that_it_depends_on(other: dict[str, str]) -> None:
    assert other["fingerprint"] != label_of(POSTERIOR, CHOSEN.values(), 20)["fingerprint"]


@pytest.mark.parametrize("horizon", [0, -1, 1001, 2.5, "20", True, float("nan"), 10**5000], ids=shown)
def test_a_horizon_that_is_none_is_refused_before_any_work(horizon: Any, tmp_path: Path) -> None:
    assert (years_asked(None), years_asked(1), years_asked(1000)) == (HORIZON, 1, 1000)
    for asked in (lambda: compare(tmp_path, horizon=horizon), lambda: advise(10, tmp_path, horizon=horizon)):
        with pytest.raises(InputError, match=r"^horizon: .*: must be a whole number of years from 1 to 1000") as error:
            asked()
        assert "\n" not in str(error.value)


def test_programmes_that_cannot_act_are_told_of() -> None:
    said: list[str] = []
    warn_of_idle(chosen_policies(["training-then-credit-and-zone"]).values(), 5, said.append)
    assert [line.split(" (")[0] for line in said] == [
        f"warning: policy training-then-credit-and-zone: programme {number}" for number in (2, 3)
    ]
    warn_of_idle(CHOSEN.values(), 20, said.append)
    assert len(said) == 2
