"""Which unknown matters once the tables have spoken? Shares of variance on the posterior on which policies were compared.

Nothing is simulated: ``policies.nc`` of a run folder holds the outcomes of each history under each policy, and ``histories.nc``
what its parameters and latents are.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from calibration.histories import open_histories
from execution import netcdf
from execution.labels import provenance, provenance_in, verdict_of
from execution.run import checked, read_manifest, revised
from execution.tasks import unheard
from model.arrays import Floats
from model.calls import public
from model.config import load_priors
from model.errors import InputError
from model.faults import nearest
from studies.files.labels import sidecar_of
from studies.files.tables import write_table
from studies.policy.chosen import STATUS_QUO
from studies.policy.compare import POLICIES as COMPARED
from studies.policy.learn import Joined, compared_cases, found_again
from studies.policy.learning import distinct
from studies.policy.outcomes import RANKED_BY
from studies.policy.quantities import DERIVED, LATENT, Quantity, quantities
from studies.sensitivities.design import BY_PARAMETER, GIVEN_DATA, check_factors, mechanism_of
from studies.sensitivities.given import ALONE, SHARES, alone, shares
from studies.sensitivities.indices import GROWTH
from studies.sensitivities.laboratory import CHANGES, in_wage_bills, log_growth
from studies.sensitivities.shares import STILL, Shared, Studied, assembled, share_table
from studies.sensitivities.study import NETCDF, POLICIES, TABLE

FILES: Final = (NETCDF, TABLE, sidecar_of(Path(TABLE)).name)
# All latents of a cluster as one factor.
LATENTS: Final = "latents"
TRANSITION: Final = ("transition", "1", "whether improved firms have employed the majority by the horizon, without a policy")
EMPLOYMENT: Final = ("employment", "log workers", "log of workers at the horizon and one, without a policy")


@public
def given_data(
    folder: str | Path,
    cases: Sequence[int | str | Path] | None = None,
    *,
    policies: Sequence[str] | None = None,
    by: str | None = None,
    say: Callable[[str], object] = unheard,
) -> xr.Dataset:
    """Study which unknowns decide outcomes on the posterior, among the histories on which policies were compared.

    Parameters
    ----------
    folder : run folder in which policies were compared; ``sensitivity.nc`` and ``sensitivity.csv`` are written there
    cases : numbers or names of clusters; all that were compared if not given
    policies : those whose effects are studied; the paper's sequence and training if not given
    by : the factors, ``parameter`` (if not given) or ``mechanism``; the cluster's latents stand beside them
    say : told of each cluster before its turn

    Returns
    -------
    xarray.Dataset
        Shares of the variance of each outcome of each cluster, by factor, with units and meanings in attributes.

    Raises
    ------
    InputError
        As ``studies.learn``, or if a word is unknown.
    DamagedRun
        If a finished file of the folder was changed or cannot be read.
    """
    home, factors = Path(folder), check_factors(by) or BY_PARAMETER
    compared, origin = netcdf.read(checked(home, COMPARED)), read_manifest(home)
    names = _policies(compared, policies)
    clusters = _joined(home, compared, cases, say)
    studied = [_findings(_studied(one, names, factors), int(origin["seed"])) for one in clusters]
    attributes = {"method": GIVEN_DATA, "by": factors, "seed": origin["seed"], "horizon": compared.attrs["horizon"]}
    data = assembled(studied, _described(names), attributes)
    depends = {"comparison": provenance_in(compared.attrs).get("fingerprint", ""), **attributes, "policies": names}
    label = provenance(origin["label"], verdict_of(origin["converged"]), origin["seed"], depends)
    return _written(home, data.assign_attrs(label))


def _joined(
    home: Path, compared: xr.Dataset, cases: Sequence[int | str | Path] | None, say: Callable[[str], object]
) -> Iterator[Joined]:
    """Yield the clusters asked for with the histories on which policies were compared."""
    stored = open_histories(home)
    for case in compared_cases(compared, cases, home):
        say(case.title)
        yield found_again(stored, compared, case, home)


def _written(home: Path, data: xr.Dataset) -> xr.Dataset:
    """Write a study among the finished files of its run folder, and return it."""
    table, label = share_table(data), provenance_in(data.attrs)
    with revised(home, FILES):
        write_table(home / TABLE, table, attributes=label, required=("value",), excused=table["note"] == STILL)
        netcdf.write(home / NETCDF, data)
    return data


def _policies(compared: xr.Dataset, wanted: Sequence[str] | None) -> list[str]:
    """Return the policies whose effects are studied.

    Raises
    ------
    InputError
        If a policy was not compared, or is the one with which the others are compared.
    """
    held = [name for name in map(str, compared["policy"].values) if name != STATUS_QUO]
    if wanted is None:
        return [name for name in POLICIES if name in held] or held
    for name in wanted:
        if name not in held:
            raise InputError(f"--policy: {name}: was not compared; {nearest(name, held)}")
    return list(dict.fromkeys(wanted))


def _studied(joined: Joined, names: Sequence[str], by: str) -> Studied:
    """Return what is studied of one cluster: each draw once, as the mean over its futures."""
    draws, first = distinct(_outcomes(joined, names), joined.weights, joined.histories.draw)
    members: dict[str, list[Floats]] = {}
    for one in quantities(joined.histories, load_priors()).values():
        if one.kind != DERIVED and np.ptp(one.values[first]) > 0:
            members.setdefault(_factor(one, by), []).append(one.values[first])
    factors = {name: np.stack(columns, axis=1) for name, columns in members.items()}
    return Studied(joined.histories.case, draws.weights, factors, draws.worth.T)


def _factor(one: Quantity, by: str) -> str:
    if by == BY_PARAMETER:
        return one.name
    return LATENTS if one.kind == LATENT else mechanism_of(one.name)


def _outcomes(joined: Joined, names: Sequence[str]) -> Floats:
    """Return the outcomes of each history, float64, shape (k, n), in the order of ``_described``."""
    workers, wages, worth = (joined.levels(name) for name in ("employment", "value_wages", RANKED_BY))
    row_of = {str(name): row for row, name in enumerate(joined.compared["policy"].values)}
    base, under = row_of[STATUS_QUO], [row_of[name] for name in names]
    return np.array(
        [
            joined.levels(TRANSITION[0])[base],
            np.log(workers[base] + 1.0),
            *(log_growth(workers[base], workers[row]) for row in under),
            *(in_wage_bills(worth[row] - worth[base], wages[base], wages[row]) for row in under),
        ]
    )


def _described(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the name, the unit and the meaning of each outcome."""
    changed = [(f"{change.name}:{name}", change.unit, change.meaning) for change in CHANGES for name in names]
    return [TRANSITION, EMPLOYMENT, *changed]


def _findings(studied: Studied, seed: int) -> Shared:
    columns, count = list(studied.factors.values()), len(studied.weights)
    whole = shares(columns, studied.outcomes, studied.weights, seed)
    order = np.random.default_rng([seed, 1]).permutation(count)
    parts = [order[: round(part * count)] for part in GROWTH[:-1]]
    some = [alone([column[part] for column in columns], studied.outcomes[part], studied.weights[part], seed) for part in parts]
    return Shared(studied, *whole, np.stack([*some, whole.value[SHARES.index(ALONE)]]))
