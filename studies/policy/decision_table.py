"""What stands in the table for a decision? For each cluster, policy and outcome: effect, error, chance of being best, regret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.weights import effective_draws, normalised, weighted_quantile
from model.arrays import Floats
from studies.policy import decision
from studies.policy.counterfactuals import Comparison
from studies.policy.outcomes import COST, LEDGER, NAMES, OUTCOMES, Outcome

Draws = NDArray[np.int64]
# Outcomes that stand in every row too: where a policy's money went, and who gains and who pays.
MONEY: Final = ("granted", "spent", "returned", "lost", "overrun", *LEDGER)
# Columns that are finite in every row. The others are unknown where one draw, or one history a draw, leaves nothing to compare.
REQUIRED: Final = ("mean", "low", "high", "p_best", "expected_regret", "cost", "ess", "status_quo", "worst_regret", "behind")


@dataclass(frozen=True)
class Effects:
    """One line of ``decision.csv``."""

    case: str
    policy: str
    outcome: str
    mean: float
    low: float
    high: float
    mc_se: float
    p_best: float = float("nan")
    expected_regret: float = float("nan")
    cost: float = float("nan")
    ess: float = float("nan")
    structure: str = ""
    status_quo: float = float("nan")
    worst_regret: float = float("nan")
    draw_sd: float = float("nan")
    luck_sd: float = float("nan")
    pairing: float = float("nan")
    behind: float = float("nan")
    behind_se: float = float("nan")
    unit: str = ""
    median: float = float("nan")
    trimmed_mean: float = float("nan")
    p_gain: float = float("nan")
    p_lead: float = float("nan")
    unbeaten: int = 0
    regret_90: float = float("nan")
    futures: int = 1
    granted: float = float("nan")
    spent: float = float("nan")
    returned: float = float("nan")
    lost: float = float("nan")
    overrun: float = float("nan")
    captured: float = float("nan")
    owners_old: float = float("nan")
    owners_new: float = float("nan")
    buyers: float = float("nan")
    workers_gain: float = float("nan")
    treasury: float = float("nan")


@dataclass(frozen=True)
class Contrast:
    """A contrast between policies in one cluster: its mean, 90 % interval, Monte Carlo error and chance of being above zero."""

    case: str
    name: str
    mean: float
    low: float
    high: float
    mc_se: float
    positive: float


class Kept(NamedTuple):
    """The histories that count: levels (policies, n, outcomes), weights (n,) that sum to one, and draws (n,)."""

    levels: Floats
    weights: Floats
    draw: Draws


def decision_rows(comparison: Comparison) -> list[Effects]:
    """Return the lines of the decision table for one cluster; none where no history could be kept."""
    known = comparison.weights > 0
    if not known.any():
        return []
    weights = normalised(comparison.weights[known])
    kept = Kept(comparison.levels[:, known, :], weights, comparison.histories.draw[known])
    effects = kept.levels - kept.levels[:1]
    money = [{name: float(effects[policy, :, NAMES.index(name)] @ weights) for name in MONEY} for policy in range(len(effects))]
    return [
        row
        for index, outcome in enumerate(OUTCOMES)
        for row in _outcome_rows(comparison, kept, effects[:, :, index], outcome, money)
    ]


class Judged(NamedTuple):
    """What a decision looks at, a value a policy each: see the columns of the same names."""

    p_best: Floats
    expected_regret: Floats
    worst_regret: Floats
    regret_90: Floats
    p_lead: Floats
    unbeaten: Draws


def judged(effects: Floats, weights: Floats, draw: Draws) -> tuple[int, Judged]:
    """Return the policy with the highest mean, and what a decision looks at, of effects (policies, n) of which more is better."""
    worth, mass = decision.without_luck(effects, weights, draw)
    # Luck is taken out around the means, which stay as they are; how well they are known depends on what luck left in them.
    means, _ = decision.by_draw(effects, weights, draw)
    centre, resampled = means @ mass, decision.resampled_means(means, mass)
    return int(np.argmax(centre)), Judged(
        decision.chance_of_best(worth, mass),
        decision.expected_regret(worth, mass),
        decision.worst_regret(worth, mass),
        decision.regret_quantile(worth, mass),
        decision.chance_of_leading(resampled),
        decision.unbeaten(centre, resampled).astype(np.int64),
    )


def _outcome_rows(
    comparison: Comparison, kept: Kept, effects: Floats, outcome: Outcome, money: Sequence[Mapping[str, float]]
) -> list[Effects]:
    """Return one row a policy for an outcome, from its effects (policies, n)."""
    weights, draw, levels = kept.weights, kept.draw, kept.levels[:, :, NAMES.index(outcome.name)]
    leader, seen = judged(outcome.direction * effects, weights, draw)
    decided = [{name: column[policy].item() for name, column in seen._asdict().items()} for policy in range(len(effects))]
    rows = []
    for policy, name in enumerate(comparison.policies):
        behind = decision.paired_effect(outcome.direction * (effects[leader] - effects[policy]), weights, draw)
        apart = decision.spread(effects[policy], weights, draw)
        shown = Effects(
            comparison.histories.case.name,
            name,
            outcome.name,
            *decision.paired_effect(effects[policy], weights, draw),
            cost=-money[policy][COST],
            ess=effective_draws(weights, draw),
            structure=comparison.structure,
            status_quo=float(levels[0] @ weights),
            draw_sd=apart.between,
            luck_sd=apart.within,
            pairing=decision.pairing_gain(levels[policy], levels[0], weights),
            behind=behind.mean,
            behind_se=behind.mc_se,
            unit=outcome.unit,
            median=float(weighted_quantile(effects[policy], weights, np.array([0.5]))[0]),
            trimmed_mean=decision.trimmed_mean(effects[policy], weights),
            p_gain=decision.chance_positive(outcome.direction * effects[policy], weights),
            futures=comparison.futures,
        )
        known: dict[str, Any] = {**decided[policy], **money[policy]}
        rows.append(replace(shown, **known))
    return rows


def contrast_rows(case: str, contrasts: Mapping[str, Floats], weights: Floats, draw: Draws) -> list[Contrast]:
    """Return the contrasts of one cluster, summarised."""
    kept = weights > 0
    if not kept.any():
        return []
    mass = normalised(weights[kept])
    return [
        Contrast(
            case, name, *decision.paired_effect(values[kept], mass, draw[kept]), decision.chance_positive(values[kept], mass)
        )
        for name, values in contrasts.items()
    ]
