"""Where do two runs part? In what they depend on, in their pieces, and in their results."""

from pathlib import Path
from typing import Any

import numpy as np

from execution.chunks import load_chunk
from execution.run import checked, datasets, has_manifest, read_manifest, run_at
from execution.store import chunk_paths, differences
from studies.inspect.run_folder import owners


def folder_differences(folder: Path, other: Path) -> list[str]:
    """Return where two runs part, line by line.

    Raises
    ------
    InputError
        If a folder is no run.
    DamagedRun
        If a file that is compared is damaged.
    """
    first, second = run_at(folder), run_at(other)
    lines = [f"depends on: {line}" for line in differences(first.fingerprint, second.fingerprint)]
    lines.append(_piece_line(folder, other))
    left, right = _results(folder), _results(other)
    for name in sorted({*left, *right}):
        lines += _variable_differences(name, left.get(name), right.get(name))
    return lines


def _piece_line(folder: Path, other: Path) -> str:
    """Return how many of the pieces that both have are the same, and which is the first to differ."""
    pieces = [{str(path.relative_to(home)) for owner in owners(home) for path in chunk_paths(owner)} for home in (folder, other)]
    shared = sorted(pieces[0] & pieces[1])
    parted = []
    for name in shared:
        one, two = load_chunk(folder / name), load_chunk(other / name)
        if one.keys() != two.keys() or any(
            not np.array_equal(one[key], two[key], equal_nan=one[key].dtype.kind == "f") for key in one
        ):
            parted.append(name)
    line = f"pieces: {len(shared) - len(parted)} of {len(shared)} shared ones are the same"
    return f"{line}; the first to differ is {parted[0]}" if parted else line


def _results(folder: Path) -> dict[str, Any]:
    """Return the datasets of a finished run by name; none of one that is not finished."""
    if not has_manifest(folder):
        return {}
    names = list(read_manifest(folder)["files"])
    for name in names:
        checked(folder, name)
    return datasets(folder, names)


def _variable_differences(name: str, one: Any, two: Any) -> list[str]:
    if one is None or two is None:
        return [f"{name}: only in the {'second' if one is None else 'first'}"]
    lines = []
    for key in sorted({*map(str, one.variables), *map(str, two.variables)}):
        if key not in one.variables or key not in two.variables:
            lines.append(f"{name}: {key}: only in the {'second' if key not in one.variables else 'first'}")
            continue
        a, b = one[key].values, two[key].values
        if a.shape != b.shape:
            lines.append(f"{name}: {key}: shape {a.shape} and {b.shape}")
        elif a.dtype.kind == "f" and not np.array_equal(a, b, equal_nan=True):
            lines.append(f"{name}: {key}: largest difference {np.nanmax(np.abs(a - b)):.3g}")
        elif a.dtype.kind != "f" and not np.array_equal(a, b):
            lines.append(f"{name}: {key}: differs in {int(np.sum(a != b))} of {a.size} values")
    return lines
