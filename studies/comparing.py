"""How are policies compared on a whole run? Every cluster, every policy, and the files that a reader or a report takes up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from model.config import Case, Policy, load_case
from model.errors import InputError
from studies.counterfactuals import Comparison, chosen_policies, compare_case
from studies.decision import Floats
from studies.decision_table import decision_rows
from studies.histories import Histories
from studies.policy_arrays import merged
from studies.posterior import load_histories, open_histories
from studies.report_data import Effects
from studies.tables import write_table
from studies.writing import write_whole

POLICIES: Final = "policies.nc"
DECISION: Final = "decision.csv"
HORIZON: Final = 20
# The base structure first; the alternative shows what scarce state capacity does to the ranking. With fewer histories of a
# cluster than this, the alternative's ranking would be noise and is not run unless asked for.
STRUCTURES: Final = ("", "state_capacity=off")
ENOUGH: Final = 100

Progress = Callable[[str, int, int], None]


def _silent(stage: str, done: int, total: int) -> None:
    """Show no progress."""


def compare_histories(
    histories: Sequence[Histories],
    policies: dict[str, Policy],
    horizon: int,
    structures: Sequence[str] = STRUCTURES,
    threads: int | None = None,
    progress: Progress = _silent,
) -> list[Comparison]:
    """Compare policies on histories of several clusters, under each structure in turn."""
    parts = 2 if "training-then-credit-and-zone" in policies else 0
    total = len(histories) * (len(structures) * len(policies) + parts)
    done: list[int] = []

    def tell() -> None:
        done.append(1)
        progress("comparing policies", len(done), total)

    return [compare_case(one, policies, horizon, structure, threads, tell) for structure in structures for one in histories]


def decision_table(rows: Iterable[Effects]) -> dict[str, Any]:
    """Return the decision table by column."""
    lines = [asdict(row) for row in rows]
    return {field.name: np.array([line[field.name] for line in lines]) for field in fields(Effects)}


def write_comparison(folder: Path, data: xr.Dataset, comparisons: Sequence[Comparison]) -> None:
    """Write ``policies.nc`` and ``decision.csv``, each whole or not at all."""
    write_whole(folder / POLICIES, lambda partial: data.to_netcdf(partial, engine="h5netcdf"))
    write_table(folder / DECISION, decision_table(row for item in comparisons for row in decision_rows(item)))


def compare(
    folder: str | Path,
    cases: Sequence[int | str] | None = None,
    policies: Sequence[str] | None = None,
    horizon: int | None = None,
    *,
    draws: int | None = None,
    structures: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress = _silent,
) -> xr.Dataset:
    """Compare policies on a run's stored histories, from the last observation on.

    Parameters
    ----------
    folder : path
        Run folder of a calibration; ``policies.nc`` and ``decision.csv`` are written there.
    cases : sequence, optional
        Numbers or names of clusters; all of the run if not given.
    policies : sequence of str, optional
        The status quo is always among them.
    horizon, draws : int, optional
        Years after the decision, and the most histories of a cluster that are replayed.
    structures : sequence of str, optional
        "" for the run's own structural choices; "name=option" changes one. By default the state's capacity is switched
        off as well, where there are histories enough.

    Returns
    -------
    xarray.Dataset
        Outcomes by (structure, case, policy, history, outcome) and fans, units in attributes.

    Raises
    ------
    InputError
        If the folder is no run, or a case or policy is unknown.
    """
    place, years = Path(folder), horizon or HORIZON
    chosen = chosen_policies(policies)
    found = run_cases(place, cases)
    histories = load_histories(place, found, draws)
    enough = min(len(one) for one in histories) >= ENOUGH
    structures = structures or (STRUCTURES if enough else STRUCTURES[:1])
    comparisons = compare_histories(histories, chosen, years, structures, threads, progress)
    data = merged(comparisons, years, chosen)
    write_comparison(place, data, comparisons)
    return data


def run_cases(folder: Path, wanted: Sequence[int | str] | None) -> list[Case]:
    """Return the clusters wanted, or all that a run holds, in its order.

    Raises
    ------
    InputError
        If the folder is no run, or a cluster is named twice.
    """
    stored = open_histories(folder)
    if wanted is None:
        return [load_case(str(name)) for name in stored["case"].values]
    cases = [load_case(name) for name in wanted]
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise InputError(
            f"--case: {next(name for name in names if names.count(name) > 1)}: is named twice; name each cluster once"
        )
    return cases


def path_fans(data: xr.Dataset, case: str, quantity: str) -> tuple[Floats, Floats]:
    """Return the years (t,) and curves (5, t) of the status quo's fan of a cluster."""
    one = data.sel(case=case)
    years = one["year"].values
    known = np.isfinite(years)
    return years[known], one["path"].sel(quantity=quantity).values[:, known]
