"""How does a table carry its label? Parquet and netCDF hold it in the file, a CSV in a JSON file of the same name beside it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from execution.labels import KEYS
from execution.writing import naming_faults, write_json
from model.errors import InputError

SUFFIX: Final = ".json"
# The key that names the file which a sidecar labels.
OF: Final = "file"


def sidecar_of(path: Path) -> Path:
    """Return the path of the file that labels a CSV: ``decision.json`` for ``decision.csv``."""
    return path.with_suffix(SUFFIX)


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files that writing a table leaves: the table, and its sidecar where it is a CSV."""
    return (path, sidecar_of(path)) if path.suffix.lower() == ".csv" else (path,)


@contextmanager
def labelled(path: Path, attributes: Mapping[str, str] | None) -> Iterator[None]:
    """Write the sidecar of a CSV once the body has written the CSV; other formats, and no attributes, need none.

    A sidecar of an earlier CSV goes first: a CSV may be without a label, where the disk fills up, but never under a wrong one.

    Raises
    ------
    InputError
        If the sidecar cannot be written.
    Interrupted
        If the disk is full.
    """
    besides = files_of(path)[1:] if attributes is not None else ()
    for beside in besides:
        with naming_faults(beside):
            beside.unlink(missing_ok=True)
    yield
    for beside in besides:
        write_json(beside, {**(attributes or {}), OF: path.name})


def check_sidecar(option: str, path: Path) -> None:
    """Refuse a path whose sidecar would replace a file that is none of ours.

    Parameters
    ----------
    option : str
        Name of the option that gave the path, for the message.

    Raises
    ------
    InputError
        If the path is a CSV and a file beside it bears the sidecar's name and is no label of that CSV.
    """
    for beside in files_of(path)[1:]:
        if beside.exists() and not _labels(beside, path):
            raise InputError(f"{option}: {path}: its label would replace {beside}, which is another file; name another path")


def _labels(beside: Path, path: Path) -> bool:
    """Return whether a file is the sidecar of a CSV."""
    try:
        content = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get(OF) == path.name and set(KEYS) <= content.keys()
