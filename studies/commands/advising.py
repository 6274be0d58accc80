"""``takeoff advise``: likely paths and a ranking of policies for a cluster of one's own, or why there is none."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from model.errors import InputError
from studies.commands.drawing import draw, plot_asked
from studies.commands.telling import NOT_WHOLE, exit_code, progress_asked, tell
from studies.commands.working import executor_asked, profile_asked
from studies.numbers import amount, percent, share, signed

if TYPE_CHECKING:
    from studies.policy.advice import Advice, Grounds
    from studies.policy.outlook import Measured, Outlook

# Years after the decision at which the median path is printed.
SHOWN: Final = (0, 5, 10, 20)
HEAD: Final = ("policy", "net value", "MC s.e.", "of wage bill", "P(best)", "regret", "cost", "")
FIRST_SCHOOLING: Final = "the first schooling is what the founders' is taken to be: not weighed, its chance is by the 19 clusters"
FACTS: Final = ("fact", "year", "value", "in the population", "given the others", "gross error")


def advise_cluster(arguments: argparse.Namespace) -> int:
    """Run ``takeoff advise``."""
    from studies.commands.advice_page import write_page
    from studies.policy.advice import advise
    from studies.policy.outlook import outlook, worth_measuring

    plot, progress, profile = plot_asked(arguments), progress_asked(arguments), profile_asked(arguments)
    out = Path(arguments.out or f"runs/advise-{Path(arguments.cluster).stem}")
    advice = advise(
        arguments.cluster,
        arguments.posterior,
        out=out,
        policies=arguments.policies or (list(profile.policies) or None if profile is not None else None),
        horizon=arguments.horizon or (profile.horizon if profile is not None else None),
        on=executor_asked(profile, arguments),
        batch=profile.slurm if profile is not None else None,
        shard=arguments.shard,
        progress=progress.step,
        say=progress.say,
    )
    progress.end()
    if not (advice.comparison.weights > 0).any():
        raise InputError(f"{advice.case.title}: every history outgrew the simulator; check firms and workers in the file")
    seen, measures = outlook(advice.comparison), worth_measuring(advice.comparison, seed=1)
    files = {"decision": out / "decision.csv", "page": write_page(out, advice, seen, measures)}
    _draw(plot, advice, out)
    tell(
        arguments,
        lambda: {**advice_content(advice, seen, measures), **files},
        lambda: [*advice_lines(advice, seen, measures), *(f"{name:<10} {path}" for name, path in files.items())],
    )
    return exit_code(advice.converged) if advice.supported else NOT_WHOLE


def _draw(plot: Path | None, advice: "Advice", out: Path) -> None:
    """Write a picture of the ranking, or, where there is none, of the paths on which the answer stands."""
    from studies.plots.paths import plot_paths
    from studies.plots.policies import plot_policies

    if advice.supported:
        draw(plot, plot_policies, advice, advice.case)
    else:
        draw(plot, plot_paths, out, advice.case)


def advice_lines(advice: "Advice", seen: "Outlook", measures: "Sequence[Measured]") -> list[str]:
    """Return the advice in words: under which label, the phase and the paths, the ranking, and how sure it is."""
    from studies.commands.ranking import verdict_line

    grounds = advice.grounds
    kind = "" if advice.supported else " of any cluster of this kind, not of this one"
    warned = [f"warning: {grounds.warning}"] * bool(grounds.warning)
    lines = [verdict_line(advice.label, advice.converged), *warned, f"{advice.case.title}: paths{kind}", *_path_lines(seen)]
    if advice.supported:
        lines += ["", *_ranking_lines(seen), *_measure_lines(measures)]
    else:
        lines += ["", "NO RANKING:", *(f"  {reason}" for reason in grounds.reasons)]
    return [*lines, "", *_ground_lines(grounds), *(f"note: {note}" for note in grounds.notes)]


def _path_lines(seen: "Outlook") -> list[str]:
    """Return the phase at the decision, and medians with 90 % of histories at some years after it."""
    from studies.inspect.explain import columns

    now = len(seen.years) - 1 - round(seen.years[-1] - seen.decision)
    rows = [now + year for year in SHOWN if now + year < len(seen.years)]
    cells = [
        (
            str(int(seen.years[row])),
            *(f"{amount(fan[2, row])} ({amount(fan[0, row])} to {amount(fan[4, row])})" for fan in seen.paths.values()),
        )
        for row in rows
    ]
    phase = ", ".join(f"{name} {percent(chance)}" for name, chance in seen.phases.items() if chance > 0.005)
    chances = ", ".join(f"{percent(chance)} with {name}" for name, chance in seen.transition.items())
    return [
        columns(("year", *seen.paths), cells),
        f"phase in {int(seen.decision)}: {phase}",
        f"transition by {int(seen.years[-1])}: {chances}",
    ]


def _ranking_lines(seen: "Outlook") -> list[str]:
    from studies.inspect.explain import columns

    cells = [
        (
            one.effects.policy,
            signed(one.effects.mean),
            amount(one.effects.mc_se, 2),
            percent(one.share),
            share(one.effects.p_best),
            amount(one.effects.expected_regret),
            amount(one.effects.cost),
            "cannot be beaten" if one.effects.unbeaten else "",
        )
        for one in seen.ranking
    ]
    bill = f"a year's wage bill is {amount(seen.wage_bill)} wage-years"
    return [f"policies by net value against the status quo, in wage-years; {bill}", columns(HEAD, cells)]


def _measure_lines(measures: "Sequence[Measured]") -> list[str]:
    if not measures:
        return []
    told = [f"  {one.title} ({one.size} {one.unit}): worth {amount(one.worth)}, price {amount(one.price)}" for one in measures]
    return ["", "measure first, in wage-years:", *told]


def _ground_lines(grounds: "Grounds") -> list[str]:
    """Return how many histories carry the answer, and each fact against the population and the other facts."""
    from studies.inspect.explain import columns
    from studies.policy.conditioning import ENOUGH
    from studies.policy.misfit import FOUNDING

    if not grounds.candidates:
        return [f"{grounds.unique} histories; none was weighed by facts"]
    few = " Few: the ranking is rough." if grounds.effective < ENOUGH else ""
    cells = [
        (fact.name, str(fact.year), fact.value, percent(fact.population), percent(fact.others), percent(fact.gross))
        for fact in grounds.facts
    ]
    return [
        f"{grounds.effective:.0f} effective histories of {grounds.candidates} agree with the facts, k-hat {grounds.k_hat:.2f}; "
        f"{grounds.unique} different ones were replayed.{few}",
        columns(FACTS, cells),
        *[FIRST_SCHOOLING] * any(fact.name == FOUNDING for fact in grounds.facts),
    ]


def advice_content(advice: "Advice", seen: "Outlook", measures: "Sequence[Measured]") -> dict[str, Any]:
    """Return the advice for programs."""
    from studies.commands.ranking import ranking_content

    grounds = advice.grounds
    told = ranking_content([one.effects for one in seen.ranking], advice.label, advice.converged)
    return {
        "case": advice.case.title,
        "supported": advice.supported,
        "reasons": grounds.reasons,
        "warning": grounds.warning,
        "notes": grounds.notes,
        "effective_histories": grounds.effective,
        "candidates": grounds.candidates,
        "different_histories": grounds.unique,
        "k_hat": grounds.k_hat,
        "gross_error": grounds.gross,
        "facts": grounds.facts,
        "decision_year": seen.decision,
        "years": seen.years,
        "probabilities": list(_fan()),
        "paths": dict(seen.paths),
        "phases": dict(seen.phases),
        "transition": dict(seen.transition),
        "leader": seen.leader,
        "wage_bill": seen.wage_bill,
        "share_of_wage_bill": {one.effects.policy: one.share for one in seen.ranking},
        "measure_first": list(measures),
        **told,
    }


def _fan() -> tuple[float, ...]:
    from calibration.weights import FAN

    return FAN
