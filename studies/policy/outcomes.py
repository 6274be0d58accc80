"""By what is a policy judged? Outcomes read off panel rows at the horizon, with units and the direction that is better."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats

Columns = Mapping[str, Floats]


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
    """Return owners' profits plus home buyers' surplus minus public cost, each discounted since the decision (wage-years)."""
    return columns["value_profit"] + columns["value_surplus"] - columns["value_cost"]


OUTCOMES: Final = (
    Outcome("net_value", "wage-years", "profits plus home buyers' surplus minus public cost, discounted", 1, net_value),
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
    Outcome("value_profit", "wage-years", "owners: profits since the decision, discounted", 1, _column("value_profit")),
    Outcome("value_surplus", "wage-years", "home buyers: surplus since the decision, discounted", 1, _column("value_surplus")),
    Outcome(
        "value_wages", "wage-years", "workers: wages since the decision, discounted; not in net value", 1, _column("value_wages")
    ),
    Outcome(
        "value_cost",
        "wage-years",
        "government: cost since the decision, discounted; of credit, what was lost",
        -1,
        _column("value_cost"),
    ),
    Outcome(
        "public_cost", "wage-years", "government: all spending, loan funds in full, not discounted", -1, _column("public_cost")
    ),
    Outcome("loan_losses", "wage-years", "government: loans lost, not discounted", -1, _column("loan_losses")),
)
NAMES: Final = tuple(outcome.name for outcome in OUTCOMES)
# The outcome by which policies are ranked; the others are shown beside it.
RANKED_BY: Final = "net_value"
TRANSITION: Final = "transition"
