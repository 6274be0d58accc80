"""What of the paper holds in the posterior's own histories? Its 36 propositions: imposed, fitted, read off, or left open.

A proposition is read off every history of a cluster as *holds*, *fails*, or *does not apply* there; its posterior probability is
the weight of those that hold over that of those to which it applies. A proposition that an equation or a prior contains is
imposed: it cannot count as a finding. Claims and standings are those of ``configs/propositions.yaml`` (WP 5703).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.weights import normalised
from model.arrays import Floats, Ints
from model.config import CONFIGS, Case
from model.observe import IMPROVEMENT, IMPROVING_SHARE, SURVIVAL, TRANSITION_SHARE
from model.reading import read_mapping
from studies.policy.chosen import BIG_BANG, PILOT, REVERSE, SEQUENCE, STATUS_QUO, TECHNOLOGY
from studies.policy.decision import paired_effect
from studies.policy.outcomes import improved_share

# How a proposition stands to the model, by the words of ``configs/propositions.yaml``.
TESTED: Final = "tested"
FITTED: Final = "fitted"
OPEN: Final = "not tested"
# Columns of the panel that readings need.
READ: Final = (
    "firms", "workers", "output", "price", "margin", "profitability", "entrants", "spin_offs", "improved_firms",
    "improved_workers", "exported", "phase", "transitioned",
)  # fmt: skip
# Years of the beginning over which a pioneer's profit is read, and profit over sales that counts as sizeable.
BEGINNING: Final = 5
SIZEABLE: Final = 0.1
# Share of founders that counts as many.
MANY: Final = 0.25
# The fewest years of an expansion, or after a transition, that can be read.
FEWEST_YEARS: Final = 5
# Years just before improvement spreads, and after the transition, over which profit is averaged.
JUST_BEFORE: Final = 3
RECOVERY: Final = 10
# Share of output by which exports must rise to count.
EXPORTING: Final = 0.05
# Growth that counts as an expansion, and change of output a worker that counts as hardly any.
DOUBLED: Final = 2.0
HARDLY: Final = 0.25
# Firms after their peak, and firms left behind, that count as having become fewer.
FEWER: Final = 0.9
IMITATED: Final = 5.0


Marks = NDArray[np.bool_]


class Told(NamedTuple):
    """The histories of one cluster, year by year under the status quo, and what policies made of them.

    Attributes
    ----------
    paths : mapping
        Columns ``READ`` of the panel, float64, shape (n, k), NaN before a history's start.
    now : int
        The column of the decision.
    worth, transitioned : mapping
        Net value and transition at the horizon by policy, float64, shape (n,).
    succeeded : bool or None
        Whether the paper lists the cluster among those that succeeded in IPM; None if it does not say.
    """

    paths: Mapping[str, Floats]
    now: int
    worth: Mapping[str, Floats]
    transitioned: Mapping[str, Floats]
    succeeded: bool | None


class Reader(NamedTuple):
    """How a proposition is read off histories, and the policies that must have been compared for it."""

    read: Callable[[Told], Floats]
    policies: tuple[str, ...] = ()


class Proposition(NamedTuple):
    """One entry of ``configs/propositions.yaml``; ``read`` names its reader in ``READERS``, or nothing."""

    number: int
    standing: str
    claim: str
    how: str
    read: str = ""


@dataclass(frozen=True)
class Held:
    """One line of ``propositions.csv``: a proposition in a cluster, or once for all where it is not read off.

    Attributes
    ----------
    probability, mc_se : float
        Posterior probability that it holds where it applies, and its Monte Carlo standard error.
    applies : float
        Weight of the histories to which it applies.
    """

    proposition: int
    case: str
    standing: str
    claim: str
    how: str
    probability: float = float("nan")
    mc_se: float = float("nan")
    applies: float = float("nan")


def _where(applies: Marks, holds: Marks) -> Floats:
    """Return 1 where it holds, 0 where it fails, NaN where it does not apply."""
    return np.asarray(np.where(applies, np.where(holds, 1.0, 0.0), np.nan), np.float64)


def _first(marks: Marks) -> Ints:
    """Return the column of the first mark in each row of (n, k), and k where there is none."""
    return np.asarray(np.where(marks.any(axis=1), marks.argmax(axis=1), marks.shape[1]), np.int64)


def _at(values: Floats, columns: Ints) -> Floats:
    """Return one column of each row of (n, k); those beyond the end are read at the end."""
    rows, last = np.arange(len(values)), values.shape[1] - 1
    return np.asarray(values[rows, np.clip(columns, 0, last)], np.float64)


def _begun(told: Told) -> Ints:
    """Return the column of the first full year of each history."""
    return _first(np.isfinite(told.paths["firms"])) + 1


def _expansion(told: Told) -> tuple[Ints, Ints, Marks]:
    """Return where an expansion begins and ends, before any improvement and up to the decision, and whether it can be read."""
    begins = _begun(told)
    improves = _first(told.paths["phase"] == IMPROVEMENT)
    ends = np.minimum(improves - 1, told.now)
    return begins, ends, ends - begins >= FEWEST_YEARS


def _turn(told: Told) -> tuple[Ints, Ints, Marks]:
    """Return the last column before improvement spreads, that of the transition, and whether both are there, with years after."""
    share = _share(told)
    when, columns = _first(share >= TRANSITION_SHARE), np.arange(share.shape[1])
    before = (share < IMPROVING_SHARE) & (columns < when[:, None])
    onset = share.shape[1] - 1 - _first(before[:, ::-1])
    return onset, when, before.any(axis=1) & (when <= share.shape[1] - 1 - FEWEST_YEARS)


def _mean(values: Floats, after: Ints, until: Ints) -> Floats:
    """Return the mean of each row of (n, k) over the columns after one and until another."""
    columns = np.arange(values.shape[1])
    inside = (columns > after[:, None]) & (columns <= until[:, None]) & np.isfinite(values)
    return np.asarray(np.where(inside, values, 0.0).sum(axis=1) / np.maximum(inside.sum(axis=1), 1), np.float64)


def _share(told: Told) -> Floats:
    """Return the share of workers in improved firms, (n, k); NaN before a history's start."""
    return improved_share(told.paths)


def _grown(told: Told, name: str, begins: Ints, ends: Ints) -> Floats:
    return _at(told.paths[name], ends) / np.maximum(_at(told.paths[name], begins), 1e-12)


def pioneers_profit(told: Told) -> Floats:
    """Profits are a sizeable share of sales over the first years."""
    begun = _begun(told)
    years = np.stack([_at(told.paths["margin"], begun + year) for year in range(BEGINNING)])
    return _where(begun + BEGINNING <= told.now, np.nan_to_num(years).mean(axis=0) >= SIZEABLE)


def spin_offs(told: Told) -> Floats:
    """Many founders up to the decision had worked for a firm of the cluster."""
    own, others = (np.nansum(told.paths[name][:, : told.now + 1], axis=1) for name in ("spin_offs", "entrants"))
    return _where(own + others > 0, own >= MANY * (own + others))


def quantity_expansion(told: Told) -> Floats:
    """Firms and output at least double before any improvement, and output a worker hardly changes."""
    begins, ends, read = _expansion(told)
    firms, output, workers = (_grown(told, name, begins, ends) for name in ("firms", "output", "workers"))
    change = np.abs(np.log(np.maximum(output, 1e-12) / np.maximum(workers, 1e-12)))
    return _where(read, (firms >= DOUBLED) & (output >= DOUBLED) & (change <= np.log(1 + HARDLY)))


def prices_fall(told: Told) -> Floats:
    """Price and profitability are lower at the expansion's end than at its beginning."""
    begins, ends, read = _expansion(told)
    price, profit = (_at(told.paths[name], ends) - _at(told.paths[name], begins) for name in ("price", "profitability"))
    return _where(read, (price < 0) & (profit < 0))


def survival_lasts(told: Told) -> Floats:
    """A cluster that survives on little profit at the decision has made no transition at the horizon."""
    return _where(told.paths["phase"][:, told.now] == SURVIVAL, told.transitioned[STATUS_QUO] == 0)


def firms_fall(told: Told) -> Floats:
    """At the horizon firms are fewer than at their peak, while more work and more is made than before improvement spread."""
    onset, _, read = _turn(told)
    firms, workers, output = (told.paths[name] for name in ("firms", "workers", "output"))
    shaken = firms[:, -1] < FEWER * np.nanmax(firms, axis=1)
    return _where(read, shaken & (workers[:, -1] > _at(workers, onset)) & (output[:, -1] > _at(output, onset)))


def profit_recovers(told: Told) -> Floats:
    """Profits are a larger share of sales in the years after the transition than just before improvement spread."""
    onset, when, read = _turn(told)
    margin = told.paths["margin"]
    before, after = _mean(margin, onset - JUST_BEFORE, onset), _mean(margin, when, when + RECOVERY)
    return _where(read & (onset >= _begun(told) + BEGINNING + JUST_BEFORE), after > before)


def improvement_imitated(told: Told) -> Floats:
    """Several firms come to have improved, and those that have not are fewer than before improvement spread."""
    onset, _, read = _turn(told)
    improved, firms = told.paths["improved_firms"], told.paths["firms"]
    behind = firms - improved
    several = np.nanmax(improved, axis=1) >= IMITATED
    return _where(read, several & (behind[:, -1] < FEWER * _at(behind, onset)))


def markets_widen(told: Told) -> Floats:
    """A larger share of output is sold abroad at the horizon than before improvement spread."""
    onset, _, read = _turn(told)
    share = told.paths["exported"] / np.maximum(told.paths["output"], 1e-12)
    return _where(read, share[:, -1] - _at(share, onset) >= EXPORTING)


def classified(told: Told) -> Floats:
    """A cluster that the paper lists as successful has made the transition at the decision; one that it does not list has not."""
    if told.succeeded is None:
        return np.full(len(told.paths["firms"]), np.nan)
    made: Marks = np.any(_share(told)[:, : told.now + 1] >= TRANSITION_SHARE, axis=1)
    return _where(np.ones(len(made), bool), made == told.succeeded)


def _waiting(told: Told) -> Marks:
    """Return whether a history has hardly begun to improve at the decision."""
    return np.asarray(_share(told)[:, told.now] < IMPROVING_SHARE)


def pilot_is_small(told: Told) -> Floats:
    """A short training brings about no transition that would not have come."""
    return _where(_waiting(told), told.transitioned[PILOT] <= told.transitioned[STATUS_QUO])


def order_matters(told: Told) -> Floats:
    """Before any improvement, credit and zones that follow training are worth more than credit and zones that precede it."""
    return _where(_waiting(told), told.worth[SEQUENCE] > told.worth[REVERSE])


def big_bang_misfires(told: Told) -> Floats:
    """With the same budget, the sequence is worth more than everything at once."""
    return _where(np.ones(len(told.worth[BIG_BANG]), bool), told.worth[SEQUENCE] > told.worth[BIG_BANG])


def training_abroad_activates(told: Told) -> Floats:
    """A cluster in survival that would stay there makes the transition after training that carries technology."""
    stays = (told.paths["phase"][:, told.now] == SURVIVAL) & (told.transitioned[STATUS_QUO] == 0)
    return _where(stays, told.transitioned[TECHNOLOGY] == 1)


READERS: Final = {
    "pioneers_profit": Reader(pioneers_profit),
    "spin_offs": Reader(spin_offs),
    "quantity_expansion": Reader(quantity_expansion),
    "prices_fall": Reader(prices_fall),
    "survival_lasts": Reader(survival_lasts),
    "firms_fall": Reader(firms_fall),
    "profit_recovers": Reader(profit_recovers),
    "improvement_imitated": Reader(improvement_imitated),
    "markets_widen": Reader(markets_widen),
    "classified": Reader(classified),
    "pilot_is_small": Reader(pilot_is_small, (PILOT,)),
    "order_matters": Reader(order_matters, (SEQUENCE, REVERSE)),
    "big_bang_misfires": Reader(big_bang_misfires, (SEQUENCE, BIG_BANG)),
    "training_abroad_activates": Reader(training_abroad_activates, (TECHNOLOGY,)),
}


@cache
def propositions() -> tuple[Proposition, ...]:
    """Return all propositions, in the order of their numbers."""
    return tuple(Proposition(**entry) for entry in read_mapping(CONFIGS / "propositions.yaml")["propositions"])


def succeeded(case: Case) -> bool | None:
    """Return whether the paper lists a cluster among those that succeeded in IPM; None if it is in transition, or unknown."""
    said = case.observations[-1].improvement if case.observations else None
    return {"success": True, "not_listed": False}.get(said or "")


def readings(told: Told) -> dict[int, Floats]:
    """Return each reading of a cluster's histories by the proposition's number, (n,) each; NaN where it does not apply.

    What needs a policy that was not compared is left out.
    """
    readable = [(one.number, READERS[one.read]) for one in propositions() if one.read]
    return {number: reader.read(told) for number, reader in readable if set(reader.policies) <= set(told.worth)}


def held(case: str, read: Mapping[int, Floats], weights: Floats, draw: Ints) -> list[Held]:
    """Return the lines of one cluster, none where no history could be kept.

    Parameters
    ----------
    weights : float64, shape (n,)
        Zero where a history was left out.
    draw : int64, shape (n,)
        The parameter vector that a history belongs to.
    """
    if not np.any(weights > 0):
        return []
    known = [one for one in propositions() if one.number in read]
    return [Held(one.number, case, one.standing, one.claim, one.how, *chance(read[one.number], weights, draw)) for one in known]


def not_read(lines: Sequence[Held]) -> list[Held]:
    """Return a line for each proposition that none of the lines reads off; what was to be read then lacked its policies."""
    there = {line.proposition for line in lines}
    return [_unread(one) for one in propositions() if one.number not in there]


def _unread(one: Proposition) -> Held:
    if one.read:
        wanted = ", ".join(READERS[one.read].policies)
        return Held(one.number, "", OPEN, one.claim, f"not all policies that it needs were compared ({wanted})")
    return Held(one.number, "", one.standing, one.claim, one.how)


def chance(holds: Floats, weights: Floats, draw: Ints) -> tuple[float, float, float]:
    """Return the probability that a reading (n,) holds where it applies, its Monte Carlo error, and the weight where it does."""
    scaled, applies = normalised(weights), np.isfinite(holds)
    whole = float(scaled[applies].sum())
    if whole <= 0:
        return float("nan"), float("nan"), 0.0
    effect = paired_effect(holds[applies], scaled[applies], draw[applies])
    return effect.mean, effect.mc_se, whole
