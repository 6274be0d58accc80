"""How do histories of very many seeds reach their files? A block of seeds at a time, so that memory does not grow with them."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from execution.fingerprint import source_hashes, versions
from execution.labels import provenance
from execution.writing import write_atomic
from model.errors import InputError
from model.observe import COLUMNS
from model.panels import Histories, Stop, listed
from model.simulation import Asked
from studies.files.grid import GridWriter
from studies.files.labels import labelled
from studies.files.panels import PANEL_UNITS, event_table, panel_table
from studies.files.writing import BlockWriter, block_writer

# The packages whose sources decide the numbers of a panel.
DECIDES: Final = ("model", "studies.files")
SIMULATED: Final = "histories at parameters that were given, not of a posterior"
# Rows of panels that are held at a time, which take some megabytes.
ROWS_AT_ONCE: Final = 16_384
# Bytes that a number of a panel takes in a file, at least.
BYTES: Final = {".csv": 8.0, ".parquet": 3.0, ".nc": 8.0}

Engine = Callable[..., Any]
Progress = Callable[[int, int], None]


class Sink(Protocol):
    """Takes histories, a block of seeds at a time."""

    def write(self, histories: Histories) -> None:
        """Add the histories of a block of seeds."""
        ...

    def note(self, attributes: dict[str, str]) -> None:
        """Replace what the file says of itself."""
        ...


class TableSink(NamedTuple):
    """A sink that writes histories as rows of a table, which ``table`` makes of a dataset."""

    writer: BlockWriter
    table: Callable[..., Any]
    several: bool

    def write(self, histories: Histories) -> None:
        """Add the rows of a block of seeds."""
        self.writer.write(self.table(histories.dataset(), seeds=self.several))

    def note(self, attributes: dict[str, str]) -> None:
        """Replace what the file says of itself."""
        self.writer.note(attributes)


def check_disk(path: Path, asked: Asked, seeds: Sequence[int]) -> None:
    """Refuse panels for which the disk has no room, before any history runs.

    Raises
    ------
    InputError
        If the panels need more bytes, at the least, than are free where they go.
    """
    needed = BYTES[path.suffix.lower()] * _length(seeds) * asked.rows * len(COLUMNS)
    folder = next(one for one in path.absolute().parents if one.is_dir())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"--out: {path}: {_length(seeds):,} panels of {asked.rows} quarters need {needed / 1e9:,.0f} GB or more, and "
            f"{free / 1e9:,.0f} GB are free; give fewer seeds or --years, or keep their last rows: takeoff sweep --keep last"
        )


def _length(seeds: Sequence[int]) -> int:
    """Return the number of seeds, even of a range that is longer than ``len`` can say."""
    return (seeds.stop - seeds.start) // seeds.step if isinstance(seeds, range) else len(seeds)


def _block(asked: Asked, seeds: Sequence[int]) -> int:
    """Return how many seeds are run at a time."""
    return min(len(seeds), max(1, ROWS_AT_ONCE // asked.rows))


def blocks(asked: Asked, seeds: Sequence[int], run: Engine, progress: Progress) -> Iterator[Histories]:
    """Yield the histories of all seeds, so many at a time as ``ROWS_AT_ONCE`` lets."""
    size = _block(asked, seeds)
    for start in range(0, len(seeds), size):
        yield asked.run(seeds[start : start + size], run)
        progress(min(start + size, len(seeds)), len(seeds))


def write_histories(
    panel: Path | None, events: Path | None, asked: Asked, seeds: Sequence[int], run: Engine, progress: Progress
) -> list[Stop]:
    """Write the panels and the event logs of all seeds, each file whole or not at all; return the histories that were stopped.

    Parameters
    ----------
    panel, events : files, whose suffixes name the formats; None where one is not wanted
    asked, seeds, run : the histories, and what ``model.simulation.engine_named`` returned
    progress : called with the number of histories done, and of all

    Raises
    ------
    InputError : if a file cannot be written
    Interrupted : if the disk is full
    """
    stops: list[Stop] = []
    attributes = attributes_of(asked, seeds)
    files = [path for path in (panel, events) if path is not None]

    def write(partials: list[Path]) -> None:
        with ExitStack() as stack:
            sinks = [
                stack.enter_context(_sink(partial, path == panel, asked, seeds, attributes))
                for partial, path in zip(partials, files, strict=True)
            ]
            for histories in blocks(asked, seeds, run, progress):
                stops.extend(histories.stops())
                for sink in sinks:
                    sink.write(histories)
            attributes.update(_verdict(stops, len(seeds)))
            for sink in sinks:
                sink.note(attributes)

    with ExitStack() as labels:
        for path in files:
            labels.enter_context(labelled(path, attributes))
        _write_together(files, write)
    return stops


def _write_together(files: list[Path], write: Callable[[list[Path]], None], *begun: Path) -> None:
    """Write several files at once, each whole or not at all."""
    if not files:
        write(list(begun))
        return
    write_atomic(files[0], lambda partial: _write_together(files[1:], write, *begun, partial))


@contextmanager
def _sink(path: Path, is_panel: bool, asked: Asked, seeds: Sequence[int], attributes: dict[str, str]) -> Iterator[Sink]:
    """Open a file for histories: a netCDF panel lies over (seed, time), all else is a table."""
    if not is_panel or path.suffix.lower() != ".nc":
        units = PANEL_UNITS if is_panel else {"time": "years"}
        with block_writer(path, units, attributes) as writer:
            yield TableSink(writer, panel_table if is_panel else event_table, len(seeds) > 1)
        return
    grid = GridWriter(path, asked, _block(asked, seeds), attributes)
    try:
        yield grid
    except BaseException:
        # The first error is the one to report, and the file is not kept.
        with suppress(OSError, ValueError, RuntimeError):
            grid.close()
        raise
    grid.close()


def attributes_of(asked: Asked, seeds: Sequence[int]) -> dict[str, str]:
    """Return what a file says of its histories before they have run: whence they come, and what was asked."""
    what = Histories(asked.case, asked.policy, asked.start_year, [], [], [], asked.differs, asked.structures, asked.decision)
    fingerprint = {
        "case": asked.case.model_dump(mode="json"),
        "policy": asked.policy.model_dump(mode="json"),
        "world": [one.tobytes().hex() for one in (asked.params, asked.setting, asked.programmes)],
        "equations": source_hashes(DECIDES),
        "versions": versions(),
    }
    named = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]}:{seeds[-1]}"
    return {**provenance(SIMULATED, "whole", named, fingerprint), **what.attributes()}


def _verdict(stops: list[Stop], count: int) -> dict[str, str]:
    """Return the attributes that depend on which histories were stopped."""
    if not stops:
        return {}
    verdict = f"NOT WHOLE: {len(stops):,} of {count:,} histories stopped before their end"
    return {"verdict": verdict, "label": f"{verdict}; {SIMULATED}", "stopped": listed(stops)}
