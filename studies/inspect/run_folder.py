"""How far is a run, are its files whole, and where do two runs part? Read-only, but for damaged chunks put aside on request."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from execution.store import CHUNKS, FINGERPRINT, MANIFEST, differences, load_chunk, mark_of, read_json
from model.errors import DamagedRun, InputError

POLICIES: Final = "policies.nc"
SENSITIVITY: Final = "sensitivity.nc"
NETCDF: Final = ("posterior.nc", "histories.nc", "paths.nc", POLICIES, SENSITIVITY)
FILES: Final = (*NETCDF[:-1], "checks.json", "decision.csv", "report.html", MANIFEST)
STUDY: Final = (SENSITIVITY, "sensitivity.csv", "sensitivity.html", MANIFEST)
DAMAGED: Final = DamagedRun.exit_code


def run_at(folder: Path) -> Path:
    """Return ``folder`` if it is a run.

    Raises
    ------
    InputError
        If it is none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; name a run folder")
    if not (folder / FINGERPRINT).is_file():
        raise InputError(f"{folder}: is no run ({FINGERPRINT} is missing); name a run folder")
    return folder


def _chunk_paths(folder: Path) -> list[Path]:
    """Return the pieces of a run and of the comparisons made in it."""
    return [*sorted((folder / CHUNKS).glob("[!.]*.npz")), *sorted(folder.glob(f"[!.]*/{CHUNKS}/[!.]*.npz"))]


def _stage(folder: Path, chunk: Path) -> str:
    """Return what a piece belongs to: its name without numbers, or the subfolder that it lies in."""
    own = chunk.parent.parent
    return re.sub(r"(-[0-9]+)+$", "", chunk.stem) if own == folder else own.name


def _files(folder: Path) -> tuple[str, ...]:
    """Return which files a run of this kind leaves in its folder."""
    mark = read_json(folder / FINGERPRINT)
    if "table" in mark or "pieces" in mark:
        return (MANIFEST,)
    return STUDY if "method" in mark.get("configuration", {}) else FILES


def _panel(folder: Path) -> Path | None:
    """Return where the panel of a sweep lies, if the folder is one."""
    return folder.with_suffix("") if "table" in read_json(folder / FINGERPRINT) else None


def status_lines(folder: Path) -> list[str]:
    """Return how far a run is."""
    place = run_at(folder)
    chunks = _chunk_paths(place)
    stages = Counter(_stage(place, path) for path in chunks)
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    lines = [f"run        {place}", f"size       {size / 1e6:.1f} MB", f"pieces     {len(chunks)}"]
    lines += [f"           {stage}: {count}" for stage, count in stages.items()]
    lines += [f"file       {name}: {'there' if (place / name).is_file() else 'not yet'}" for name in _files(place)]
    panel = _panel(place)
    if panel is not None:
        lines.append(f"file       {panel}: {'there' if panel.is_file() else 'not yet'}")
    if not (place / MANIFEST).is_file():
        return [*lines, "finished   no; go on with the same command and --resume"]
    manifest = read_json(place / MANIFEST)
    if "converged" in manifest:
        lines.append(f"finished   {'converged' if manifest['converged'] else 'NOT CONVERGED'}: {manifest.get('label', '')}")
    else:
        lines.append("finished   yes")
    lines.append(f"result     {manifest.get('result_hash', '')}")
    return lines + [f"look       {line}" for line in _unsealed(place)]


def datasets(folder: Path) -> dict[str, Any]:
    """Return every group of every finished netCDF file, as ``result_hash`` takes them.

    Raises
    ------
    DamagedRun
        If a file cannot be read.
    """
    import xarray as xr

    from calibration import arviz_adapter

    found: dict[str, Any] = {}
    for name in NETCDF:
        path = folder / name
        if not path.is_file():
            continue
        try:
            if name == "posterior.nc":
                found.update(arviz_adapter.datasets(path))
            else:
                with xr.open_dataset(path, engine="h5netcdf") as stored:
                    found[name] = stored.load()
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise DamagedRun(
                f"{path}: cannot be read: {' '.join(str(error).split())}; run the command again with --resume"
            ) from error
    return found


def seal(folder: Path, compared: bool = True) -> None:
    """Write into the manifest the hash of every finished netCDF file.

    Parameters
    ----------
    compared : bool
        Whether the comparison's is among them; said to be not before it is replaced, so that an interruption is no damage.

    Raises
    ------
    InputError
        If the calibration is not finished.
    """
    from execution.store import write_json

    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: holds no finished calibration ({MANIFEST} is missing); go on with calibrate and --resume")
    manifest = read_json(folder / MANIFEST)
    write_json(folder / MANIFEST, {**manifest, "result_hash": _hash(folder, () if compared else (POLICIES,))})


def _hash(folder: Path, without: tuple[str, ...] = ()) -> str:
    from execution.fingerprint import result_hash

    return result_hash({name: data for name, data in datasets(folder).items() if name not in without})


def _unsealed(folder: Path) -> list[str]:
    """Return a word on a comparison that was interrupted between its file and the manifest."""
    if _panel(folder) is not None or not all((folder / name).is_file() for name in (MANIFEST, POLICIES)):
        return []
    stored = read_json(folder / MANIFEST).get("result_hash")
    if stored == _hash(folder) or stored != _hash(folder, (POLICIES,)):
        return []
    return [f"{folder / POLICIES}: is of a comparison that was interrupted; run takeoff compare {folder} again"]


def _damages(place: Path) -> Iterator[tuple[Path, str]]:
    marks: dict[Path, str] = {}
    for path in _chunk_paths(place):
        owner = path.parent.parent
        try:
            if owner not in marks:
                marks[owner] = mark_of(owner)
            load_chunk(path, marks[owner])
        except DamagedRun as error:
            yield path, str(error)
    for name in (FINGERPRINT, MANIFEST, "checks.json"):
        for path in (place / name, *sorted(place.glob(f"[!.]*/{name}"))):
            if path.is_file():
                try:
                    read_json(path)
                except DamagedRun as error:
                    yield path, str(error)


def _result_damage(place: Path) -> str:
    if not (place / MANIFEST).is_file():
        return ""
    from execution.fingerprint import result_hash

    try:
        manifest, panel = read_json(place / MANIFEST), _panel(place)
        if panel is not None:
            there = panel.is_file() or not manifest.get("simulations")
            return "" if there else f"{panel}: is missing; go on with the same command and --resume"
        if _files(place) == (MANIFEST,):
            found = result_hash({name: data for name, data in datasets(place.parent).items() if name == POLICIES})
        else:
            found = _hash(place)
        if manifest.get("result_hash") == found or _unsealed(place):
            return ""
    except DamagedRun as error:
        return str(error)
    return (
        f"{place / MANIFEST}: result_hash: {found}: differs from the one stored, {manifest.get('result_hash')}; "
        "a finished file was changed"
    )


def verify_folder(folder: Path, repair: bool, tell: Callable[[str], object]) -> int:
    """Check every piece, checksum and result of a run; return 0 or the exit code of a damaged run.

    With ``repair``, damaged pieces get the suffix ``.damaged``, so that a resumed run makes them again; the finished files that
    stood on them are put aside with them. A damaged fingerprint cannot be made again.
    """
    place = run_at(folder)
    damages = dict(_damages(place))
    for message in damages.values():
        tell(f"damaged: {message}")
    if any(path.name == FINGERPRINT for path in damages):
        tell("what the run depends on is lost: run it again in a new folder")
        return DAMAGED
    result = _result_damage(place)
    if result and place / MANIFEST not in damages:
        tell(f"damaged: {result}")
    files = [place / name for name in _files(place) if (place / name).is_file()]
    if not damages and not result:
        tell(f"whole: {len(_chunk_paths(place))} pieces and {len(files)} files agree with their checksums")
        for line in _unsealed(place):
            tell(line)
        return 0
    if not repair:
        tell("put the damaged pieces aside with --repair, then go on with --resume")
        return DAMAGED
    aside = dict.fromkeys([*damages, *files])
    for path in aside:
        path.rename(path.with_name(path.name + ".damaged"))
    tell(f"put aside {len(aside)} files; go on with the same command and --resume")
    return 0


def folder_differences(folder: Path, other: Path) -> list[str]:
    """Return where two runs part: in what they depend on, in their pieces, and in their results."""
    first, second = run_at(folder), run_at(other)
    lines = [f"depends on: {line}" for line in differences(read_json(first / FINGERPRINT), read_json(second / FINGERPRINT))]
    pieces = [{str(path.relative_to(place)) for path in _chunk_paths(place)} for place in (first, second)]
    names = pieces[0] & pieces[1]
    parted = []
    for name in sorted(names):
        one, two = load_chunk(first / name), load_chunk(second / name)
        if one.keys() != two.keys() or any(
            not np.array_equal(one[key], two[key], equal_nan=one[key].dtype.kind == "f") for key in one
        ):
            parted.append(name)
    lines += [
        f"pieces: {len(names) - len(parted)} of {len(names)} shared ones are the same"
        + (f"; the first to differ is {parted[0]}" if parted else "")
    ]
    left, right = datasets(first), datasets(second)
    for name in sorted({*left, *right}):
        lines += _variable_differences(name, left.get(name), right.get(name))
    return lines or ["no difference"]


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
