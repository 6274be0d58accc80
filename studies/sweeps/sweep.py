"""What comes of a million parameter vectors? One history for each row and seed of a table, resumable, on every executor.

Neither the table nor the panel is ever held whole.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from execution.executors import executor_on
from execution.fingerprint import versions
from execution.store import CHUNKS, MANIFEST, RunFolder, Shard, clear_litter, read_json, write_json
from execution.tasks import Executor, Progress, Runner, chunk_size, running, silent, unheard
from model.arrays import Arrays
from model.compiling import sources_hash
from model.config import CONFIGS
from model.errors import InputError
from model.simulation import in_quarters
from studies.files.rows import check_format, table_rows
from studies.files.tables import check_suffix
from studies.sweeps.panel import counted, write_failures, write_panel
from studies.sweeps.rows import KEEPS, Request, run_block
from studies.sweeps.table import Blocks, Survey, file_hash, survey

STAGE: Final = "histories"
WRITING: Final = "writing the panel"
# Histories of a default length that take about a second; shorter ones are cheaper, and at most this many are worth a chunk.
HISTORIES_A_CHUNK: Final = 32
MOST_A_CHUNK: Final = 4096
USUAL_YEARS: Final = 50.0
# Beyond this many times the least a chunk does not grow, so that memory does not.
LARGEST: Final = 16


class Sweep(NamedTuple):
    """What a sweep left.

    Attributes
    ----------
    out : the panel's file
    rows : of the table
    failed : rows without a history
    stopped : histories stopped for their size
    failures : list of both, if there are any
    """

    out: Path
    rows: int
    failed: int
    stopped: int
    failures: Path | None


def sweep(
    table: str | Path,
    out: str | Path | None = None,
    *,
    years: float | None = None,
    keep: str = "quarters",
    resume: bool = False,
    on: str | Executor = "local",
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> Sweep:
    """Run one history, or several seeds, for each row of a table; every value has the bits that ``simulate`` gives for its row.

    Parameters
    ----------
    table : path, ``.csv`` or ``.parquet``
        Columns ``case``, and if wanted ``policy``, ``seed`` (a number or a range ``1:5``), parameters, and ``structure.NAME``.
    out : path, optional
        Panel: ``.csv``, ``.parquet`` or ``.nc``; ``TABLE-panel`` if not given. Beside it lies the run folder ``OUT.run``.
    years : float, optional
        Length of each history; as ``simulate``'s if not given.
    keep : ``quarters``, ``years`` or ``last``
        Rows of the panel kept of a history: all, one a year from the start on, or its end.
    resume : bool
        Go on with what ``OUT.run`` holds; do nothing if it is finished.
    on, say, shard, progress : see ``execution.executors.executor_on`` and ``execution.tasks.Runner``

    Raises
    ------
    InputError : if the table or an option is wrong, no row works, or ``OUT.run`` exists and is not to be continued
    Interrupted : if asked to stop; finished chunks are kept
    DamagedRun : if a stored chunk disagrees with its checksum
    """
    place = _place(Path(table), out, keep)
    least = _least(years)
    surveyed = survey(Path(table), least)
    blocks = Blocks(surveyed, min(chunk_size(surveyed.histories, least), LARGEST * least), partial(_finished, place))
    mark = _fingerprint(surveyed, years, keep, blocks.size)
    if (resume or shard is not None) and _finished(place):
        with RunFolder(folder_of(place), mark, resume, shard) as folder:
            _clear(folder)
        return _result(place, surveyed.path)
    with (
        executor_on(on, say=say) as executor,
        running(folder_of(place), mark, executor, resume=resume, shard=shard, progress=progress) as run,
    ):
        _run(run, blocks, surveyed, Request(years, keep, run.stop.check), place)
    return _result(place, surveyed.path)


def _place(table: Path, out: str | Path | None, keep: str) -> Path:
    """Return where the panel goes, once the options are right."""
    if keep not in KEEPS:
        raise InputError(f"--keep: {keep}: is no such choice; choose one of {', '.join(KEEPS)}")
    check_format(table)
    place = check_suffix("--out", str(out or table.with_name(f"{table.stem}-panel{table.suffix}")))
    if place.resolve() == table.resolve():
        raise InputError(f"--out: {place}: is the table; name another file")
    return place


def _least(years: float | None) -> int:
    """Return how many histories take about a second: the work of a quarter grows with the cluster."""
    if years is None:
        return HISTORIES_A_CHUNK
    length = 0.25 * in_quarters(years)
    return min(MOST_A_CHUNK, max(HISTORIES_A_CHUNK, round(HISTORIES_A_CHUNK * (USUAL_YEARS / length) ** 2)))


def folder_of(out: Path) -> Path:
    """Return the run folder beside a panel."""
    return out.with_name(f"{out.name}.run")


def failures_of(out: Path) -> Path:
    """Return where the rows that failed are listed."""
    return out.with_name(f"{out.stem}-failures.csv")


def _finished(out: Path) -> bool:
    """Tell whether a run is done: its manifest is written after the panel, and there is a panel unless no row worked."""
    manifest = folder_of(out) / MANIFEST
    return manifest.exists() and (out.exists() or read_json(manifest)["simulations"] == 0)


def _fingerprint(surveyed: Survey, years: float | None, keep: str, size: int) -> dict[str, Any]:
    """Return what the answer depends on, and how the work is cut."""
    shipped = {
        kind: {path.stem: file_hash(path) for path in sorted((CONFIGS / kind).glob("*.yaml"))} for kind in ("cases", "policies")
    }
    own = hashlib.sha256(json.dumps(surveyed.own, sort_keys=True).encode()).hexdigest()
    return {
        "table": surveyed.sha256,
        "own_files": own,
        **shipped,
        "priors": file_hash(CONFIGS / "priors.yaml"),
        "equations": sources_hash(),
        "versions": versions(),
        "configuration": {"years": years, "keep": keep, "histories_a_chunk": size},
    }


def _run(run: Runner, blocks: Blocks, surveyed: Survey, wanted: Request, out: Path) -> None:
    wall, cpu = time.monotonic(), time.process_time()
    manifest = run.folder.path / MANIFEST
    if run.shard is None:
        manifest.unlink(missing_ok=True)  # its panel was deleted
    run.complete(STAGE, run_block, wanted, blocks, surveyed.histories)

    def write() -> None:
        count = {"rows": surveyed.rows, "failed": 0, "stopped": 0, "simulations": 0}
        found = _write(run, blocks.names(), out, surveyed, count)
        spent = {"wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu}
        write_json(manifest, {**count, **spent, "result_hash": found, "versions": versions(), "command": " ".join(sys.argv)})

    run.finish(lambda: _finished(out), write)
    _clear(run.folder)


def _write(run: Runner, names: list[str], out: Path, surveyed: Survey, count: dict[str, int]) -> str:
    """Write the panel and the list of failures, and return the panel's hash."""
    if file_hash(surveyed.path) != surveyed.sha256:
        raise InputError(f"{surveyed.path}: was changed while it was read; delete {run.folder.path} and run again")
    clear_litter(out.parent, out.stem)

    def told() -> Iterator[str]:
        for place, name in enumerate(names):
            run.tick(WRITING, place, len(names))
            yield name
        run.tick(WRITING, len(names), len(names))

    def load(name: str) -> Arrays:
        return run.folder.load(name)

    found = ""
    if any(len(load(name)["row"]) for name in names):
        found = write_panel(out, counted(load, told(), count))
    else:
        for _ in counted(load, told(), count):
            pass
    if count["failed"] or count["stopped"]:
        write_failures(failures_of(out), (load(name) for name in names))
    else:
        failures_of(out).unlink(missing_ok=True)
    return found


def _clear(folder: RunFolder) -> None:
    """Delete the chunks of a finished run."""
    for chunk in (folder.path / CHUNKS).glob("*.npz"):
        chunk.unlink(missing_ok=True)


def _result(out: Path, table: Path) -> Sweep:
    """Return what a finished run left.

    Raises
    ------
    InputError
        If no row worked, with the first one's reason.
    """
    count = read_json(folder_of(out) / MANIFEST)
    listed = failures_of(out) if count["failed"] or count["stopped"] else None
    if count["simulations"] == 0 and listed is not None:
        row, column, reason = next(table_rows(listed)).cells
        raise InputError(f"{table}: row {row}: {column}: {reason}; no row worked: {listed} lists every one")
    return Sweep(out, count["rows"], count["failed"], count["stopped"], listed)
