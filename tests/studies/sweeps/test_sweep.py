"""``takeoff sweep``: the bits of ``simulate`` for every row, whatever the chunks, shards and interruptions."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
import xarray as xr

import execution.run
from execution.labels import KEYS
from execution.run import MANIFEST
from execution.store import CHUNKS, Shard
from execution.tasks import Runner
from execution.writing import read_json
from model.errors import DamagedRun, InputError, Interrupted
from model.simulation import simulate
from studies.cli import main
from studies.files.labels import files_of, sidecar_of
from studies.files.panels import panel_table
from studies.files.tables import read_table
from studies.sweeps import sweep as sweeping
from studies.sweeps.sweep import failures_of, folder_of, sweep
from tests.studies.sweeps.tables import PARAMETERS, ROWS


def simulated(row: tuple[str, ...], years: float | None) -> list[tuple[int, dict[str, Any]]]:
    """Seeds and panels that ``simulate`` gives for a row of the table."""
    case, policy, seed, *cells = row
    first, _, last = (seed or "1").partition(":")
    values = dict(zip((*PARAMETERS, "ladder", "many_sided"), cells, strict=True))
    given: dict[str, Any] = {
        "policy": policy or "status-quo",
        "changes": {name: float(values[name]) for name in PARAMETERS if values[name]},
        "structures": {name: values[name] for name in ("ladder", "many_sided") if values[name]},
    }
    if years is not None:
        given["years"] = years
    seeds = range(int(first), int(last or first) + 1)
    return [(one, panel_table(simulate(case, seeds=[one], **given))) for one in seeds]


def assert_same_as_simulate(panel: dict[str, Any], years: float | None) -> None:
    rows = 0
    for number, row in enumerate(ROWS, start=1):
        for seed, alone in simulated(row, years):
            ours = (panel["row"] == number) & (panel["seed"] == np.uint64(seed))
            rows += int(ours.sum())
            for name, column in alone.items():
                assert panel[name][ours].tolist() == column.tolist(), (number, seed, name)
    assert rows == len(panel["row"])


@pytest.mark.parametrize("content", [b"", None], ids=["emptied", "cut short"])
@pytest.mark.parametrize("change", ["out.csv", "out-failures.csv"])
def test_a_finished_sweep_whose_files_were_changed_is_not_believed(
    change: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "table.csv").write_text("case,seed\n1,1\natlantis,1\n", encoding="utf-8")
    words = ["sweep", str(tmp_path / "table.csv"), "--out", str(tmp_path / "out.csv"), "--years", "0.25", "--resume"]
    assert main(words) == 0
    path = tmp_path / change
    path.write_bytes(path.read_bytes()[:-5] if content is None else content)
    capsys.readouterr()
    assert main(words) == main(["verify", str(tmp_path / "out.csv.run")]) == 4
    said = capsys.readouterr()
    assert change in said.err
    assert change in said.out


@pytest.mark.parametrize("years", [0.25, 7.5])
def test_every_value_is_that_of_simulate(years: float, table: Path, tmp_path: Path) -> None:
    done = sweep(table, tmp_path / "out.parquet", years=years, on="local:2")
    assert (done.rows, done.failed, done.stopped, done.failures) == (6, 0, 0, None)
    panel = read_table(done.out)
    assert list(panel)[:6] == ["row", "case", "policy", "seed", "time", "year"]
    assert_same_as_simulate(panel, years)
    assert np.all(np.diff(panel["row"]) >= 0)
    assert set(panel["case"]) == {"09-nairobi-garment", "17-nairobi-metalwork", "18-dhaka"}


@pytest.mark.slow
def test_at_its_own_length_every_value_is_that_of_simulate(table: Path) -> None:
    assert_same_as_simulate(read_table(sweep(table).out), None)


def test_cutting_and_company_change_no_bit(table: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    whole = sweep(table, tmp_path / "whole.csv", years=3)
    request.getfixturevalue("small_chunks")
    cut = sweep(table, tmp_path / "cut.csv", years=3, on="local:2")
    assert cut.out.read_bytes() == whole.out.read_bytes()
    first, second = (read_json(folder_of(one.out) / MANIFEST) for one in (whole, cut))
    assert first["result_hash"] == second["result_hash"]
    assert (first["rows"], first["simulations"], first["failed"]) == (6, 8, 0)
    other = sweep(table, tmp_path / "other.csv", years=3.25)
    assert read_json(folder_of(other.out) / MANIFEST)["result_hash"] != first["result_hash"]


@pytest.mark.usefixtures("small_chunks")
def test_formats_hold_the_same_numbers(table: Path, tmp_path: Path) -> None:
    csv, parquet = (read_table(sweep(table, tmp_path / f"out{suffix}", years=2).out) for suffix in (".csv", ".parquet"))
    with xr.open_dataset(sweep(table, tmp_path / "out.nc", years=2).out, engine="h5netcdf") as nc:
        assert list(csv) == list(parquet)
        assert set(csv) == set(nc.variables)
        for name, column in csv.items():
            assert column.tolist() == parquet[name].tolist() == nc[name].values.tolist()
        assert nc["workers"].attrs["units"] == "workers"
    hashes = {read_json(folder_of(tmp_path / f"out{suffix}") / MANIFEST)["result_hash"] for suffix in (".csv", ".parquet", ".nc")}
    assert len(hashes) == 1


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_the_panel_carries_its_label(suffix: str, table: Path, tmp_path: Path) -> None:
    out = sweep(table, tmp_path / f"out{suffix}", years=0.25).out
    if suffix == ".csv":
        told: Any = read_json(sidecar_of(out))
    elif suffix == ".nc":
        with xr.open_dataset(out) as data:
            told = dict(data.attrs)
    else:
        told = {key.decode(): value.decode() for key, value in parquet.read_schema(out).metadata.items()}
    assert set(KEYS) <= set(told)
    assert told["verdict"] == "whole"
    assert told["label"] == f"whole; {sweeping.SIMULATED}"
    assert set(read_json(folder_of(out) / MANIFEST)["files"]) == {f"../{path.name}" for path in files_of(out)}


def test_a_label_replaces_no_file_of_the_user(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("out.json", "out-failures.json"):
        (tmp_path / name).write_text("{}")
        assert main(["sweep", str(table), "--out", str(tmp_path / "out.csv"), "--years", "0.25"]) == 2
        assert name in capsys.readouterr().err
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "table.csv"])
        (tmp_path / name).unlink()


def test_a_parquet_table_means_what_its_csv_does(table: Path, tmp_path: Path) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    columns = read_table(table)
    content = {
        "case": [row[0] for row in ROWS],
        "policy": [row[1] or None for row in ROWS],
        "seed": [row[2] for row in ROWS],
        **{name: columns[name] for name in PARAMETERS},
        "structure.ladder": columns["structure.ladder"],
        "structure.many_sided": [row[6] for row in ROWS],
    }
    parquet.write_table(arrow.table(content), tmp_path / "table.parquet", row_group_size=4)
    first = sweep(table, tmp_path / "first.csv", years=2)
    second = sweep(tmp_path / "table.parquet", tmp_path / "second.csv", years=2)
    assert first.out.read_bytes() == second.out.read_bytes()


def test_keep_says_which_rows_remain(table: Path, tmp_path: Path) -> None:
    every, yearly, last = (
        read_table(sweep(table, tmp_path / f"{keep}.csv", years=2.5, keep=keep).out) for keep in ("quarters", "years", "last")
    )
    assert sorted(set(yearly["time"])) == [0.0, 1.0, 2.0]
    assert set(last["time"]) == {2.5}
    for part, kept in ((yearly, every["time"] % 1 == 0), (last, every["time"] == 2.5)):
        for name, column in every.items():
            assert part[name].tolist() == column[kept].tolist()
    with pytest.raises(InputError, match=r"--keep: months: .*; choose one of quarters, years, last"):
        sweep(table, tmp_path / "out.csv", keep="months")


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_shards_in_any_order_leave_the_same_bytes(suffix: str, table: Path, tmp_path: Path) -> None:
    alone = sweep(table, tmp_path / f"alone{suffix}", years=2)
    out = tmp_path / f"shards{suffix}"
    for index in (2, 0, 1):
        assert sweep(table, out, years=2, shard=Shard(index, 3)).out == out
    assert out.read_bytes() == alone.out.read_bytes()
    assert list((folder_of(out) / CHUNKS).glob("*.npz")) == []


class StopAfter:
    """Asks a run to stop once a number of chunks are stored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
        self.left = chunks
        tick = Runner.tick

        def counting(runner: Runner, stage: str, done: int, total: int) -> None:
            if len(list((runner.folder.path / CHUNKS).glob("*.npz"))) >= self.left:
                runner.stop.asked = "SIGTERM"
            tick(runner, stage, done, total)

        monkeypatch.setattr(Runner, "tick", counting)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("chunks", [1, 3, 4])
def test_an_interrupted_sweep_resumes_to_the_same_file(chunks: int, table: Path, tmp_path: Path) -> None:
    alone = sweep(table, tmp_path / "alone.csv", years=2)
    out = tmp_path / "out.csv"
    with pytest.MonkeyPatch.context() as patch:
        StopAfter(patch, chunks)
        with pytest.raises(Interrupted, match="--resume"):
            sweep(table, out, years=2, on="local:1")
    assert not out.exists()
    assert chunks <= len(list((folder_of(out) / CHUNKS).glob("*.npz")))
    with pytest.raises(InputError, match="exists; add --resume"):
        sweep(table, out, years=2)
    with pytest.raises(InputError, match=r"years was 2\.0, is 3\.0"):
        sweep(table, out, years=3, resume=True)
    # The command line reads a number of years as a float, and goes on with what a call from Python began.
    assert sweep(table, out, years=2.0, resume=True).out.read_bytes() == alone.out.read_bytes()


def test_a_finished_sweep_is_not_run_again(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.csv"
    out.write_text("of someone else")
    first = sweep(table, out, years=1)
    content = out.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "run_block", None)
        assert sweep(table, out, years=1, resume=True) == first
    out.unlink()
    assert sweep(table, out, years=1, resume=True).out.read_bytes() == content


@pytest.mark.usefixtures("small_chunks")
def test_a_torn_chunk_is_named_with_its_remedy(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with pytest.MonkeyPatch.context() as patch:
        StopAfter(patch, 3)
        with pytest.raises(Interrupted):
            sweep(table, out, years=1)
    torn = sorted((folder_of(out) / CHUNKS).glob("*.npz"))[1]
    torn.write_bytes(torn.read_bytes()[:-100])
    with pytest.raises(DamagedRun, match=f"{torn.name}: cannot be read: .*; delete it and resume"):
        sweep(table, out, years=1, resume=True)
    assert not out.exists()
    torn.unlink()
    assert_same_as_simulate(read_table(sweep(table, out, years=1, resume=True).out), 1)


def test_killed_between_panel_and_manifest_the_panel_is_written_anew(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"

    def killed(folder: Path, manifest: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(execution.run, "_write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            sweep(table, out, years=1)
    content = out.read_bytes()
    out.write_bytes(b"")
    assert sweep(table, out, years=1, resume=True).out.read_bytes() == content


def test_the_command_says_what_it_wrote(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", str(table), "--years", "1"]) == 0
    out = table.with_name("table-panel.csv")
    assert capsys.readouterr().err.endswith(f"wrote {out}\n")
    assert not failures_of(out).exists()
    assert main(["sweep", str(table), "--years", "1"]) == 2
    shutil.rmtree(folder_of(out))
    assert main(["sweep", str(table), "--years", "1"]) == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.usefixtures("small_chunks")
def test_other_processes_leave_the_same_bytes(table: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra `batch`")
    alone = sweep(table, tmp_path / "alone.csv", years=2)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, protocol="tcp://", host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as started:
        done = sweep(table, tmp_path / "out.csv", years=2, on=f"dask:{started.scheduler_address}")
    assert done.out.read_bytes() == alone.out.read_bytes()
