"""Does a run leave the same bits whoever does the work, in whatever order, and however often it is interrupted?

Hashes are taken from the finished files, not from what a manifest says of them.
"""

import os
import shutil
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import calibration.pipeline as pipeline
from calibration import calibrate
from execution.chunks import digest, load_chunk
from execution.executors import Threads
from execution.fingerprint import result_hash
from execution.run import datasets, read_manifest
from execution.store import RunFolder, Shard
from execution.tasks import Executor, Progress, Runner, silent
from model.config import all_cases, load_profile
from model.errors import Interrupted
from model.profile import Profile
from studies.policy.compare import compare
from studies.sensitivities.study import sensitivity
from studies.sweeps.sweep import sweep
from tests.calibration.conftest import ERRORS, LinearCluster, rows
from tests.calibration.test_pipeline import COUNTS
from tests.calibration.test_stages import everything, work

CLUSTERS = 2
TABLE = "case,policy,seed,entry_intensity\n1,training,1:40,\n2,,4:30,3.0\n1,zone,7,\n"
FILES = ("decision.csv", "panel.csv", "sensitivity.csv")
PART = """
import sys
from pathlib import Path
from execution.store import Shard
from tests.test_same_bits import few, leave
few()
leave(Path(sys.argv[1]), "local:1", Shard(int(sys.argv[2]), 2))
"""


def profile() -> Profile:
    counts = {**COUNTS, "training_simulations": 40, "morris_trajectories": 4, "point_seeds": 1, "policies": (), "horizon": 5}
    return load_profile("quick").model_copy(update=counts)


def few() -> None:
    """Two clusters stand for nineteen."""
    cases = all_cases()[:CLUSTERS]
    pipeline.all_cases = lambda: cases  # type: ignore[attr-defined]


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "all_cases", lambda: all_cases()[:CLUSTERS])


def leave(place: Path, on: str | Executor, shard: Shard | None = None, progress: Progress = silent) -> None:
    """Calibrate, compare, sweep and study, going on with whatever is there."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "table.csv").write_text(TABLE, encoding="utf-8")
    how: dict[str, Any] = {"on": on, "shard": shard, "progress": progress}
    calibrate(profile(), place / "run", resume=True, **how)
    compare(place / "run", policies=["training"], horizon=5, **how)
    sweep(place / "table.csv", place / "panel.csv", years=50, keep="years", resume=True, **how)
    sensitivity(
        "morris",
        profile(),
        place / "study",
        cases=[1],
        policies=["training"],
        parameters=["entry_intensity", "production_span"],
        resume=True,
        **how,
    )


def found(place: Path) -> dict[str, str]:
    """Return the hash of every result."""
    runs = {name: place / name for name in ("run", "study")}
    hashes = {name: result_hash(datasets(folder, list(read_manifest(folder)["files"]))) for name, folder in runs.items()}
    paths = [path for path in place.rglob("*") if path.name in FILES]
    return hashes | {path.name: sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one thread leaves."""
    place = tmp_path_factory.mktemp("serial")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "all_cases", lambda: all_cases()[:CLUSTERS])
        leave(place, "local:1")
        hashes = found(place)
    assert set(hashes) == {"run", "study", *FILES}
    assert len(set(hashes.values())) == len(hashes)
    return hashes


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("threads", [2, 4])
def test_any_number_of_threads(tmp_path: Path, serial: dict[str, str], threads: int) -> None:
    leave(tmp_path, f"local:{threads}")
    assert found(tmp_path) == serial


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_dask_workers(tmp_path: Path, serial: dict[str, str], workers: int) -> None:
    pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[batch]'")
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        leave(tmp_path, f"dask:{cluster.scheduler_address}")
    assert found(tmp_path) == serial


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("order", [(2, 0, 1), (1,)])
def test_shards_one_after_another(tmp_path: Path, serial: dict[str, str], order: tuple[int, ...]) -> None:
    for part in order:
        leave(tmp_path, "local:1", Shard(part, 3))
    assert found(tmp_path) == serial


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
def test_shards_side_by_side(tmp_path: Path, serial: dict[str, str], repository: Path) -> None:
    words = [sys.executable, "-c", PART, str(tmp_path)]
    parts = [subprocess.Popen([*words, str(part)], cwd=repository) for part in range(2)]
    assert [part.wait(timeout=280) for part in parts] == [0, 0]
    assert found(tmp_path) == serial


class _StopAt:
    """Asks for a stop, as a batch system does, when so many pieces of work are done."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.seen = ("", 0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        if (stage, done) != self.seen:
            self.seen = (stage, done)
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
def test_interrupted_and_resumed(tmp_path: Path, serial: dict[str, str]) -> None:
    stops = 0
    for at in (2, 4, 7, 9, 5, 12, 8, 11, 6, 9, 8, 5):
        try:
            leave(tmp_path, "local:2", progress=_StopAt(at))
            break
        except Interrupted:
            stops += 1
    leave(tmp_path, "local:1")
    assert stops >= 4
    assert found(tmp_path) == serial


def pieces(folder: Path) -> dict[str, str]:
    return {path.name: digest(load_chunk(path)) for path in (folder / "chunks").glob("*.npz")}


def test_every_piece_of_a_chain_is_the_same_by_threads_and_shards(tmp_path: Path) -> None:
    """Stages on a stand-in for the simulator: whoever makes a piece, in whatever order, its bits are the same."""

    def leave_pieces(folder: RunFolder, threads: int, shard: Shard | None = None) -> None:
        for network in ("emulator-0", "emulator-1", "distilled"):  # trained once: the slow tests train them anew
            trained = tmp_path / "whole" / "chunks" / f"{network}.npz"
            if trained.exists() and folder.path.name != "whole":
                shutil.copy(trained, folder.path / "chunks")
        everything(work(Runner(folder, Threads(threads), shard), LinearCluster(), rows(), ERRORS))

    with RunFolder(tmp_path / "whole", {}) as folder:
        leave_pieces(folder, 1)
    whole = pieces(tmp_path / "whole")
    with RunFolder(tmp_path / "threads", {}) as folder:
        leave_pieces(folder, 4)
    assert pieces(tmp_path / "threads") == whole
    for part in (1, 0):
        with RunFolder(tmp_path / "shards", {}, shard=Shard(part, 2)) as folder:
            leave_pieces(folder, 1, Shard(part, 2))
    assert pieces(tmp_path / "shards") == whole
