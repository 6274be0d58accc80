"""What if the disk is full or read-only, a file is torn, a clock jumps, or the folder belongs to somebody else?"""

import errno
import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from execution.chunks import CHECKSUM, digest
from execution.store import RunFolder
from studies.cli import main
from studies.progress import Progress
from tests.kill.conftest import Floor
from tests.kill.runs import JOBS, copy, litter, verified, visible

DAMAGED, REFUSED, FULL = 4, 2, 75

pytestmark = [pytest.mark.slow, pytest.mark.kill]


def kinds(calls: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return, for each kind of call on each kind of file, where it comes first."""
    found: dict[tuple[str, str], int] = {}
    for place, (kind, path) in enumerate(calls, start=1):
        if kind in ("open", "write", "mkdir"):
            found.setdefault((kind, Path(path).suffix or Path(path).name), place)
    return found


@pytest.mark.parametrize("name", ["sweep", "sensitivity", "compare", "report"])
def test_on_a_full_disk_a_run_says_so_and_goes_on_when_there_is_room(floor: Floor, name: str) -> None:
    job = JOBS[name]
    folder = floor.begin(job, f"full-{name}")
    whole = floor.victims.run(floor.words(job, folder), folder)
    for (kind, suffix), at in kinds(whole.calls).items():
        folder = floor.begin(job, f"full-{name}")
        ended = floor.victims.run(floor.words(job, folder), folder, at=at, fault=errno.ENOSPC)
        assert ended.code == FULL, (kind, suffix, ended.said)
        assert re.fullmatch(r"takeoff: \S+: the disk is full; make room and run the same command with --resume", ended.last_line)
        assert "Traceback" not in ended.said
        done = floor.victims.run(floor.words(job, folder), folder)
        assert done.code in job.fine, done.said
        assert visible(folder) == visible(floor.references[name]), (kind, suffix)
        assert litter(folder) == []


@pytest.mark.parametrize("name", ["sweep", "sensitivity", "compare", "report"])
def test_a_read_only_folder_is_refused_in_one_line(floor: Floor, name: str) -> None:
    job = JOBS[name]
    folder = floor.begin(job, f"read-only-{name}")
    before = visible(folder)
    ended = floor.victims.run(floor.words(job, folder), folder, at=1, fault=errno.EROFS)
    assert ended.code == REFUSED, ended.said
    assert "cannot be written: Read-only file system" in ended.last_line
    assert "Traceback" not in ended.said
    assert visible(folder) == before


def unfinished(floor: Floor, name: str) -> tuple[Path, Path]:
    """Return a study without its end, and one of its pieces."""
    folder = copy(floor.references["sensitivity"], floor.place / name)
    for path in folder.iterdir():
        if path.is_file() and path.name != "fingerprint.json":
            path.unlink()
    return folder, sorted((folder / "chunks").glob("*.npz"))[0]


def cut(piece: Path) -> None:
    piece.write_bytes(piece.read_bytes()[: piece.stat().st_size // 2])


def flip(piece: Path) -> None:
    raw = bytearray(piece.read_bytes())
    raw[len(raw) // 2] ^= 4
    piece.write_bytes(raw)


def empty(piece: Path) -> None:
    piece.write_bytes(b"")


def pickled(piece: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
            return Path.touch, (piece.parent.parent / "exploded",)  # type: ignore[return-value]

    with piece.open("wb") as file:
        np.savez(file, measures=np.array([Bomb()], dtype=object))


def other_shape(piece: Path) -> None:
    """A piece that is whole, of another run."""
    with np.load(piece, allow_pickle=False) as stored:
        arrays = {name: np.repeat(stored[name], 2, axis=0) for name in stored.files if stored[name].ndim}
    with piece.open("wb") as file:
        np.savez(file, **arrays, **{CHECKSUM: np.array(digest(arrays))})  # type: ignore[arg-type]


@pytest.mark.parametrize("spoil", [cut, flip, empty, pickled, other_shape])
def test_a_damaged_piece_is_named_put_aside_and_made_again(
    floor: Floor, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    job = JOBS["sensitivity"]
    folder, piece = unfinished(floor, f"damaged-{spoil.__name__}")
    spoil(piece)
    ended = floor.victims.run(floor.words(job, folder), folder)
    assert ended.code == DAMAGED, ended.said
    assert piece.name in ended.last_line
    assert not (folder / "exploded").exists()
    assert main(["verify", str(folder)]) == DAMAGED
    assert piece.name in capsys.readouterr().out
    assert main(["verify", str(folder), "--repair"]) == 0
    assert not piece.exists()
    assert floor.victims.run(floor.words(job, folder), folder).code in job.fine
    aside = piece.with_name(piece.name + ".damaged")
    aside.unlink()
    assert visible(folder) == visible(floor.references["sensitivity"])


@pytest.mark.parametrize("name", ["posterior.nc", "policies.nc"])
def test_a_torn_result_is_named_put_aside_and_made_again(floor: Floor, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy(floor.references["compare"], floor.place / f"torn-{name}")
    cut(folder / name)
    assert main(["verify", str(folder)]) == DAMAGED
    assert name in capsys.readouterr().out
    assert main(["verify", str(folder), "--repair"]) == 0
    for step in ("calibrate", "compare"):
        assert floor.victims.run(floor.words(JOBS[step], folder), folder).code in JOBS[step].fine
    for aside in folder.rglob("*.damaged"):
        aside.unlink()
    assert visible(folder) == visible(floor.references["compare"])
    assert verified(folder)[0] == 0


@pytest.mark.parametrize(
    "path", [("data", "01-bingo"), ("priors", "entry_intensity"), ("equations", "model"), ("configuration", "seed"),
             ("versions", "numpy"), ("errors",), ("policies", "training")],
)  # fmt: skip
def test_another_run_s_folder_is_refused_and_what_differs_is_named(floor: Floor, path: tuple[str, ...]) -> None:
    folder, _ = unfinished(floor, "another")
    mark = json.loads((folder / "fingerprint.json").read_text(encoding="utf-8"))
    owner = mark
    for key in path[:-1]:
        owner = owner[key]
    owner[path[-1]] = "other"
    (folder / "fingerprint.json").write_text(json.dumps(mark), encoding="utf-8")
    before = visible(folder)
    ended = floor.victims.run(floor.words(JOBS["sensitivity"], folder), folder)
    assert ended.code == REFUSED, ended.said
    assert f"{'.'.join(path)} was other, is" in ended.last_line
    assert visible(folder) == before


def test_two_runs_in_one_folder_are_kept_apart(floor: Floor) -> None:
    folder, _ = unfinished(floor, "two")
    mark = json.loads((folder / "fingerprint.json").read_text(encoding="utf-8"))
    with RunFolder(folder, mark, resume=True):
        ended = floor.victims.run(floor.words(JOBS["sensitivity"], folder), folder)
    assert ended.code == REFUSED
    assert "is being written by another run" in ended.last_line


@pytest.mark.parametrize("name", ["sweep", "sensitivity", "compare"])
def test_clocks_that_jump_by_hours_move_no_bit(floor: Floor, name: str) -> None:
    job = JOBS[name]
    folder = floor.begin(job, f"clock-{name}")
    ended = floor.victims.run(floor.words(job, folder), folder, jump=5 * 3600.0)
    assert ended.code in job.fine, ended.said
    assert visible(folder) == visible(floor.references[name])


def test_progress_says_nothing_absurd_when_a_clock_jumps() -> None:
    times = iter([0.0, 5e4, -5e4, 100.0, -3e4, 3e4, 2e5, -1e5, 1e5, 0.0, 5.0, 9e4])
    stream = StringIO()
    progress = Progress(stream, lambda: next(times, 1e5))
    for done in range(5):
        progress.step("a stage", done, 4)
    assert "left" in stream.getvalue() or "of 4" in stream.getvalue()
    assert "-" not in stream.getvalue()


def test_a_missing_manifest_is_made_again(floor: Floor) -> None:
    job = JOBS["sensitivity"]
    folder = copy(floor.references["sensitivity"], floor.place / "no-manifest")
    (folder / "manifest.json").unlink()
    assert floor.victims.run(floor.words(job, folder), folder).code in job.fine
    assert visible(folder) == visible(floor.references["sensitivity"])


def test_status_verify_and_diff_speak_of_every_kind_of_run(floor: Floor, capsys: pytest.CaptureFixture[str]) -> None:
    places = [floor.references["compare"], floor.references["compare"] / "comparison", floor.references["sensitivity"],
              floor.references["sweep"] / "panel.csv.run"]  # fmt: skip
    for place in places:
        assert main(["status", str(place)]) == 0
        assert main(["verify", str(place)]) == 0
        assert main(["diff", str(place), str(place)]) == 0
        said = capsys.readouterr().out
        assert "finished   no" not in said
        assert "not yet" not in said.replace("report.html: not yet", "")
        assert "whole: " in said
        assert "largest difference" not in said
    folder, piece = unfinished(floor, "looked-at")
    assert main(["status", str(folder)]) == 0
    assert "finished   no; go on with the same command and --resume" in capsys.readouterr().out
    assert main(["diff", str(folder), str(places[2])]) == 0
    assert "sensitivity.nc: only in the second" in capsys.readouterr().out
    cut(piece)
    assert main(["diff", str(folder), str(places[2])]) == DAMAGED
