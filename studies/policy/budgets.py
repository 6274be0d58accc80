"""What would more or less money do? Each policy replayed at several budgets: curve, acceptability and frontier in one answer.

A budget is a share of the cluster's wage bill at the decision. It replaces a policy's own budgets in proportion, so that the
split between its programmes stays as it is. Histories and futures are those of a comparison, and so are the replays.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from calibration.histories import load_histories
from calibration.weights import normalised
from execution import netcdf
from execution.executors import executor_on
from execution.labels import provenance_in
from execution.run import Run, read_manifest, revised
from execution.store import Shard
from execution.tasks import Executor, Progress, silent, unheard
from model.arrays import Arrays, Floats
from model.calls import public
from model.config import Policy
from model.errors import InputError, shown
from model.profile import Batch
from studies.files.labels import check_sidecar, sidecar_of
from studies.files.tables import check_suffix, write_table
from studies.policy.chosen import chosen_policies
from studies.policy.compare import futures_asked, keep, label_of, run_cases, warn_of_idle, years_asked
from studies.policy.counterfactuals import SHOWN, Comparison
from studies.policy.curves import FUNDS_COSTS, Replayed, curves
from studies.policy.outcomes import COST, NAMES, RANKED_BY
from studies.policy.pieces import DEPENDS, compare_histories

KIND: Final = "budgets"
BUDGETS: Final = "budgets.nc"
TABLE: Final = "budgets.csv"
# The label of the table lies beside it.
FILES: Final = (BUDGETS, TABLE, sidecar_of(Path(TABLE)).name)
# The folder, in that of a calibration, where the pieces lie.
PIECES: Final = "budgets"
SHARES: Final = (0.02, 0.05, 0.1, 0.2, 0.4)
# The most histories of a cluster where no number is asked for: those of the shipped comparison.
DRAWS: Final = 60
BY_SHARE: Final = ("case", "policy", "share")
FUNDS: Final = "acceptability_by_funds_cost"
# Unit and meaning of each variable.
VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "net_value": ("wage-years", "mean net value against the status quo"),
    "low": ("wage-years", "5 % of the histories lie below"),
    "high": ("wage-years", "5 % of the histories lie above"),
    "mc_se": ("wage-years", "Monte Carlo standard error of the mean net value"),
    "p_gain": ("1", "chance of a gain, in one history"),
    "cost": ("wage-years", "mean discounted cost to the treasury, at the cost of public funds"),
    "gain": ("wage-years", "what all but the treasury gain: net value and cost"),
    "spent": ("wage-years", "mean money that is gone by the horizon, loans outstanding counted, not discounted"),
    "acceptability": ("1", "chance of being best among all policies at that budget, luck taken out"),
    "best_share": ("0/1", "whether this budget has the highest net value of the policy"),
    "rise": ("wage-years", "net value beyond that of the next smaller budget, of the smallest beyond the status quo"),
    "rise_mc_se": ("wage-years", "Monte Carlo standard error of the rise"),
    "marginal": ("1", "rise for each wage-year that is spent more"),
    "marginal_mc_se": ("1", "Monte Carlo standard error of that ratio"),
    "frontier": ("0/1", "whether no point and no mixture of points gains more at its cost"),
    "icer": ("1", "extra cost for each extra gain against the cheaper neighbour on the frontier"),
    FUNDS: ("1", "acceptability if raising a wage-year of public funds costs so much in every history"),
}


@public
def budgets(
    folder: str | Path,
    cases: Sequence[int | str | Path] | None = None,
    policies: Sequence[str | Path] | None = None,
    shares: Sequence[float] | None = None,
    horizon: int | None = None,
    *,
    draws: int | None = None,
    futures: int | None = None,
    out: str | Path | None = None,
    on: str | Executor = "local",
    batch: Batch | None = None,
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> xr.Dataset:
    """Replay policies at several budgets, on a run's stored histories, from the last observation on.

    Parameters
    ----------
    folder : run folder of a calibration; ``budgets.nc`` and ``budgets.csv`` are written there
    cases, policies : as ``studies.compare`` takes them
    shares : total budgets, as shares of a cluster's wage bill at the decision; ``SHARES`` if not given
    horizon, draws, futures : years after the decision, the most histories of a cluster (60 if not given), and futures of each
    out : another file for the answer, which leaves the folder's as they are: a netCDF file, or a table by suffix
    on, batch, shard, progress, say : as ``studies.compare`` takes them

    Returns
    -------
    xarray.Dataset
        ``VARIABLES`` by (case, policy, share); units, and the posterior's label, in attributes. A policy without a budget has the
        same values at every share, and is marked on the frontier once.

    Raises
    ------
    InputError
        If a share is no number between 0 and 1 or is named twice, a policy has budgets in wage-years and in shares at once, or
        for one of the reasons of ``studies.compare``.
    DamagedRun
        If a finished file of the folder was changed or cannot be read.
    """
    home, years, each, totals = Path(folder), years_asked(horizon), futures_asked(futures), shares_asked(shares)
    other = _checked(out)
    chosen = chosen_policies(policies)
    replayed = at_shares(chosen, totals)
    warn_of_idle(chosen.values(), years, say)
    histories = [one.distinct() for one in load_histories(home, run_cases(home, cases), DRAWS if draws is None else draws)]
    run = Run(KIND, home / PIECES, DEPENDS, tuple(f"../{name}" for name in FILES))
    with executor_on(on, batch, say) as executor, run.opened(executor, resume=True, shard=shard, progress=progress) as runner:
        comparisons = compare_histories(runner, histories, replayed, years, ("",), each)
        data = dataset(comparisons, chosen, totals, years)
        data = data.assign_attrs(label_of(read_manifest(home), replayed.values(), years))

        def write() -> dict[str, Any]:
            with revised(home, FILES, runner.stop.check):
                netcdf.write(home / BUDGETS, data)
                write_budgets(home / TABLE, data)
            return {}

        if other is None:
            keep(run, runner, home, data, write, FILES)
        elif other.suffix.lower() == netcdf.SUFFIX:
            netcdf.write(other, data)
        else:
            write_budgets(other, data)
    return data


def _checked(out: str | Path | None) -> Path | None:
    """Return the file asked for, if it can be one."""
    if out is None:
        return None
    other = check_suffix("--out", str(out))
    check_sidecar("--out", other)
    return other


def shares_asked(shares: Any) -> tuple[float, ...]:
    """Return the total budgets in ascending order.

    Raises
    ------
    InputError
        If none is given, one is no number between 0 and 1, or one is given twice.
    """
    given = list(SHARES if shares is None else shares)
    if not given:
        raise InputError("shares: none is given; give for instance 0.1 0.2")
    for one in given:
        if isinstance(one, bool) or not isinstance(one, int | float) or not 0.0 < one < 1.0:
            raise InputError(f"shares: {shown(one)}: must be a number between 0 and 1; give for instance 0.2")
        if given.count(one) > 1:
            raise InputError(f"shares: {shown(one)}: is given twice; give each share once")
    return tuple(sorted(map(float, given)))


def is_funded(policy: Policy) -> bool:
    """Tell whether any money can go to a policy's programmes."""
    return any(spec.budget or spec.budget_share for spec in policy.funded() if spec.is_funded)


def at_share(policy: Policy, total: float) -> Policy:
    """Return a policy whose budgets are replaced in proportion by a total, a share of the wage bill at the decision.

    A policy without a budget is returned as it is.

    Raises
    ------
    InputError
        If some of its budgets are in wage-years and others are shares, whose proportion hangs on the cluster.
    """
    if not is_funded(policy):
        return policy
    programmes = policy.funded()
    kinds = [name for name in ("budget", "budget_share") if any(getattr(spec, name) for spec in programmes)]
    if len(kinds) > 1:
        rule = "has budgets in wage-years and budgets in shares, whose proportion hangs on the cluster"
        raise InputError(f"--policy: {policy.name}: {rule}; write all of them in one unit")
    own = [float(getattr(spec, kind) or 0.0) for kind in kinds for spec in programmes]
    scaled = tuple(
        spec.model_copy(update={"budget": None, "budget_share": total * part / sum(own)}) if spec.is_funded else spec
        for spec, part in zip(programmes, own, strict=True)
    )
    return policy.model_copy(update={"name": f"{policy.name}@{total:g}", "programmes": scaled})


def at_shares(policies: Mapping[str, Policy], shares: Sequence[float]) -> dict[str, Policy]:
    """Return what is replayed, by name: each policy at each budget, and once where it has none; the status quo first."""
    every = [
        one for policy in policies.values() for one in ([at_share(policy, s) for s in shares] if is_funded(policy) else [policy])
    ]
    return {one.name: one for one in every}


def dataset(comparisons: Sequence[Comparison], policies: Mapping[str, Policy], shares: Sequence[float], years: int) -> xr.Dataset:
    """Return the answer of several clusters as labelled arrays; NaN, or 0, where no history of a cluster could be kept."""
    funded = np.array([is_funded(policy) for policy in policies.values()])
    each = [_cluster(one, funded, len(shares)) for one in comparisons]
    dims = {name: ("case", "funds_cost", *BY_SHARE[1:]) if name == FUNDS else BY_SHARE for name in VARIABLES}
    told = {
        name: (dims[name], np.stack([arrays[name] for arrays in each]), {"units": unit, "long_name": meaning})
        for name, (unit, meaning) in VARIABLES.items()
    }
    bill = [float(one.after[0, SHOWN.index("workers"), 2, 0]) for one in comparisons]
    attributes = {
        "horizon": years,
        "futures": comparisons[0].futures,
        "draws": max(len(np.unique(one.histories.draw)) for one in comparisons),
        "note": "a policy without a budget has the same values at every share, and is marked on the frontier once",
    }
    return xr.Dataset(
        {
            **told,
            "funded": ("policy", funded, {"units": "0/1", "long_name": "whether the policy has a budget"}),
            "lost": ("case", [one.lost for one in comparisons], {"units": "1", "long_name": "weight of histories left out"}),
            "wage_bill": ("case", bill, {"units": "wage-years/year", "long_name": "at the decision, median history"}),
        },
        {
            "case": [one.histories.case.name for one in comparisons],
            "policy": ("policy", list(policies), {"titles": [policy.title for policy in policies.values()]}),
            "share": ("share", list(shares), {"units": "1", "long_name": "total budget over the wage bill at the decision"}),
            "funds_cost": ("funds_cost", list(FUNDS_COSTS), {"units": "1", "long_name": "cost of a wage-year of public funds"}),
        },
        attributes,
    )


def _cluster(one: Comparison, funded: np.ndarray, count: int) -> Arrays:
    """Return the variables of one cluster, shape (policies, shares) each."""
    # Rows of the replays, in their order: as many as there are shares of a policy with a budget, else one, which is repeated.
    first = np.cumsum([0, *np.where(funded, count, 1)[:-1]])
    rows = first[:, None] + np.where(funded[:, None], np.arange(count), 0)
    known = one.weights > 0
    if not known.any():
        empty = {name: np.full(rows.shape, np.nan) for name in VARIABLES}
        none = np.zeros(rows.shape, bool)
        return {**empty, "frontier": none, "best_share": none, FUNDS: np.full((len(FUNDS_COSTS), *rows.shape), np.nan)}
    effects = (one.levels - one.levels[:1])[:, known]

    def read(name: str) -> Floats:
        return np.asarray(effects[:, :, NAMES.index(name)][rows], np.float64)

    histories = one.histories
    price = np.asarray(histories.values["value_funds_cost"], np.float64)[known]
    seen = (read(RANKED_BY), read(COST), read("spent"), normalised(one.weights[known]), histories.draw[known], price, funded)
    return curves(Replayed(*seen))


def write_budgets(path: Path, data: xr.Dataset) -> None:
    """Write the answer as a table, a row for each case, policy and share, with the data's label."""
    names = [name for name in VARIABLES if name != FUNDS]
    shape = tuple(data.sizes[name] for name in BY_SHARE)
    coordinates = np.meshgrid(*(data[name].values for name in BY_SHARE), indexing="ij")
    table = {name: grid.ravel() for name, grid in zip(BY_SHARE, coordinates, strict=True)}
    flags = {"frontier", "best_share"}
    for name in names:
        values = np.broadcast_to(data[name].values, shape).ravel()
        table[name] = values.astype(np.int64) if name in flags else values
    write_table(path, table, {name: VARIABLES[name][0] for name in names}, provenance_in(data.attrs))
