"""``takeoff advise``: likely paths and a ranking of policies for a cluster of one's own."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.errors import InputError
from studies.commands.working import executor_asked, profile_asked
from studies.inspect.explain import columns
from studies.numbers import amount, share, signed
from studies.progress import Progress

if TYPE_CHECKING:
    from studies.policy.advice import Advice

# Fewer effective histories than this are called few.
FEW: Final = 30.0


def advise_cluster(arguments: argparse.Namespace) -> int:
    """Run ``takeoff advise``."""
    from studies.policy.advice import advise

    progress, profile = Progress(), profile_asked(arguments)
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
    sys.stdout.write("\n".join([*advice_lines(advice), f"decision   {out / 'decision.csv'}"]) + "\n")
    return 0


def advice_lines(advice: "Advice") -> list[str]:
    """Return the advice in words: the ranking, how sure it is, and under which label.

    Raises
    ------
    InputError
        If every history outgrew the simulator, so that nothing can be ranked.
    """
    from studies.policy.advice import CANDIDATES
    from studies.policy.decision_table import decision_rows
    from studies.policy.outcomes import RANKED_BY

    rows = [row for row in decision_rows(advice.comparison) if row.outcome == RANKED_BY]
    if not rows:
        raise InputError(f"{advice.case.title}: every history outgrew the simulator; check firms and workers in the file")
    rows.sort(key=lambda row: -row.mean)
    verdict = advice.label if advice.converged else f"NOT CONVERGED; {advice.label}"
    few = " Few: the ranking is rough." if advice.effective < FEW else ""
    table = columns(
        ("policy", "net value", "MC s.e.", "90 % of histories", "P(best)", "regret", "cost"),
        [
            (
                row.policy,
                signed(row.mean),
                amount(row.mc_se, 2),
                f"{signed(row.low)} to {signed(row.high)}",
                share(row.p_best),
                amount(row.expected_regret),
                amount(row.cost),
            )
            for row in rows
        ],
    )
    return [
        f"{advice.case.title}: policies by net value against the status quo, in wage-years ({verdict})",
        table,
        f"{advice.effective:.0f} effective histories of {CANDIDATES} agree with what is known of the cluster.{few}",
    ]
