"""Is the worth of learning read off the histories that were compared, and told in a table that says what it is?"""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from execution.labels import KEYS
from execution.run import read_manifest
from model.config import load_case
from model.errors import InputError
from studies.files.tables import read_table
from studies.policy import learning
from studies.policy.compare import POLICIES
from studies.policy.learn import CEILING, EVPI, EVPPI, EVSI, FILES, GROUP, LEARNING, Learnt, join, learn
from studies.policy.measurements import asked, measurements
from tests.studies.policy.learnable import (
    CASES,
    COMPARED,
    LOSS,
    SLOPE,
    STORED,
    WAGE_BILL,
    compared_policies,
    learnable,
    stored_histories,
)


def gain(spread: float) -> float:
    """What is gained by choosing the programme only where it pays, if its worth is seen to vary with this deviation."""
    return float(spread * norm.pdf(LOSS / spread) - LOSS * norm.sf(LOSS / spread))


@pytest.fixture(scope="module")
def stored() -> xr.Dataset:
    return stored_histories()


@pytest.fixture(scope="module")
def folder(stored: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return learnable(tmp_path_factory.mktemp("learn") / "run", stored, compared_policies(stored))


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Learnt]:
    return learn(folder)


def by_name(rows: list[Learnt], kind: str) -> dict[str, Learnt]:
    return {row.name: row for row in rows if row.kind == kind and row.case == CASES[0]}


def test_what_decides_is_worth_knowing_and_nothing_else_is(rows: list[Learnt]) -> None:
    quantities = by_name(rows, EVPPI)
    best = max(quantities.values(), key=lambda row: row.worth)
    assert best.name == "zone_cost"
    assert abs(best.worth - gain(SLOPE)) < 3 * best.se
    assert (best.share, best.wage_bill) == (best.worth / WAGE_BILL, WAGE_BILL)
    # The last of the stored draws comes twice.
    assert COMPARED - 3 < best.draws < COMPARED
    alarms = [row.name for row in quantities.values() if row.worth > 2 * row.se]
    assert len(alarms) < 0.1 * len(quantities)
    (most,) = by_name(rows, CEILING).values()
    assert most.worth == pytest.approx(gain(SLOPE), abs=3 * best.se)
    assert by_name(rows, GROUP)["all of zone"].worth > 0.7 * best.worth
    (whole,) = by_name(rows, EVPI).values()
    assert whole.worth <= most.worth + 2 * whole.se


def test_every_measurement_stands_beside_its_price(rows: list[Learnt]) -> None:
    shown = [row for row in rows if row.kind == EVSI and row.case == CASES[1]]
    assert [(row.name, row.size) for row in shown] == [(one.name, one.size) for one in asked()]
    assert all(row.price == measurements()[row.name].price(row.size) for row in shown)
    best = max(shown, key=lambda row: row.worth)
    assert best.name == "plot-study"
    # Seen with an error of a quarter of a prior deviation, it varies by 1 / root(1 + 1 / 16) of one.
    assert abs(best.worth - gain(SLOPE / np.sqrt(1 + 1 / 16))) < 3 * best.se
    assert "price: " in best.source


def test_the_table_is_a_finished_file_of_the_run_under_its_label(folder: Path, rows: list[Learnt]) -> None:
    assert set(FILES) < set(read_manifest(folder)["files"])
    told = json.loads((folder / "learning.json").read_text())
    assert set(KEYS) <= set(told)
    assert told["label"] == "converged; surrogate, corrected"
    table = read_table(folder / LEARNING)
    assert [str(name) for name in table["name"]] == [row.name for row in rows]
    np.testing.assert_array_equal(table["worth"], [row.worth for row in rows])


def test_another_file_leaves_the_run_as_it_is(folder: Path, tmp_path: Path) -> None:
    before = read_manifest(folder)
    few = learn(folder, [10], out=tmp_path / "some.csv")
    assert {row.case for row in few} == {CASES[0]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["some.csv", "some.json"]
    assert read_manifest(folder) == before


def test_a_history_left_out_by_the_comparison_counts_nothing(stored: xr.Dataset) -> None:
    compared = compared_policies(stored)
    compared["weight"][0, 0, :5] = 0.0
    compared["level"][0, 0, 1, :5] = np.nan
    cluster = join(stored, compared, load_case(CASES[0]), Path("run"))
    assert len(cluster.draws.weights) == len(np.unique(compared["draw"].values[0, 5:COMPARED]))
    assert len(cluster.known["zone_cost"].values) == len(cluster.draws.weights)
    np.testing.assert_allclose(cluster.draws.worth[1], -LOSS - SLOPE * cluster.known["zone_cost"].values, atol=1e-9)


@pytest.mark.parametrize("workers", [0.0, np.nan])
def test_a_cluster_without_workers_has_no_wage_bill(workers: float, stored: xr.Dataset) -> None:
    compared = compared_policies(stored)
    compared["after"][:] = workers
    assert np.isnan(join(stored, compared, load_case(CASES[0]), Path("run")).wage_bill)


def test_histories_that_were_not_compared_are_refused(stored: xr.Dataset, tmp_path: Path) -> None:
    other = stored.assign_coords(draw=np.arange(STORED))
    folder = learnable(tmp_path / "run", other, compared_policies(stored))
    with pytest.raises(InputError, match=r"policies.nc: 10-kumasi: its 79 draws are not those .* run `takeoff compare` again$"):
        learn(folder)
    assert LEARNING not in read_manifest(folder)["files"]


def test_too_few_draws_tell_nothing(stored: xr.Dataset) -> None:
    few = learning.FEWEST - 1
    with pytest.raises(InputError, match=f"has fewer than {learning.FEWEST} draws with weight"):
        join(stored, compared_policies(stored, few), load_case(CASES[0]), Path("run"))


def test_a_run_without_a_comparison_or_a_case_is_refused(folder: Path, stored: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no finished policies.nc"):
        learn(learnable(tmp_path / "run", stored, None))
    with pytest.raises(InputError, match=r"^--case: 12-chongqing: was not compared in .*, only 10-kumasi, 06-bac-ninh; run"):
        learn(folder, [12])
    with pytest.raises(InputError, match="--case"):
        learn(folder, [10, "kumasi"])
    with pytest.raises(InputError, match=r"unknown format '.xlsx'"):
        learn(folder, out=tmp_path / "table.xlsx")
    (tmp_path / "mine.json").write_text("{}")
    with pytest.raises(InputError, match="its label would replace"):
        learn(folder, out=tmp_path / "mine.csv")
    assert POLICIES in read_manifest(folder)["files"]


def test_the_futures_of_a_draw_count_as_their_mean(stored: xr.Dataset) -> None:
    once = compared_policies(stored)
    twice = once.isel(history=np.repeat(np.arange(once.sizes["history"]), 2))
    luck = np.where(np.arange(twice.sizes["history"]) % 2 == 0, 7.0, -7.0)
    twice["level"] = twice["level"] + xr.DataArray(luck, dims="history") * (twice["policy"] == "zone")
    one, both = (join(stored, compared, load_case(CASES[0]), Path("run")) for compared in (once, twice))
    np.testing.assert_allclose(both.draws.worth, one.draws.worth, atol=1e-9)
    np.testing.assert_allclose(both.draws.weights, one.draws.weights)
    np.testing.assert_array_equal(both.known["zone_cost"].values, one.known["zone_cost"].values)
