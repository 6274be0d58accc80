"""By what is a policy judged? Outcomes read off panel rows at the horizon, with units and the direction that is better.

Net value is the sum of the ledger's columns. Beyond the horizon each column goes on as its flow of the last years, which fades: a
stated choice, beside which stand the values within the horizon, and after 5 and 10 years.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats
from model.latents import DISCOUNT
from model.mechanisms.valuation import discount_factor

Columns = Mapping[str, Floats]

# Who gains and who pays (``model.mechanisms.valuation``); public money is counted at what raising it costs.
LEDGER: Final = ("owners_old", "owners_new", "buyers", "workers_gain", "treasury", "captured")
# The last years of a history whose mean flow goes on beyond the horizon, and how fast it fades (1/year; judgement).
LAST_YEARS: Final = 3
FADING: Final = 0.1
# Years after the decision at which net value is shown beside that of the horizon.
EARLY: Final = (5, 10)


class Outcome(NamedTuple):
    """One outcome: its name, unit, meaning, whether more is better (1) or less (-1), and how it is read off panel columns."""

    name: str
    unit: str
    meaning: str
    direction: int
    value: Callable[[Columns], Floats]


def _column(name: str) -> Callable[[Columns], Floats]:
    return lambda columns: columns[name]


def improved_share(columns: Columns) -> Floats:
    """Return the share of workers in improved firms: zero without workers, NaN where the workers are."""
    workers = columns["workers"]
    return np.where(
        workers > 0, columns["improved_workers"] / np.maximum(workers, 1e-300), np.where(np.isnan(workers), np.nan, 0.0)
    )


def net_value(columns: Columns) -> Floats:
    """Return the sum of the ledger's columns (wage-years); transfers between them cancel."""
    return np.asarray(sum(columns[name] for name in LEDGER))


def returned(columns: Columns) -> Floats:
    """Return what of the budgets granted is not gone: never spent, or repaid (wage-years)."""
    return columns["granted"] - columns["spent"]


def continuation(mean_flow: Floats) -> Floats:
    """Return the discounted value, beyond the horizon, of a flow that fades from its mean of the last years.

    Parameters
    ----------
    mean_flow : float64, shape (n,)
        Discounted wage-years a year.

    Formula: x e^(-delta h/2) / (delta + d), h the last years
    """
    return mean_flow * discount_factor(DISCOUNT, 0.5 * LAST_YEARS) / (DISCOUNT + FADING)


def net_value_by(worth: Floats, horizon: int) -> Floats:
    """Return net value with what goes on beyond a horizon, from net values within 0, 1, ... years (..., years).

    The ledger's columns go on as their sum does, so that at the horizon of a comparison this is its ``net_value``.
    """
    since = min(LAST_YEARS, horizon)
    return np.asarray(worth[..., horizon] + continuation((worth[..., horizon] - worth[..., horizon - since]) / since))


def with_worth(at: Callable[[int], Columns], horizon: int) -> dict[str, Floats]:
    """Return the columns at the horizon, with what goes on beyond it, and net values within it and at earlier dates.

    Parameters
    ----------
    at : takes whole years after the decision and returns the panel's columns there
    horizon : years after the decision
    """
    end, since = dict(at(horizon)), min(LAST_YEARS, horizon)
    before = at(horizon - since)
    within = net_value(end)
    beyond = {name: continuation((end[name] - before[name]) / since) for name in LEDGER}
    early = {f"net_value_{years}": net_value(at(min(years, horizon))) for years in EARLY}
    return {**end, **{name: end[name] + beyond[name] for name in LEDGER}, "net_value_within": within, **early}


def _money(name: str, meaning: str, direction: int = 1) -> Outcome:
    return Outcome(name, "wage-years", meaning, direction, _column(name))


OUTCOMES: Final = (
    Outcome("net_value", "wage-years", "what all gain less what all pay, discounted, with what goes on later", 1, net_value),
    _money("net_value_within", "net value within the horizon"),
    *(_money(f"net_value_{years}", f"net value in the first {years} years") for years in EARLY),
    Outcome("employment", "workers", "workers at the horizon", 1, _column("workers")),
    Outcome("output", "quality units/year", "quality-adjusted output at the horizon", 1, _column("output")),
    Outcome("firms", "firms", "firms at the horizon", 1, _column("firms")),
    Outcome("profits", "wage-years/year", "profits at the horizon", 1, _column("profits")),
    Outcome("exports", "quality units/year", "output sold abroad at the horizon", 1, _column("exported")),
    Outcome(
        "transition",
        "probability",
        "whether improved firms have employed the majority by the horizon",
        1,
        _column("transitioned"),
    ),
    Outcome("improved_share", "1", "share of workers in improved firms at the horizon", 1, improved_share),
    _money("owners_old", "owners of firms that stood at the decision: income less outlays"),
    _money("owners_new", "owners of firms founded later: income less outlays"),
    _money("buyers", "home buyers' surplus, less what buyers and co-financiers advance to firms"),
    _money("workers_gain", "workers: wages beyond the next best ones"),
    _money("treasury", "what the treasury receives less what it pays, at the cost of raising it"),
    _money("captured", "public money that goes astray, with those who have it"),
    _money("value_wages", "wages within the horizon, discounted; not in net value"),
    _money("granted", "budgets granted, not discounted", -1),
    _money("spent", "what of them is gone by the horizon, loans outstanding counted", -1),
    Outcome("returned", "wage-years", "what of them was never spent, or was repaid", 1, returned),
    Outcome("lost", "wage-years", "public money lost with loans by the horizon", -1, _column("loan_losses")),
    _money("overrun", "what public works cost beyond their price", -1),
)
NAMES: Final = tuple(outcome.name for outcome in OUTCOMES)
BY_NAME: Final = {outcome.name: outcome for outcome in OUTCOMES}
# The outcome by which policies are ranked; the others are shown beside it.
RANKED_BY: Final = "net_value"
TRANSITION: Final = "transition"
# What a policy costs the treasury is the other side of what it gains.
COST: Final = "treasury"
