"""What is the answer, before the method? One grid of clusters by policies: its sentences count in it, and it is the picture."""

from collections import Counter
from typing import Final, NamedTuple

import numpy as np

from studies.page.strips import Span, scale_strip, shared_scale, strip
from studies.page.svg import Canvas
from studies.policy.chosen import STATUS_QUO
from studies.policy.decision_table import Effects
from studies.policy.outcomes import EARLY, RANKED_BY, TRANSITION
from studies.report.data import RunView

IDLE: Final = "Doing nothing"
# A policy is one not to choose if no more than this share of the histories gain by it.
GAINING: Final = 0.1
UNIT: Final = "% of the wage bill"
WITHIN: Final = "net_value_within"


class Cell(NamedTuple):
    """A policy in a cluster: its effect, as a share (%) of the wage bill, and what is said of it.

    ``unbeaten``: it belongs to the set that cannot be beaten; ``leads``: its mean is the highest; ``losing``: it is beaten, and
    nearly every history loses by it.
    """

    policy: str
    title: str
    effect: Effects
    span: Span
    unbeaten: bool
    leads: bool
    losing: bool
    drawing: Canvas | None

    @property
    def idle(self) -> bool:
        """Tell whether the policy is to do nothing."""
        return self.policy == STATUS_QUO


class Line(NamedTuple):
    """A cluster: its cells in the order of the grid's policies, None where a policy was not compared."""

    case: str
    title: str
    cells: list[Cell | None]

    @property
    def compared(self) -> list[Cell]:
        """Return the cells that hold a policy."""
        return [cell for cell in self.cells if cell is not None]

    @property
    def unbeaten(self) -> list[Cell]:
        """Return the set that cannot be beaten, the highest mean first."""
        return sorted((cell for cell in self.compared if cell.unbeaten), key=lambda cell: (not cell.leads, -cell.effect.mean))

    @property
    def leader(self) -> Cell:
        """Return the policy with the highest mean."""
        return next(cell for cell in self.compared if cell.leads)

    @property
    def idle_unbeaten(self) -> bool:
        """Tell whether doing nothing belongs to the set that cannot be beaten."""
        return any(cell.idle for cell in self.unbeaten)


class Grid(NamedTuple):
    """The picture: policies as (name, title), doing nothing first, then the most often unbeaten; a line a cluster; the scale."""

    policies: list[tuple[str, str]]
    lines: list[Line]
    scale: Canvas


class Headline(NamedTuple):
    """The sentence above the picture, counted in its grid.

    Attributes
    ----------
    most : titles of the policies that belong to the unbeaten set in the largest number of clusters, which is ``often``
    idle : clusters where doing nothing belongs to the set
    alone : clusters where the set holds a single policy
    """

    clusters: int
    most: list[str]
    often: int
    idle: int
    alone: int


class TakeOff(NamedTuple):
    """The largest gain in the chance of a take-off: where and by what, from and to which chance, and its Monte Carlo error."""

    case: str
    policy: str
    before: float
    gain: float
    mc_se: float


class Horizon(NamedTuple):
    """What hangs on the horizon, if other years count: clusters where another choice leads, where that one is beaten over the
    whole, and the choice that most often takes the lead.
    """

    words: str
    moved: int
    beaten: int
    most: str


def grid(run: RunView) -> Grid | None:
    """Return every cluster by every policy, or None where no policies were compared."""
    rows = {view.name: (view.title, run.ranked(view.name)) for view in run.clusters}
    known = {case: (title, ranked) for case, (title, ranked) in rows.items() if ranked}
    if not known:
        return None
    counted = Counter(row.policy for _, ranked in known.values() for row in ranked if row.unbeaten)
    names = {row.policy for _, ranked in known.values() for row in ranked}
    order = sorted(names, key=lambda name: (name != STATUS_QUO, -counted[name], run.policy_title(name)))
    spans = {case: {row.policy: _span(row, run.wage_bill(case)) for row in ranked} for case, (_, ranked) in known.items()}
    across = shared_scale([span for each in spans.values() for name, span in each.items() if name != STATUS_QUO])
    lines = []
    for case, (title, ranked) in known.items():
        cells = {}
        for row in ranked:
            span, words = spans[case][row.policy], title_of(run, row.policy)
            drawing = None if row.policy == STATUS_QUO else strip(f"{title}, {words}: {told(span)}", span, across)
            losing = bool(row.p_gain <= GAINING) and not row.unbeaten and row.policy != STATUS_QUO
            cells[row.policy] = Cell(row.policy, words, row, span, bool(row.unbeaten), row is ranked[0], losing, drawing)
        lines.append(Line(case, title, [cells.get(name) for name in order]))
    return Grid([(name, title_of(run, name)) for name in order], lines, scale_strip(across, UNIT))


def title_of(run: RunView, policy: str) -> str:
    """Return a policy's title as the answer shows it."""
    return IDLE if policy == STATUS_QUO else run.policy_title(policy)


def told(span: Span) -> str:
    """Return an effect with its interval in words."""
    return f"{percent(span.mean)} % of the wage bill, 90 % of histories {percent(span.low)} to {percent(span.high)}"


def percent(value: float) -> str:
    """Return a share that is in per cent already, signed, with one decimal."""
    if np.isnan(value):
        return "\u2013"
    text = f"{value:+.1f}" if abs(value) < 100 else f"{value:+,.0f}"
    return "0" if text in ("+0.0", "-0.0") else text.replace("-", "\u2212")


def _span(row: Effects, wages: float) -> Span:
    scale = 100 / wages
    return Span(scale * row.mean, scale * row.low, scale * row.high, scale * row.mc_se)


def beaten_in(line: Line, policy: str) -> bool:
    """Tell whether a policy is outside a cluster's set that cannot be beaten."""
    return all(cell.policy != policy for cell in line.unbeaten)


def headline(shown: Grid) -> Headline:
    """Return the first sentence's counts, from nothing but the picture's grid."""
    counted = Counter(cell.policy for line in shown.lines for cell in line.unbeaten if not cell.idle)
    often = max(counted.values(), default=0)
    most = [title for name, title in shown.policies if often and counted[name] == often]
    alone = sum(len(line.unbeaten) == 1 for line in shown.lines)
    return Headline(len(shown.lines), most, often, sum(line.idle_unbeaten for line in shown.lines), alone)


def take_off(run: RunView, shown: Grid) -> TakeOff | None:
    """Return where which policy raises the chance of a take-off most, or None where it was not read."""
    titles = {line.case: line.title for line in shown.lines}
    rows = [row for case in titles for row in run.ranked(case, outcome=TRANSITION) if row.policy != STATUS_QUO]
    if not rows:
        return None
    most = max(rows, key=lambda row: row.mean)
    return TakeOff(titles[most.case], run.policy_title(most.policy), most.status_quo, most.mean, most.mc_se)


def leads_by(run: RunView, case: str, outcome: str = RANKED_BY, structure: str = "") -> str:
    """Return the policy with the highest mean by another outcome or structure, or nothing where that was not compared."""
    rows = run.ranked(case, structure, outcome)
    return rows[0].policy if rows else ""


def horizons(run: RunView) -> dict[str, str]:
    """Return the other counts of years, in words, by outcome: those that lie before the horizon, and the horizon itself."""
    early = {f"net_value_{years}": f"the first {years} years alone" for years in EARLY if not years >= run.horizon}
    return {**early, WITHIN: f"the {run.horizon:.0f} years alone, without what goes on later,"}


def on_the_horizon(run: RunView, shown: Grid) -> list[Horizon]:
    """Return in how many clusters another policy leads if other years count, and is beaten over the whole."""
    counted = []
    for outcome, words in horizons(run).items():
        pairs = [(line, leads_by(run, line.case, outcome)) for line in shown.lines]
        moved = [(line, there) for line, there in pairs if there and there != line.leader.policy]
        beaten = sum(beaten_in(line, there) for line, there in moved)
        most = Counter(there for _, there in moved).most_common(1)
        if any(there for _, there in pairs):
            counted.append(Horizon(words, len(moved), beaten, title_of(run, most[0][0]) if most else ""))
    return counted
