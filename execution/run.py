"""Who owns a run folder? A ``Run``: it says of which kind the run is, on what its answer depends, and which files it leaves.

Calibration, comparison, sensitivity study, sweep and advice are kinds of run. Each is opened, worked in, finished and looked at
here. The fingerprint, which names the kind and the files, is written first; the manifest, which holds the checksum of every
finished file and its own, is written last. Nothing finished is believed before it agrees with its checksum.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from execution import netcdf, reading
from execution.fingerprint import result_hash, versions
from execution.stopping import listening
from execution.store import FINGERPRINT, RunFolder, Shard, finishing
from execution.tasks import Executor, Progress, Runner, silent
from execution.writing import read_json, write_json
from model.errors import DamagedRun, InputError

MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "sha256"
# A finished file lies in the run folder or beside it.
_RELATIVE: Final = re.compile(r"(\.\./)?[^/\\\0]+")


class ChangedFingerprint(DamagedRun):
    """The fingerprint of a finished run is not the one with which it was finished."""


@dataclass(frozen=True)
class Run:
    """A run folder of some kind.

    Attributes
    ----------
    kind : the word for it, such as "calibration"
    folder : where fingerprint, chunks and manifest lie
    depends : what the answer depends on; a folder that holds another run is refused
    files : the finished files in the order in which they are written, by path relative to the folder: ``NAME`` or ``../NAME``
    """

    kind: str
    folder: Path
    depends: Mapping[str, Any]
    files: tuple[str, ...]

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What is written into the folder before any work: kind, files, and what the answer depends on."""
        return {"kind": self.kind, "files": list(self.files), **self.depends}

    @property
    def finished(self) -> bool:
        """Whether the manifest is written and every file that it names is there and as it was written.

        Raises
        ------
        DamagedRun
            If a finished file, or the manifest, was changed.
        """
        if not is_finished(self.folder):
            return False
        for name in read_manifest(self.folder)["files"]:
            checked(self.folder, name)
        return True

    @contextmanager
    def opened(
        self, executor: Executor, *, resume: bool = False, shard: Shard | None = None, progress: Progress = silent
    ) -> Iterator[Runner]:
        """Open the folder for work, listening to signals.

        Raises
        ------
        InputError
            If the folder exists and is not to be continued; see ``execution.store.RunFolder``.
        """
        with RunFolder(self.folder, self.fingerprint, resume, shard) as folder, listening() as stop:
            yield Runner(folder, executor, shard, progress, stop)

    def finish(
        self, runner: Runner, write: Callable[[], Mapping[str, Any]], done: Callable[[], bool] | None = None
    ) -> None:
        """Write the finished files once: of several shards the first to come writes, and the others wait for it.

        Parameters
        ----------
        write : callable
            Writes the files and returns what the manifest of this kind says beyond what every manifest says; ``files`` among it
            where only some of the run's files are left, ``result_hash`` where the result is not what netCDF files hold.
        done : callable, optional
            Whether what lies there is this result already; ``finished`` if not given.
        """
        with runner.folder.finishing(runner.stop.check):
            if done() if done is not None else self.finished:
                return
            # Without a manifest nothing is finished, so that an interruption between two files is no damage.
            (self.folder / MANIFEST).unlink(missing_ok=True)
            told = dict(write())
            manifest = {
                "kind": self.kind,
                "fingerprint": self.fingerprint,
                "versions": versions(),
                "command": " ".join(sys.argv),
                **_sealed(self.folder, told.pop("files", self.files), told.pop("result_hash", None)),
                **runner.spent(),
                **told,
            }
            _write_manifest(self.folder, manifest)


def run_at(folder: Path) -> Run:
    """Return the run that a folder holds.

    Raises
    ------
    InputError
        If the folder is none or holds no run.
    DamagedRun
        If its fingerprint cannot be read or names no kind and files.
    """
    try:
        if not folder.is_dir():
            raise InputError(f"{folder}: is no folder; name a run folder")
        if not (folder / FINGERPRINT).exists():
            raise InputError(f"{folder}: is no run ({FINGERPRINT} is missing); name a run folder")
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: cannot be opened: {getattr(error, 'strerror', None) or error}; name a run folder") from error
    stored = read_json(folder / FINGERPRINT)
    kind, files = stored.pop("kind", None), stored.pop("files", None)
    named = isinstance(files, list) and all(isinstance(name, str) and _RELATIVE.fullmatch(name) for name in files)
    if not isinstance(kind, str) or not named:
        raise DamagedRun(f"{folder / FINGERPRINT}: names no kind and files of a run; run the command again in a new folder")
    return Run(kind, folder, stored, tuple(files))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    InputError
        If there is none, so that the run is not finished.
    DamagedRun
        If it cannot be read, or does not agree with its own checksum or with the folder's fingerprint.
    """
    path = folder / MANIFEST
    if not has_manifest(folder):
        raise InputError(f"{folder}: holds no finished run ({MANIFEST} is missing); go on with the same command and --resume")
    manifest = read_json(path)
    if manifest.pop(CHECKSUM, None) != _checksum(manifest):
        raise DamagedRun(f"{path}: does not agree with its own checksum; put it aside and run the command again with --resume")
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(_RELATIVE.fullmatch(name) for name in files):
        raise DamagedRun(f"{path}: names no files; put it aside and run the command again with --resume")
    if manifest.get("fingerprint") != read_json(folder / FINGERPRINT):
        raise ChangedFingerprint(
            f"{folder / FINGERPRINT}: is not that of {MANIFEST}: it was changed; run the command again in a new folder"
        )
    return manifest


def path_of(folder: Path, name: str) -> Path:
    """Return the path of a finished file by its name in the manifest, ``NAME`` or ``../NAME``."""
    if not name.startswith("../"):
        return folder / name
    # A folder that is called "." or ".." has its parent where no word of its path says.
    home = folder if folder.name not in ("", "..") else folder.resolve()
    return home.parent / name.removeprefix("../")


def has_manifest(folder: Path) -> bool:
    """Tell whether anything bears the name of a manifest, so that the run is finished or damaged."""
    return reading.lies(folder / MANIFEST)


def is_finished(folder: Path) -> bool:
    """Tell whether a run is finished: its manifest is there, and every file that it names."""
    return has_manifest(folder) and holds(folder, *read_manifest(folder)["files"])


def holds(folder: Path, *names: str) -> bool:
    """Tell whether finished files are there and are named by the run's manifest."""
    if not has_manifest(folder):
        return False
    files = read_manifest(folder)["files"]
    return all(name in files and reading.lies(path_of(folder, name)) for name in names)


def checked(folder: Path, name: str) -> Path:
    """Return the path of a finished file whose bytes agree with its checksum.

    Raises
    ------
    InputError
        If the run is not finished, or leaves no such file.
    DamagedRun
        If the file is missing or was changed.
    """
    files = read_manifest(folder)["files"]
    if name not in files:
        raise InputError(f"{folder}: holds no finished {name}; go on with the command that writes it")
    damage = damage_of(folder, name, files[name])
    if damage:
        raise DamagedRun(damage)
    return path_of(folder, name)


def damage_of(folder: Path, name: str, checksum: str) -> str:
    """Return what is wrong with a finished file, in one line; nothing if it agrees with its checksum.

    Raises
    ------
    InputError
        If the file cannot be opened, which says nothing of what it holds.
    """
    path = path_of(folder, name)
    try:
        seen = _hash(path)
    except DamagedRun as error:
        return str(error)
    if seen != checksum:
        return f"{path}: does not agree with its checksum in {MANIFEST}: it was changed or cut short; put it aside and resume"
    return ""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of the bytes of a file, which need not belong to a run.

    Raises
    ------
    InputError
        If it is missing or no file, or cannot be opened or read.
    """
    try:
        return _hash(path)
    except DamagedRun as error:
        raise InputError(f"{path}: cannot be read: is missing, or is no file; name a file") from error


def _hash(path: Path) -> str:
    """Return the SHA-256 of the bytes of a file of a run; see ``execution.reading.opened``."""
    with reading.opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}; make it readable") from error


def _unheeding() -> None:
    """Wait on."""


@contextmanager
def revised(folder: Path, names: Sequence[str], heed: Callable[[], None] = _unheeding) -> Iterator[None]:
    """Replace or add finished files of a finished run; until they are written the manifest does not name them.

    Parameters
    ----------
    names : sequence of str
        Paths relative to the folder.
    heed : callable
        Called while another command revises the run; may raise to stop.
    """
    with finishing(folder, heed):
        kept = forget(folder, names)
        yield
        manifest = read_manifest(folder)
        _write_manifest(folder, manifest | _sealed(folder, [*kept, *names], known=manifest["files"]))


def forget(folder: Path, names: Sequence[str]) -> list[str]:
    """Take finished files out of a run's manifest, and return the names that are left in it."""
    manifest = read_manifest(folder)
    kept = [name for name in manifest["files"] if name not in names]
    if len(kept) < len(manifest["files"]):
        _write_manifest(folder, manifest | _sealed(folder, kept, known=manifest["files"]))
    return kept


def restate(folder: Path, entries: Mapping[str, Any]) -> None:
    """Replace entries of a finished run's manifest that say nothing of its files."""
    _write_manifest(folder, read_manifest(folder) | dict(entries))


def datasets(folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return the datasets of the netCDF files among finished files, as ``result_hash`` takes them.

    Raises
    ------
    DamagedRun
        If a file cannot be read.
    """
    labelled: dict[str, Any] = {}
    for name in names:
        if name.endswith(netcdf.SUFFIX):
            labelled.update(netcdf.datasets(path_of(folder, name)))
    return labelled


def _sealed(
    folder: Path, names: Sequence[str], result: str | None = None, known: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the checksums of finished files, and the hash of the result: that of all netCDF files where none is given.

    A checksum that is known is kept: a file that was changed since would otherwise be sealed as if it were whole.
    """
    before = known or {}
    return {
        "files": {name: before.get(name) or file_hash(path_of(folder, name)) for name in names},
        "result_hash": result_hash(datasets(folder, names)) if result is None else result,
    }


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    write_json(folder / MANIFEST, {**manifest, CHECKSUM: _checksum(manifest)})


def _checksum(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
