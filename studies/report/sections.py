"""What does the report say? One function a section; each takes the run's view and returns a piece of the page."""

import hashlib
import json
from html import escape

import numpy as np

from studies.numbers import amount, share
from studies.page.figures import contraction, fan
from studies.page.html import definitions, figure, folded, items, paragraph, table
from studies.report.data import ClusterView, RunView
from studies.report.words import CLEAR, heading, policy_title, tied, verdict_sentence

SOURCE = "Source: this run; observed figures from Tables 1-2 of Otsuka and Sonobe (2011)."


def introduction(run: RunView) -> str:
    """Return what this page is."""
    text = heading(run, "what", "What this is") + paragraph(
        "A simulation of industrial clusters – firms that enter, imitate, improve or leave – was set against the "
        "nineteen clusters of Tables 1 and 2 of Otsuka and Sonobe (2011). What survives the comparison is a set of "
        "weighted histories for each cluster. Policies are then compared by replaying those same histories with a "
        "programme switched on at the last observation.",
        "lead",
    )
    text += paragraph(
        "The data are thin: seventeen of the nineteen clusters are seen once. Bands are wide where the tables say "
        "little, and they are meant to be. Money is in wage-years: one is what a worker earns in a year."
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
        f"Ranked by net value over {run.horizon:.0f} years – owners' profits plus home buyers' surplus minus public "
        f"cost, discounted at 5 % – the policies with the highest mean are: {counts}. In {len(clear)} of {len(best)} "
        f"clusters the best policy is clear, that is, best in at least {share(CLEAR)} of the draws and told apart from "
        "every rival by the simulations made. Elsewhere the ranking is open.",
        "lead",
    )
    rows = [(view.title, verdict_sentence(run, view.name)) for view in cases]
    return text + table(("Cluster", "Highest mean net value, and how sure"), rows)


def clusters(run: RunView) -> str:
    """Return the fans of every cluster: the paper's Figure 1, from the posterior."""
    text = heading(run, "clusters", "Each cluster over time") + paragraph(
        "The paper draws a cluster's life as two curves, the number of firms and their profitability (its Figure 1). "
        "Here they are for each cluster, from the histories that pass near its figures. Line: median. Bands: central "
        "50 and 90 % of the histories. Orange: the table's figure with the central 90 % of its error. Grey ground: "
        "projection under the status quo, after the last observation."
    )
    if not run.clusters:
        return text + paragraph("This run holds no histories yet.")
    return (
        text
        + '<div class="cards">'
        + "".join(_card(view) for view in run.clusters)
        + "</div>"
        + paragraph(
            "Firms on a logarithmic scale. Profitability is mean profit over a firm's yearly fixed cost; no cluster's "
            f"was observed. {SOURCE}",
            "note",
        )
    )


def _card(view: ClusterView) -> str:
    decision = view.decision if np.isfinite(view.decision) else None
    firms = fan(f"{view.title}: firms", view.years, view.firms, "firms (log scale)", view.observed, decision, log=True)
    profit = fan(f"{view.title}: profitability", view.years, view.profitability, "profit / fixed cost", (), decision)
    notes = [f"{view.ess:.0f} effective histories."] if np.isfinite(view.ess) else []
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
        f"Of {len(ordered)} calibrated parameters, {len(still)} are not moved by these data: their posterior is their "
        "prior, which comes from the literature named in the sources or from judgement. Any conclusion that hangs on "
        "one of them hangs on that prior."
    )
    canvas = contraction(
        [view.name for view in ordered], np.array([view.scores for view in ordered]), [view.word for view in ordered]
    )
    text += figure(
        canvas,
        "Dot: posterior median. Thick line: central 50 %. Thin line: central 90 %. Where the thin line fills the "
        f"shaded band around zero, nothing was learned. {SOURCE}",
        wide=True,
    )
    rows = [
        (
            view.name,
            view.unit,
            *(" ".join((amount(b[1]), f"({amount(b[0])} to {amount(b[2])})")) for b in (view.prior, view.posterior)),
            view.word,
        )
        for view in ordered
    ]
    head = ("Parameter", "Unit", "Prior median (90 %)", "Posterior median (90 %)", "What these data did")
    return text + folded("All numbers", table(head, rows))


def limits(run: RunView) -> str:
    """Return what is imposed and what is not identified."""
    text = heading(run, "limits", "What is imposed, and what cannot be known from these tables") + items(
        [
            "Mechanisms are no findings. That profit draws imitators, that falling profit provokes attempts at "
            "improvement, that the schooled succeed more often, that failures discourage and that firms move when the "
            "core is crowded is written into the equations.",
            "Dhaka (case 18) begins with its trained founders, a rung of technology and a wide export market: its "
            "success is imposed.",
            "Seventeen clusters are seen once. How fast firms enter, improve and leave is known almost only from the "
            "priors and the start years, seven of which are guesses.",
            "The regional mean of access to knowledge is nearly a label for the outcome; the structure that switches "
            "it off is the test.",
            "Parameters of programmes keep their priors: no figure of Tables 1-2 speaks of what training, credit or a zone does.",
            "Wages are counted at opportunity cost and buyers abroad are not counted. A reader who values jobs should "
            "read the rows on employment.",
        ]
    )
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
    shown = ("command", "seed", "result_hash", "simulations", "wall_s", "cpu_s")
    pairs = [(key, str(run.manifest[key])) for key in shown if key in run.manifest]
    if "fingerprint" in run.manifest:
        mark = json.dumps(run.manifest["fingerprint"], sort_keys=True)
        pairs.append(("fingerprint", hashlib.sha256(mark.encode()).hexdigest()))
    versions = run.manifest.get("versions", {})
    if isinstance(versions, dict) and versions:
        pairs.append(("versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    return text + "<h3>Provenance</h3>" + definitions(pairs)
