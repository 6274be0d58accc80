"""Rows of a sweep that cannot be run say why and stop no other; a table that is wrong stops before anything runs."""

from pathlib import Path

import pytest

from model import latents
from model.config import CONFIGS
from model.errors import InputError
from model.simulation import HistoryStopped, simulate
from studies.cli import main
from studies.files.panels import panel_table
from studies.files.tables import read_table
from studies.sweeps.sweep import failures_of, sweep

HEADER = "case,policy,seed,entry_intensity,structure.ladder\n"
BAD = {
    "9,,,much,": ("entry_intensity", "much: must be a number"),
    "9,,,-1,": ("entry_intensity", "-1: lies outside its prior"),
    "9,,,inf,": ("entry_intensity", "inf: must be finite"),
    "atlantis,,,,": ("case", "atlantis: unknown case"),
    ",,,,": ("case", ": unknown case"),
    "missing.yaml,,,,": ("case", "missing.yaml: cannot be read"),
    "9,free-beer,,,": ("policy", "free-beer: unknown policy"),
    "9,,1.5,,": ("seed", "1.5: must be a whole number"),
    "9,,-1,,": ("seed", "-1: must be a whole number"),
    "9,,5:2,,": ("seed", "5:2: a range rises"),
    "9,,1:99999999,,": ("seed", "1:99999999: a range rises and holds at most"),
    f"9,,{2**64},,": ("seed", f"{2**64}: must be a whole number"),
    "9,,,,9": ("structure.ladder", "9: unknown option"),
}


@pytest.mark.usefixtures("small_chunks")
def test_rows_that_fail_are_listed_and_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.csv"
    good = "9,,4,,\n"
    table.write_text(HEADER + good + "".join(f"{line}\n{good}" for line in BAD))
    assert main(["sweep", str(table), "--years", "1"]) == 0
    panel, listed = read_table(tmp_path / "table-panel.csv"), read_table(tmp_path / "table-panel-failures.csv")
    assert sorted(set(panel["row"])) == [1 + 2 * index for index in range(len(BAD) + 1)]
    assert listed["row"].tolist() == [2 + 2 * index for index in range(len(BAD))]
    for index, (column, reason) in enumerate(BAD.values()):
        assert listed["column"][index] == column
        assert listed["reason"][index].startswith(reason), listed["reason"][index]
        assert ";" in listed["reason"][index], "a reason ends with a remedy"
    said = capsys.readouterr().err
    assert f"{len(BAD)} of {2 * len(BAD) + 1} rows failed" in said
    assert str(tmp_path / "table-panel-failures.csv") in said


@pytest.mark.usefixtures("small_chunks")
def test_a_row_of_many_seeds_fails_once(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(HEADER + "9,,1:7,much,\n9,,,,\n")
    done = sweep(table, years=1)
    assert (done.failed, done.rows) == (1, 2)
    assert done.failures is not None
    assert read_table(done.failures)["row"].tolist() == [1]


@pytest.mark.parametrize(("line", "told"), BAD.items(), ids=list(BAD))
def test_where_no_row_works_the_first_reason_is_said(
    line: str, told: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(HEADER + line + "\n")
    assert main(["sweep", str(table)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"row 1: {told[0]}: {told[1]}" in said
    assert "table-panel-failures.csv" in said
    with pytest.raises(InputError, match="no row worked"):
        sweep(table, resume=True)
    assert not (tmp_path / "table-panel.csv").exists()
    assert len(read_table(tmp_path / "table-panel-failures.csv")["row"]) == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "empty"),
        ("case,seed\n", "empty"),
        ("seed\n1\n", "case"),
        ("case,entry_intensity\n10,3\n10,3,4\n", "line 3"),
        ("case,case\n10,10\n", "twice"),
        ("case,colour\n10,3\n", "colour"),
        ("case,structure.colour\n10,3\n", "colour"),
        ("case,entry_intensitty\n10,3\n", "entry_intensity"),
    ],
)
def test_a_wrong_table_stops_before_anything_runs(
    content: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(content)
    assert main(["sweep", str(table)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert word in said
    assert list(tmp_path.iterdir()) == [table]


def test_a_panel_is_not_written_over_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.csv"
    table.write_text("case\n9\n")
    assert main(["sweep", str(table), "--out", str(table)]) == 2
    assert "is the table" in capsys.readouterr().err
    assert table.read_text() == "case\n9\n"


@pytest.mark.parametrize("limit", [20, 40])
def test_a_history_stopped_for_its_size_keeps_its_rows_and_is_listed(
    limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latents, "FIRMS_MAX", limit)
    table = tmp_path / "table.csv"
    table.write_text("case,seed\n9,1:3\n")
    done = sweep(table, years=30)
    with pytest.warns(HistoryStopped):
        alone = [panel_table(simulate(9, seeds=[seed], years=30)) for seed in (1, 2, 3)]
    assert min(len(one["time"]) for one in alone) < 121, "none was stopped: the test shows nothing"
    panel = read_table(done.out)
    for seed, one in enumerate(alone, start=1):
        for name, column in one.items():
            assert panel[name][panel["seed"] == seed].tolist() == column.tolist()
    assert done.failed == 0
    assert done.stopped == sum(len(one["time"]) < 121 for one in alone)
    listed = read_table(failures_of(done.out))
    assert listed["column"].tolist() == ["seed"] * done.stopped
    assert all("stopped for its size" in reason for reason in listed["reason"])


def test_own_files_belong_to_the_fingerprint(tmp_path: Path) -> None:
    policy = tmp_path / "own.yaml"
    policy.write_text((CONFIGS / "policies" / "credit.yaml").read_text(encoding="utf-8"))
    table = tmp_path / "table.csv"
    table.write_text(f"case,policy\n9,{policy}\n")
    out = sweep(table, years=1).out
    assert set(read_table(out)["policy"]) == {"own"}
    policy.write_text(policy.read_text() + "\n# another price\n")
    with pytest.raises(InputError, match="own_files"):
        sweep(table, years=1, resume=True)
