"""How are policies compared on a whole run? Every cluster, every policy, and the files that a reader or a report takes up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from calibration.histories import load_histories, open_histories
from execution import netcdf
from execution.executors import executor_on
from execution.fingerprint import result_hash
from execution.labels import provenance, provenance_in, verdict_of
from execution.run import Run, holds, read_manifest, revised
from execution.store import Shard
from execution.tasks import Executor, Progress, Runner, silent, unheard
from model.arrays import Floats
from model.calls import public
from model.config import Case, Policy, load_case, refuse_twins
from model.errors import InputError, shown
from model.idle import idle_programmes
from model.profile import Batch
from model.simulation import LONGEST_YEARS
from studies.files.labels import sidecar_of
from studies.files.tables import write_table
from studies.policy.arrays import merged
from studies.policy.chosen import chosen_policies
from studies.policy.counterfactuals import Comparison
from studies.policy.decision_table import REQUIRED, Effects, decision_rows
from studies.policy.pieces import DEPENDS, STRUCTURES, compare_histories
from studies.policy.propositions import Held, held, not_read

KIND: Final = "comparison"
POLICIES: Final = "policies.nc"
DECISION: Final = "decision.csv"
PROPOSITIONS: Final = "propositions.csv"
# The label of a table lies beside it.
FILES: Final = (POLICIES, *(name for table in (DECISION, PROPOSITIONS) for name in (table, sidecar_of(Path(table)).name)))
HORIZON: Final = 20
# Futures of luck of each history where none is asked for: with two, luck can be told from what is not known.
FUTURES: Final = 2
MOST_FUTURES: Final = 1000
# With fewer histories of a cluster than this, the ranking under the alternative structure would be noise and is not made unless
# it is asked for.
ENOUGH: Final = 100
# The folder, in that of a calibration, where the pieces of its comparisons lie.
PIECES: Final = "comparison"


@public
def compare(
    folder: str | Path,
    cases: Sequence[int | str | Path] | None = None,
    policies: Sequence[str | Path] | None = None,
    horizon: int | None = None,
    *,
    draws: int | None = None,
    futures: int | None = None,
    structures: Sequence[str] | None = None,
    on: str | Executor = "local",
    batch: Batch | None = None,
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> xr.Dataset:
    """Compare policies on a run's stored histories, from the last observation on.

    Parameters
    ----------
    folder : run folder of a calibration; ``policies.nc`` and ``decision.csv`` are written there
    cases : numbers or names of clusters; all of the run if not given
    policies : names; the status quo is always among them
    horizon, draws, futures : years after the decision, the most histories of a cluster that are replayed, and futures of each
    structures : "" for the run's own structural choices; "name=option" changes one. By default the state's capacity is switched
        off as well, where there are histories enough
    on, batch, shard, progress, say : as ``calibration.calibrate`` takes them; ``batch`` is what a batch system is asked for

    Returns
    -------
    xarray.Dataset
        Outcomes by (structure, case, policy, history, outcome) and fans; units, and the posterior's label, in attributes.

    Raises
    ------
    InputError
        If the folder is no finished calibration, a case or policy is unknown or named twice, two files of one name differ, or a
        case is not that on which the folder was calibrated; see ``years_asked`` too.
    DamagedRun
        If a finished file of the folder was changed or cannot be read.
    """
    home, years, each = Path(folder), years_asked(horizon), futures_asked(futures)
    chosen = chosen_policies(policies)
    warn_of_idle(chosen.values(), years, say)
    histories = [one.distinct() for one in load_histories(home, run_cases(home, cases), draws)]
    structures = structures or (STRUCTURES if min(map(len, histories)) >= ENOUGH else STRUCTURES[:1])
    run = Run(KIND, home / PIECES, DEPENDS, tuple(f"../{name}" for name in FILES))
    with executor_on(on, batch, say) as executor, run.opened(executor, resume=True, shard=shard, progress=progress) as runner:
        comparisons = compare_histories(runner, histories, chosen, years, structures, each)
        data = merged(comparisons, years, chosen).assign_attrs(label_of(read_manifest(home), chosen.values(), years))

        def write() -> dict[str, Any]:
            with revised(home, FILES, runner.stop.check):
                write_comparison(home, data, comparisons)
            return {}

        keep(run, runner, home, data, write)
    return data


def years_asked(horizon: Any) -> int:
    """Return the years after the decision for which policies are compared.

    Raises
    ------
    InputError
        If they are no whole number, none, or more than a history may have.
    """
    if horizon is None:
        return HORIZON
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or not 1 <= horizon <= LONGEST_YEARS:
        rule = f"must be a whole number of years from 1 to {LONGEST_YEARS:g}; give for instance {HORIZON}"
        raise InputError(f"horizon: {shown(horizon)}: {rule}")
    return int(horizon)


def futures_asked(futures: Any) -> int:
    """Return the futures of luck that each history has after the decision.

    Raises
    ------
    InputError
        If they are no whole number, none, or too many.
    """
    if futures is None:
        return FUTURES
    if isinstance(futures, bool) or not isinstance(futures, int | np.integer) or not 1 <= futures <= MOST_FUTURES:
        rule = f"must be a whole number from 1 to {MOST_FUTURES}; give for instance {FUTURES}"
        raise InputError(f"futures: {shown(futures)}: {rule}")
    return int(futures)


def warn_of_idle(policies: Iterable[Policy], horizon: float, say: Callable[[str], object]) -> None:
    """Tell of every programme that never acts before the horizon (years after the decision), or is cut by it."""
    for policy in policies:
        for line in idle_programmes(policy, horizon):
            say(f"warning: {line}")


def keep(
    run: Run,
    runner: Runner,
    home: Path,
    data: xr.Dataset,
    write: Callable[[], dict[str, Any]],
    files: Sequence[str] = FILES,
) -> None:
    """Write an answer into the folder ``home``, unless the same one lies there already; the first of its files holds ``data``."""
    mark = result_hash({files[0]: data})

    def done() -> bool:
        return run.finished and holds(home, *files) and read_manifest(run.folder)["result_hash"] == mark

    run.finish(runner, write, done)


def write_comparison(folder: Path, data: xr.Dataset, comparisons: Sequence[Comparison]) -> None:
    """Write ``policies.nc``, ``decision.csv`` and ``propositions.csv``, each whole or not at all, with the data's label.

    Raises
    ------
    InputError
        If an effect is not finite: a comparison without some of its effects would look complete, so that neither is written.
    """
    label = provenance_in(data.attrs)
    table = columns_of(Effects, [row for item in comparisons for row in decision_rows(item)])
    write_table(folder / DECISION, table, attributes=label, required=REQUIRED)
    lines = [line for item in comparisons for line in _held(item)]
    write_table(folder / PROPOSITIONS, columns_of(Held, [*lines, *not_read(lines)]), attributes=label)
    netcdf.write(folder / POLICIES, data)


def label_of(origin: Mapping[str, Any], policies: Iterable[Policy], horizon: int, seed: int | None = None) -> dict[str, str]:
    """Return what the files of a comparison say of themselves: the label and verdict of the posterior on which it stands.

    Parameters
    ----------
    origin : mapping
        Manifest of the calibration.
    policies, horizon : the policies compared, and the years after the decision
    seed : int, optional
        First of all keys; the calibration's if not given.
    """
    asked = [policy.model_dump(mode="json") for policy in policies]
    depends = {"calibration": origin["fingerprint"], "policies": asked, "horizon": horizon}
    first = origin["seed"] if seed is None else seed
    return provenance(origin["label"], verdict_of(origin["converged"]), first, depends)


def _held(item: Comparison) -> list[Held]:
    return held(item.histories.case.name, item.readings, item.weights, item.histories.draw)


def columns_of(kind: type[Any], rows: Iterable[Any]) -> dict[str, Any]:
    """Return records of one kind as a table: each field of theirs as a column, (rows,)."""
    lines = [asdict(row) for row in rows]
    return {field.name: np.array([line[field.name] for line in lines]) for field in fields(kind)}


def run_cases(folder: Path, wanted: Sequence[int | str | Path] | None) -> list[Case]:
    """Return the clusters wanted, or all that a calibration holds, in its order.

    Raises
    ------
    InputError
        If the folder is no finished calibration, or a cluster is unknown or named twice.
    """
    stored = open_histories(folder)
    if wanted is None:
        return [load_case(str(name)) for name in stored["case"].values]
    cases = [load_case(name) for name in wanted]
    refuse_twins("--case", "cluster", cases)
    return cases


def path_fans(data: xr.Dataset, case: str, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the years (t,) and curves (5, t) of the status quo's fan of a cluster."""
    one = data.sel(case=case)
    years = one["year"].values
    known = np.isfinite(years)
    return years[known], one["path"].sel(quantity=quantity).values[:, known]


def policy_fan(data: xr.Dataset, case: str, policy: str, quantity: str, structure: str | None = None) -> np.ndarray:
    """Return the curves (5, h + 1) of a quantity by year after the decision; under the run's own structure if none is named."""
    one = data["after"].sel(case=case, policy=policy, quantity=quantity)
    one = one.isel(structure=0, missing_dims="ignore") if structure is None else one.sel(structure=structure)
    return np.asarray(one.transpose("probability", "years_after").values)


def path_shares(data: xr.Dataset, case: str) -> Floats | None:
    """Return the share of a cluster's weight in each of STATES at the years of its fans, shape (states, t).

    None is returned for a comparison that was stored before shares were.
    """
    if "share" not in data:
        return None
    one = data.sel(case=case)
    return np.asarray(one["share"].values[:, np.isfinite(one["year"].values)], np.float64)
