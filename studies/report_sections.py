"""What does the report say? One function a section; each takes the run's view and returns a piece of the page."""

from collections.abc import Sequence
from html import escape

import numpy as np

from studies.figures import Row, chances, contraction, fan, forest, ranks
from studies.html import amount, definitions, figure, folded, items, paragraph, share, signed, table
from studies.report_data import RANKED_BY, ClusterView, Effects, RunView

SOURCE = "Source: this run; observed figures from Tables 1-2 of Otsuka and Sonobe (2011)."
# Means closer than this many Monte Carlo standard errors cannot be told apart by the simulations made.
APART = 2.0
# Below this chance of being best, or above this share of tied rivals, a ranking is called open.
CLEAR = 0.75


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
        return f"No programme earns its cost here: the status quo has the highest mean, and is best in {share(best.p_best)} of the draws."
    text = (
        f"{name}: {signed(best.mean)} wage-years on average (90 % of histories {signed(best.low)} to {signed(best.high)}), "
        f"best in {share(best.p_best)} of the draws."
    )
    if rivals:
        return text + f" Not to be told apart from: {'; '.join(policy_title(run, row.policy) for row in rivals)}."
    return text + ("" if best.p_best >= CLEAR else " Which policy is best still depends on what the tables leave open.")


def introduction(run: RunView) -> str:
    """Return what this page is."""
    text = heading(run, "what", "What this is") + paragraph(
        "A simulation of industrial clusters - firms that enter, imitate, improve or leave - was set against the nineteen clusters of "
        "Tables 1 and 2 of Otsuka and Sonobe (2011). What survives the comparison is a set of weighted histories for each cluster. "
        "Policies are then compared by replaying those same histories with a programme switched on at the last observation.",
        "lead",
    )
    text += paragraph(
        "The data are thin: seventeen of the nineteen clusters are seen once. Bands are wide where the tables say little, and they are meant to be. "
        "Money is in wage-years: one is what a worker earns in a year."
    )
    if run.verdict.reasons:
        text += paragraph("What this run's gate found:") + items(run.verdict.reasons)
    return text


def answer(run: RunView) -> str:
    """Return which policy suits which cluster, in plain words."""
    if not run.effects:
        return heading(run, "answer", "The answer in plain words") + paragraph("No policies were compared in this run.")
    cases = [view for view in run.clusters if run.ranked(view.name)]
    best = [run.ranked(view.name)[0] for view in cases]
    clear = [row for row, view in zip(best, cases, strict=True) if row.p_best >= CLEAR and not tied(run.ranked(view.name))]
    tally = {policy: sum(row.policy == policy for row in best) for policy in dict.fromkeys(row.policy for row in best)}
    ordered = sorted(tally.items(), key=lambda pair: -pair[1])
    counts = "; ".join(f"{policy_title(run, policy)} ({count})" for policy, count in ordered)
    text = heading(run, "answer", "The answer in plain words") + paragraph(
        f"Ranked by net value over {run.horizon:.0f} years - owners' profits plus home buyers' surplus minus public cost, discounted at 5 % - "
        f"the policies with the highest mean are: {counts}. In {len(clear)} of {len(best)} clusters the best policy is clear, that is, best in at "
        f"least {share(CLEAR)} of the draws and told apart from every rival by the simulations made. Elsewhere the ranking is open.",
        "lead",
    )
    rows = [(view.title, verdict_sentence(run, view.name)) for view in cases]
    return text + table(("Cluster", "Highest mean net value, and how sure"), rows)


def clusters(run: RunView) -> str:
    """Return the fans of every cluster: the paper's Figure 1, from the posterior."""
    text = heading(run, "clusters", "Each cluster over time") + paragraph(
        "The paper draws a cluster's life as two curves, the number of firms and their profitability (its Figure 1). Here they are for each cluster, "
        "from the histories that pass near its figures. Line: median. Bands: central 50 and 90 % of the histories. Orange: the table's figure "
        "with the central 90 % of its error. Grey ground: projection under the status quo, after the last observation."
    )
    if not run.clusters:
        return text + paragraph("This run holds no histories yet.")
    return text + '<div class="cards">' + "".join(_card(view) for view in run.clusters) + "</div>" + paragraph(
        f"Firms on a logarithmic scale. Profitability is mean profit over a firm's yearly fixed cost; no cluster's was observed. {SOURCE}", "note"
    )


def _card(view: ClusterView) -> str:
    decision = view.decision if np.isfinite(view.decision) else None
    firms = fan(f"{view.title}: firms", view.years, view.firms, "firms (log scale)", view.observed, decision, log=True)
    profit = fan(f"{view.title}: profitability", view.years, view.profitability, "profit / fixed cost", (), decision)
    notes = [f"Effective number of histories {amount(view.ess, 2)}."] if np.isfinite(view.ess) else []
    if view.start_confidence in ("low", "medium-low"):
        notes.append("The start year is a guess.")
    if view.lost > 0:
        notes.append(f"{share(view.lost)} of the weight outgrew the simulator and is left out after that.")
    notes += [view.imposed] if view.imposed else []
    return (
        f'<div class="card"><h3>{escape(view.title)}</h3><p class="note">{escape(view.product)}</p>'
        f"{firms.svg()}{profit.svg()}{paragraph(' '.join(notes), 'note')}</div>"
    )


def parameters(run: RunView) -> str:
    """Return prior beside posterior, and what the tables did not move."""
    text = heading(run, "parameters", "What the tables teach, and what they do not")
    if not run.parameters:
        return text + paragraph("This run holds no posterior yet.")
    ordered = sorted(run.parameters, key=lambda view: -max(view.contraction, abs(float(view.scores[2]))))
    still = [view.name for view in ordered if view.word.startswith("not moved")]
    text += paragraph(
        f"Of {len(ordered)} calibrated parameters, {len(still)} are not moved by these data: their posterior is their prior, which comes from "
        "the literature named in the sources or from judgement. Any conclusion that hangs on one of them hangs on that prior."
    )
    canvas = contraction([view.name for view in ordered], np.array([view.scores for view in ordered]), [view.word for view in ordered])
    text += figure(canvas, "Dot: posterior median. Thick line: central 50 %. Thin line: central 90 %. Where the thin line fills the shaded band "
                   f"around zero, nothing was learned. {SOURCE}", wide=True)
    rows = [
        (view.name, view.unit, *(" ".join((amount(b[1]), f"({amount(b[0])} to {amount(b[2])})")) for b in (view.prior, view.posterior)), view.word)
        for view in ordered
    ]
    head = ("Parameter", "Unit", "Prior median (90 %)", "Posterior median (90 %)", "What these data did")
    return text + folded("All numbers", table(head, rows))


def coverage(run: RunView) -> str:
    """Return Table 2 beside the posterior predictive distribution."""
    text = heading(run, "coverage", "Does the model reproduce Table 2?")
    if not run.covered:
        return text + paragraph("This run holds no posterior predictive figures yet.")
    names = list(dict.fromkeys(cell.figure for cell in run.covered))
    cases = list(dict.fromkeys(cell.case for cell in run.covered))
    inside = sum(cell.inside for cell in run.covered)
    parts = []
    for name in names:
        cells = [cell for cell in run.covered if cell.figure == name]
        width = float(np.nanmedian([cell.width for cell in cells]))
        parts.append(f"{name}: {sum(cell.inside for cell in cells)} of {len(cells)}, band {amount(width, 2)}-fold at the median")
    text += paragraph(
        f"{inside} of {len(run.covered)} figures lie in the central 90 % of their predictive distribution ({'; '.join(parts)}). Coverage alone is "
        "weak evidence: a band that spans a factor of ten is easily hit. The predictive distribution contains the error of the table's figures."
    )
    places = np.full((len(cases), len(names)), np.nan)
    tips = [["" for _ in names] for _ in cases]
    for cell in run.covered:
        row, column = cases.index(cell.case), names.index(cell.figure)
        places[row, column] = cell.rank
        tips[row][column] = f"{cell.case}, {cell.figure}: observed {amount(cell.observed)}, predicted {amount(cell.low)} to {amount(cell.high)}"
    text += figure(ranks(cases, names, places, tips), "Each dot is a figure of Table 2, placed at its rank in the model's predictive distribution: "
                   f"left, the model expects more; right, less. Shaded: central 90 %. Orange: outside. {SOURCE}", wide=True)
    text += folded("All numbers", table(
        ("Cluster", "Figure", "Observed", "Predicted median", "Predicted 90 %", "Rank"),
        [(c.case, c.figure, amount(c.observed), amount(c.middle), f"{amount(c.low)} to {amount(c.high)}", f"{c.rank:.2f}") for c in run.covered],
        frozenset({2, 3, 5}),
    ))
    if run.statements:
        text += "<h3>Statements of the paper</h3>" + table(
            ("Cluster", "Statement", "The paper says", "Chance that the model gives to it"),
            [(s.case, s.figure, s.said, share(s.chance)) for s in run.statements], frozenset({3}),
        )
    text += "<h3>Clusters that the model cannot fit</h3>"
    if run.unfitted:
        return text + table(("Cluster", "What fails"), run.unfitted)
    return text + paragraph("None is flagged by this run's rules: every figure lies in its central 90 %, and every cluster has enough effective histories.")


def policies(run: RunView) -> str:
    """Return the comparison of policies."""
    text = heading(run, "policies", "Policies compared")
    ranked = {view.name: run.ranked(view.name) for view in run.clusters if run.ranked(view.name)}
    if not ranked:
        return text + paragraph("No policies were compared in this run.")
    text += paragraph(
        "Every policy replays the same histories, so that a difference is paired: it is the policy's doing and not another draw of luck. Budgets are "
        "equal, a stated share of the wage bill in the year of the decision. Net value counts what owners and home buyers gain minus what government "
        "spends and loses; of credit, what is lost, not the fund (which is shown beside it). Workers are counted at their opportunity cost: no value "
        "is put on jobs, which stand as an outcome of their own."
    )
    names = list(dict.fromkeys(row.policy for rows in ranked.values() for row in rows))
    names.sort(key=lambda name: (name == "status-quo", -np.mean([row.p_best for rows in ranked.values() for row in rows if row.policy == name])))
    shares = np.full((len(ranked), len(names)), np.nan)
    best = np.zeros(len(ranked), np.int64)
    for line, rows in enumerate(ranked.values()):
        best[line] = names.index(rows[0].policy)
        for row in rows:
            shares[line, names.index(row.policy)] = row.p_best
    titles = {view.name: view.title for view in run.clusters}
    canvas = chances([titles[case] for case in ranked], [policy_title(run, name) for name in names], shares, best)
    text += figure(canvas, "Chance (%) that each policy has the highest net value, over the posterior's draws; rows sum to 100. Framed: the highest mean, "
                   "which need not be the likeliest best. A row without a dark cell is an open question. Source: this run.", wide=True)
    return text + _effects(run, ranked, titles) + _contrasts(run, titles) + _alternatives(run, titles)


def _effects(run: RunView, ranked: dict[str, list[Effects]], titles: dict[str, str]) -> str:
    cards = []
    for case, rows in ranked.items():
        lines = [Row(policy_title(run, r.policy), r.mean, r.low, r.high, r.mc_se, share(r.p_best)) for r in rows if r.policy != "status-quo"]
        canvas = forest(f"{titles[case]}: net value against the status quo", lines, "wage-years")
        others = [row for row in run.effects if row.case == case and row.outcome != RANKED_BY and not row.structure]
        numbers = table(
            ("Policy", "Outcome", "Effect", "90 % of histories", "MC s.e.", "Status quo", "Unit"),
            [(policy_title(run, r.policy), r.outcome.replace("_", " "), signed(r.mean), f"{signed(r.low)} to {signed(r.high)}", amount(r.mc_se, 2),
              amount(r.status_quo), r.unit) for r in others if r.policy != "status-quo"],
            frozenset({2, 3, 4, 5}),
        )
        regrets = table(
            ("Policy", "Net value", "MC s.e.", "sd between draws", "sd within", "P(best)", "Expected regret", "Worst regret", "Cost", "Paired gain"),
            [(policy_title(run, r.policy), signed(r.mean), amount(r.mc_se, 2), amount(r.between_sd, 2), amount(r.within_sd, 2), share(r.p_best),
              amount(r.expected_regret), amount(r.worst_regret), amount(r.cost), amount(r.pairing, 2)) for r in rows],
            frozenset(range(1, 10)),
        )
        cards.append(
            f'<div class="card"><h3>{escape(titles[case])}</h3>{paragraph(verdict_sentence(run, case))}{canvas.svg()}'
            f'{folded("Regret and cost", regrets)}{folded("All outcomes", numbers)}</div>'
        )
    note = (
        "Dot: mean difference in net value to the status quo. Thin line: central 90 % of histories (parameters, latents and chance together). Thick line: "
        "two Monte Carlo standard errors of the mean either way, which more simulations would shrink. Right: chance of being best. Scales differ "
        "between clusters. Paired gain: how many times less a paired difference varies than an unpaired one. Source: this run, decision.csv."
    )
    return f'<h3>Net value by cluster</h3><div class="cards wide">{"".join(cards)}</div>{paragraph(note, "note")}'


def _contrasts(run: RunView, titles: dict[str, str]) -> str:
    texts = {
        "order": ("Does the order matter?", "Training then credit and zones, minus the reverse, in net value. Above zero: training first is better. "
                  "No equation knows the order that the paper recommends."),
        "complementarity": ("Do the instruments help each other?", "(Training then credit and zones) minus training alone minus credit and zones alone, "
                            "each with the budget that it has in the sequence. Above zero: together they do more than apart."),
    }
    text = ""
    for name, (title, caption) in texts.items():
        rows = [row for row in run.contrasts if row.name == name]
        if rows:
            lines = [Row(titles.get(r.case, r.case), r.mean, r.low, r.high, r.mc_se, f"P>0 {share(r.positive)}") for r in rows]
            known = sum(abs(r.mean) > APART * r.mc_se for r in rows)
            told = f" In {known} of {len(rows)} clusters the mean differs from zero by more than {APART:.0f} Monte Carlo standard errors."
            numbers = table(
                ("Cluster", "Mean (wage-years)", "MC s.e.", "90 % of histories", "Chance above zero"),
                [(titles.get(r.case, r.case), signed(r.mean), amount(r.mc_se, 2), f"{signed(r.low)} to {signed(r.high)}", share(r.positive)) for r in rows],
                frozenset({1, 2, 3, 4}),
            )
            canvas = forest(title, lines, "wage-years", 760)
            text += f"<h3>{escape(title)}</h3>" + figure(canvas, caption + told + " Source: this run.", wide=True) + folded("All numbers", numbers)
    return text


def _alternatives(run: RunView, titles: dict[str, str]) -> str:
    """Return which policy leads where a structural choice is made otherwise, on the same histories."""
    text = ""
    for structure in dict.fromkeys(row.structure for row in run.effects if row.structure):
        rows = []
        for case, title in titles.items():
            here, there = run.ranked(case), run.ranked(case, structure)
            if here and there:
                rows.append((
                    title, policy_title(run, here[0].policy), policy_title(run, there[0].policy), signed(there[0].mean), amount(there[0].mc_se, 2),
                    share(there[0].p_best),
                ))
        text += f"<h3>The same with {escape(structure)}</h3>" + table(
            ("Cluster", "Highest mean in this run", f"With {structure}", "Net value there", "MC s.e.", "P(best)"), rows, frozenset({3, 4, 5}),
        )
    return text


def limits(run: RunView) -> str:
    """Return what is imposed and what is not identified."""
    text = heading(run, "limits", "What is imposed, and what cannot be known from these tables") + items([
        "Mechanisms are no findings. That profit draws imitators, that falling profit provokes attempts at improvement, that the schooled succeed "
        "more often, that failures discourage and that firms move when the core is crowded is written into the equations.",
        "Dhaka (case 18) begins with its trained founders, a rung of technology and a wide export market: its success is imposed.",
        "Seventeen clusters are seen once. How fast firms enter, improve and leave is known almost only from the priors and the start years, "
        "seven of which are guesses.",
        "The regional mean of access to knowledge is nearly a label for the outcome; the structure that switches it off is the test.",
        "Parameters of programmes keep their priors: no figure of Tables 1-2 speaks of what training, credit or a zone does.",
        "Wages are counted at opportunity cost and buyers abroad are not counted. A reader who values jobs should read the rows on employment.",
    ])
    if run.kept_priors:
        text += folded(f"The {len(run.kept_priors)} parameters that keep their priors", paragraph(", ".join(run.kept_priors)))
    if run.structures:
        text += "<h3>Structural choices in force</h3>" + table(("Choice", "In force", "What it is"), run.structures)
    return text


def evidence(run: RunView) -> str:
    """Return the gate, the noise and where the run comes from."""
    text = heading(run, "provenance", "The gate, the noise and the provenance")
    if run.gates:
        rows = [(name, value, rule, "passed" if passed else "missed") for name, value, rule, passed in run.gates]
        text += "<h3>The gate</h3>" + table(("Check", "Value", "Rule", "Verdict"), rows)
    if run.noise:
        text += "<h3>Noise of the simulated log likelihood</h3>" + definitions(run.noise)
    shown = ("command", "seed", "fingerprint", "result_hash", "simulations", "wall_s", "cpu_s")
    pairs = [(key, str(run.manifest[key])) for key in shown if key in run.manifest]
    versions = run.manifest.get("versions", {})
    if isinstance(versions, dict) and versions:
        pairs.append(("versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    return text + "<h3>Provenance</h3>" + definitions(pairs)
