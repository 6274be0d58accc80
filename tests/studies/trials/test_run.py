"""Does a trial leave its files, the same ones again, and refuse what it cannot do? On few histories of the shipped posterior."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from calibration.shipped import SHIPPED, is_shipped
from execution.labels import KEYS
from execution.run import read_manifest
from execution.writing import read_json
from model.errors import InputError
from model.trials import READ
from studies.files.tables import read_table
from studies.trials import defaults
from studies.trials.run import FILES, Trial, terms_asked, trial

pytestmark = pytest.mark.skipif(not is_shipped(), reason="no posterior is shipped yet")
CASE = 10


def held(folder: Path, **options: Any) -> Trial:
    return trial(CASE, posterior=SHIPPED, out=folder / "trial", **{"draws": 6, "firms": 40, "years": 2, **options})


def test_a_trial_leaves_estimates_a_table_and_their_label(tmp_path: Path) -> None:
    told = held(tmp_path)
    assert sorted(FILES) == sorted(read_manifest(tmp_path / "trial")["files"])
    with xr.open_dataset(tmp_path / "trial" / "trial.nc", engine="h5netcdf") as data:
        assert data["estimate"].dims == ("history", "estimand", "outcome", "year")
        assert data.sizes["history"] == 6
        assert set(KEYS) <= set(data.attrs)
        np.testing.assert_array_equal(data["estimate"], told.data["estimate"])
    table = read_table(tmp_path / "trial" / "trial.csv")
    assert len(table["mean"]) == len(told.table)
    assert set(table["site"]) == {"all", "works", "fails"}
    assert set(KEYS) <= set(read_json(tmp_path / "trial" / "trial.json"))
    again = held(tmp_path)
    assert again.data.identical(told.data)
    with pytest.raises(InputError, match="another"):
        held(tmp_path, share=0.25)


def test_the_panel_has_a_row_a_firm_and_date_from_which_an_estimate_follows(tmp_path: Path) -> None:
    told = held(tmp_path, panel=tmp_path / "firms.csv")
    panel = read_table(tmp_path / "firms.csv")
    assert set(KEYS) <= set(read_json(tmp_path / "firms.json"))
    assert {*READ, *(f"twin_{name}" for name in READ), "history", "firm", "year", "invited", "came", "alive"} <= panel.keys()
    kept = np.flatnonzero(told.data["kept"].values)
    assert len(panel["year"]) == 3 * told.data["firms"].values.sum()
    history = kept[0]
    rows = (panel["history"] == history) & (panel["year"] == 2) & (panel["alive"] == 1)
    log_workers, invited = np.log(panel["workers"][rows]), panel["invited"][rows] == 1
    asked = {"history": history, "estimand": "itt", "outcome": "log_workers", "year": 2}
    assert log_workers[invited].mean() - log_workers[~invited].mean() == pytest.approx(float(told.data["estimate"].sel(asked)))
    # A finished trial is not held again for its own files, and gives the same panel.
    before = (tmp_path / "firms.csv").read_bytes()
    held(tmp_path, panel=tmp_path / "firms.csv")
    assert (tmp_path / "firms.csv").read_bytes() == before


@pytest.mark.parametrize("suffix", [".parquet", ".nc"])
def test_a_panel_is_written_in_every_format(suffix: str, tmp_path: Path) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"firms{suffix}"
    held(tmp_path, draws=2, panel=path)
    assert path.stat().st_size > 1000


def test_estimates_are_right_on_average(tmp_path: Path) -> None:
    told = held(tmp_path, draws=60, firms=100, years=1).data
    kept = told["kept"].values
    for estimand in ("itt", "late"):
        for outcome in ("practices", "log_workers", "log_sales"):
            one = told.sel(estimand=estimand, outcome=outcome, year=1)
            spilt = told.sel(estimand="spillover", outcome=outcome, year=1)["truth"].values
            # What the others learn is taken off; of an instrumented effect, over the share that came.
            taken = spilt if estimand == "itt" else spilt / told["take_up"].values
            apart = (one["estimate"].values - one["truth"].values + taken)[kept]
            apart = apart[np.isfinite(apart)]
            # Six tests at 4.5 Monte Carlo errors: a false alarm once in 25,000 sets of histories.
            assert abs(apart.mean()) < 4.5 * apart.std(ddof=1) / np.sqrt(len(apart)), (estimand, outcome)


def test_a_stronger_course_moves_practices_more(tmp_path: Path) -> None:
    def practices(policy: str) -> float:
        told = trial(CASE, policy, posterior=SHIPPED, out=tmp_path / policy, draws=6, firms=40, years=2)
        return float(told.data["truth"].sel(estimand="late", outcome="practices", year=2).mean())

    assert practices("training") > 3.0 * practices("pilot") > 0.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"share": 0.0}, "--share: 0.0: must lie between 0 and 1"),
        ({"share": 1}, "--share: 1: must lie between 0 and 1"),
        ({"share": float("nan")}, "--share: nan: must lie between 0 and 1"),
        ({"firms": 9}, "--firms: 9: must be a whole number from 10"),
        ({"firms": 2.5}, "firms: 2.5: must be a whole number"),
        ({"years": 0}, "--years: 0: must be a whole number from 1"),
        ({"draws": 0}, "--draws: 0: must be a whole number from 1"),
        ({"policy": "credit"}, "--policy: credit: has no training"),
        ({"policy": "status-quo"}, "--policy: status-quo: has no training"),
        ({"policy": "free-beer"}, "free-beer"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_in_one_line(options: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*$") as caught:
        held(tmp_path, **options)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_with_too_few_firms_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studies.trials.estimates.FEWEST", 41)
    with pytest.raises(InputError, match="firms are alive at the decision in every history"):
        held(tmp_path, draws=2, panel=tmp_path / "firms.csv")
    assert not list(tmp_path.glob("firms*"))
    assert not (tmp_path / "trial" / "manifest.json").exists()


def test_terms_are_what_was_asked_for() -> None:
    assert terms_asked(432, 0.35, 5) == (432, 0.35, 5)
    assert terms_asked(defaults.FIRMS, defaults.SHARE, defaults.YEARS) == (200, 0.5, 3)
