"""``takeoff advise``: likely paths and a ranking of policies for a cluster of one's own."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from model.errors import InputError
from studies.commands.telling import exit_code, progress_asked, tell
from studies.commands.working import executor_asked, profile_asked

if TYPE_CHECKING:
    from studies.policy.advice import Advice
    from studies.policy.decision_table import Effects

# Fewer effective histories than this are called few.
FEW: Final = 30.0


def advise_cluster(arguments: argparse.Namespace) -> int:
    """Run ``takeoff advise``."""
    from studies.policy.advice import advise

    progress, profile = progress_asked(arguments), profile_asked(arguments)
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
    decision = out / "decision.csv"
    tell(
        arguments,
        lambda: {**advice_content(advice), "decision": decision},
        lambda: [*advice_lines(advice), f"decision   {decision}"],
    )
    return exit_code(advice.converged)


def _rows(advice: "Advice") -> "list[Effects]":
    """Return the rows of an advice's decision table.

    Raises
    ------
    InputError
        If every history outgrew the simulator, so that nothing can be ranked.
    """
    from studies.policy.decision_table import decision_rows

    rows = decision_rows(advice.comparison)
    if not rows:
        raise InputError(f"{advice.case.title}: every history outgrew the simulator; check firms and workers in the file")
    return rows


def advice_lines(advice: "Advice") -> list[str]:
    """Return the advice in words: under which label, the ranking, and how sure it is; see ``_rows`` for what is raised."""
    from studies.commands.ranking import ranked, ranking_table, verdict_line
    from studies.policy.advice import CANDIDATES

    few = " Few: the ranking is rough." if advice.effective < FEW else ""
    return [
        verdict_line(advice.label, advice.converged),
        f"{advice.case.title}: policies by net value against the status quo, in wage-years",
        ranking_table(ranked(_rows(advice))),
        f"{advice.effective:.0f} effective histories of {CANDIDATES} agree with what is known of the cluster.{few}",
    ]


def advice_content(advice: "Advice") -> dict[str, Any]:
    """Return the advice for programs; see ``_rows`` for what is raised."""
    from studies.commands.ranking import ranking_content

    told = ranking_content(_rows(advice), advice.label, advice.converged)
    return {"case": advice.case.title, "effective_histories": advice.effective, **told}
