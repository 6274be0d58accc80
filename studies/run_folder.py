"""How far is a run, are its files whole, and where do two runs part? Read-only, but for damaged chunks put aside on request."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from calibration.store import CHUNKS, FINGERPRINT, MANIFEST, differences, load_chunk, read_json
from model.errors import DamagedRun, InputError

NETCDF: Final = ("posterior.nc", "histories.nc", "paths.nc", "policies.nc")
FILES: Final = (*NETCDF, "checks.json", "decision.csv", "report.html", MANIFEST)
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


def _chunk_names(folder: Path) -> list[Path]:
    return sorted((folder / CHUNKS).glob("*.npz"))


def status_lines(folder: Path) -> list[str]:
    """Return how far a run is."""
    place = run_at(folder)
    chunks = _chunk_names(place)
    stages: dict[str, int] = {}
    for path in chunks:
        stage = path.stem.rsplit("-", 1)[0] if path.stem.rsplit("-", 1)[-1].isdecimal() else path.stem
        stages[stage] = stages.get(stage, 0) + 1
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    lines = [f"run        {place}", f"size       {size / 1e6:.1f} MB", f"pieces     {len(chunks)}"]
    lines += [f"           {stage}: {count}" for stage, count in stages.items()]
    lines += [f"file       {name}: {'there' if (place / name).is_file() else 'not yet'}" for name in FILES]
    if (place / MANIFEST).is_file():
        manifest = read_json(place / MANIFEST)
        lines += [
            f"finished   {'converged' if manifest.get('converged') else 'NOT CONVERGED'}: {manifest.get('label', '')}",
            f"result     {manifest.get('result_hash', '')}",
        ]
    else:
        lines.append("finished   no; go on with the same command and --resume")
    return lines


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


def seal(folder: Path) -> None:
    """Write into the manifest the hash of every finished netCDF file, the comparison's among them."""
    from calibration.fingerprint import result_hash
    from calibration.store import write_json

    manifest = read_json(folder / MANIFEST)
    write_json(folder / MANIFEST, {**manifest, "result_hash": result_hash(datasets(folder))})


def _damages(place: Path) -> Iterator[tuple[Path, str]]:
    for path in _chunk_names(place):
        try:
            load_chunk(path)
        except DamagedRun as error:
            yield path, str(error)
    for name in (FINGERPRINT, MANIFEST, "checks.json"):
        if (place / name).is_file():
            try:
                json.loads((place / name).read_text(encoding="utf-8"))
            except ValueError as error:
                yield place / name, f"{place / name}: is no JSON: {error}"


def _result_damage(place: Path) -> str:
    if not (place / MANIFEST).is_file():
        return ""
    from calibration.fingerprint import result_hash

    try:
        wanted, found = read_json(place / MANIFEST).get("result_hash"), result_hash(datasets(place))
    except DamagedRun as error:
        return str(error)
    return (
        ""
        if wanted == found
        else f"{place / MANIFEST}: result_hash: {found}: differs from the one stored, {wanted}; run it again in a new folder"
    )


def verify_folder(folder: Path, repair: bool, tell: Callable[[str], object]) -> int:
    """Check every piece, checksum and result of a run; return 0 or the exit code of a damaged run.

    With ``repair``, damaged pieces get the suffix ``.damaged``, so that a resumed run makes them again; the finished files that
    stood on them are put aside with them.
    """
    place = run_at(folder)
    damages = list(_damages(place))
    for _, message in damages:
        tell(f"damaged: {message}")
    result = _result_damage(place)
    if result:
        tell(f"damaged: {result}")
    if not damages and not result:
        tell(
            f"whole: {len(_chunk_names(place))} pieces and {sum((place / name).is_file() for name in FILES)} files "
            "agree with their checksums"
        )
        return 0
    if not repair:
        tell("put the damaged pieces aside with --repair, then go on with --resume")
        return DAMAGED
    aside = [path for path, _ in damages] + [place / name for name in FILES if (place / name).is_file()]
    for path in dict.fromkeys(aside):
        if path.name != FINGERPRINT:
            path.rename(path.with_name(path.name + ".damaged"))
    tell(f"put aside {len(dict.fromkeys(aside))} files; go on with the same command and --resume")
    return 0


def folder_differences(folder: Path, other: Path) -> list[str]:
    """Return where two runs part: in what they depend on, in their pieces, and in their results."""
    first, second = run_at(folder), run_at(other)
    lines = [f"depends on: {line}" for line in differences(read_json(first / FINGERPRINT), read_json(second / FINGERPRINT))]
    names = {path.name for path in _chunk_names(first)} & {path.name for path in _chunk_names(second)}
    parted = []
    for name in sorted(names):
        one, two = load_chunk(first / CHUNKS / name), load_chunk(second / CHUNKS / name)
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
