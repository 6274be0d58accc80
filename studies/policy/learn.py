"""What is a measurement worth on a whole run? Every cluster compared: its histories found again, its values, and the table.

``policies.nc`` holds the net value of each policy in each history, and ``histories.nc`` of the same folder what each history's
parameters and latents are. A comparison may have taken fewer histories than are stored, each in several futures of luck; they are
found again by the number of their draw.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import xarray as xr

from calibration.histories import WeightedHistories, open_histories, weighted_histories
from calibration.weights import effective_size
from execution import netcdf
from execution.labels import provenance, provenance_in, verdict_of
from execution.run import checked, read_manifest, revised
from execution.tasks import unheard
from model.arrays import Floats
from model.calls import public
from model.config import Case, load_case, load_priors, refuse_twins
from model.errors import InputError
from studies.files.labels import check_sidecar, sidecar_of
from studies.files.tables import check_suffix, write_table
from studies.policy import learning
from studies.policy.compare import POLICIES, columns_of
from studies.policy.learning import Draws, Worth
from studies.policy.measurements import asked, measurements
from studies.policy.outcomes import RANKED_BY
from studies.policy.quantities import EVERYTHING, Quantity, groups, quantities

LEARNING: Final = "learning.csv"
# The label of a table lies beside it.
FILES: Final = (LEARNING, sidecar_of(Path(LEARNING)).name)
# What a row is about: the value of all there is to know with luck, without it, of one quantity, of several, and of a measurement.
CEILING: Final = "ceiling"
EVPI: Final = "evpi"
EVPPI: Final = "evppi"
GROUP: Final = "evppi-group"
EVSI: Final = "evsi"
# Whose workers at the decision are the wage bill: one worker earns one wage-year a year.
WORKERS: Final = "workers"
REQUIRED: Final = ("worth",)
UNITS: Final[Mapping[str, str]] = {
    "worth": "wage-years", "se": "wage-years", "share": "1", "share_se": "1", "changes": "1", "price": "wage-years",
    "wage_bill": "wage-years/year",
}  # fmt: skip


@dataclass(frozen=True)
class Learnt:
    """One line of ``learning.csv``.

    Attributes
    ----------
    kind : ceiling, evpi, evppi, evppi-group or evsi
    name : the quantity, group or measurement; ``size`` and ``unit`` of a measurement
    worth, se : what it is worth to learn it (wage-years), and its Monte Carlo standard error
    share, share_se : the same in years of the cluster's wage bill
    changes : chance that another policy is chosen than without learning
    price : of the measurement (wage-years); unknown for what is no measurement
    leader : the policy that is chosen without learning
    wage_bill : of the cluster at the decision
    draws : effective number of draws
    meaning, source : what is learnt; where error and price of a measurement come from
    """

    case: str
    kind: str
    name: str
    worth: float
    se: float
    share: float
    share_se: float
    changes: float
    leader: str
    wage_bill: float
    draws: float
    meaning: str
    size: int = 0
    unit: str = ""
    price: float = float("nan")
    source: str = ""


class Cluster(NamedTuple):
    """One cluster as it was compared: its draws, what can be learnt in them, the leading policy, and the wage bill."""

    case: str
    draws: Draws
    known: dict[str, Quantity]
    leader: str
    wage_bill: float


@public
def learn(
    folder: str | Path,
    cases: Sequence[int | str | Path] | None = None,
    *,
    out: str | Path | None = None,
    say: Callable[[str], object] = unheard,
) -> list[Learnt]:
    """Value what could be learnt before a policy is chosen, in each cluster that was compared.

    Parameters
    ----------
    folder : run folder of a calibration on which policies were compared; ``learning.csv`` is written there
    cases : numbers or names of clusters; all that were compared if not given
    out : another file for the table, by suffix a CSV, Parquet or netCDF file
    say : told of each cluster before its turn

    Returns
    -------
    list of Learnt
        Rows of the table: of each cluster bounds, quantities, groups, measurements.

    Raises
    ------
    InputError
        If no policies were compared in the folder, or not in a case, or on other histories than it holds, or a path is wrong.
    DamagedRun
        If a finished file of the folder was changed or cannot be read.
    """
    home = Path(folder)
    other = None if out is None else check_suffix("--out", str(out))
    if other is not None:
        check_sidecar("--out", other)
    stored, compared = open_histories(home), netcdf.read(checked(home, POLICIES))
    origin, rows = read_manifest(home), []
    for case in compared_cases(compared, cases, home):
        say(case.title)
        cluster = join(stored, compared, case, home)
        rows += list(_rows(cluster, int(origin["seed"])))
    write_learning(home, other, rows, _label(origin, compared))
    return rows


def compared_cases(compared: xr.Dataset, wanted: Sequence[int | str | Path] | None, folder: Path) -> list[Case]:
    """Return the clusters wanted, or all that were compared.

    Raises
    ------
    InputError
        If a cluster is unknown, named twice, or was not compared.
    """
    held = [str(name) for name in compared["case"].values]
    cases = [load_case(name) for name in (held if wanted is None else wanted)]
    refuse_twins("--case", "cluster", cases)
    for case in cases:
        if case.name not in held:
            rule = f"was not compared in {folder}, only {', '.join(held)}"
            raise InputError(f"--case: {case.name}: {rule}; run `takeoff compare` with it first")
    return cases


class Joined(NamedTuple):
    """One cluster's comparison, and the n histories on which policies were compared in it.

    A history that was stopped under some policy has no weight, since its net value is unknown.
    """

    compared: xr.Dataset
    histories: WeightedHistories

    def levels(self, outcome: str) -> Floats:
        """Return an outcome under each policy, float64, shape (policies, n)."""
        level = self.compared["level"].sel(outcome=outcome).transpose("policy", "history")
        return np.asarray(level.values[:, : len(self.histories)], np.float64)

    @property
    def weights(self) -> Floats:
        """Weights of the histories, float64, shape (n,)."""
        known = np.isfinite(self.levels(RANKED_BY)).all(axis=0)
        return np.where(known, self.compared["weight"].values[: len(self.histories)], 0.0)


def found_again(stored: xr.Dataset, compared: xr.Dataset, case: Case, folder: Path) -> Joined:
    """Return one cluster's comparison with the histories on which it stands.

    Raises
    ------
    InputError
        If the histories are not those that were compared, or too few draws have weight.
    """
    one = compared.isel(structure=0, missing_dims="ignore").sel(case=case.name)
    number = one["draw"].values
    number = number[np.isfinite(number)].astype(np.int64)
    every = weighted_histories(stored, case)
    order = np.argsort(every.draw, kind="stable")
    rows = order[np.searchsorted(every.draw, number, sorter=order).clip(0, len(every) - 1)]
    histories = every.rows(rows)
    if not np.array_equal(histories.draw, number):
        rule = f"its {len(np.unique(number))} draws are not those that {folder} holds now"
        raise InputError(f"{folder / POLICIES}: {case.name}: {rule}; run `takeoff compare` again")
    joined = Joined(one, histories)
    if len(np.unique(number[joined.weights > 0])) < learning.FEWEST:
        rule = f"has fewer than {learning.FEWEST} draws with weight, which tell nothing"
        raise InputError(f"{folder / POLICIES}: {case.name}: {rule}; compare with a larger profile")
    return joined


def join(stored: xr.Dataset, compared: xr.Dataset, case: Case, folder: Path) -> Cluster:
    """Return one cluster's draws with the quantities of the same histories.

    Raises
    ------
    InputError
        As ``found_again``.
    """
    one, histories = joined = found_again(stored, compared, case, folder)
    draws, first = learning.distinct(joined.levels(RANKED_BY), joined.weights, histories.draw)
    leader = str(one["policy"].values[learning.leader(draws)])
    return Cluster(case.name, draws, _at(quantities(histories, load_priors()), first), leader, _wage_bill(one))


def _at(known: Mapping[str, Quantity], first: Any) -> dict[str, Quantity]:
    return {name: quantity._replace(values=quantity.values[first]) for name, quantity in known.items()}


def _wage_bill(one: xr.Dataset) -> float:
    """Return a cluster's wage bill at the decision (wage-years a year): the median over the histories of the status quo.

    It is unknown where most histories have not begun, or have no worker left, so that no share of it means anything.
    """
    status_quo = one["after"].isel(policy=0).sel(quantity=WORKERS)
    bill = float(status_quo.sel(probability=0.5).isel(years_after=0))
    return bill if bill > 0 else float("nan")


def _rows(cluster: Cluster, seed: int) -> Iterator[Learnt]:
    """Return the rows of one cluster."""
    known, priors = cluster.known, load_priors()
    together = groups(known.values(), priors)
    most = Worth(learning.ceiling(cluster.draws), float("nan"), float("nan"))
    yield _row(cluster, CEILING, "everything and luck", most, "all that will happen: no information is worth more")
    whole = together.pop(EVERYTHING, ())
    for kind, name, names in (
        *([(EVPI, EVERYTHING, whole)] if whole else ()),
        *((EVPPI, name, (name,)) for name in known),
        *((GROUP, name, inside) for name, inside in together.items()),
    ):
        worth = learning.worth_of_knowing(cluster.draws, _columns(known, names), seed)
        meaning = known[name].meaning if kind == EVPPI else " ".join(names) if kind == GROUP else "every parameter and latent"
        yield _row(cluster, kind, name, worth, meaning)
    for name, one, size in asked():
        # A quantity that a run has fixed is known, and a measurement of it tells nothing.
        seen = tuple(quantity for quantity in one.sees if quantity in known)
        worth = Worth(0.0, 0.0, 0.0)
        if seen:
            worth = learning.worth_of_measuring(cluster.draws, _columns(known, seen), one.errors(seen, size), seed)
        source = f"{one.source}; price: {one.price_source}"
        yield _row(cluster, EVSI, name, worth, one.title, size=size, unit=one.unit, price=one.price(size), source=source)


def _columns(known: Mapping[str, Quantity], names: Sequence[str]) -> Floats:
    return np.stack([known[name].values for name in names], axis=1)


def _row(cluster: Cluster, kind: str, name: str, worth: Worth, meaning: str, **measured: Any) -> Learnt:
    return Learnt(
        cluster.case,
        kind,
        name,
        worth.mean,
        worth.se,
        worth.mean / cluster.wage_bill,
        worth.se / cluster.wage_bill,
        worth.changes,
        cluster.leader,
        cluster.wage_bill,
        effective_size(cluster.draws.weights),
        meaning,
        **measured,
    )


def _label(origin: Mapping[str, Any], compared: xr.Dataset) -> dict[str, str]:
    """Return what the table says of itself: the verdict on the posterior, and the comparison and measurements behind it."""
    behind = provenance_in(compared.attrs).get("fingerprint", "")
    entries = {name: one.model_dump(mode="json") for name, one in measurements().items()}
    depends = {"comparison": behind, "measurements": entries}
    return provenance(origin["label"], verdict_of(origin["converged"]), origin["seed"], depends)


def write_learning(home: Path, other: Path | None, rows: Sequence[Learnt], label: Mapping[str, str]) -> None:
    """Write the table into the run folder, among its finished files, or elsewhere, which leaves the folder as it is."""
    table = columns_of(Learnt, rows)
    if other is not None:
        write_table(other, table, UNITS, label, REQUIRED)
        return
    with revised(home, FILES):
        write_table(home / LEARNING, table, UNITS, label, REQUIRED)
