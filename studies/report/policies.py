"""How are policies set side by side? By cluster, with the chance of being best, as contrasts, and under other structures."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from studies.numbers import share
from studies.page.figures import Row, chances, forest
from studies.page.svg import Canvas
from studies.policy.chosen import STATUS_QUO
from studies.policy.decision_table import Contrast, Effects
from studies.policy.outcomes import RANKED_BY
from studies.report.data import RunView
from studies.report.ranking import APART, Standing, standing

CONTRASTS: Final = {
    "order": "Does the order matter?",
    "complementarity": "Do the instruments help each other?",
}


class Compared(NamedTuple):
    """The policies of one cluster: net values, best first, the other outcomes, and the drawing of the former."""

    title: str
    standing: Standing
    drawing: Canvas
    ranked: list[Effects]
    outcomes: list[Effects]


class Contrasted(NamedTuple):
    """One contrast between policies over the clusters; ``apart`` counts the clusters whose mean is told from zero."""

    name: str
    title: str
    drawing: Canvas
    rows: list[tuple[str, Contrast]]
    apart: int


class Alternative(NamedTuple):
    """One cluster under another structural choice: its title, who leads in this run, and who leads there."""

    title: str
    here: str
    there: Standing


def compared(run: RunView) -> list[Compared]:
    """Return the comparison in every cluster that has one."""
    shown = []
    for view in run.clusters:
        here, rows = standing(run, view.name), run.ranked(view.name)
        if here is not None:
            outcomes = [
                row
                for row in run.effects
                if row.case == view.name and not row.structure and row.outcome != RANKED_BY and row.policy != STATUS_QUO
            ]
            shown.append(Compared(view.title, here, _forest(run, view.title, rows), rows, outcomes))
    return shown


def _forest(run: RunView, title: str, ranked: list[Effects]) -> Canvas:
    lines = [
        Row(run.policy_title(row.policy), row.mean, row.low, row.high, row.mc_se, share(row.p_best))
        for row in ranked
        if row.policy != STATUS_QUO
    ]
    return forest(f"{title}: net value against the status quo", lines, "wage-years")


def chances_of_best(run: RunView, shown: list[Compared]) -> Canvas:
    """Draw the chance of being best by cluster and policy; the policy with the highest mean chance stands first."""
    every = [row for one in shown for row in one.ranked]
    mean = {name: float(np.mean([row.p_best for row in every if row.policy == name])) for name in {row.policy for row in every}}
    names = sorted(mean, key=lambda name: (name == STATUS_QUO, -mean[name], name))
    shares = np.full((len(shown), len(names)), np.nan)
    best = np.array([names.index(one.ranked[0].policy) for one in shown], np.int64)
    for line, one in enumerate(shown):
        for row in one.ranked:
            shares[line, names.index(row.policy)] = row.p_best
    return chances([one.title for one in shown], [run.policy_title(name) for name in names], shares, best)


def contrasts(run: RunView) -> list[Contrasted]:
    """Return the order of instruments and their complementarity, drawn against the wage bill, since clusters differ in size."""
    wages = {view.name: run.wage_bill(view.name) for view in run.clusters}
    titles = {view.name: view.title for view in run.clusters}
    shown = []
    for name, title in CONTRASTS.items():
        rows = [(titles.get(row.case, row.case), row) for row in run.contrasts if row.name == name]
        if rows:
            shown.append(_contrasted(name, title, rows, wages))
    return shown


def _contrasted(name: str, title: str, rows: list[tuple[str, Contrast]], wages: Mapping[str, float]) -> Contrasted:
    lines = [_relative(row, cluster, wages.get(row.case, np.nan)) for cluster, row in rows]
    drawing = forest(title, lines, "% of the status quo's discounted wage bill", 760)
    return Contrasted(name, title, drawing, rows, sum(abs(row.mean) > APART * row.mc_se for _, row in rows))


def _relative(row: Contrast, title: str, wages: float) -> Row:
    scale = 100 / wages
    return Row(title, scale * row.mean, scale * row.low, scale * row.high, scale * row.mc_se, f"P>0 {share(row.positive)}")


def alternatives(run: RunView) -> dict[str, list[Alternative]]:
    """Return which policy leads where a structural choice is made otherwise, on the same histories, by that choice."""
    return {
        structure: [
            Alternative(view.title, here.title, there)
            for view in run.clusters
            for here, there in ((standing(run, view.name), standing(run, view.name, structure)),)
            if here is not None and there is not None
        ]
        for structure in dict.fromkeys(row.structure for row in run.effects if row.structure)
    }
