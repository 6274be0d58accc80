"""What does a page show of a comparison? A table of policies and fans of a cluster, drawn anew from the stored histories."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from calibration.weights import normalised
from model.arrays import Floats
from model.config import load_case
from model.errors import InputError
from studies.numbers import share
from studies.page.figures import Observed, Row, fan, forest
from studies.page.svg import Canvas
from studies.policy import decision
from studies.policy.arrays import WORTH, titles
from studies.policy.compare import path_fans
from studies.policy.decision_table import Draws, judged
from studies.policy.outcomes import COST, OUTCOMES, RANKED_BY, net_value_by
from studies.report.loading import observed_firms
from studies.serving.choices import Choices, described, longest_horizon
from studies.taught.coverage import title

# Quantities whose fans are shown, each with its unit and whether its axis is logarithmic.
FANS: Final = (
    ("firms", "firms (log scale)", True),
    ("workers", "workers (log scale)", True),
    ("profitability", "profit / fixed cost", False),
)
FOREST_WIDTH: Final = 480.0


@dataclass(frozen=True)
class Line:
    """One policy in the table: its effect against the status quo, and how it stands among the policies chosen.

    Attributes
    ----------
    mean, low, high, mc_se : effect, 90 % of the histories, and Monte Carlo standard error of the mean
    p_best, regret : chance of being best and expected regret, luck taken out
    cost : mean discounted cost to the treasury (wage-years) over the comparison's own horizon
    unbeaten : whether it belongs to the set that cannot be beaten
    """

    policy: str
    title: str
    mean: float
    low: float
    high: float
    mc_se: float
    p_best: float
    regret: float
    cost: float
    unbeaten: bool


@dataclass(frozen=True)
class Answer:
    """What is shown of one cluster: its title, the table with the best policy first, and the drawings."""

    title: str
    unit: str
    horizon: int
    meaning: str
    table: tuple[Line, ...]
    drawing: Canvas
    fans: tuple[tuple[str, tuple[Canvas, ...]], ...]


def answer(data: xr.Dataset, chosen: Choices) -> Answer:
    """Return what is shown of a cluster.

    Parameters
    ----------
    data : a comparison, as ``studies.compare`` returns it
    chosen : what to show of it

    Raises
    ------
    InputError
        If another horizon is chosen than that for which an outcome was kept, or no history of the cluster could be kept.
    """
    named, horizon = titles(data), longest_horizon(data)
    if chosen.outcome == RANKED_BY:
        horizon = chosen.horizon
    lines = table(data, chosen)
    unit = str(described(data, "outcome", "units")[chosen.outcome])
    rows = [Row(line.title, line.mean, line.low, line.high, line.mc_se, share(line.p_best)) for line in lines]
    drawing = forest(f"{chosen.outcome.replace('_', ' ')} against the status quo", rows, unit, FOREST_WIDTH)
    return Answer(
        title(load_case(chosen.case)),
        unit,
        horizon,
        str(described(data, "outcome", "meanings")[chosen.outcome]),
        tuple(lines),
        drawing,
        tuple((named[policy], fans(data, chosen, policy)) for policy in chosen.policies),
    )


def table(data: xr.Dataset, chosen: Choices) -> list[Line]:
    """Return the policies chosen, the best first, judged among one another.

    Raises
    ------
    InputError
        If no history of the cluster could be kept.
    """
    one = data.sel(case=chosen.case, structure=chosen.structure, policy=list(chosen.policies))
    weights = one["weight"].values
    known = weights > 0
    if not known.any():
        raise InputError(f"case: {chosen.case}: every history outgrew the simulator under some policy; choose another cluster")
    mass, draw = normalised(weights[known]), one["draw"].values[known].astype(np.int64)
    levels = _levels(one, chosen)[:, known]
    effects, direction = levels - levels[:1], next(item.direction for item in OUTCOMES if item.name == chosen.outcome)
    paid = -(one["level"].sel(outcome=COST).values[:, known] @ mass)
    return _lines(chosen, titles(data), effects, direction, mass, draw, paid - paid[0])


def _levels(one: xr.Dataset, chosen: Choices) -> Floats:
    """Return the chosen outcome (policies, n) of one cluster under one structure."""
    if chosen.outcome == RANKED_BY and WORTH in one:
        return net_value_by(one[WORTH].transpose("policy", "history", "years_after").values, chosen.horizon)
    return np.asarray(one["level"].sel(outcome=chosen.outcome).transpose("policy", "history").values, np.float64)


def _lines(
    chosen: Choices, named: dict[str, str], effects: Floats, direction: int, mass: Floats, draw: Draws, paid: Floats
) -> list[Line]:
    _, seen = judged(direction * effects, mass, draw)
    lines = [
        Line(
            name,
            named[name],
            *decision.paired_effect(effects[k], mass, draw),
            float(seen.p_best[k]),
            float(seen.expected_regret[k]),
            float(paid[k]),
            bool(seen.unbeaten[k]),
        )
        for k, name in enumerate(chosen.policies)
    ]
    return sorted(lines, key=lambda line: (-direction * line.mean, line.policy))


def fans(data: xr.Dataset, chosen: Choices, policy: str) -> tuple[Canvas, ...]:
    """Return the drawings of one policy: the past, then what it made of it up to the horizon; all policies share each axis."""
    case = load_case(chosen.case)
    drawings = []
    for quantity, unit, log in FANS:
        curves = {name: joined(data, chosen, name, quantity) for name in chosen.policies}
        years, own = curves[policy]
        every = np.concatenate([curve for _, curve in curves.values()], axis=1)
        observed: tuple[Observed, ...] = observed_firms(case) if quantity == "firms" else ()
        words = f"{titles(data)[policy]}: {quantity}"
        drawings.append(fan(words, years, own, unit, observed, case.observations[-1].time, log, beside=every))
    return tuple(drawings)


def joined(data: xr.Dataset, chosen: Choices, policy: str, quantity: str) -> tuple[Floats, Floats]:
    """Return years (t,) and fans (5, t) of a quantity: calibrated up to the decision, and under a policy up to the horizon."""
    years, past = path_fans(data, chosen.case, quantity)
    after = data["after"].sel(case=chosen.case, structure=chosen.structure, policy=policy, quantity=quantity)
    later = after.transpose("probability", "years_after").values[:, : chosen.horizon + 1]
    begin = len(years) - longest_horizon(data) - 1
    begun = np.flatnonzero(np.isfinite(past[:, :begin]).any(axis=0))
    first = int(begun[0]) if len(begun) else begin
    return years[first : begin + chosen.horizon + 1], np.concatenate([past[:, first:begin], later], axis=1)
