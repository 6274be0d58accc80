"""What comes of a million parameter vectors? One history for each row and seed of a table, resumable, on every executor.

Neither the table nor the panel is ever held whole.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from execution.executors import executor_on
from execution.fingerprint import content_hash, source_hashes, versions
from execution.labels import provenance
from execution.run import Run, file_hash, is_finished, read_manifest
from execution.store import RunFolder, Shard, chunk_paths
from execution.tasks import Executor, Progress, Runner, chunk_size, silent, unheard
from model.calls import public
from model.config import CONFIGS
from model.errors import LONGEST_VALUE, InputError, plain
from model.profile import Batch
from model.simulation import in_quarters
from studies.files.labels import check_sidecar, files_of
from studies.files.rows import check_format, table_rows
from studies.files.tables import check_suffix
from studies.sweeps.panel import counted, write_failures, write_panel
from studies.sweeps.rows import KEEPS, Request, run_block
from studies.sweeps.table import Blocks, Survey, survey

KIND: Final = "sweep"
# The packages whose sources decide the numbers of a sweep.
DECIDES: Final = ("model", "studies.files", "studies.sweeps")
STAGE: Final = "histories"
SIMULATED: Final = "histories at the parameters of a table, not of a posterior"
WRITING: Final = "writing the panel"
# Histories of a default length that take about a second; shorter ones are cheaper, and at most this many are worth a chunk.
HISTORIES_A_CHUNK: Final = 32
MOST_A_CHUNK: Final = 4096
USUAL_YEARS: Final = 50.0
# Beyond this many times the least a chunk does not grow, so that memory does not.
LARGEST: Final = 16
# The most characters of a row's reason where no row worked.
SHORT: Final = 140


class Sweep(NamedTuple):
    """What a sweep left.

    Attributes
    ----------
    out : the panel's file
    rows : of the table
    failed : rows that could not be run, or of which a history did not stay finite
    stopped : histories stopped for their size
    failures : list of both, if there are any
    """

    out: Path
    rows: int
    failed: int
    stopped: int
    failures: Path | None


@public
def sweep(
    table: str | Path,
    out: str | Path | None = None,
    *,
    years: float | None = None,
    keep: str = "quarters",
    beyond_prior: bool = False,
    resume: bool = False,
    on: str | Executor = "local",
    batch: Batch | None = None,
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
    beyond_prior : bool
        Whether values may lie beyond the central 99.9 % of their priors; a row with such a value fails otherwise.
    resume : bool
        Go on with what ``OUT.run`` holds; do nothing if it is finished.
    on, batch, shard, progress, say : as ``studies.compare`` takes them

    Raises
    ------
    InputError : if the table or an option is wrong, no row works, or ``OUT.run`` exists and is not to be continued
    Interrupted : if asked to stop; finished chunks are kept
    DamagedRun : if a stored chunk disagrees with its checksum
    """
    panel = _panel(Path(table), out, keep)
    least = _least(years)
    # A whole number of years from Python and the same from the command line ask for the same run.
    years = None if years is None else float(years)
    surveyed = survey(Path(table), least)
    size = min(chunk_size(surveyed.histories, least), LARGEST * least)
    blocks = Blocks(surveyed, size, partial(is_finished, folder_of(panel)))
    files = tuple(f"../{path.name}" for path in (*files_of(panel), *files_of(failures_of(panel))))
    run = Run(KIND, folder_of(panel), _depends(surveyed, Request(years, keep, beyond=beyond_prior), blocks.size), files)
    if (resume or shard is not None) and run.finished:
        with RunFolder(run.folder, run.fingerprint, resume, shard) as folder:
            _clear(folder)
        return _result(panel, surveyed.path)
    with (
        executor_on(on, batch, say) as executor,
        run.opened(executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        request = Request(years, keep, runner.stop.check, beyond_prior)
        runner.complete(STAGE, run_block, request, blocks, surveyed.histories)
        run.finish(runner, lambda: _write(run, runner, blocks.names(), panel, surveyed))
        _clear(runner.folder)
    return _result(panel, surveyed.path)


def _panel(table: Path, out: str | Path | None, keep: str) -> Path:
    """Return where the panel goes, once the options are right."""
    if keep not in KEEPS:
        raise InputError(f"--keep: {plain(str(keep), LONGEST_VALUE)}: is no such choice; choose one of {', '.join(KEEPS)}")
    check_format(table)
    panel = check_suffix("--out", str(out or table.with_name(f"{table.stem}-panel{table.suffix}")))
    if os.path.realpath(panel) == os.path.realpath(table):
        raise InputError(f"--out: {panel}: is the table; name another file")
    for path in (panel, failures_of(panel)):
        check_sidecar("--out", path)
    return panel


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


def _depends(surveyed: Survey, request: Request, size: int) -> dict[str, Any]:
    """Return what the answer depends on, and how the work is cut."""
    shipped = {
        kind: {path.stem: file_hash(path) for path in sorted((CONFIGS / kind).glob("*.yaml"))} for kind in ("cases", "policies")
    }
    return {
        "table": surveyed.sha256,
        "own_files": content_hash(surveyed.own),
        **shipped,
        "priors": file_hash(CONFIGS / "priors.yaml"),
        "equations": source_hashes(DECIDES),
        "versions": versions(),
        "configuration": {
            "years": request.years, "keep": request.keep, "beyond_prior": request.beyond, "histories_a_chunk": size,
        },
    }


def _write(run: Run, runner: Runner, names: list[str], panel: Path, surveyed: Survey) -> dict[str, Any]:
    """Write the panel and the list of failures with their labels, and return what the manifest says of them."""
    if file_hash(surveyed.path) != surveyed.sha256:
        raise InputError(f"{surveyed.path}: was changed while it was read; delete {runner.folder.path} and run again")

    def told() -> Iterator[str]:
        for done, name in enumerate(names):
            runner.tick(WRITING, done, len(names))
            yield name
        runner.tick(WRITING, len(names), len(names))

    load, mark, written = runner.folder.load, "", list[Path]()
    count = {"rows": surveyed.rows, "failed": 0, "stopped": 0, "simulations": 0}
    deque(counted(load, names, count), maxlen=0)
    label = _label(run, count)
    if count["simulations"]:
        mark = write_panel(panel, (load(name) for name in told()), label)
        written += files_of(panel)
    failures = failures_of(panel)
    for path in files_of(failures):
        path.unlink(missing_ok=True)
    if count["failed"] or count["stopped"]:
        write_failures(failures, (load(name) for name in names), label)
        written += files_of(failures)
    return {**count, "result_hash": mark, "files": [f"../{path.name}" for path in written]}


def _label(run: Run, count: dict[str, int]) -> dict[str, str]:
    """Return what the files of a sweep say of themselves."""
    lacking = [f"{count['failed']} rows failed"] if count["failed"] else []
    lacking += [f"{count['stopped']} histories were stopped for their size"] if count["stopped"] else []
    return provenance(SIMULATED, f"NOT WHOLE: {', '.join(lacking)}" if lacking else "whole", "of each row", run.depends)


def _clear(folder: RunFolder) -> None:
    """Delete the chunks of a finished run."""
    for chunk in chunk_paths(folder.path):
        chunk.unlink(missing_ok=True)


def _result(out: Path, table: Path) -> Sweep:
    """Return what a finished run left.

    Raises
    ------
    InputError
        If no row worked, with the first one's reason.
    """
    count = read_manifest(folder_of(out))
    listed = failures_of(out) if count["failed"] or count["stopped"] else None
    if count["simulations"] == 0 and listed is not None:
        row, column, reason = next(table_rows(listed)).cells
        short = reason if len(reason) <= SHORT else f"{reason[: SHORT - 3]}..."
        raise InputError(f"{table}: row {row}: {column}: {short}; no row worked: {listed.name} lists every one")
    return Sweep(out, count["rows"], count["failed"], count["stopped"], listed)
