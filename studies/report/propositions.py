"""What does the reader see of the paper's propositions? Those read off the histories, by cluster, and the others with why."""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from studies.page.figures import spots
from studies.page.svg import Canvas
from studies.policy.propositions import FITTED, OPEN, TESTED, Held
from studies.report.data import RunView

# From this chance on a cluster's histories support a proposition; below its complement they contradict it.
SUPPORTS: Final = 0.9
# Clusters where the condition of a proposition has less weight than this are not counted.
FEWEST: Final = 0.05


class Finding(NamedTuple):
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

    tested: list[Finding]
    fitted: list[Finding]
    drawing: Canvas
    others: list[Held]


def propositions(run: RunView) -> Propositions | None:
    """Return what became of the paper's propositions, or None where the run compared no policies or is older than they are."""
    if not run.held:
        return None
    titles = {view.name: view.title for view in run.clusters}
    read = [line for line in run.held if line.case and line.applies >= FEWEST]
    findings = [
        _finding([(titles.get(line.case, line.case), line) for line in read if line.proposition == number])
        for number in dict.fromkeys(line.proposition for line in read)
    ]
    tested = [one for one in findings if one.standing == TESTED]
    drawing = spots(
        "The paper's propositions in the posterior",
        [one.label for one in tested],
        [[(line.probability, f"{title}: {line.probability:.2f}") for title, line in one.rows] for one in tested],
    )
    fitted, shown = [one for one in findings if one.standing == FITTED], {one.number for one in findings}
    others = {line.proposition: line for line in run.held if line.proposition not in shown}
    return Propositions(tested, fitted, drawing, [_open(line) for line in others.values()])


def _open(line: Held) -> Held:
    """Return the line of a proposition without a finding; one that was read off applies to hardly any history."""
    return replace(line, standing=OPEN, how=f"hardly any history is one to which it applies: {line.how}") if line.case else line


def _finding(rows: list[tuple[str, Held]]) -> Finding:
    one, chances = rows[0][1], np.array([line.probability for _, line in rows])
    supports, contradicts = int(np.sum(chances >= SUPPORTS)), int(np.sum(chances <= 1 - SUPPORTS))
    unsure = len(rows) - supports - contradicts
    return Finding(one.proposition, one.claim, one.how, one.standing, supports, contradicts, unsure, float(chances.mean()), rows)
