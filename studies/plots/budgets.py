"""What does money buy? The frontier of gains by cost, and the chance that each policy is the best at each budget."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.calls import public
from model.schema import Case
from studies.numbers import amount, share, signed
from studies.page.palette import COLOURS, MARKS, series
from studies.plots.given import case_name, case_title, dataset, known_case, several
from studies.plots.style import MIDDLE, POINTS, axes_for, dot, dress, finished, rule
from studies.plots.telling import Told, key, listed, source_of
from studies.policy.arrays import titles

if TYPE_CHECKING:
    import xarray as xr

MADE_BY: Final = "studies.budgets"
FILE: Final = "budgets.nc"
HELD: Final = ("net_value", "low", "high", "mc_se", "cost", "gain", "acceptability", "frontier")
SIZE: Final = (7.0, 4.6)
UNIT: Final = "wage-years"
BUDGET: Final = "budget (share of a year's wage bill)"


@public
def plot_frontier(
    budgets: "xr.Dataset | str | Path",
    case: int | str | Case | None = None,
    *,
    policies: Sequence[str] | str | None = None,
    ax: Any = None,
) -> Any:
    """Draw what policies gain by what they cost, as budgets grow, and the frontier on which no other gives more for less.

    Parameters
    ----------
    budgets : what ``studies.budgets`` returns, or its file or folder
    case : number or name of a cluster, or the case itself; needed where there are several
    policies : names; all if not given
    ax : axes; a new figure if not given

    Returns
    -------
    axes

    Raises
    ------
    InputError
        If a name is unknown, or the data are another kind of result.
    """
    name, one, names = _asked(budgets, case, policies)
    (axis,) = axes_for(ax, 1, 1, SIZE)
    for number, policy in enumerate(names):
        _gains(axis, one.sel(policy=policy), titles(one)[policy], number)
    points = _frontier(one, names)
    line = {"color": COLOURS["ink"], "linewidth": MARKS["thick"].width * POINTS, "alpha": 0.25, "zorder": 1.5}
    axis.plot([x for x, *_ in points], [y for _, y, *_ in points], label="frontier", **line)
    whose = case_title(name, known_case(name, case))
    dress(axis, f"{whose}: gain by cost", f"cost ({UNIT})", f"gain ({UNIT})", "both")
    axis.legend(frameon=False, fontsize=MIDDLE)
    return finished(ax, [axis], _told_frontier(whose, one, points))


def _gains(axis: Any, row: "xr.Dataset", title: str, number: int) -> None:
    """Draw one policy's gain by its cost, with two Monte Carlo standard errors of its net value at each budget."""
    colour, dashes = series(number)
    cost, gain, error = (np.asarray(row[which].values, np.float64) for which in ("cost", "gain", "mc_se"))
    axis.plot(cost, gain, color=colour, linestyle=dashes, linewidth=1.2, label=title)
    for x, y, spread in zip(cost, gain, error, strict=True):
        rule(axis, "thick", (x, x), (y - 2 * spread, y + 2 * spread), colour)
        dot(axis, "mean", x, y, colour)


@public
def plot_acceptability(
    budgets: "xr.Dataset | str | Path",
    case: int | str | Case | None = None,
    *,
    policies: Sequence[str] | str | None = None,
    ax: Any = None,
) -> Any:
    """Draw the chance that each policy is the best, by the budget; see ``plot_frontier`` for the arguments.

    Returns
    -------
    axes

    Raises
    ------
    InputError
        If a name is unknown, or the data are another kind of result.
    """
    name, one, names = _asked(budgets, case, policies)
    (axis,) = axes_for(ax, 1, 1, SIZE)
    shares = np.asarray(one["share"].values, np.float64)
    for number, policy in enumerate(names):
        colour, dashes = series(number)
        chance = np.asarray(one["acceptability"].sel(policy=policy).values, np.float64)
        style = {"color": colour, "linestyle": dashes, "linewidth": MARKS["median"].width * POINTS}
        axis.plot(shares, chance, label=titles(one)[policy], **style)
    axis.set_ylim(0.0, 1.0)
    whose = case_title(name, known_case(name, case))
    dress(axis, f"{whose}: which policy is the best?", BUDGET, "chance of being the best (1)", "y")
    axis.legend(frameon=False, fontsize=MIDDLE)
    return finished(ax, [axis], _told_chances(whose, one, names))


def _asked(
    budgets: Any, case: int | str | Case | None, policies: Sequence[str] | str | None
) -> tuple[str, "xr.Dataset", list[str]]:
    """Return the cluster's name, its budgets, and the policies asked for."""
    data = dataset(budgets, FILE, HELD, MADE_BY)
    name = case_name(case, data["case"].values)
    return name, data.sel(case=name), several("policies", policies, data["policy"].values)


def _frontier(data: "xr.Dataset", names: list[str]) -> list[tuple[float, float, str, float]]:
    """Return the points of the frontier by cost: cost, gain, policy and budget."""
    points = []
    for policy in names:
        row = data.sel(policy=policy)
        for index in np.flatnonzero(np.asarray(row["frontier"].values, bool)):
            cost, gain, budget = (float(row[which].values[index]) for which in ("cost", "gain", "share"))
            points.append((cost, gain, policy, budget))
    return sorted(points)


def _told_frontier(whose: str, data: "xr.Dataset", points: list[tuple[float, float, str, float]]) -> Told:
    caption = (
        f"{whose}: what each policy gains by what it costs, one dot a budget. {key('mean', 'thick')} The error is that of the "
        "net value. The wide grey line joins the frontier: no other policy or budget gives more for less."
    )
    # Policies that cost and gain the same, such as all of them without a budget, are one point.
    apart = {(cost, gain): (policy, budget) for cost, gain, policy, budget in reversed(points)}
    told = [
        f"{titles(data)[policy]} at {amount(budget)}: cost {amount(cost)}, gain {signed(gain)}"
        for (cost, gain), (policy, budget) in sorted(apart.items())
    ]
    frontier = "; ".join(told) or "nothing"
    alt = f"{whose}: gain by cost, in {UNIT}. On the frontier, by {BUDGET}: {frontier}."
    return Told(caption, alt, source_of(data.attrs))


def _told_chances(whose: str, data: "xr.Dataset", names: list[str]) -> Told:
    caption = (
        f"{whose}: the chance that a policy is the best of all, by the budget, one line a policy. Where no line is near 1, the "
        "histories do not agree on what to do."
    )
    chances = data["acceptability"].sel(policy=names).transpose("policy", "share").values
    ends = []
    for index in dict.fromkeys((0, len(data["share"]) - 1)):
        order = np.argsort(-np.nan_to_num(chances[:, index], nan=-1.0), kind="stable")[:2]
        leaders = listed([f"{titles(data)[names[row]]} {share(float(chances[row, index]))}" for row in order])
        ends.append(f"at {amount(float(data['share'].values[index]))} {leaders}")
    return Told(caption, f"{whose}: chances of being the best by {BUDGET}: {'; '.join(ends)}.", source_of(data.attrs))
