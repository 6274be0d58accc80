"""What stands in the table for a decision? For each cluster, policy and outcome: effect, error, chance of being best, regret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.weights import effective_draws, normalised
from model.arrays import Floats
from studies.policy import decision
from studies.policy.counterfactuals import Comparison
from studies.policy.outcomes import NAMES, OUTCOMES, Outcome

Draws = NDArray[np.int64]
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
    p_best: float
    expected_regret: float
    cost: float
    ess: float
    structure: str = ""
    status_quo: float = float("nan")
    worst_regret: float = float("nan")
    between_sd: float = float("nan")
    within_sd: float = float("nan")
    pairing: float = float("nan")
    behind: float = float("nan")
    behind_se: float = float("nan")
    unit: str = ""


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
    cost = effects[:, :, NAMES.index("value_cost")] @ weights
    return [row for index in range(len(OUTCOMES)) for row in _outcome_rows(comparison, kept, effects[:, :, index], index, cost)]


def _outcome_rows(comparison: Comparison, kept: Kept, effects: Floats, index: int, cost: Floats) -> list[Effects]:
    """Return one row a policy for the outcome of an index."""
    outcome: Outcome = OUTCOMES[index]
    weights, draw, levels = kept.weights, kept.draw, kept.levels[:, :, index]
    worth, mass = decision.by_draw(outcome.direction * effects, weights, draw)
    best, mean = decision.chance_of_best(worth, mass), decision.expected_regret(worth, mass)
    worst, leader = decision.worst_regret(worth, mass), int(np.argmax(worth @ mass))
    rows = []
    for policy, name in enumerate(comparison.policies):
        behind = decision.paired_effect(outcome.direction * (effects[leader] - effects[policy]), weights, draw)
        apart = decision.spread(effects[policy], weights, draw)
        shown = Effects(
            comparison.histories.case.name,
            name,
            outcome.name,
            *decision.paired_effect(effects[policy], weights, draw),
            p_best=float(best[policy]),
            expected_regret=float(mean[policy]),
            cost=float(cost[policy]),
            ess=effective_draws(weights, draw),
            structure=comparison.structure,
            status_quo=float(levels[0] @ weights),
            worst_regret=float(worst[policy]),
            between_sd=apart.between,
            within_sd=apart.within,
            pairing=decision.pairing_gain(levels[policy], levels[0], weights),
            behind=behind.mean,
            behind_se=behind.mc_se,
            unit=outcome.unit,
        )
        rows.append(shown)
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
