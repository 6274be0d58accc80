"""How is a ranking of policies told? For each cluster a table by net value, below the verdict on the posterior behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from model.config import Policy
from model.latents import DISCOUNT
from studies.inspect.explain import columns
from studies.numbers import amount, percent, share, signed
from studies.policy.chosen import STATUS_QUO, Budget, budget_of
from studies.policy.decision_table import Effects
from studies.policy.outcomes import RANKED_BY
from studies.policy.structures import Ranked, survival_line, survivals

if TYPE_CHECKING:
    import xarray as xr

HEAD: Final = ("policy", "net value", "MC s.e.", "90 % of histories", "P(best)", "regret", "cost", "")


def effects_in(table: Mapping[str, np.ndarray]) -> list[Effects]:
    """Return the rows of a decision table that was read from a file, arrays of shape (rows,) by column."""
    texts = {field.name for field in fields(Effects) if field.type in (str, "str")}
    columns_read = {
        # A column of texts that are all empty is read as unknown numbers.
        name: [""] * len(table[name]) if name in texts and table[name].dtype.kind != "U" else table[name].tolist()
        for name in (field.name for field in fields(Effects))
    }
    return [Effects(*row) for row in zip(*columns_read.values(), strict=True)]


def ranked(rows: Sequence[Effects]) -> list[Effects]:
    """Return the rows by which policies are ranked, cluster by cluster, the best policy of each first; of the base structure."""
    chosen = [row for row in rows if row.outcome == RANKED_BY and not row.structure]
    order = list(dict.fromkeys(row.case for row in chosen))
    return sorted(chosen, key=lambda row: (order.index(row.case), -row.mean))


def verdict_line(label: str, converged: bool) -> str:
    """Return under which label a posterior stands."""
    return f"converged: {label}" if converged else f"NOT CONVERGED: {label}: the numbers show the method, not the answer"


def ranking_table(rows: Sequence[Effects]) -> str:
    """Return the ranking of one cluster as text, in wage-years."""
    cells = [
        (
            row.policy,
            signed(row.mean),
            amount(row.mc_se, 2),
            f"{signed(row.low)} to {signed(row.high)}",
            share(row.p_best),
            amount(row.expected_regret),
            amount(row.cost),
            "cannot be beaten" if row.unbeaten else "",
        )
        for row in rows
    ]
    return columns(HEAD, cells)


class Setting(NamedTuple):
    """Under what policies were compared.

    Attributes
    ----------
    horizon, discount : years after the decision that count, and the discount rate (1/year)
    histories, futures : the fewest and the most histories of a cluster, and futures of luck of each
    budgets : the total budget of each policy but the status quo, by name
    """

    horizon: int
    discount: float
    histories: tuple[int, int]
    futures: int
    budgets: Mapping[str, Budget]

    @property
    def equal_budgets(self) -> bool:
        """Whether all policies that take a budget have the same."""
        return len(set(self.budgets.values()) - {Budget(0.0, 0.0)}) < 2


def setting_of(data: "xr.Dataset", policies: Mapping[str, Policy]) -> Setting:
    """Return under what policies were compared, from the comparison itself and from the policies by name."""
    futures = int(data.attrs["futures"])
    counted = data["weight"].isel(structure=0, missing_dims="ignore").values > 0
    # Each future of a history stands in a row of its own; one that was stopped has no weight.
    histories = -(-counted.sum(axis=-1) // futures)
    budgets = {name: budget_of(policy) for name, policy in policies.items() if name != STATUS_QUO}
    span = int(histories.min()), int(histories.max())
    return Setting(int(data.attrs["horizon"]), DISCOUNT, span, futures, budgets)


def setting_line(setting: Setting) -> str:
    """Return in one line under what policies were compared, and whether their budgets are unequal."""
    least, most = setting.histories
    histories = f"{most}" if least == most else f"{least} to {most}"
    each = f"{histories} histories a cluster, {setting.futures} {'future' if setting.futures == 1 else 'futures'} of each"
    worth = f"discounted at {percent(setting.discount)} a year"
    return f"{setting.horizon} years after the decision; {each}; {worth}; {_money(setting)}."


def _money(setting: Setting) -> str:
    """Return the budgets in words: one where all policies have the same, else each with the policies that have it."""
    by_budget: dict[Budget, list[str]] = {}
    for name, budget in setting.budgets.items():
        by_budget.setdefault(budget, []).append(name)
    free = by_budget.pop(Budget(0.0, 0.0), [])
    without = f"; {', '.join(free)}: no budget" if free else ""
    if not by_budget:
        return "no policy has a budget"
    if len(by_budget) == 1:
        return f"budget: {_budget(next(iter(by_budget)))} each{without}"
    told = "; ".join(f"{', '.join(names)}: {_budget(budget)}" for budget, names in by_budget.items())
    return f"UNEQUAL BUDGETS ({told}{without}), so that more money may win by itself: takeoff budgets compares at equal ones"


def _budget(budget: Budget) -> str:
    parts = [f"{percent(budget.share)} of a year's wage bill"] * (budget.share > 0)
    return " and ".join([*parts, *[f"{amount(budget.wage_years)} wage-years"] * (budget.wage_years > 0)])


def ranking_lines(rows: Sequence[Effects], label: str, converged: bool, setting: Setting) -> list[str]:
    """Return the rankings of several clusters, below the verdict and under what they were compared."""
    head = "Policies by net value against the status quo, in wage-years."
    lines = [verdict_line(label, converged), head, setting_line(setting)]
    for case, group in groupby(ranked(rows), key=lambda row: row.case):
        lines += ["", case, ranking_table(list(group))]
    others = sorted({row.structure for row in rows} - {""})
    return [*lines, "", *(f"The ranking under {name} stands in the file." for name in others)]


def ranking_content(rows: Sequence[Effects], label: str, converged: bool) -> dict[str, Any]:
    """Return the same for programs."""
    return {"label": label, "converged": converged, "outcome": RANKED_BY, "unit": "wage-years", "ranking": ranked(rows)}


def survival_lines(rows: Sequence[Ranked]) -> list[str]:
    """Return which policy leads in each cluster under each structure, and in how many clusters the ranking survives."""
    if not rows:
        return ["No rankings: after `takeoff compare DIR` on each, this command also tells whether the ranking survives."]
    kept = survivals(rows)
    names = list(dict.fromkeys(row.structure for row in rows))
    cells = [
        (one.case, *(one.leaders.get(name, "") for name in names), "" if one.unbeaten else "the first is beaten elsewhere")
        for one in kept
    ]
    return ["The policy that leads by net value:", columns(("cluster", *names, ""), cells), survival_line(kept)]
