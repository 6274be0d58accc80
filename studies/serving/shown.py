"""What does a page show of a comparison? A table of policies and fans of a cluster, drawn anew from the stored histories."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from model.arrays import Floats
from model.config import load_case
from model.errors import InputError
from studies.numbers import share
from studies.page.figures import Row, fan, forest
from studies.page.pictures import observed_of
from studies.page.svg import Canvas
from studies.policy.arrays import WORTH, described, titles
from studies.policy.compare import path_fans, policy_fan
from studies.policy.outcomes import BY_NAME, COST, RANKED_BY, net_value_by
from studies.policy.standings import Standing, standings
from studies.serving.choices import Choices, longest_horizon
from studies.taught.coverage import title

# Quantities whose fans are shown, each with its unit and whether its axis is logarithmic.
FANS: Final = (
    ("firms", "firms (log scale)", True),
    ("workers", "workers (log scale)", True),
    ("profitability", "profit / fixed cost", False),
)
FOREST_WIDTH: Final = 480.0


@dataclass(frozen=True)
class Answer:
    """What is shown of one cluster: its title, the table with the best policy first, and the drawings.

    ``costs`` are mean discounted costs to the treasury by policy (wage-years), over the comparison's own horizon.
    """

    title: str
    unit: str
    horizon: int
    meaning: str
    table: list[Standing]
    costs: dict[str, float]
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
    rows = [Row(named[line.policy], line.mean, line.low, line.high, line.mc_se, share(line.p_best)) for line in lines]
    drawing = forest(f"{chosen.outcome.replace('_', ' ')} against the status quo", rows, unit, FOREST_WIDTH)
    return Answer(
        title(load_case(chosen.case)),
        unit,
        horizon,
        str(described(data, "outcome", "meanings")[chosen.outcome]),
        lines,
        costs(data, chosen),
        drawing,
        tuple((named[policy], fans(data, chosen, policy)) for policy in chosen.policies),
    )


def table(data: xr.Dataset, chosen: Choices) -> list[Standing]:
    """Return the policies chosen, the best first, judged among one another.

    Raises
    ------
    InputError
        If no history of the cluster could be kept.
    """
    one, direction = _one(data, chosen), BY_NAME[chosen.outcome].direction
    told = standings(one, _levels(one, chosen), direction)
    if not told:
        raise InputError(f"case: {chosen.case}: every history outgrew the simulator under some policy; choose another cluster")
    return sorted(told, key=lambda row: (-direction * row.mean, row.policy))


def costs(data: xr.Dataset, chosen: Choices) -> dict[str, float]:
    """Return what each policy costs the treasury beyond the status quo, on average (wage-years)."""
    one = _one(data, chosen).sel(outcome=COST)
    paid = one["level"].weighted(one["weight"]).mean("history")
    return {str(name): float(paid[0] - paid.sel(policy=name)) for name in paid["policy"].values}


def _one(data: xr.Dataset, chosen: Choices) -> xr.Dataset:
    return data.sel(case=chosen.case, structure=chosen.structure, policy=list(chosen.policies))


def _levels(one: xr.Dataset, chosen: Choices) -> Floats:
    """Return the chosen outcome (policies, n) of one cluster under one structure."""
    if chosen.outcome == RANKED_BY and WORTH in one:
        return net_value_by(one[WORTH].transpose("policy", "history", "years_after").values, chosen.horizon)
    return np.asarray(one["level"].sel(outcome=chosen.outcome).transpose("policy", "history").values, np.float64)


def fans(data: xr.Dataset, chosen: Choices, policy: str) -> tuple[Canvas, ...]:
    """Return the drawings of one policy: the past, then what it made of it up to the horizon; all policies share each axis."""
    case = load_case(chosen.case)
    drawings = []
    for quantity, unit, log in FANS:
        curves = {name: joined(data, chosen, name, quantity) for name in chosen.policies}
        years, own = curves[policy]
        every = np.concatenate([curve for _, curve in curves.values()], axis=1)
        observed = observed_of(case, quantity)
        words = f"{titles(data)[policy]}: {quantity}"
        drawings.append(fan(words, years, own, unit, observed, case.observations[-1].time, log, beside=every))
    return tuple(drawings)


def joined(data: xr.Dataset, chosen: Choices, policy: str, quantity: str) -> tuple[Floats, Floats]:
    """Return years (t,) and fans (5, t) of a quantity: calibrated up to the decision, and under a policy up to the horizon."""
    years, past = path_fans(data, chosen.case, quantity)
    later = policy_fan(data, chosen.case, policy, quantity, chosen.structure)[:, : chosen.horizon + 1]
    begin = len(years) - longest_horizon(data) - 1
    begun = np.flatnonzero(np.isfinite(past[:, :begin]).any(axis=0))
    first = int(begun[0]) if len(begun) else begin
    return years[first : begin + chosen.horizon + 1], np.concatenate([past[:, first:begin], later], axis=1)
