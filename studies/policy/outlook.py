"""What does an advice say of one cluster? Its paths, its phase at the decision, its chance of a transition, its ranking.

Everything is read off a comparison. Where only the status quo was replayed there is no ranking, and all else stands.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from calibration.weights import FAN
from model.arrays import Floats
from model.config import load_priors
from model.observe import PHASES
from studies.policy import learning
from studies.policy.chosen import STATUS_QUO
from studies.policy.counterfactuals import SHOWN, STATES, TRANSITIONED, Comparison
from studies.policy.decision_table import Effects, decision_rows
from studies.policy.measurements import asked
from studies.policy.outcomes import NAMES, RANKED_BY, TRANSITION
from studies.policy.quantities import quantities

# Whose workers at the decision are the wage bill: one worker earns one wage-year a year.
WORKERS: Final = "workers"
# Paths that are shown.
PATHS: Final = ("firms", WORKERS)
MEDIAN: Final = FAN.index(0.5)
# A measurement is told of where its worth exceeds its price by this many standard errors.
CLEAR: Final = 2.0


class Ranked(NamedTuple):
    """A policy in the ranking: its row of the decision table, and its net value in years of the cluster's wage bill."""

    effects: Effects
    share: float
    share_se: float


class Measured(NamedTuple):
    """A measurement that would pay: what it is, how many units, its worth with its error, and its price (wage-years)."""

    title: str
    size: int
    unit: str
    worth: float
    se: float
    price: float


class Outlook(NamedTuple):
    """What an advice says.

    Attributes
    ----------
    years : float64, shape (t,); calendar years of the paths under the status quo
    decision : float; the year of the decision
    paths : quantiles (5, t) of firms and of workers, by name
    phases : share of the weight in each phase at the decision
    states : float64, shape (states, t); share of the weight in each of STATES
    leader : the policy of the highest mean net value; empty where there is no ranking
    transition : chance that improved firms have employed the majority by the horizon, under the status quo and the leader
    wage_bill : of the cluster at the decision (wage-years a year): workers of the median history
    ranking : policies, the best first; none where only the status quo was replayed
    """

    years: Floats
    decision: float
    paths: Mapping[str, Floats]
    phases: Mapping[str, float]
    states: Floats
    leader: str
    transition: Mapping[str, float]
    wage_bill: float
    ranking: tuple[Ranked, ...]


def outlook(comparison: Comparison) -> Outlook:
    """Return what a comparison of one cluster says."""
    horizon = comparison.after.shape[-1] - 1
    now = len(comparison.years) - 1 - horizon
    rows = decision_rows(comparison)
    bill = float(comparison.after[0, SHOWN.index(WORKERS), MEDIAN, 0])
    bill = bill if bill > 0 else float("nan")
    ordered = sorted((row for row in rows if row.outcome == RANKED_BY), key=lambda row: -row.mean)
    ranking = tuple(Ranked(row, row.mean / bill, row.mc_se / bill) for row in ordered) if len(comparison.policies) > 1 else ()
    leader = ranking[0].effects.policy if ranking else ""
    chances = {row.policy: row.status_quo + row.mean for row in rows if row.outcome == TRANSITION}
    return Outlook(
        comparison.years,
        float(comparison.years[now]),
        {name: comparison.past[SHOWN.index(name)] for name in PATHS},
        dict(zip(PHASES, map(float, comparison.shares[: len(PHASES), now]), strict=True)),
        comparison.shares,
        leader,
        {name: chance for name, chance in chances.items() if name in (STATUS_QUO, leader)},
        bill,
        ranking,
    )


def made(seen: Outlook) -> Floats:
    """Return the share of the weight that has made the transition, float64, shape (t,)."""
    return np.asarray(seen.states[STATES.index(TRANSITIONED)], np.float64)


def worth_measuring(comparison: Comparison, seed: int) -> list[Measured]:
    """Return the measurements whose worth stands clear of their price, the one that brings most first.

    Few histories stand behind an advice, so that only what matters much is seen.
    """
    worth = comparison.levels[:, :, NAMES.index(RANKED_BY)]
    draws, first = learning.distinct(worth, comparison.weights, comparison.histories.draw)
    if len(comparison.policies) < 2 or len(first) < learning.FEWEST:
        return []
    known = quantities(comparison.histories, load_priors())
    paying = []
    for _, one, size in asked():
        seen = tuple(quantity for quantity in one.sees if quantity in known)
        if not seen:
            continue
        columns = np.stack([known[quantity].values[first] for quantity in seen], axis=1)
        gain = learning.worth_of_measuring(draws, columns, one.errors(seen, size), seed)
        if gain.mean - CLEAR * gain.se > one.price(size):
            paying.append(Measured(one.title, size, one.unit, gain.mean, gain.se, one.price(size)))
    return sorted(paying, key=lambda one: one.price - one.worth)
