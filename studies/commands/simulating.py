"""``takeoff simulate``: histories of one cluster, as files, a picture, or a plot in the terminal."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.changes import read_changes
from model.config import load_case, load_policy, load_priors
from model.errors import InputError
from model.events import QUARTER
from model.idle import idle_programmes
from studies.commands.drawing import plot_asked
from studies.commands.telling import NOT_WHOLE
from studies.progress import Progress

if TYPE_CHECKING:
    from model.panels import Histories, Stop
    from model.simulation import Asked

# Exit code where a history was stopped before its end.
# Stopped histories that are named on the terminal, and lines that a picture holds.
STOPS_SHOWN: Final = 10
MOST_LINES: Final = 200


def _check_outputs(arguments: argparse.Namespace) -> tuple[Path | None, Path | None, Path | None]:
    from studies.files.labels import check_sidecar, files_of
    from studies.files.tables import check_suffix

    panel = check_suffix("--out", arguments.out) if arguments.out else None
    events = check_suffix("--events", arguments.events) if arguments.events else None
    for option, path in (("--out", panel), ("--events", events)):
        if path is not None:
            check_sidecar(option, path)
    plot = plot_asked(arguments)
    if panel is not None and events is not None and os.path.realpath(panel) == os.path.realpath(events):
        raise InputError(f"--events: {events}: is the panel's file; name another")
    if panel is not None and events is not None and files_of(panel)[1:] == files_of(events)[1:] != ():
        raise InputError(f"--events: {events}: its label would be that of {panel}; name another")
    return panel, events, plot


def _given(arguments: argparse.Namespace, case: Any) -> dict[str, Any]:
    """Return what the history is given: a stored draw, or defaults with changes."""
    priors = load_priors()
    changes = read_changes(priors, arguments.changes, beyond=arguments.beyond_prior)
    if (arguments.draw is None) != (arguments.posterior is None):
        raise InputError("--draw: and --posterior belong together; give both, for instance --draw 0 --posterior runs/run-quick")
    if arguments.draw is None:
        return {"changes": changes.values, "structures": changes.structures, "seeds": arguments.seeds}
    if arguments.changes:
        raise InputError("--set: a stored draw is replayed as it is; drop --set or --draw")
    from calibration.histories import load_histories

    histories = load_histories(Path(arguments.posterior), [case])[0]
    if not 0 <= arguments.draw < len(histories):
        raise InputError(f"--draw: {arguments.draw}: the posterior holds histories 0 to {len(histories) - 1}; choose one of them")
    one = slice(arguments.draw, arguments.draw + 1)
    values = {name: np.asarray(value[one]) for name, value in histories.values.items()}
    return {
        "values": values,
        "latents": histories.latents[one],
        "structures": dict(histories.structures),
        "seeds": [int(histories.keys[arguments.draw])],
    }


def simulate_case(arguments: argparse.Namespace) -> int:
    """Run ``takeoff simulate``; return 3 where a history was stopped before its end."""
    panel, events, plot = _check_outputs(arguments)
    case, policy = load_case(arguments.case), load_policy(arguments.policy)
    given = _given(arguments, case)
    from model.simulation import ask, engine_named

    if arguments.years is not None:
        given["years"] = arguments.years
    seeds = given.pop("seeds")
    asked, run = ask(case, policy, **given), engine_named(arguments.engine)
    for line in idle_programmes(policy, asked.start_year + QUARTER * (asked.rows - 1) - asked.decision):
        sys.stderr.write(f"warning: {line}\n")
    title = f"{case.title}: {policy.title.lower()}"
    if panel is None and events is None and plot is None:
        stops = _show(asked, seeds, run, title)
    else:
        _check_sizes(asked, seeds, panel, plot)
        stops = _write(asked, seeds, run, title, panel, events, plot)
    for stop in stops[:STOPS_SHOWN]:
        sys.stderr.write(f"takeoff: {stop}\n")
    if len(stops) > STOPS_SHOWN:
        sys.stderr.write(f"takeoff: and {len(stops) - STOPS_SHOWN:,} more of {len(seeds):,} histories were stopped\n")
    return NOT_WHOLE if stops else 0


def _show(asked: "Asked", seeds: Sequence[int], run: Any, title: str) -> "list[Stop]":
    """Draw the history of the first seed in the terminal."""
    from studies.page.pictures import terminal_plot

    histories = asked.run(seeds[0], run)
    sys.stdout.write(terminal_plot(histories, title) + "\n")
    if _length(seeds) > 1:
        sys.stderr.write(f"takeoff: --seed: only seed {seeds[0]} is drawn; keep all with --out\n")
    return histories.stops()


def _check_sizes(asked: "Asked", seeds: Sequence[int], panel: Path | None, plot: Path | None) -> None:
    """Refuse what is too much, before any history runs."""
    from model.arguments import MOST
    from studies.files.histories import check_disk

    count = _length(seeds)
    if plot is not None and count > MOST_LINES:
        raise InputError(f"--plot: {count:,} seeds: a picture has {MOST_LINES} lines at most; give fewer seeds, or --out alone")
    if panel is not None:
        check_disk(panel, asked, seeds)
    if count > MOST:
        raise InputError(f"--seed: {count:,} seeds: at most {MOST:,} in one command; give fewer")


def _length(seeds: Sequence[int]) -> int:
    """Return the number of seeds, of which a range may have more than ``len`` can say."""
    return seeds.stop - seeds.start if isinstance(seeds, range) else len(seeds)


def _draw(drawn: "list[Histories]", plot: Path) -> None:
    """Write a picture of the histories of one cluster, which were cut by seeds in any way."""
    import xarray as xr

    from model.panels import listed
    from studies.plots.cluster import plot_cluster
    from studies.plots.paper import save_plot

    parts = [histories.dataset().drop_dims("event") for histories in drawn]
    stopped = {"stopped": listed([stop for histories in drawn for stop in histories.stops()])}
    save_plot(plot, plot_cluster, xr.concat(parts, "seed").assign_attrs(stopped), drawn[0].case)


def _write(
    asked: "Asked", seeds: Sequence[int], run: Any, title: str, panel: Path | None, events: Path | None, plot: Path | None
) -> "list[Stop]":
    """Write the files that are wanted, and return the histories that were stopped."""
    from studies.files.histories import blocks, write_histories

    progress = Progress()

    def tell(done: int, total: int) -> None:
        if total > MOST_LINES:
            progress.step("histories", done, total)

    stops = write_histories(panel, events, asked, seeds, run, tell) if panel is not None or events is not None else []
    if plot is not None:
        drawn = list(blocks(asked, seeds, run, tell))
        stops = [stop for histories in drawn for stop in histories.stops()]
        _draw(drawn, plot)
    progress.end()
    for path in (panel, events, plot):
        if path is not None:
            sys.stderr.write(f"wrote {path}\n")
    return stops
