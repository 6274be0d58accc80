"""``takeoff learn``: what a measurement is worth before a policy is chosen, beside what it costs."""

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studies.commands.telling import exit_code, progress_asked, tell
from studies.numbers import amount, share, signed

if TYPE_CHECKING:
    from studies.policy.learn import Learnt

# Measurements and quantities that are shown of each cluster, the most valuable first; the file holds all.
SHOWN: Final = 3
HEAD: Final = ("measurement", "size", "worth", "MC s.e.", "% of wage bill", "changes the choice", "price")
INTRODUCTION: Final = (
    "What it is worth to learn something before choosing a policy, in wage-years of net value.",
    "A worth below zero means zero. Of quantities and measurements that tell nothing, some in twenty exceed two standard errors.",
)


def value_measurements(arguments: argparse.Namespace) -> int:
    """Run ``takeoff learn``."""
    from execution.run import read_manifest
    from studies.policy.learn import LEARNING, learn

    progress, folder = progress_asked(arguments), Path(arguments.folder)
    rows = learn(folder, arguments.cases, out=arguments.out, say=lambda case: progress.stage(f"learning about {case}"))
    progress.end()
    manifest, table = read_manifest(folder), Path(arguments.out or folder / LEARNING)
    told = rows, str(manifest["label"]), bool(manifest["converged"])
    tell(
        arguments,
        lambda: {**learning_content(*told), "table": table},
        lambda: [*learning_lines(*told), f"table      {table}"],
    )
    return exit_code(manifest["converged"])


def learning_content(rows: "Sequence[Learnt]", label: str, converged: bool) -> dict[str, Any]:
    """Return the values for programs: every row of the table."""
    return {"label": label, "converged": converged, "unit": "wage-years", "learning": list(rows)}


def learning_lines(rows: "Sequence[Learnt]", label: str, converged: bool) -> list[str]:
    """Return the values of several clusters for people, below the verdict."""
    from studies.commands.ranking import verdict_line

    lines = [verdict_line(label, converged), *INTRODUCTION]
    for _, group in groupby(rows, key=lambda row: row.case):
        lines += ["", *_cluster_lines(list(group))]
    return [*lines, ""]


def _cluster_lines(rows: "Sequence[Learnt]") -> list[str]:
    """Return what is shown of one cluster: its bounds, the first quantities, and the first measurements."""
    from studies.inspect.explain import columns
    from studies.policy.learn import CEILING, EVPI, EVPPI, EVSI

    head = rows[0]
    most = next(row for row in rows if row.kind == CEILING)
    whole = [f"all that can be known is worth {_error(row)}" for row in rows if row.kind == EVPI]
    quantities = ", ".join(f"{row.name} {_error(row)}" for row in first(rows, EVPPI) if row.worth > 0)
    cells = [
        (
            row.name,
            f"{row.size} {row.unit}",
            signed(row.worth),
            amount(row.se, 2),
            signed(100 * row.share, 2),
            share(row.changes),
            amount(row.price),
        )
        for row in first(rows, EVSI)
    ]
    gains = any(row.kind == EVSI and row.worth > 0 for row in rows)
    scale = f"wage bill {amount(head.wage_bill)} wage-years a year; {head.draws:.0f} effective draws"
    return [
        f"{head.case}: {head.leader} leads; {scale}",
        "; ".join([*whole, f"with luck foreseen, at most {amount(most.worth)}"]),
        f"first to know: {quantities or 'no quantity alone changes the choice for the better'}",
        columns(HEAD, cells) if gains else "first to measure: no measurement changes the choice for the better",
    ]


def first(rows: "Sequence[Learnt]", kind: str) -> "list[Learnt]":
    """Return the rows of a kind that are worth most, the best first; of one measurement only the size that is worth most."""
    best: dict[str, Learnt] = {}
    for row in sorted((row for row in rows if row.kind == kind), key=lambda row: -row.worth):
        best.setdefault(row.name, row)
    return list(best.values())[:SHOWN]


def _error(row: "Learnt") -> str:
    return f"{signed(row.worth)} (s.e. {amount(row.se, 2)})"
