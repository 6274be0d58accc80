"""Are the files of a run whole? Every piece, checksum and fingerprint is read; damaged ones are put aside on request."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from execution import reading
from execution.chunks import load_chunk
from execution.run import MANIFEST, ChangedFingerprint, damage_of, forget, has_manifest, path_of, read_manifest, run_at
from execution.store import FINGERPRINT, chunk_paths, mark_of
from model.errors import DamagedRun
from studies.inspect.run_folder import owners, unfinished_guests

DAMAGED: Final = DamagedRun.exit_code


def verify_folder(folder: Path, repair: bool, tell: Callable[[str], object]) -> int:
    """Check every piece, file and checksum of a run, and of the runs kept in it.

    Parameters
    ----------
    repair : bool
        Whether damaged pieces and files get the suffix ``.damaged``, so that a resumed run makes them again; the finished files
        that stood on them are put aside with them. A damaged fingerprint cannot be made again.
    tell : callable
        Told a line on everything found.

    Returns
    -------
    int
        0, or the exit code of a damaged run.

    Raises
    ------
    InputError
        If the folder is no run, or a file cannot be opened, which says nothing of what it holds.
    """
    damages = {path: damage for owner in owners(folder) for path, damage in _damages(owner)}
    for damage in damages.values():
        tell(f"damaged: {damage}")
    if any(path.name == FINGERPRINT for path in damages):
        tell("what the run depends on is lost: run it again in a new folder")
        return DAMAGED
    if not damages:
        pieces = sum(len(chunk_paths(owner)) for owner in owners(folder))
        files = len({path for owner in owners(folder) for path in _finished_files(owner)})
        tell(f"whole: {pieces} pieces and {files} files agree with their checksums")
        for line in unfinished_guests(folder):
            tell(line)
        return 0
    if not repair:
        tell("put what is damaged aside with --repair, then go on with --resume")
        return DAMAGED
    tell(f"put aside {_put_aside(folder, damages)} files; go on with the same command and --resume")
    return 0


def _put_aside(folder: Path, damages: dict[Path, str]) -> int:
    """Rename what is damaged and what stood on it, and return how many files that were."""
    touched = [*damages, *(path for owner in owners(folder) for path in _standing_on(owner, damages))]
    aside = [path for path in dict.fromkeys(touched) if reading.lies(path)]
    for path in aside:
        path.rename(path.with_name(path.name + ".damaged"))
    for owner in owners(folder):
        # A comparison's files are named by the calibration's manifest too, which is whole and stays.
        if has_manifest(owner):
            forget(owner, [name for name in read_manifest(owner)["files"] if path_of(owner, name) in aside])
    return len(aside)


def _damages(owner: Path) -> Iterator[tuple[Path, str]]:
    """Yield what is damaged in one run, with a line on each."""
    files: dict[str, str] = {}
    try:
        run_at(owner)
        mark = mark_of(owner)
    except DamagedRun as error:
        yield owner / FINGERPRINT, str(error)
        return
    try:
        files = read_manifest(owner)["files"] if has_manifest(owner) else {}
    except ChangedFingerprint as error:
        # Every piece would seem to be of another run.
        yield owner / FINGERPRINT, str(error)
        return
    except DamagedRun as error:
        yield owner / MANIFEST, str(error)
    for path in chunk_paths(owner):
        try:
            load_chunk(path, mark)
        except DamagedRun as error:
            yield path, str(error)
    for name, checksum in files.items():
        damage = damage_of(owner, name, checksum)
        if damage:
            yield path_of(owner, name), damage


def _finished_files(owner: Path) -> list[Path]:
    """Return the manifest of a run and the files that it names."""
    if not has_manifest(owner):
        return []
    return [owner / MANIFEST, *(path_of(owner, name) for name in read_manifest(owner)["files"])]


def _standing_on(owner: Path, damages: dict[Path, str]) -> list[Path]:
    """Return the finished files of a run, where a piece or file of its own is damaged."""
    own = [path_of(owner, name) for name in run_at(owner).files]
    touched = any(path in damages for path in [*chunk_paths(owner), *own, owner / MANIFEST])
    return [owner / MANIFEST, *own] if touched else []
