"""Do all commands that look at a run survive whatever lies in the place of its files, name it, and put it aside on request?"""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from execution.chunks import load_chunk
from execution.run import MANIFEST, Run, checked
from execution.store import FINGERPRINT
from model.config import CONFIGS
from model.errors import DamagedRun
from studies.cli import main
from studies.inspect.verify import DAMAGED
from tests.studies.inspect.test_run_folder import compared, empty, folder, shorten

FAULTS = Path(__file__).with_name("faults")
CHUNK = "chunks/training-00001.npz"
LOOKS = ("verify", "status", "diff")


def look(command: str, home: Path) -> int:
    return main([command, str(home), *([str(home)] if command == "diff" else [])])


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def edited(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("fault", sorted(FAULTS.glob("*.npz")), ids=lambda path: path.stem)
def test_bytes_that_no_reader_expects(fault: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = folder(tmp_path / "run")
    shutil.copy(fault, home / CHUNK)
    with pytest.raises(DamagedRun, match="training-00001"):
        load_chunk(home / CHUNK)
    assert look("verify", home) == look("diff", home) == DAMAGED
    assert look("status", home) == 0
    assert main(["verify", str(home), "--repair"]) == 0
    assert (home / f"{CHUNK}.damaged").exists()
    assert look("verify", home) == 0
    assert "training-00001" in capsys.readouterr().out


def test_every_damaged_byte_of_a_piece_is_survived(tmp_path: Path) -> None:
    """Each byte of the directory of a small piece is set to values that mean something else to a reader of zip files."""
    home = folder(tmp_path / "run")
    whole = (home / CHUNK).read_bytes()
    draw = np.random.Generator(np.random.Philox(3))
    for position in draw.choice(len(whole), 300):
        for value in (0, 1, 99, 255):
            changed = bytearray(whole)
            changed[position] = value
            (home / CHUNK).write_bytes(changed)
            try:
                arrays = load_chunk(home / CHUNK)
            except DamagedRun:
                continue
            assert arrays["x"].tolist() == [1.0]


@pytest.mark.parametrize("content", ["[]", '"text"', "7", "null", "[" * 50_000, '{"kind": 1}', "{", '{"files": ["../../x"]}'])
@pytest.mark.parametrize("command", LOOKS)
def test_a_fingerprint_that_is_none(content: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = folder(tmp_path / "run")
    (home / FINGERPRINT).write_text(content, encoding="utf-8")
    assert look(command, home) == DAMAGED
    written = capsys.readouterr()
    assert FINGERPRINT in written.out + written.err
    assert len(written.err.splitlines()) == (0 if command == "verify" else 1)


@pytest.mark.parametrize("damage", [empty, shorten, edited, as_folder, as_pipe])
@pytest.mark.parametrize("name", ["histories.nc", "policies.nc", MANIFEST, f"comparison/{MANIFEST}", CHUNK])
def test_whatever_lies_in_the_place_of_a_file(
    name: str, damage: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = compared(folder(tmp_path / "run"))
    damage(home / name)
    assert look("verify", home) == DAMAGED
    assert look("diff", home) == (DAMAGED if not name.startswith("comparison") else 0)
    assert look("status", home) in (0, DAMAGED)
    assert Path(name).name in capsys.readouterr().out
    assert main(["verify", str(home), "--repair"]) == 0
    assert os.path.lexists(home / f"{name}.damaged")
    assert look("verify", home) == 0


READERS = (
    ("check", "RUN"), ("report", "RUN"), ("compare", "RUN", "--policy", "training"), ("advise", "OWN", "--posterior", "RUN"),
    ("simulate", "10", "--posterior", "RUN", "--draw", "0"),
)  # fmt: skip


@pytest.mark.parametrize("words", READERS, ids=lambda words: words[0])
@pytest.mark.parametrize("damage", [empty, shorten, edited, as_folder, as_pipe])
@pytest.mark.parametrize("name", ["histories.nc", "policies.nc", MANIFEST])
def test_no_command_believes_a_damaged_run(
    name: str, damage: Callable[[Path], None], words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = compared(folder(tmp_path / "run"))
    damage(home / name)
    given = {"RUN": str(home), "OWN": str(CONFIGS / "cases" / "10-kumasi.yaml")}
    assert main([given.get(word, word) for word in words]) == DAMAGED
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"takeoff: {home / name}: ")


@pytest.mark.parametrize("damage", [empty, shorten, edited])
def test_a_finished_run_whose_file_was_changed_is_not_believed(damage: Callable[[Path], None], tmp_path: Path) -> None:
    home = folder(tmp_path / "run")
    run = Run("calibration", home, {"seed": 1, "data": {"a": "b"}}, ("histories.nc",))
    assert run.finished
    damage(home / "histories.nc")
    with pytest.raises(DamagedRun, match=r"histories\.nc"):
        _ = run.finished


def test_a_changed_file_is_not_sealed_again_when_another_is_added(tmp_path: Path) -> None:
    home = folder(tmp_path / "run")
    (home / "histories.nc").write_bytes(compared(folder(tmp_path / "other")).joinpath("policies.nc").read_bytes())
    compared(home)
    with pytest.raises(DamagedRun, match=r"histories\.nc"):
        checked(home, "histories.nc")
    assert look("verify", home) == DAMAGED


def test_without_locks_nothing_good_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    home = compared(folder(tmp_path / "run"))
    before = sorted(home.rglob("*"))
    assert [look(command, home) for command in LOOKS] == [0, 0, 0]
    assert main(["verify", str(home), "--repair"]) == 0
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOLCK])
def test_a_file_that_cannot_be_opened_is_not_put_aside(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = compared(folder(tmp_path / "run"))
    before = sorted(home.rglob("*"))
    really = os.open

    def refuse(path: Any, *rest: Any, **options: Any) -> int:
        if str(path).endswith((".npz", ".nc")):
            raise OSError(number, os.strerror(number), str(path))
        return really(path, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert main(["verify", str(home), "--repair"]) == 2
    assert sorted(home.rglob("*")) == before
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_verdict_edited_by_hand_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = folder(tmp_path / "run")
    told = (home / MANIFEST).read_text(encoding="utf-8")
    assert '"converged": false' in told
    (home / MANIFEST).write_text(told.replace('"converged": false', '"converged": true'), encoding="utf-8")
    assert {look(command, home) for command in LOOKS} == {DAMAGED}
    written = capsys.readouterr()
    assert (written.out + written.err).count("does not agree with its own checksum") == len(LOOKS)


@pytest.mark.parametrize("edit", [('"seed": 1', '"seed": 2'), ('"a": "b"', '"a": "c"'), ('"files": [', '"files": ["more.nc", ')])
def test_a_fingerprint_edited_by_hand_is_refused(
    edit: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each edit leaves a fingerprint that can be read; no piece is blamed for it, and none is put aside."""
    home = folder(tmp_path / "run")
    told = (home / FINGERPRINT).read_text(encoding="utf-8")
    assert edit[0] in told
    (home / FINGERPRINT).write_text(told.replace(*edit), encoding="utf-8")
    assert {look(command, home) for command in LOOKS} == {DAMAGED}
    assert main(["verify", str(home), "--repair"]) == DAMAGED
    written = capsys.readouterr()
    assert (written.out + written.err).count(f"{FINGERPRINT}: is not that of {MANIFEST}") == len(LOOKS) + 1
    assert "training" not in written.out + written.err
    assert (home / CHUNK).exists()


def test_a_run_is_looked_at_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = folder(tmp_path / "run") / "comparison"
    compared(inner.parent)
    monkeypatch.chdir(inner)
    assert look("verify", Path()) == 0
    assert main(["status", "."]) == 0
    assert f"file       {inner.parent / 'policies.nc'}: there" in capsys.readouterr().out


@pytest.mark.parametrize("command", LOOKS)
@pytest.mark.parametrize("name", ["loop", "n" * 300, "pipe", "a\0b", "file/within"])
def test_a_folder_that_is_none_is_one_line(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    assert look(command, tmp_path / name) == 2
    written = capsys.readouterr()
    assert len((written.out + written.err).splitlines()) == 1


def test_control_signs_of_a_name_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(tmp_path / "a\x1b]0;title\x07\u202eb")]) == 2
    line = capsys.readouterr().err
    assert "a\\x1b]0;title\\x07\\u202eb" in line
    assert line.rstrip("\n").isprintable()
