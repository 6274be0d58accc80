"""What words do sections of the report share? Headings with the run's label, titles of policies, how sure a ranking is."""

from collections.abc import Sequence
from html import escape

import numpy as np

from studies.numbers import share, signed
from studies.policy.decision_table import Effects
from studies.report.data import RunView

# Means closer than this many Monte Carlo standard errors cannot be told apart by the simulations made.
APART = 2.0
# From this chance of being best on a ranking is called clear.
CLEAR = 0.75
# More rivals than this are counted instead of named.
MANY = 3


def heading(run: RunView, anchor: str, title: str) -> str:
    """Return a section's heading with the run's label beside it."""
    mood = {"bad": "chip bad", "doubtful": "chip", "good": "chip good"}[run.verdict.mood]
    label = run.verdict.label if run.verdict.converged else f"NOT CONVERGED; {run.verdict.label}"
    return f'<h2 id="{anchor}">{escape(title)}</h2><p><span class="{mood}">{escape(label)}</span></p>'


def policy_title(run: RunView, name: str) -> str:
    """Return a policy's title, or its name where none is known."""
    return run.policy_titles.get(name, name.replace("-", " "))


def tied(rows: Sequence[Effects]) -> list[Effects]:
    """Return the policies whose mean cannot be told from the best one's by these simulations."""
    return [row for row in rows[1:] if not np.isnan(row.behind_se) and row.behind <= APART * row.behind_se]


def verdict_sentence(run: RunView, case: str) -> str:
    """Return which policy does best in a cluster, and how sure that is."""
    rows = run.ranked(case)
    if not rows:
        return "No policies were compared here."
    best, rivals = rows[0], tied(rows)
    name = policy_title(run, best.policy)
    if best.policy == "status-quo":
        return (
            "No programme earns its cost here: the status quo has the highest mean, and is best in "
            f"{share(best.p_best)} of the draws."
        )
    text = (
        f"{name}: {signed(best.mean)} wage-years on average (90 % of histories {signed(best.low)} to "
        f"{signed(best.high)}), best in {share(best.p_best)} of the draws."
    )
    if rivals:
        return f"{text} Not to be told apart from {_named(run, rivals, len(rows) - 1)}."
    return text + ("" if best.p_best >= CLEAR else " Which policy is best still depends on what the tables leave open.")


def _named(run: RunView, rivals: Sequence[Effects], others: int) -> str:
    """Return the rivals in words: by name where they are few."""
    idle = any(row.policy == "status-quo" for row in rivals)
    if len(rivals) <= MANY:
        return "; ".join(policy_title(run, row.policy) for row in rivals)
    which = "any other policy" if len(rivals) == others else f"{len(rivals)} of the {others} others"
    return which + (", doing nothing among them" if idle else "")
