"""Does the model draw the paper's Figure 1? Its targets, measured over histories of all clusters.

``python -m benchmarks.shape [--quick] [--histories N] [--seed S] [--set NAME=VALUE ...] [--structure NAME=OPTION ...]``

``paths`` defines what a panel shows, ``firms`` what firms show, ``experiments`` what money and training do, ``levels`` what the
tables' figures say, ``rows`` the table with its targets, and ``estimates`` the Monte Carlo errors. t* is the transition, in
which improved firms come to employ half of the workers.

A row that asks for years after t* counts histories in which those years lie within the eighty simulated. *Little access* are
African clusters and Asian ones whose latent of access lies below -.5. "Met" means that the value lies within its target, "near"
that it misses by less than two Monte Carlo errors; a row with the target "-" is reported and not judged. A rank is the share of
simulated clusters below a figure of Table 2. A row that needs a column which the panel does not have says so.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from benchmarks.shape.draws import Plan, moved, observed, unhelped
from benchmarks.shape.experiments import money, training
from benchmarks.shape.firms import FEWEST_FIRMS, portraits
from benchmarks.shape.levels import clusters
from benchmarks.shape.paths import Features, MissingError
from benchmarks.shape.rows import measures, still
from benchmarks.shape.targets import Row, Seen, table
from model.config import all_cases, load_priors
from model.priors import Priors

HISTORIES, QUICK = 120, 10
EXPERIMENTS, QUICK_EXPERIMENTS = 120, 24


class Shape(NamedTuple):
    """The table's rows, and a line for each case under the prior and at default parameters."""

    rows: list[Row]
    prior_clusters: list[dict[str, float | str]]
    default_clusters: list[dict[str, float | str]]


def measure(
    histories: int = HISTORIES,
    seed: int = 1,
    changes: Mapping[str, float] | None = None,
    structures: Mapping[str, str] | None = None,
    priors: Priors | None = None,
    cases: tuple[int, ...] = (),
    experiments: int = EXPERIMENTS,
) -> Shape:
    """Measure the table.

    Parameters
    ----------
    histories : of each case, in each column and each set of histories
    seed : key of all draws
    changes : values at which parameters are set in the column of default parameters, and to which their priors are moved
    structures : structural choices that differ from the first option
    priors : the shipped ones if not given
    cases : numbers of cases, all if none is given
    experiments : the most histories whose firms are read one by one, and the most with grants and loans

    Raises
    ------
    InputError
        If a name is unknown, or a value is out of range.
    """
    given, chosen = dict(changes or {}), tuple(case for case in all_cases() if not cases or case.number in cases)
    plan = Plan(chosen, moved(priors or load_priors(), given), histories, seed, given, dict(structures or {}), experiments)
    prior, default = see(plan, False), see(plan, True)
    return Shape(table(measures(prior.observed), prior, default), clusters(prior.observed), clusters(default.observed))


def see(plan: Plan, default: bool) -> Seen:
    """Simulate what one column of the table is measured from."""
    paths = unhelped(plan, default)
    f, asked, most = paths.features, paths.asked, plan.experiments
    as_it_was = observed(plan, default)
    asian = Plan(**{**vars(plan), "cases": tuple(case for case in plan.cases if case.covariates.region == "asia")})
    label_off = {told.case.number: told for told in observed(asian, default, region_access="off")}
    enough = (f["firms_mature"] >= FEWEST_FIRMS) & (f["transition"] + 21.0 <= f["last_year"])
    unimproved = (f["unimproved_30"] == 1.0) & (f["firms_30"] >= FEWEST_FIRMS)
    thirty, forty = np.full(len(enough), 30.0), np.full(len(enough), 40.0)
    trapped = still(f, "survival") == 1.0
    return Seen(
        paths,
        as_it_was,
        tuple(label_off.get(told.case.number, told) for told in as_it_was),
        portraits(asked, f, enough, f["transition"] + 20.0, most),
        portraits(asked, f, trapped, forty, most),
        portraits(asked, f, unimproved, thirty, most),
        money(paths, most),
        _training(plan, default),
    )


def _training(plan: Plan, default: bool) -> Features:
    try:
        return training(plan, default)
    except MissingError as lack:
        return Features({}, reason=str(lack))


__all__ = ["EXPERIMENTS", "HISTORIES", "QUICK", "QUICK_EXPERIMENTS", "Row", "Shape", "measure"]
