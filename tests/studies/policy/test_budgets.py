"""Is a policy replayed at the budgets asked for, on the histories of a comparison, and does the answer say what it is?"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from calibration.shipped import SHIPPED
from execution import netcdf
from execution.labels import KEYS
from execution.run import checked, holds
from model.config import Policy, load_policy
from model.errors import InputError
from studies.files.tables import read_table
from studies.policy.budgets import (
    BUDGETS,
    FILES,
    PIECES,
    SHARES,
    TABLE,
    VARIABLES,
    at_share,
    at_shares,
    budgets,
    dataset,
    is_funded,
    shares_asked,
)
from studies.policy.chosen import chosen_policies
from studies.policy.compare import compare

DRAWS, HORIZON = 4, 3
ASKED: dict[str, Any] = {"horizon": HORIZON, "draws": DRAWS, "futures": 2}
SHAPE = {"case": 1, "policy": 3, "share": 2}


@pytest.fixture(scope="module")
def case() -> str:
    """The first cluster that the shipped posterior holds."""
    return str(netcdf.read(SHIPPED / "histories.nc")["case"].values[0])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("budgets") / "run"))


@pytest.fixture(scope="module")
def answer(run: Path, case: str) -> xr.Dataset:
    return budgets(run, [case], ["training", "protection"], (0.2, 0.05), **ASKED)


def total(policy: Policy) -> float:
    return sum(spec.budget_share or 0.0 for spec in policy.funded())


@pytest.mark.parametrize("name", ["training", "all-at-once", "training-then-credit-and-zone"])
def test_a_total_replaces_the_budgets_in_proportion(name: str) -> None:
    policy = load_policy(name)
    smaller = at_share(policy, 0.05)
    assert total(smaller) == pytest.approx(0.05)
    before, after = ([spec.budget_share for spec in one.funded()] for one in (policy, smaller))
    assert np.array(after) / 0.05 == pytest.approx(np.array(before) / total(policy))
    assert [spec.at for spec in smaller.funded()] == [spec.at for spec in policy.funded()]


def test_budgets_in_wage_years_keep_their_proportion_and_mixed_ones_are_refused() -> None:
    training, credit = (spec.model_copy(update={"budget_share": None}) for spec in load_policy("all-at-once").programmes[:2])
    in_money = tuple(spec.model_copy(update={"budget": budget}) for spec, budget in ((training, 10.0), (credit, 30.0)))
    policy = load_policy("training").model_copy(update={"name": "own", "programmes": in_money})
    assert [(spec.budget, spec.budget_share) for spec in at_share(policy, 0.2).funded()] == [
        (None, pytest.approx(0.05)), (None, pytest.approx(0.15)),
    ]  # fmt: skip
    mixed = policy.model_copy(update={"programmes": (in_money[0], credit.model_copy(update={"budget_share": 0.1}))})
    with pytest.raises(InputError, match=r"own: has budgets in wage-years and budgets in shares.*one unit"):
        at_share(mixed, 0.2)


def test_what_has_no_budget_is_replayed_once() -> None:
    chosen = chosen_policies(["training", "protection"])
    assert [is_funded(one) for one in chosen.values()] == [False, True, False]
    assert list(at_shares(chosen, (0.1, 0.2))) == ["status-quo", "training@0.1", "training@0.2", "protection"]
    assert at_share(chosen["protection"], 0.1) == chosen["protection"]


@pytest.mark.parametrize("shares", [[], [0.0], [1.0], [True], ["0.1"], [float("nan")], [0.1, 0.1]])
def test_a_share_that_is_none_is_refused(shares: list[Any]) -> None:
    with pytest.raises(InputError, match=r"^shares: "):
        shares_asked(shares)
    assert (shares_asked(None), shares_asked([0.4, 0.1])) == (SHARES, (0.1, 0.4))


def test_the_answer_has_every_variable_with_its_unit(answer: xr.Dataset) -> None:
    assert dict(answer.sizes) == {**SHAPE, "funds_cost": 4}
    assert answer["share"].values.tolist() == [0.05, 0.2]
    assert answer["policy"].values.tolist() == ["status-quo", "training", "protection"]
    for name, (unit, meaning) in VARIABLES.items():
        assert answer[name].attrs == {"units": unit, "long_name": meaning}
    assert set(KEYS) <= answer.attrs.keys()
    assert answer["acceptability"].sum("policy").values == pytest.approx(np.ones((1, 2)))
    assert (answer["net_value"].sel(policy="status-quo") == 0).all()
    spent = answer["spent"].sel(policy="training").values[0]
    assert 0 < spent[0] < spent[1]


def test_a_policy_at_its_own_budget_is_worth_what_a_comparison_says(run: Path, case: str, answer: xr.Dataset) -> None:
    compared = compare(run, [case], ["training"], structures=("",), **ASKED).isel(structure=0, case=0)
    level, weight = compared["level"].sel(outcome="net_value"), compared["weight"]
    effect = (level.sel(policy="training") - level.sel(policy="status-quo")).values
    own = load_policy("training")
    assert total(own) == pytest.approx(0.2)
    expected = float(np.sum(effect * weight.values) / np.sum(weight.values))
    assert float(answer["net_value"].sel(policy="training", share=0.2)[0]) == pytest.approx(expected)
    treasury = compared["level"].sel(outcome="treasury")
    cost = (treasury.sel(policy="status-quo") - treasury.sel(policy="training")).values @ weight.values
    assert float(answer["cost"].sel(policy="training", share=0.2)[0]) == pytest.approx(float(cost))


def test_the_files_hold_the_answer_and_its_label(run: Path, answer: xr.Dataset) -> None:
    assert holds(run, *FILES)
    xr.testing.assert_identical(netcdf.read(checked(run, BUDGETS)).drop_attrs(), answer.drop_attrs())
    table = read_table(checked(run, TABLE))
    assert len(table["policy"]) == np.prod(list(SHAPE.values()))
    np.testing.assert_array_equal(table["net_value"], answer["net_value"].values.ravel())
    assert set(table["frontier"]) <= {0, 1}
    beside = json.loads((run / "budgets.json").read_text())
    assert beside["label"] == answer.attrs["label"]
    assert beside["fingerprint"] == answer.attrs["fingerprint"]


def test_a_further_budget_replays_that_budget_alone_and_another_file_leaves_the_folder(
    run: Path, case: str, answer: xr.Dataset, tmp_path: Path
) -> None:
    chunks = run / PIECES / "chunks"
    before, stored = {path.name for path in chunks.iterdir()}, (run / TABLE).read_bytes()
    more = budgets(run, [case], ["training", "protection"], (0.05, 0.1, 0.2), out=tmp_path / "a.csv", **ASKED)
    added = {path.name for path in chunks.iterdir()} - before
    assert len(added) == 1
    assert "training@0.1" in added.pop()
    assert (run / TABLE).read_bytes() == stored
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "a.json"}
    for share in (0.05, 0.2):
        same = more["net_value"].sel(share=share).values, answer["net_value"].sel(share=share).values
        np.testing.assert_array_equal(*same)
    budgets(run, [case], ["training", "protection"], (0.05, 0.1), out=tmp_path / "a.nc", **ASKED)
    assert dict(netcdf.read(tmp_path / "a.nc").sizes)["share"] == 2


def test_a_cluster_whose_histories_were_all_stopped_is_unknown() -> None:
    from studies.policy.counterfactuals import Comparison
    from studies.policy.outcomes import NAMES
    from tests.studies.policy.test_pieces import histories

    own = histories()
    count = len(own)
    nothing = np.full((3, count, len(NAMES)), np.nan)
    fans = np.full((3, 4, 5, 2), np.nan)
    stopped = Comparison(
        own, ("status-quo", "training@0.1", "training@0.2"), nothing, np.zeros(count), 1.0, np.zeros(1), fans[0], fans, {}, "",
        np.zeros((1, 1)), {}, nothing[:, :, :2],
    )  # fmt: skip
    told = dataset([stopped], chosen_policies(["training"]), (0.1, 0.2), 1)
    assert np.isnan(told["net_value"].values).all()
    assert not told["frontier"].values.any()
    assert float(told["lost"][0]) == 1.0
