"""Who leads in a cluster, and how sure is that? The best policy, and the rivals that the simulations cannot tell from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from studies.policy.chosen import STATUS_QUO
from studies.policy.decision_table import Effects
from studies.report.data import RunView

# Two means that differ by less than this many Monte Carlo standard errors cannot be told apart by the simulations made.
APART: Final = 2.0
# The best policy of a cluster counts as clear from this chance of being best on.
CLEAR: Final = 0.75
# More rivals than this are counted, not named.
MANY: Final = 3


@dataclass(frozen=True)
class Standing:
    """The policy with the highest mean net value in a cluster, and what is known against it.

    Attributes
    ----------
    best : effects of that policy
    title : its title
    rivals : titles of the policies whose means cannot be told from its mean
    others : number of other policies compared
    idle_rivals : whether the status quo is one of the rivals
    """

    best: Effects
    title: str
    rivals: tuple[str, ...]
    others: int
    idle_rivals: bool

    @property
    def idle(self) -> bool:
        """Tell whether the status quo itself is best."""
        return self.best.policy == STATUS_QUO

    @property
    def likely(self) -> bool:
        """Tell whether the policy is best in enough of the draws."""
        return self.best.p_best >= CLEAR

    @property
    def clear(self) -> bool:
        """Tell whether the policy is likely the best and told apart from every rival."""
        return self.likely and not self.rivals

    @property
    def few_rivals(self) -> bool:
        """Tell whether the rivals are few enough to be named."""
        return len(self.rivals) <= MANY


def standing(run: RunView, case: str, structure: str = "") -> Standing | None:
    """Return which policy leads in a cluster, or None where no policies were compared.

    Parameters
    ----------
    structure : structural choice made otherwise than in the run; the run's own choices if empty
    """
    rows = run.ranked(case, structure)
    if not rows:
        return None
    rivals = tied(rows)
    return Standing(
        rows[0],
        run.policy_title(rows[0].policy),
        tuple(run.policy_title(row.policy) for row in rivals),
        len(rows) - 1,
        any(row.policy == STATUS_QUO for row in rivals),
    )


def tied(rows: Sequence[Effects]) -> list[Effects]:
    """Return the policies whose means these simulations cannot tell from the first one's."""
    return [row for row in rows[1:] if not np.isnan(row.behind_se) and row.behind <= APART * row.behind_se]
