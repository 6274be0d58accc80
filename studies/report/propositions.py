"""What does the reader see of the paper's propositions? Those read off the histories, by cluster, and the others with why."""

from typing import Final, NamedTuple

import numpy as np

from studies.page.figures import spots
from studies.page.svg import Canvas
from studies.policy.propositions import FITTED, TESTED, Held
from studies.report.data import RunView

# From this chance on a cluster's histories support a proposition; below its complement they contradict it.
SUPPORTS: Final = 0.9
# Clusters where the condition of a proposition has less weight than this are not counted.
FEWEST: Final = 0.05


class Verdict(NamedTuple):
    """One proposition over the clusters: how many support, contradict and cannot tell, and its mean chance."""

    number: int
    claim: str
    how: str
    standing: str
    supports: int
    contradicts: int
    unsure: int
    mean: float
    rows: list[tuple[str, Held]]

    @property
    def label(self) -> str:
        """Return its number and claim."""
        return f"{self.number}  {self.claim}"


class Propositions(NamedTuple):
    """The propositions that were tested, those on which the calibration was fitted, their drawing, and the rest."""

    tested: list[Verdict]
    fitted: list[Verdict]
    drawing: Canvas
    others: list[Held]


def propositions(run: RunView) -> Propositions | None:
    """Return what became of the paper's propositions, or None where the run compared no policies or is older than they are."""
    if not run.held:
        return None
    titles = {view.name: view.title for view in run.clusters}
    read = [line for line in run.held if line.case and line.applies >= FEWEST]
    verdicts = [
        _verdict([(titles.get(line.case, line.case), line) for line in read if line.proposition == number])
        for number in dict.fromkeys(line.proposition for line in read)
    ]
    tested = [one for one in verdicts if one.standing == TESTED]
    drawing = spots(
        "The paper's propositions in the posterior",
        [one.label for one in tested],
        [[(line.probability, f"{title}: {line.probability:.2f}") for title, line in one.rows] for one in tested],
    )
    return Propositions(
        tested, [one for one in verdicts if one.standing == FITTED], drawing, [line for line in run.held if not line.case]
    )


def _verdict(rows: list[tuple[str, Held]]) -> Verdict:
    one, chances = rows[0][1], np.array([line.probability for _, line in rows])
    supports, contradicts = int(np.sum(chances >= SUPPORTS)), int(np.sum(chances <= 1 - SUPPORTS))
    unsure = len(rows) - supports - contradicts
    return Verdict(one.proposition, one.claim, one.how, one.standing, supports, contradicts, unsure, float(chances.mean()), rows)
