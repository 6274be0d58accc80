"""What does the report say of policies? Who is likely best, by how much, whether order matters, and under which structures."""

from html import escape

import numpy as np

from studies.figures import Row, chances, forest
from studies.html import amount, figure, folded, paragraph, share, signed, table
from studies.report_data import RANKED_BY, Effects, RunView
from studies.report_words import APART, heading, policy_title, verdict_sentence


def policies(run: RunView) -> str:
    """Return the comparison of policies."""
    text = heading(run, "policies", "Policies compared")
    ranked = {view.name: run.ranked(view.name) for view in run.clusters if run.ranked(view.name)}
    if not ranked:
        return text + paragraph("No policies were compared in this run.")
    text += paragraph(
        "Every policy replays the same histories, so that a difference is paired: it is the policy's doing and "
        "not another draw of luck. Budgets are "
        "equal, a stated share of the wage bill in the year of the decision. Net value counts what owners and "
        "home buyers gain minus what government "
        "spends and loses; of credit, what is lost, not the fund (which is shown beside it). Workers are counted "
        "at their opportunity cost: no value "
        "is put on jobs, which stand as an outcome of their own."
    )
    names = list(dict.fromkeys(row.policy for rows in ranked.values() for row in rows))
    names.sort(
        key=lambda name: (
            name == "status-quo",
            -np.mean([row.p_best for rows in ranked.values() for row in rows if row.policy == name]),
        )
    )
    shares = np.full((len(ranked), len(names)), np.nan)
    best = np.zeros(len(ranked), np.int64)
    for line, rows in enumerate(ranked.values()):
        best[line] = names.index(rows[0].policy)
        for row in rows:
            shares[line, names.index(row.policy)] = row.p_best
    titles = {view.name: view.title for view in run.clusters}
    canvas = chances([titles[case] for case in ranked], [policy_title(run, name) for name in names], shares, best)
    text += figure(
        canvas,
        "Chance (%) that each policy has the highest net value, over the posterior's draws; rows sum to 100. "
        "Framed: the highest mean, "
        "which need not be the likeliest best. A row without a dark cell is an open question. Source: this run.",
        wide=True,
    )
    return text + _effects(run, ranked, titles) + _contrasts(run, titles) + _alternatives(run, titles)


def _effects(run: RunView, ranked: dict[str, list[Effects]], titles: dict[str, str]) -> str:
    cards = []
    for case, rows in ranked.items():
        lines = [
            Row(policy_title(run, r.policy), r.mean, r.low, r.high, r.mc_se, share(r.p_best))
            for r in rows
            if r.policy != "status-quo"
        ]
        canvas = forest(f"{titles[case]}: net value against the status quo", lines, "wage-years")
        others = [row for row in run.effects if row.case == case and row.outcome != RANKED_BY and not row.structure]
        numbers = table(
            ("Policy", "Outcome", "Effect", "90 % of histories", "MC s.e.", "Status quo", "Unit"),
            [
                (
                    policy_title(run, r.policy),
                    r.outcome.replace("_", " "),
                    signed(r.mean),
                    f"{signed(r.low)} to {signed(r.high)}",
                    amount(r.mc_se, 2),
                    amount(r.status_quo),
                    r.unit,
                )
                for r in others
                if r.policy != "status-quo"
            ],
            frozenset({2, 3, 4, 5}),
        )
        regrets = table(
            (
                "Policy",
                "Net value",
                "MC s.e.",
                "sd between draws",
                "sd within",
                "P(best)",
                "Expected regret",
                "Worst regret",
                "Cost",
                "Paired gain",
            ),
            [
                (
                    policy_title(run, r.policy),
                    signed(r.mean),
                    amount(r.mc_se, 2),
                    amount(r.between_sd, 2),
                    amount(r.within_sd, 2),
                    share(r.p_best),
                    amount(r.expected_regret),
                    amount(r.worst_regret),
                    amount(r.cost),
                    amount(r.pairing, 2),
                )
                for r in rows
            ],
            frozenset(range(1, 10)),
        )
        cards.append(
            f'<div class="card"><h3>{escape(titles[case])}</h3>{paragraph(verdict_sentence(run, case))}{canvas.svg()}'
            f"{folded('Regret and cost', regrets)}{folded('All outcomes', numbers)}</div>"
        )
    note = (
        "Dot: mean difference in net value to the status quo. Thin line: central 90 % of histories (parameters, "
        "latents and chance together). Thick line: "
        "two Monte Carlo standard errors of the mean either way, which more simulations would shrink. Right: "
        "chance of being best. Scales differ "
        "between clusters. Paired gain: how many times less a paired difference varies than an unpaired one. "
        "Source: this run, decision.csv."
    )
    return f'<h3>Net value by cluster</h3><div class="cards wide">{"".join(cards)}</div>{paragraph(note, "note")}'


def _contrasts(run: RunView, titles: dict[str, str]) -> str:
    texts = {
        "order": (
            "Does the order matter?",
            "Training then credit and zones, minus the reverse, in net value. Above zero: training first is better. "
            "No equation knows the order that the paper recommends.",
        ),
        "complementarity": (
            "Do the instruments help each other?",
            "(Training then credit and zones) minus training alone minus credit and zones alone, "
            "each with the budget that it has in the sequence. Above zero: together they do more than apart.",
        ),
    }
    text = ""
    for name, (title, caption) in texts.items():
        rows = [row for row in run.contrasts if row.name == name]
        if rows:
            lines = [Row(titles.get(r.case, r.case), r.mean, r.low, r.high, r.mc_se, f"P>0 {share(r.positive)}") for r in rows]
            known = sum(abs(r.mean) > APART * r.mc_se for r in rows)
            told = (
                f" In {known} of {len(rows)} clusters the mean differs from zero by more than {APART:.0f} Monte "
                f"Carlo standard errors."
            )
            numbers = table(
                ("Cluster", "Mean (wage-years)", "MC s.e.", "90 % of histories", "Chance above zero"),
                [
                    (
                        titles.get(r.case, r.case),
                        signed(r.mean),
                        amount(r.mc_se, 2),
                        f"{signed(r.low)} to {signed(r.high)}",
                        share(r.positive),
                    )
                    for r in rows
                ],
                frozenset({1, 2, 3, 4}),
            )
            canvas = forest(title, lines, "wage-years", 760)
            text += (
                f"<h3>{escape(title)}</h3>"
                + figure(canvas, caption + told + " Source: this run.", wide=True)
                + folded("All numbers", numbers)
            )
    return text


def _alternatives(run: RunView, titles: dict[str, str]) -> str:
    """Return which policy leads where a structural choice is made otherwise, on the same histories."""
    text = ""
    for structure in dict.fromkeys(row.structure for row in run.effects if row.structure):
        rows = []
        for case, title in titles.items():
            here, there = run.ranked(case), run.ranked(case, structure)
            if here and there:
                rows.append(
                    (
                        title,
                        policy_title(run, here[0].policy),
                        policy_title(run, there[0].policy),
                        signed(there[0].mean),
                        amount(there[0].mc_se, 2),
                        share(there[0].p_best),
                    )
                )
        text += f"<h3>The same with {escape(structure)}</h3>" + table(
            ("Cluster", "Highest mean in this run", f"With {structure}", "Net value there", "MC s.e.", "P(best)"),
            rows,
            frozenset({3, 4, 5}),
        )
    return text
