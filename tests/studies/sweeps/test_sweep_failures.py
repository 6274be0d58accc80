"""Rows of a sweep that cannot be run say why and stop no other; a table that is wrong stops before anything runs."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

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
    ",,,,": ("case", "is empty: a cluster is needed"),
    "NA,,,,": ("case", "is empty: a cluster is needed"),
    "missing.yaml,,,,": ("case", "missing.yaml: cannot be read"),
    "9,free-beer,,,": ("policy", "free-beer: unknown policy"),
    "9,,1.5,,": ("seed", "1.5: must be a whole number"),
    "9,,-1,,": ("seed", "-1: must be a whole number"),
    "9,,5:2,,": ("seed", "5:2: a range rises"),
    "9,,1:99999999,,": ("seed", "1:99999999: a range rises and holds at most"),
    f"9,,{2**64},,": ("seed", f"{2**64}: must be a whole number"),
    f"9,,{'9' * 5000},,": ("seed", f"{'9' * 37}...: has 5,000 characters"),
    f"9,,{'9' * 3000},,": ("seed", f"{'9' * 37}...: must be a whole number"),
    "9,,1e400,,": ("seed", "1e400: must be a whole number"),
    "9,,1:2:3:4,,": ("seed", "1:2:3:4: must be a whole number"),
    '9,,"1,5",,': ("seed", "1,5: has a comma"),
    '9,,,"4,5",': ("entry_intensity", "4,5: has a comma; write decimals with a point"),
    f"9,,,{'9' * 3000},": ("entry_intensity", f"{'9' * 28}...{'9' * 28}: must be finite"),
    f"9,,,{'x' * 10**6},": ("entry_intensity", f"{'x' * 37}...: has 1,000,000 characters"),
    f"{'x' * 3000},,,,": ("case", f"{'x' * 48}...{'x' * 48}: unknown case"),
    "9,\x1b[2J,,,": ("policy", r"\x1b[2J: holds a character that is not printed"),
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
        assert listed["reason"][index].isprintable()
        assert len(listed["reason"][index]) < 300
    said = capsys.readouterr().err
    assert f"{len(BAD)} of {2 * len(BAD) + 1} rows failed" in said
    assert str(tmp_path / "table-panel-failures.csv") in said


# The same rows, as other programs write them.
PLAIN = "case,policy,seed,entry_intensity\n9,,100000,4.5\n10,credit,2:3,\n"
FOREIGN = {
    "pandas": ",case,policy,seed,entry_intensity\n0,9.0,,100000.0,4.5\n1,10.0,credit,2:3,\n",
    "pandas, read and written again": "Unnamed: 0,case,policy,seed,entry_intensity\n0,9,,1e+05,4.5\n1,10,credit,2:3,nan\n",
    "R": '"","case","policy","seed","entry_intensity"\n"1",9,NA,"1e+05",4.5\n"2",10,"credit","2:3",NA\n',
    "Excel in Germany": "sep=;\r\ncase;policy;seed;entry_intensity;\r\n9;;100000;4.5;\r\n10;credit;2:3;n/a;\r\n",
    "tabs": "case\tpolicy\tseed\tentry_intensity\n9\tnull\t100000\t4.50\n10\tcredit\t2:3\tNone\n",
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=list(FOREIGN))
def test_a_table_that_another_program_wrote_gives_the_same_panel(content: str, tmp_path: Path) -> None:
    panels = []
    for name, text in (("plain", PLAIN), ("foreign", content)):
        (tmp_path / f"{name}.csv").write_text(text, newline="")
        done = sweep(tmp_path / f"{name}.csv", years=0.5)
        assert (done.failed, done.rows) == (0, 2)
        panels.append(done.out.read_bytes())
    assert panels[0] == panels[1]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_no_number_of_a_panel_is_not_finite(suffix: str, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    # Firms begin with a skill whose output overflows; the seeds are cut into several chunks.
    table.write_text("case,seed,initiation_skill\n9,1,\n9,1:5,1e6\n9,2,\n")
    done = sweep(table, tmp_path / f"panel{suffix}", years=1, beyond_prior=True)
    assert (done.rows, done.failed, done.stopped) == (3, 1, 0)
    assert done.failures is not None
    listed = read_table(done.failures)
    assert listed["row"].tolist() == [2] * 5
    assert [reason.partition(" ")[0] for reason in listed["reason"]] == [f"{seed}:" for seed in range(1, 6)]
    assert all(
        "stopped at its start" in reason and "a number was not finite; choose" in reason for reason in listed["reason"]
    )
    if suffix == ".nc":
        with xr.open_dataset(done.out, engine="h5netcdf") as stored:
            panel = {str(name): stored[name].values for name in stored.variables}
    else:
        panel = read_table(done.out)
    assert sorted(set(panel["row"])) == [1, 3]
    assert all(np.isfinite(column).all() for column in panel.values() if column.dtype.kind == "f")


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
        ("case,colour\n10,3\n", "column colour: names no parameter; the first line names the columns; `takeoff explain"),
        ("Case\n10\n", "column Case: names no parameter; did you mean `case`?"),
        (f"case,{'x' * 100_000}\n10,3\n", "names no parameter"),
        ("case,a\x1b[2Jb\n10,3\n", r"column a\x1b[2Jb: names no parameter"),
        (",case,seed\n3,10,1\n4,10,2\n", "column 1: has no name, and from row 1 on does not count the rows"),
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
    assert said.rstrip("\n").isprintable()
    assert len(said) < 300 + len(str(table))
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


def test_two_files_of_one_name_are_refused_before_anything_runs(tmp_path: Path) -> None:
    policy = (CONFIGS / "policies" / "credit.yaml").read_text(encoding="utf-8")
    for folder, text in (("a", policy), ("b", policy.replace("budget_share: 0.2", "budget_share: 0.1")), ("c", policy + "\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plan.yaml").write_text(text, encoding="utf-8")
    table = tmp_path / "table.csv"
    table.write_text(f"case,policy\n9,{tmp_path}/a/plan.yaml\n9,{tmp_path}/b/plan.yaml\n")
    with pytest.raises(InputError) as error:
        sweep(table, years=1)
    assert str(tmp_path / "a" / "plan.yaml") in str(error.value)
    assert str(tmp_path / "b" / "plan.yaml") in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "table.csv"]
    table.write_text(f"case,policy\n9,{tmp_path}/a/plan.yaml\n9,{tmp_path}/c/plan.yaml\n")
    assert sweep(table, years=1).failed == 0


def test_a_file_that_takes_a_shipped_name_fails_its_rows(tmp_path: Path) -> None:
    (tmp_path / "training.yaml").write_text((CONFIGS / "policies" / "credit.yaml").read_text(encoding="utf-8"))
    table = tmp_path / "table.csv"
    table.write_text(f"case,policy\n9,{tmp_path}/training.yaml\n9,training\n")
    done = sweep(table, years=1)
    assert (done.failed, done.failures is not None) == (1, True)
    reason = str(read_table(failures_of(done.out))["reason"][0])
    assert str(tmp_path / "training.yaml") in reason
    assert str(CONFIGS / "policies" / "training.yaml") in reason


def test_a_value_beyond_its_prior_fails_its_row_unless_it_is_meant(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("case,entry_intensity\n9,40\n9,3\n")
    done = sweep(table, tmp_path / "one.csv", years=1)
    assert (done.failed, done.rows) == (1, 2)
    assert "add --beyond-prior" in str(read_table(failures_of(done.out))["reason"][0])
    assert sweep(table, tmp_path / "two.csv", years=1, beyond_prior=True).failed == 0
    with pytest.raises(InputError, match="beyond_prior"):
        sweep(table, tmp_path / "one.csv", years=1, beyond_prior=True, resume=True)
