"""What should a ministry do in one cluster? The leading policy, its rivals, its money, who gains, and what would turn it over."""

from typing import Final, NamedTuple

import numpy as np

from studies.numbers import amount
from studies.page.strips import Account, ledger
from studies.page.svg import Canvas
from studies.policy.decision_table import Contrast, Effects
from studies.policy.learn import EVSI, Learnt
from studies.policy.outcomes import EARLY, LEDGER, TRANSITION
from studies.policy.structures import MAIN, STACKED, Ranked, survival_line, survivals
from studies.report.answer import WITHIN, Grid, Line, beaten_in, horizons, leads_by, title_of
from studies.report.data import Money, RunView
from studies.report.propositions import SUPPORTS

WHOSE: Final = {
    "owners_old": "Owners today",
    "owners_new": "New owners",
    "buyers": "Buyers, co-financiers",
    "workers_gain": "Workers",
    "treasury": "Treasury",
    "captured": "Captured money",
}
# Of a policy that costs less than this share of its budget no gain for each wage-year is told: it would divide by nearly nothing.
LEAST_COST: Final = 0.05
# Measurements that are shown of each cluster, the most valuable first.
MEASURES: Final = 3
MANY_DOLLARS: Final = ((1e9, " billion"), (1e6, " million"))
# Up to this chance a cluster's histories contradict an order.
CONTRADICTS: Final = 0.1
SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "cannot tell"


class Chance(NamedTuple):
    """The chance of a take-off within the horizon without the policy and with it, and the Monte Carlo error of the difference."""

    without: float
    given: float
    mc_se: float


class Decided(NamedTuple):
    """What is said of one cluster.

    Attributes
    ----------
    line : the cluster's line of the picture, whose leader is what to do
    rivals, losing : what cannot be told from the leader, doing nothing included; what nearly every history loses by
    money : what a wage-year is in US$, where it is known
    gain_each : net value for each wage-year that the policy costs the treasury; NaN where it costs hardly anything
    worth : values at each count of years, in words with wage-years
    order : whether the order "training first" is supported, contradicted, or cannot be told; nothing where it was not compared
    """

    line: Line
    rivals: list[str]
    losing: list[str]
    money: Money | None
    gain_each: float
    chance: Chance | None
    ledger: Canvas | None
    worth: list[tuple[str, float]]
    order: str

    @property
    def effect(self) -> Effects:
        """Return the leader's effect."""
        return self.line.leader.effect


class Ordered(NamedTuple):
    """The order of programmes over the clusters: for each verdict the clusters with the chance that training first is better."""

    verdicts: list[tuple[str, list[tuple[str, Contrast]]]]

    @property
    def clusters(self) -> int:
        """Return in how many clusters the order was compared."""
        return sum(len(rows) for _, rows in self.verdicts)


class Turned(NamedTuple):
    """Who leads in a cluster, and under each other assumption the other leader with whether it is beaten here, or nothing."""

    title: str
    leader: str
    others: list[tuple[str, bool] | None]


class Turning(NamedTuple):
    """What would turn the answers over: the assumptions, a line a cluster, and whether another structure was compared.

    ``survival`` says in one sentence whether the ranking survives posteriors of other structures, where those were compared.
    """

    assumptions: list[str]
    lines: list[Turned]
    structures: bool
    survival: str = ""


def decided(run: RunView, shown: Grid) -> list[Decided]:
    """Return what is said of each cluster, in the order of the picture."""
    money, orders = {view.name: view.wage_year for view in run.clusters}, {row.case: verdict_on(row) for row in _orders(run)}
    return [_decided(run, line, money[line.case], orders.get(line.case, "")) for line in shown.lines]


def _decided(run: RunView, line: Line, money: Money | None, order: str) -> Decided:
    effect = line.leader.effect
    costs = effect.cost > LEAST_COST * effect.granted
    return Decided(
        line,
        [cell.title for cell in line.unbeaten if not cell.leads],
        [cell.title for cell in line.compared if cell.losing],
        money,
        effect.mean / effect.cost if costs else np.nan,
        _chance(run, line),
        _ledger(line),
        _worth(run, line),
        order,
    )


def _chance(run: RunView, line: Line) -> Chance | None:
    rows = [row for row in run.ranked(line.case, outcome=TRANSITION) if row.policy == line.leader.policy]
    return Chance(rows[0].status_quo, rows[0].status_quo + rows[0].mean, rows[0].mc_se) if rows else None


def _ledger(line: Line) -> Canvas | None:
    """Return the drawing of who gains and who pays by the leader; none where nothing is done, or the ledger is not known."""
    effect = line.leader.effect
    gains = {name: float(getattr(effect, name)) for name in LEDGER}
    if line.leader.idle or not all(map(np.isfinite, gains.values())):
        return None
    accounts = [Account(WHOSE[name], gain) for name, gain in gains.items() if gain != 0]
    total = Account("Net value", effect.mean)
    return ledger(f"{line.title}: who gains and who pays by {line.leader.title}", accounts, total, "wage-years")


def _worth(run: RunView, line: Line) -> list[tuple[str, float]]:
    words = {**{f"net_value_{years}": f"{years} years" for years in EARLY}, WITHIN: f"{run.horizon:.0f} years"}
    known = {
        outcome: row.mean
        for outcome in words
        for row in run.ranked(line.case, outcome=outcome)
        if row.policy == line.leader.policy
    }
    wanted = [*horizons(run)]
    return [(words[outcome], known[outcome]) for outcome in wanted if outcome in known] + [("in all", line.leader.effect.mean)]


def dollars(money: Money | None, wage_years: float) -> str:
    """Return what wage-years are in US$, or nothing where that is not known."""
    if money is None or np.isnan(wage_years):
        return ""
    worth = money.dollars * wage_years
    size = next(((unit, word) for unit, word in MANY_DOLLARS if abs(worth) >= unit), (1.0, ""))
    return f"US$ {amount(worth / size[0])}{size[1]} of {money.year}"


def _orders(run: RunView) -> list[Contrast]:
    return [row for row in run.contrasts if row.name == "order"]


def verdict_on(row: Contrast) -> str:
    """Return what a cluster's histories say of the order: nine of ten must agree."""
    if row.positive >= SUPPORTS:
        return SUPPORTED
    return CONTRADICTED if row.positive <= CONTRADICTS else OPEN


def ordered(run: RunView) -> Ordered | None:
    """Return in which clusters the order is supported, contradicted or open, or None where it was not compared."""
    titles, rows = {view.name: view.title for view in run.clusters}, _orders(run)
    if not rows:
        return None
    verdicts = {
        verdict: [(titles.get(row.case, row.case), row) for row in rows if verdict_on(row) == verdict]
        for verdict in (SUPPORTED, CONTRADICTED, OPEN)
    }
    return Ordered(list(verdicts.items()))


def measurements(run: RunView, shown: Grid) -> list[tuple[str, list[Learnt]]]:
    """Return the first measurements of each cluster that was learnt about; of one measurement the size that is worth most.

    Values that were computed with another leader belong to an earlier comparison, and are not shown.
    """
    told = []
    for line in shown.lines:
        rows = [row for row in run.learnt if row.case == line.case and row.leader == line.leader.policy]
        best: dict[str, Learnt] = {}
        for row in sorted((row for row in rows if row.kind == EVSI and row.worth > 0), key=lambda row: -row.worth):
            best.setdefault(row.name, row)
        if rows:
            told.append((line.title, list(best.values())[:MEASURES]))
    return told


def turning(run: RunView, shown: Grid) -> Turning:
    """Return by which other counts of years, and under which other structures, another policy leads."""
    structures = list(dict.fromkeys(row.structure for row in run.effects if row.structure))
    early, kept = horizons(run), survivals(current(run, shown))
    elsewhere = {one.case: one.leaders for one in kept}
    posteriors = list(dict.fromkeys(name for leaders in elsewhere.values() for name in leaders if name != MAIN))
    lines = []
    for line in shown.lines:
        by_years = [leads_by(run, line.case, outcome) for outcome in early]
        leaders = by_years + [leads_by(run, line.case, structure=structure) for structure in structures]
        leaders += [elsewhere.get(line.case, {}).get(name, "") for name in posteriors]
        others = [_other(run, line, there) for there in leaders]
        lines.append(Turned(line.title, line.leader.title, others))
    years = [words.split(",")[0] for words in early.values()]
    named = ["stacked mixture" if name == STACKED else f"posterior of {name}" for name in posteriors]
    return Turning([*years, *structures, *named], lines, bool(structures), survival_line(kept) if kept else "")


def current(run: RunView, shown: Grid) -> list[Ranked]:
    """Return the rankings on other posteriors of those clusters in which they were made beside this very comparison."""
    leaders = {(line.case, line.leader.policy): line.leader.effect.mean for line in shown.lines}
    main = [row for row in run.other_structures if row.structure == MAIN]
    same = {row.case for row in main if row.mean == leaders.get((row.case, row.policy))}
    return [row for row in run.other_structures if row.case in same]


def _other(run: RunView, line: Line, there: str) -> tuple[str, bool] | None:
    if not there or there == line.leader.policy:
        return None
    return title_of(run, there), beaten_in(line, there)
