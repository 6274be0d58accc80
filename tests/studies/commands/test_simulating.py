"""``takeoff simulate`` and ``takeoff sweep``: the files that they leave."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from model.config import load_case
from studies.cli import main
from studies.commands.simulating import NOT_WHOLE, STOPS_SHOWN
from studies.files.tables import read_table

FLOWS = {"pioneer": "entrants", "entry": "entrants", "spin_off": "spin_offs", "relocation": "relocations"}


def simulated(tmp_path: Path, name: str, *words: str) -> tuple[Path, Path]:
    panel, events = tmp_path / f"{name}.csv", tmp_path / f"{name}-events.csv"
    assert main(["simulate", "9", "--years", "10", "--out", str(panel), "--events", str(events), *words]) == 0
    return panel, events


def test_both_engines_leave_the_same_files(tmp_path: Path) -> None:
    first = simulated(tmp_path, "compiled", "--seed", "7")
    second = simulated(tmp_path, "simpy", "--seed", "7", "--engine", "simpy")
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
    other = simulated(tmp_path, "other", "--seed", "8")
    assert other[0].read_bytes() != first[0].read_bytes()


def test_stocks_and_flows_and_events_agree(tmp_path: Path) -> None:
    panel, events = (read_table(path) for path in simulated(tmp_path, "run"))
    firms = panel["firms"]
    np.testing.assert_array_equal(firms[1:], firms[:-1] + (panel["entrants"] + panel["spin_offs"] - panel["exits"])[1:])
    words = events["event"].tolist()
    assert words.count("pioneer") + words.count("entry") == panel["entrants"].sum()
    assert words.count("spin_off") == panel["spin_offs"].sum()
    assert words.count("exit") + words.count("merger") == panel["exits"].sum()
    assert np.all(np.diff(events["time"]) >= 0)
    assert all(len(text) == 16 for text in events["firm"])
    assert panel["time"][0] == 0
    assert len(firms) == 41
    assert panel["year"][0] == load_case(9).start.mode


def test_suffixes_hold_the_same_numbers(tmp_path: Path) -> None:
    base = ["simulate", "9", "--years", "3", "--seed", "1:3", "--out"]
    for suffix in (".csv", ".parquet", ".nc"):
        assert main([*base, str(tmp_path / f"panel{suffix}")]) == 0
    csv, parquet = read_table(tmp_path / "panel.csv"), read_table(tmp_path / "panel.parquet")
    assert csv["seed"].tolist() == [1] * 13 + [2] * 13 + [3] * 13
    with xr.open_dataset(tmp_path / "panel.nc", engine="h5netcdf") as nc:
        assert nc["seed"].values.tolist() == [1, 2, 3]
        for name, column in csv.items():
            assert column.tolist() == parquet[name].tolist()
            if name not in ("seed", "time", "year", "phase"):
                assert column.tolist() == nc[name].values.ravel().tolist()


def test_without_files_a_plot_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "kumasi", "--years", "2"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Kumasi")
    assert "firms" in text
    assert "\u2192" in text


def test_a_picture(tmp_path: Path) -> None:
    assert main(["simulate", "9", "--years", "2", "--plot", str(tmp_path / "deep/plot.png")]) == 0
    assert (tmp_path / "deep/plot.png").read_bytes().startswith(b"\x89PNG")


STOPPED = ["--set", "entry_intensity=1e12", "--beyond-prior", "--years", "2"]


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
@pytest.mark.parametrize("outputs", [[], ["--out", "o.csv"], ["--events", "e.parquet"], ["--plot", "o.png"]], ids=str)
def test_a_stopped_history_is_told_of_and_ends_with_3(
    engine: str, outputs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", "10", "--engine", engine, *STOPPED, *outputs]) == NOT_WHOLE
    told = capsys.readouterr().err
    assert "takeoff: seed 1: stopped for its size after 0 years, in 1975: too many firms or events; choose" in told
    assert [(tmp_path / name).is_file() for name in outputs[1:]] == [True] * bool(outputs)


def test_only_some_of_many_stopped_histories_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "10", *STOPPED, "--seed", "1:15", "--out", str(tmp_path / "o.csv")]) == NOT_WHOLE
    told = capsys.readouterr().err.splitlines()
    assert sum("stopped for its size" in line for line in told) == STOPS_SHOWN
    assert told[-1] == "takeoff: and 5 more of 15 histories were stopped"
    assert len(read_table(tmp_path / "o.csv")["seed"]) == 15


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--seed", "0:18446744073709551615", "--out", "o.csv"], "--out: o.csv: 18,446,744,073,709,551,616 panels of"),
        (["--seed", "1:300", "--plot", "o.png"], "--plot: 300 seeds: a picture has 200 lines at most"),
        (["--seed", "1:100000000", "--events", "o.csv"], "--seed: 100,000,000 seeds: at most 10,000,000 in one command"),
        (["--out", "o.csv", "--events", "o.CSV"], "its label would be that of o.csv"),
    ],
)
def test_what_is_too_much_is_refused_in_one_line(
    words: list[str], answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", "10", *words]) == 2
    told = capsys.readouterr().err
    assert answer in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_of_very_many_seeds_one_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "10", "--years", "2", "--seed", "5:18446744073709551615"]) == 0
    assert "only seed 5 is drawn; keep all with --out" in capsys.readouterr().err


def test_a_change_acts(tmp_path: Path) -> None:
    plain = simulated(tmp_path, "plain")[0]
    changed = simulated(tmp_path, "changed", "--set", "entry_intensity=6")[0]
    structure = simulated(tmp_path, "structure", "--set", "structure.ladder=6")[0]
    assert plain.read_bytes() != changed.read_bytes()
    assert plain.read_bytes() == structure.read_bytes()


def test_a_sweep_repeats_what_simulate_gives(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("case,policy,seed,entry_intensity\n9,status-quo,7,\n9,,8,6\n")
    assert main(["sweep", str(table), "--years", "10"]) == 0
    swept = read_table(tmp_path / "table-panel.csv")
    first = read_table(simulated(tmp_path, "one", "--seed", "7")[0])
    second = read_table(simulated(tmp_path, "two", "--seed", "8", "--set", "entry_intensity=6")[0])
    for row, alone in ((1, first), (2, second)):
        for name, column in alone.items():
            assert swept[name][swept["row"] == row].tolist() == column.tolist()
