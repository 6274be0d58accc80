"""What does the report say of policies? Who is likely best, by how much, whether order matters, and under which structures."""

from collections.abc import Mapping
from html import escape
from typing import Final

import numpy as np

from studies.numbers import amount, share, signed
from studies.page.figures import Row, chances, forest
from studies.page.html import figure, folded, paragraph, table
from studies.policy.decision_table import Contrast, Effects
from studies.policy.outcomes import RANKED_BY
from studies.report.data import RunView
from studies.report.words import APART, heading, policy_title, verdict_sentence

STATUS_QUO: Final = "status-quo"
READING: Final = (
    "Every policy replays the same histories, so that a difference is paired: it is the policy's doing and not another "
    "draw of luck. Budgets are equal, a stated share of the wage bill in the year of the decision. Net value counts "
    "what owners and home buyers gain minus what government spends and loses; of credit, what is lost, not the fund "
    "(which is shown beside it). Workers are counted at their opportunity cost: no value is put on jobs, which stand "
    "as an outcome of their own."
)
FOREST: Final = (
    "Dot: mean difference in net value to the status quo. Thin line: central 90 % of histories (parameters, latents "
    "and chance together). Thick line: two Monte Carlo standard errors of the mean either way, which more simulations "
    "would shrink. Right: chance of being best. Scales differ between clusters. Paired gain: how many times less a "
    "paired difference varies than an unpaired one. A dash: not told apart by this run, which holds one history of a "
    "draw. Source: this run, decision.csv."
)
CHANCES: Final = (
    "Chance (%) that each policy has the highest net value, over the posterior's draws; rows sum to 100. Framed: the "
    "highest mean, which need not be the likeliest best. A row without a dark cell is an open question. Source: this "
    "run."
)
CONTRASTS: Final = {
    "order": (
        "Does the order matter?",
        "Training then credit and zones, minus the reverse, in net value. Above zero: training first is better. No "
        "equation knows the order that the paper recommends.",
    ),
    "complementarity": (
        "Do the instruments help each other?",
        "(Training then credit and zones) minus training alone minus credit and zones alone, each with the budget that "
        "it has in the sequence. Above zero: together they do more than apart.",
    ),
}


def policies(run: RunView) -> str:
    """Return the comparison of policies."""
    text = heading(run, "policies", "Policies compared")
    ranked = {view.name: run.ranked(view.name) for view in run.clusters if run.ranked(view.name)}
    if not ranked:
        return text + paragraph("No policies were compared in this run.")
    titles = {view.name: view.title for view in run.clusters}
    text += paragraph(READING) + _chances(run, ranked, titles)
    cards = "".join(_card(run, titles[case], case, rows) for case, rows in ranked.items())
    text += f'<h3>Net value by cluster</h3><div class="cards wide">{cards}</div>{paragraph(FOREST, "note")}'
    return text + _contrasts(run, titles) + _alternatives(run, titles)


def _chances(run: RunView, ranked: Mapping[str, list[Effects]], titles: Mapping[str, str]) -> str:
    every = [row for rows in ranked.values() for row in rows]
    mean = {name: float(np.mean([row.p_best for row in every if row.policy == name])) for name in {row.policy for row in every}}
    names = sorted(mean, key=lambda name: (name == STATUS_QUO, -mean[name], name))
    shares = np.full((len(ranked), len(names)), np.nan)
    best = np.array([names.index(rows[0].policy) for rows in ranked.values()], np.int64)
    for line, rows in enumerate(ranked.values()):
        for row in rows:
            shares[line, names.index(row.policy)] = row.p_best
    canvas = chances([titles[case] for case in ranked], [policy_title(run, name) for name in names], shares, best)
    return figure(canvas, CHANCES, wide=True)


def _interval(row: Effects | Contrast) -> str:
    return f"{signed(row.low)} to {signed(row.high)}"


def _card(run: RunView, title: str, case: str, rows: list[Effects]) -> str:
    lines = [
        Row(policy_title(run, r.policy), r.mean, r.low, r.high, r.mc_se, share(r.p_best)) for r in rows if r.policy != STATUS_QUO
    ]
    canvas = forest(f"{title}: net value against the status quo", lines, "wage-years")
    return (
        f'<div class="card"><h3>{escape(title)}</h3>{paragraph(verdict_sentence(run, case))}{canvas.svg()}'
        f"{folded('Regret and cost', _regrets(run, rows))}{folded('All outcomes', _outcomes(run, case))}</div>"
    )


def _regrets(run: RunView, rows: list[Effects]) -> str:
    head = (
        "Policy",
        "Net value",
        "MC s.e.",
        "sd between draws",
        "sd within",
        "P(best)",
        "Expected regret",
        "Worst regret",
        "Cost",
    )
    cells = [
        (
            policy_title(run, row.policy),
            signed(row.mean),
            amount(row.mc_se, 2),
            amount(row.between_sd, 2),
            amount(row.within_sd, 2),
            share(row.p_best),
            amount(row.expected_regret),
            amount(row.worst_regret),
            amount(row.cost),
            amount(row.pairing, 2),
        )
        for row in rows
    ]
    return table((*head, "Paired gain"), cells, frozenset(range(1, 10)))


def _outcomes(run: RunView, case: str) -> str:
    rows = [row for row in run.effects if row.case == case and not row.structure and row.outcome != RANKED_BY]
    cells = [
        (
            policy_title(run, row.policy),
            row.outcome.replace("_", " "),
            signed(row.mean),
            _interval(row),
            amount(row.mc_se, 2),
            amount(row.status_quo),
            row.unit,
        )
        for row in rows
        if row.policy != STATUS_QUO
    ]
    return table(
        ("Policy", "Outcome", "Effect", "90 % of histories", "MC s.e.", "Status quo", "Unit"), cells, frozenset({2, 3, 4, 5})
    )


def _contrasts(run: RunView, titles: Mapping[str, str]) -> str:
    """Return the order of instruments and their complementarity; drawn against the wage bill, since clusters differ in size."""
    wages = {
        row.case: row.status_quo
        for row in run.effects
        if (row.outcome, row.policy, row.structure) == ("value_wages", STATUS_QUO, "") and row.status_quo > 0
    }
    text = ""
    for name, (title, caption) in CONTRASTS.items():
        rows = [row for row in run.contrasts if row.name == name]
        if not rows:
            continue
        known = sum(abs(row.mean) > APART * row.mc_se for row in rows)
        told = (
            f" In {known} of {len(rows)} clusters the mean differs from zero by more than {APART:.0f} Monte "
            f"Carlo standard errors."
        )
        lines = [_relative(row, titles.get(row.case, row.case), wages.get(row.case, np.nan)) for row in rows]
        canvas = forest(title, lines, "% of the status quo's discounted wage bill", 760)
        numbers = [
            (titles.get(row.case, row.case), signed(row.mean), amount(row.mc_se, 2), _interval(row), share(row.positive))
            for row in rows
        ]
        head = ("Cluster", "Mean (wage-years)", "MC s.e.", "90 % of histories", "Chance above zero")
        text += f"<h3>{escape(title)}</h3>" + figure(canvas, f"{caption}{told} Source: this run.", wide=True)
        text += folded("All numbers", table(head, numbers, frozenset({1, 2, 3, 4})))
    return text


def _relative(row: Contrast, title: str, wages: float) -> Row:
    scale = 100 / wages
    return Row(title, scale * row.mean, scale * row.low, scale * row.high, scale * row.mc_se, f"P>0 {share(row.positive)}")


def _alternatives(run: RunView, titles: Mapping[str, str]) -> str:
    """Return which policy leads where a structural choice is made otherwise, on the same histories."""
    text = ""
    for structure in dict.fromkeys(row.structure for row in run.effects if row.structure):
        rows = []
        for case, title in titles.items():
            here, there = run.ranked(case), run.ranked(case, structure)
            if here and there:
                first = there[0]
                names = (title, policy_title(run, here[0].policy), policy_title(run, first.policy))
                rows.append((*names, signed(first.mean), amount(first.mc_se, 2), share(first.p_best)))
        head = ("Cluster", "Highest mean in this run", f"With {structure}", "Net value there", "MC s.e.", "P(best)")
        text += f"<h3>The same with {escape(structure)}</h3>" + table(head, rows, frozenset({3, 4, 5}))
    return text
