"""Histories of many seeds reach their files block by block, the same as all at once, and the files say what they are."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from pyarrow import parquet

from model import simulate
from model.errors import InputError
from model.observe import COLUMNS, MEANINGS, PHASES, UNITS
from model.simulation import Asked, HistoryStopped, ask, engine_named
from model.world import NOT_FINITE, TOO_LARGE
from studies.files import histories as home
from studies.files.grid import FLAGS
from studies.files.histories import blocks, check_disk, write_histories
from studies.files.panels import event_table, panel_table
from studies.files.tables import SUFFIXES, read_table

# Firms are founded by workers in some of these histories, so that no column of events is empty.
SEEDS = range(7, 14)
COMPILED = engine_named("compiled")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seeds of three years at a time: seven seeds are blocks of 3, 3 and 1."""
    monkeypatch.setattr(home, "ROWS_AT_ONCE", 40)


def asked(**given: object) -> Asked:
    return ask(10, "training", **{"years": 3, **given})


def written(tmp_path: Path, suffix: str, what: Asked, seeds: range = SEEDS) -> tuple[Path, Path, list]:
    panel, events = tmp_path / f"panel{suffix}", tmp_path / f"events{suffix}"
    return panel, events, write_histories(panel, events, what, seeds, COMPILED, lambda done, total: None)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_written_in_blocks_is_that_of_all_histories(suffix: str, tmp_path: Path) -> None:
    panel, events, stops = written(tmp_path, suffix, asked())
    whole = simulate(10, policy="training", seeds=SEEDS, years=3)
    for path, table in ((panel, panel_table(whole)), (events, event_table(whole))):
        back = read_table(path)
        assert list(back) == list(table)
        for name, column in table.items():
            assert back[name].tolist() == column.tolist(), name
    assert stops == []
    one = written(tmp_path, suffix, asked(), range(5, 6))[0]
    assert "seed" not in read_table(one)


def test_a_netcdf_lies_over_seed_and_time_with_units_and_meanings(tmp_path: Path) -> None:
    panel, _, _ = written(tmp_path, ".nc", asked())
    whole = simulate(10, policy="training", seeds=SEEDS, years=3)
    with xr.open_dataset(panel, engine="h5netcdf") as back:
        assert dict(back.sizes) == {"seed": 7, "time": 13}
        assert back.seed.values.tolist() == list(SEEDS)
        assert back.time.values.tolist() == whole.time.values.tolist()
        assert back.year.values.tolist() == whole.year.values.tolist()
        assert "year" in back.coords
        for name in COLUMNS[1:]:
            assert back[name].dims == ("seed", "time")
            assert back[name].values.tobytes() == whole[name].values.tobytes()
            assert back[name].attrs["long_name"] == MEANINGS[name]
            assert back[name].attrs.get("units", back[name].attrs.get("unit")) == UNITS[name]
        assert back.phase.attrs["flag_meanings"].split() == list(PHASES)
        assert len(FLAGS["exhausted"]) == 1 + max(TOO_LARGE, NOT_FINITE)
        assert np.isnan(back.stopped_after.values).all()


def test_a_dataset_is_read_back_as_it_was(tmp_path: Path) -> None:
    whole = simulate(10, seeds=SEEDS, years=3)
    whole.to_netcdf(tmp_path / "whole.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "whole.nc", engine="h5netcdf") as back:
        assert back.identical(whole)


def test_one_seed_lies_over_seed_and_time_too(tmp_path: Path) -> None:
    with xr.open_dataset(written(tmp_path, ".nc", asked(), range(2**64 - 1, 2**64))[0], engine="h5netcdf") as back:
        assert dict(back.sizes) == {"seed": 1, "time": 13}
        assert [int(seed) for seed in back.seed.values] == [2**64 - 1]


def attributes(path: Path) -> dict[str, str]:
    if path.suffix == ".csv":
        return json.loads(path.with_suffix(".json").read_text())
    if path.suffix == ".nc":
        with xr.open_dataset(path, engine="h5netcdf") as back:
            return {str(name): str(value) for name, value in back.attrs.items()}
    return {name.decode(): value.decode() for name, value in parquet.read_metadata(path).metadata.items()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_file_says_what_it_is(suffix: str, tmp_path: Path) -> None:
    what = asked(changes={"entry_intensity": 6.0}, structures={"spillover": "off"})
    for path in written(tmp_path, suffix, what)[:2]:
        said = attributes(path)
        assert said["case"] == what.case.title
        assert said["policy"] == what.policy.title
        assert said["parameters"] == "entry_intensity=6.0"
        assert "spillover=off" in said["structures"]
        assert (said["seed"], said["verdict"], said["stopped"], said["decision"]) == ("7:13", "whole", "none", "2005.5")
        assert len(said["fingerprint"]) == 64
        assert "numpy" in said["versions"]
        assert said["command"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("changes", [{"entry_intensity": 1e12}, {"initiation_skill": 1e6}, {"initiation_pioneers": 1e9}], ids=str)
def test_a_file_with_stopped_histories_says_so_and_holds_finite_numbers_only(
    suffix: str, changes: dict[str, float], tmp_path: Path
) -> None:
    panel, events, stops = written(tmp_path, suffix, asked(changes=changes), range(1, 4))
    assert [stop.seed for stop in stops] == [1, 2, 3]
    for path in (panel, events):
        said = attributes(path)
        assert said["verdict"] == "NOT WHOLE: 3 of 3 histories stopped before their end"
        assert said["label"].startswith(said["verdict"])
        assert said["stopped"].count("stopped") == 3
    if suffix == ".nc":
        with xr.open_dataset(panel, engine="h5netcdf") as back:
            assert back.stopped_after.values.tolist() == [max(0, stop.rows - 1) * 0.25 for stop in stops]
            assert int(np.isfinite(back.firms).sum()) == sum(stop.rows for stop in stops)
    elif stops[0].rows:
        table = read_table(panel)
        assert all(np.isfinite(column).all() for column in table.values() if column.dtype.kind == "f")
        assert table["exhausted"].tolist()[-1] == stops[-1].cause


def test_blocks_are_as_small_as_they_may_be() -> None:
    told: list[tuple[int, int]] = []
    sizes = [len(one.seeds) for one in blocks(asked(), SEEDS, COMPILED, lambda *done: told.append(done))]
    assert sizes == [3, 3, 1]
    assert told == [(3, 7), (6, 7), (7, 7)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_the_disk_has_no_room_for_is_refused_at_once(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 10**8})
    monkeypatch.setattr(home.shutil, "disk_usage", lambda folder: usage)
    path = tmp_path / f"deep/panel{suffix}"
    check_disk(path, asked(), range(100))
    for seeds in (range(10**6), range(2**64)):
        with pytest.raises(InputError, match=r"^--out: .*: [\d,]+ panels of 13 quarters need .* sweep --keep last$") as error:
            check_disk(path, asked(), seeds)
        assert "\n" not in str(error.value)


def test_nothing_is_left_of_files_that_were_interrupted(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for suffix in SUFFIXES:
        with pytest.raises(KeyboardInterrupt):
            write_histories(tmp_path / f"p{suffix}", tmp_path / f"e{suffix}", asked(), SEEDS, COMPILED, interrupt)
    assert list(tmp_path.iterdir()) == []


def test_what_simulate_returns_warns_where_a_file_would_say_so() -> None:
    with pytest.warns(HistoryStopped):
        assert simulate(10, changes={"initiation_skill": 1e6}, years=2).attrs["stopped"] != "none"
