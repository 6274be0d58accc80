"""How is a ranking of policies told? For each cluster a table by net value, below the verdict on the posterior behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any, Final

import numpy as np

from studies.inspect.explain import columns
from studies.numbers import amount, share, signed
from studies.policy.decision_table import Effects
from studies.policy.outcomes import RANKED_BY
from studies.policy.structures import Ranked, survival_line, survivals

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


def ranking_lines(rows: Sequence[Effects], label: str, converged: bool) -> list[str]:
    """Return the rankings of several clusters, below the verdict."""
    lines = [verdict_line(label, converged), "Policies by net value against the status quo, in wage-years."]
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
