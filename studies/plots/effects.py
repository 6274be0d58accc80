"""What did policies do, as a plot takes it? Rows of a decision table, from wherever the result lies."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from execution import netcdf
from execution.labels import verdict_of
from execution.run import checked
from execution.writing import read_json
from model.errors import InputError
from studies.files.labels import sidecar_of
from studies.files.tables import read_table
from studies.plots.given import chosen
from studies.plots.telling import UNLABELLED, source_of
from studies.policy.advice import Advice
from studies.policy.arrays import titles
from studies.policy.compare import DECISION, POLICIES
from studies.policy.decision_table import Effects, decision_rows
from studies.policy.outcomes import BY_NAME
from studies.policy.standings import standings

if TYPE_CHECKING:
    import xarray as xr

BASE = ("", "base")
COLUMNS = ("case", "policy", "outcome", "mean", "low", "high", "mc_se", "unbeaten")


class Effect(NamedTuple):
    """What a policy does to an outcome in a cluster, against the status quo: a row of the plot, in the outcome's unit."""

    case: str
    policy: str
    mean: float
    low: float
    high: float
    mc_se: float
    unbeaten: bool


class Table(NamedTuple):
    """Effects on one outcome, the titles of policies by name, and the source."""

    rows: list[Effect]
    titles: Mapping[str, str]
    source: str


def effects(result: Any, outcome: str) -> Table:
    """Return the effects on one outcome, under the run's own structural choices.

    Parameters
    ----------
    result : what ``studies.compare`` or ``studies.advise`` returns; the rows or columns of a decision table, as a data frame or a
        mapping; the file of such a table; or the folder of a run or an advice
    outcome : name of an outcome

    Raises
    ------
    InputError
        If the outcome is unknown, or what is given holds no effects.
    """
    chosen("outcome", outcome, BY_NAME)
    if isinstance(result, str | Path):
        return _stored(Path(result), outcome)
    if isinstance(result, Advice):
        source = f"{verdict_of(result.converged)}; {result.label}"
        return Table(_of_rows(decision_rows(result.comparison), outcome), {}, source)
    if hasattr(result, "data_vars"):
        return _of_dataset(result, outcome)
    if isinstance(result, Sequence) and all(isinstance(row, Effects) for row in result):
        return Table(_of_rows(result, outcome), {}, UNLABELLED)
    return Table(_of_columns(result, outcome), {}, source_of(getattr(result, "attrs", {})))


def _stored(path: Path, outcome: str) -> Table:
    """Return the effects of a run folder, of its dataset, or of a table in a file."""
    if path.suffix == ".nc":
        return _of_dataset(netcdf.read(path), outcome)
    if not path.is_dir():
        beside = sidecar_of(path)
        label = read_json(beside) if path.suffix == ".csv" and beside.is_file() else {}
        return Table(_of_columns(read_table(path), outcome), {}, source_of(label))
    stored = netcdf.read(checked(path, POLICIES))
    return Table(_of_columns(read_table(checked(path, DECISION)), outcome), titles(stored), source_of(stored.attrs))


def _of_rows(rows: Iterable[Effects], outcome: str) -> list[Effect]:
    return [
        Effect(row.case, row.policy, row.mean, row.low, row.high, row.mc_se, bool(row.unbeaten))
        for row in rows
        if row.outcome == outcome and row.structure in BASE
    ]


def _of_columns(table: Any, outcome: str) -> list[Effect]:
    """Return the rows of a table by column."""
    missing = [name for name in COLUMNS if not hasattr(table, "keys") or name not in table.keys()]  # noqa: SIM118 - a data frame
    if missing:
        raise InputError(
            f"data: {type(table).__name__}: has no column `{missing[0]}`; give what studies.compare or studies.advise returns, "
            "a decision table, or a run folder"
        )
    columns = {name: np.asarray(table[name]) for name in COLUMNS}
    kept = columns["outcome"].astype(str) == outcome
    if "structure" in table.keys():  # noqa: SIM118 - a data frame
        # A column of texts that are all empty is read as unknown numbers.
        kept &= np.isin(np.asarray(table["structure"]).astype(str), (*BASE, "nan"))
    rows = zip(*(column[kept].tolist() for name, column in columns.items() if name != "outcome"), strict=True)
    return [
        Effect(str(case), str(policy), float(mean), float(low), float(high), float(error), bool(unbeaten))
        for case, policy, mean, low, high, error, unbeaten in rows
    ]


def _of_dataset(data: "xr.Dataset", outcome: str) -> Table:
    """Return the effects of a comparison, by the functions that make its decision table."""
    if "level" not in data or "draw" not in data:
        raise InputError("data: Dataset: has no variable `level`; give what studies.compare returns, or its run folder")
    known, rows = data.isel(structure=0, missing_dims="ignore").sel(outcome=outcome), []
    for case in known["case"].values:
        one = known.sel(case=case)
        levels = one["level"].transpose("policy", "history").values
        for told in standings(one, levels, BY_NAME[outcome].direction):
            rows.append(Effect(str(case), told.policy, told.mean, told.low, told.high, told.mc_se, told.unbeaten))
    return Table(rows, titles(data), source_of(data.attrs))
