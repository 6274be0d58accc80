"""``takeoff simulate``: histories of one cluster, as files, a picture, or a plot in the terminal."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from model.changes import read_changes
from model.config import load_case, load_policy, load_priors
from model.errors import InputError


def _check_outputs(arguments: argparse.Namespace) -> tuple[Path | None, Path | None, Path | None]:
    from studies.files.tables import check_suffix

    panel = check_suffix("--out", arguments.out) if arguments.out else None
    events = check_suffix("--events", arguments.events) if arguments.events else None
    plot = Path(arguments.plot) if arguments.plot else None
    if plot is not None and plot.suffix.lower() != ".png":
        raise InputError(f"--plot: {plot}: unknown format {plot.suffix or '(no suffix)'!r}; end the name in .png")
    if panel is not None and events is not None and os.path.realpath(panel) == os.path.realpath(events):
        raise InputError(f"--events: {events}: is the panel's file; name another")
    return panel, events, plot


def _given(arguments: argparse.Namespace, case: Any) -> dict[str, Any]:
    """Return what the history is given: a stored draw, or defaults with changes."""
    priors = load_priors()
    changes = read_changes(priors, arguments.changes)
    if (arguments.draw is None) != (arguments.posterior is None):
        raise InputError("--draw: and --posterior belong together; give both, for instance --draw 0 --posterior runs/run-quick")
    if arguments.draw is None:
        return {"changes": changes.values, "structures": changes.structures, "seeds": list(arguments.seeds)}
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
    """Run ``takeoff simulate``."""
    panel, events, plot = _check_outputs(arguments)
    case, policy = load_case(arguments.case), load_policy(arguments.policy)
    given = _given(arguments, case)
    from model.simulation import engine_named, run_histories

    if arguments.years is not None:
        given["years"] = arguments.years
    seeds = given.pop("seeds")
    histories = run_histories(case, policy, seeds, engine_named(arguments.engine), **given)
    title = f"{case.title}: {policy.title.lower()}"
    if panel is None and events is None and plot is None:
        from studies.page.pictures import terminal_plot

        sys.stdout.write(terminal_plot(histories, title) + "\n")
    else:
        _write(histories, title, panel, events, plot)
    return 0


def _write(histories: Any, title: str, panel: Path | None, events: Path | None, plot: Path | None) -> None:
    from studies.files.panels import PANEL_UNITS, event_table, panel_table
    from studies.files.tables import write_table
    from studies.page.pictures import save_plot

    labelled = histories.dataset()
    if panel is not None:
        write_table(panel, panel_table(labelled), PANEL_UNITS)
    if events is not None:
        write_table(events, event_table(labelled), {"time": "years"})
    if plot is not None:
        save_plot(labelled, title, plot)
    for path in (panel, events, plot):
        if path is not None:
            sys.stderr.write(f"wrote {path}\n")
