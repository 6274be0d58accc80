"""How far is a run? What its folder holds: pieces by stage, finished files, and the verdict."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from execution.run import MANIFEST, has_manifest, is_finished, path_of, read_manifest, run_at
from execution.store import FINGERPRINT, chunk_paths


def owners(folder: Path) -> list[Path]:
    """Return the folder of a run and those of the runs kept in it, such as the pieces of its comparisons."""
    return [folder, *sorted(path.parent for path in folder.glob(f"[!.]*/{FINGERPRINT}"))]


def stage_of(folder: Path, chunk: Path) -> str:
    """Return what a piece belongs to: its name without numbers, or the run in the folder that it is a piece of."""
    owner = chunk.parent.parent
    return re.sub(r"(-[0-9]+)+$", "", chunk.stem) if owner == folder else owner.name


def status_lines(folder: Path) -> list[str]:
    """Return how far a run is, line by line.

    Raises
    ------
    InputError
        If the folder is no run.
    DamagedRun
        If its fingerprint or manifest is damaged.
    """
    run = run_at(folder)
    chunks = [path for owner in owners(folder) for path in chunk_paths(owner)]
    stages = Counter(stage_of(folder, path) for path in chunks)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    lines = [f"run        {folder}", f"kind       {run.kind}", f"size       {size / 1e6:.1f} MB", f"pieces     {len(chunks)}"]
    lines += [f"           {stage}: {count}" for stage, count in stages.items()]
    manifest = read_manifest(folder) if has_manifest(folder) else {}
    for name in dict.fromkeys([*manifest.get("files", run.files), MANIFEST]):
        path = path_of(folder, name)
        lines.append(f"file       {path if path.parent != folder else name}: {'there' if path.is_file() else 'not yet'}")
    if not is_finished(folder):
        return [*lines, "finished   no; go on with the same command and --resume"]
    if "converged" in manifest:
        lines.append(f"finished   {'converged' if manifest['converged'] else 'NOT CONVERGED'}: {manifest.get('label', '')}")
    else:
        lines.append("finished   yes")
    return [*lines, f"result     {manifest['result_hash']}", *(f"look       {line}" for line in unfinished_guests(folder))]


def status_content(folder: Path) -> dict[str, Any]:
    """Return how far a run is, for programs; see ``status_lines`` for what is raised."""
    run = run_at(folder)
    chunks = [path for owner in owners(folder) for path in chunk_paths(owner)]
    manifest = read_manifest(folder) if (folder / MANIFEST).is_file() else {}
    names = dict.fromkeys([*manifest.get("files", run.files), MANIFEST])
    return {
        "folder": str(folder),
        "kind": run.kind,
        "finished": is_finished(folder),
        "pieces": Counter(stage_of(folder, path) for path in chunks),
        "files": {name: path_of(folder, name).is_file() for name in names},
        **{key: manifest[key] for key in ("converged", "label", "result_hash") if key in manifest},
        "look": unfinished_guests(folder),
    }


def unfinished_guests(folder: Path) -> list[str]:
    """Return a word on each run kept in a folder, such as a comparison, that was begun and is not finished."""
    return [
        f"{owner}: a {run_at(owner).kind} was begun here and is not finished; run its command again"
        for owner in owners(folder)[1:]
        if not is_finished(owner)
    ]
