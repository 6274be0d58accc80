"""What would each policy have made of the same histories? Paired replays from the decision on, and the table for a decision.

Every policy meets the same parameters, latents and seeds, so a difference to the status quo is the policy's own. A history that
outgrows the simulator under any policy is left out under all, and the weight so lost is reported.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from model.config import Policy, load_policy
from model.errors import InputError
from studies import decision
from studies.decision import Floats
from studies.figures import FAN
from studies.histories import Histories, Replay, replay
from studies.outcomes import NAMES, OUTCOMES
from studies.report_data import RANKED_BY, Contrast, Effects

STATUS_QUO: Final = "status-quo"
SEQUENCE: Final = "training-then-credit-and-zone"
REVERSE: Final = "credit-and-zone-then-training"
FIRST_PART: Final = "sequence: training alone"
SECOND_PART: Final = "sequence: credit and zone alone"
DEFAULT_POLICIES: Final = (
    STATUS_QUO,
    "training",
    "technology-training",
    "credit",
    "zone",
    "market-place",
    SEQUENCE,
    REVERSE,
    "all-at-once",
    "pilot",
)
SHOWN: Final = ("firms", "workers", "profitability", "improved_firms")
# A fan is drawn from the year on in which this share of the weight has begun.
BEGUN: Final = 0.5

Progress = Callable[[str, int, int], None]


class Comparison(NamedTuple):
    """One cluster compared.

    ``levels`` (policies, n, outcomes) at the horizon; ``weights`` (n,) of the histories kept, zero for those left out;
    ``lost``: weight left out; ``past`` (quantities, 5, t): fans of the status quo at calendar ``years`` (t,);
    ``after`` (policies, quantities, 5, h + 1): fans by year after the decision; ``contrasts``: name to (n,).
    """

    histories: Histories
    policies: tuple[str, ...]
    levels: Floats
    weights: Floats
    lost: float
    years: Floats
    past: Floats
    after: Floats
    contrasts: dict[str, Floats]
    structure: str


def chosen_policies(names: Sequence[str] | None) -> dict[str, Policy]:
    """Return the policies to compare by name, the status quo first.

    Raises
    ------
    InputError
        If a policy is unknown or named twice.
    """
    wanted = list(names or DEFAULT_POLICIES)
    if len(set(wanted)) < len(wanted):
        twice = next(name for name in wanted if wanted.count(name) > 1)
        raise InputError(f"--policy: {twice}: is named twice; name each policy once")
    policies = [load_policy(STATUS_QUO)] + [load_policy(name) for name in wanted if name != STATUS_QUO]
    return {policy.name: policy for policy in policies}


def _parts(policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return the two halves of the paper's sequence, each with the budget that it has in the sequence."""
    if SEQUENCE not in policies:
        return {}
    programmes = policies[SEQUENCE].funded()
    training = tuple(spec for spec in programmes if spec.programme == "training")
    rest = tuple(spec for spec in programmes if spec.programme != "training")
    return {
        FIRST_PART: policies[SEQUENCE].model_copy(update={"name": "first-part", "programmes": training}),
        SECOND_PART: policies[SEQUENCE].model_copy(update={"name": "second-part", "programmes": rest}),
    }


def fans(paths: Floats, weights: Floats) -> Floats:
    """Return quantiles (5, t) at the probabilities of a fan from paths (n, t); NaN where too little weight has begun."""
    begun = np.isfinite(paths) & (weights > 0)[:, None]
    curves = np.full((len(FAN), paths.shape[1]), np.nan)
    for step in range(paths.shape[1]):
        if np.sum(weights[begun[:, step]]) >= BEGUN * np.sum(weights):
            curves[:, step] = decision.weighted_quantile(paths[:, step], weights, np.array(FAN))
    return curves


def compare_case(
    histories: Histories,
    policies: Mapping[str, Policy],
    horizon: int,
    structure: str = "",
    threads: int | None = None,
    tell: Callable[[], None] = lambda: None,
) -> Comparison:
    """Compare policies in one cluster.

    Parameters
    ----------
    horizon : years after the decision
    structure : "" for the histories' own structural choices, or one change such as "state_capacity=off"
    tell : called after each policy
    """
    choice, _, option = structure.partition("=")
    structures = {**histories.structures, **({choice: option} if structure else {})}
    when = _decision_time(histories)
    after = when + np.arange(horizon + 1.0)
    parts = {} if structure else _parts(policies)
    levels, curves = [], []
    for policy in [*policies.values(), *parts.values()]:
        seen = replay(histories, policy, after, horizon, structures, threads)
        levels.append(np.stack([outcome.value(seen.columns(horizon)) for outcome in OUTCOMES], axis=1))
        curves.append(np.stack([fans(seen.path(name), histories.weights) for name in SHOWN]))
        tell()
    every = np.stack(levels)
    kept = np.isfinite(every).all(axis=(0, 2))
    weights = np.where(kept, histories.weights, 0.0)
    years, past = (
        _past(histories, policies[STATUS_QUO], when, horizon, threads)
        if not structure
        else (after[:0], np.empty((len(SHOWN), 5, 0)))
    )
    names = tuple(policies)
    contrasts = _contrast_values(dict(zip((*names, *parts), every[:, :, NAMES.index(RANKED_BY)], strict=True)))
    lost = float(np.sum(histories.weights[~kept]))
    return Comparison(
        histories, names, every[: len(names)], weights, lost, years, past, np.stack(curves[: len(names)]), contrasts, structure
    )


def _decision_time(histories: Histories) -> float:
    case = histories.case
    return case.observations[-1].time if case.observations else float(case.start.high)


def _past(histories: Histories, status_quo: Policy, when: float, horizon: int, threads: int | None) -> tuple[Floats, Floats]:
    first = float(histories.case.start.low) if histories.case.start.reform is None else float(min(histories.case.start.low, when))
    years = np.arange(when - np.floor(when - first), when + horizon + 0.5)
    seen: Replay = replay(histories, status_quo, years, horizon, None, threads)
    return years, np.stack([fans(seen.path(name), histories.weights) for name in SHOWN])


def _contrast_values(values: Mapping[str, Floats]) -> dict[str, Floats]:
    found = {}
    if SEQUENCE in values and REVERSE in values:
        found["order"] = values[SEQUENCE] - values[REVERSE]
    if FIRST_PART in values and SECOND_PART in values:
        found["complementarity"] = values[SEQUENCE] - values[FIRST_PART] - values[SECOND_PART] + values[STATUS_QUO]
    return found


def decision_rows(comparison: Comparison) -> list[Effects]:
    """Return the lines of the decision table for one cluster; none where no history could be kept."""
    kept = comparison.weights > 0
    if not kept.any():
        return []
    weights = decision.normalised(comparison.weights[kept])
    draw = comparison.histories.draw[kept]
    levels = comparison.levels[:, kept, :]
    effects = levels - levels[:1]
    cost = effects[:, :, NAMES.index("value_cost")] @ weights
    rows = []
    for place, outcome in enumerate(OUTCOMES):
        worth, mass = decision.by_draw(outcome.direction * effects[:, :, place], weights, draw)
        best, mean, worst = (
            decision.chance_of_best(worth, mass),
            decision.expected_regret(worth, mass),
            decision.worst_regret(worth, mass),
        )
        leader = int(np.argmax(worth @ mass))
        for index, name in enumerate(comparison.policies):
            difference = effects[index, :, place]
            behind = decision.paired_effect(outcome.direction * (effects[leader, :, place] - difference), weights, draw)
            apart = decision.spread(difference, weights, draw)
            rows.append(
                Effects(
                    comparison.histories.case.name,
                    name,
                    outcome.name,
                    *decision.paired_effect(difference, weights, draw),
                    p_best=float(best[index]),
                    expected_regret=float(mean[index]),
                    cost=float(cost[index]),
                    ess=decision.effective_size(weights),
                    structure=comparison.structure,
                    status_quo=float(levels[0, :, place] @ weights),
                    worst_regret=float(worst[index]),
                    between_sd=apart.between,
                    within_sd=apart.within,
                    pairing=decision.pairing_gain(levels[index, :, place], levels[0, :, place], weights),
                    behind=behind.mean,
                    behind_se=behind.mc_se,
                    unit=outcome.unit,
                )
            )
    return rows


def contrast_rows(case: str, contrasts: Mapping[str, Floats], weights: Floats, draw: Any) -> list[Contrast]:
    """Return the contrasts of one cluster, summarised."""
    kept = weights > 0
    if not kept.any():
        return []
    mass = decision.normalised(weights[kept])
    return [
        Contrast(
            case, name, *decision.paired_effect(values[kept], mass, draw[kept]), decision.chance_positive(values[kept], mass)
        )
        for name, values in contrasts.items()
    ]


def dataset(comparisons: Sequence[Comparison], horizon: int, policies: Mapping[str, Policy]) -> xr.Dataset:
    """Return comparisons under one structure as labelled arrays; cases are padded with NaN to the longest."""
    count = max(len(item.histories) for item in comparisons)
    steps = max(len(item.years) for item in comparisons)
    names = comparisons[0].policies

    def padded(values: NDArray[Any], size: int, axis: int) -> Floats:
        room = [(0, 0)] * values.ndim
        room[axis] = (0, size - values.shape[axis])
        return np.pad(np.asarray(values, np.float64), room, constant_values=np.nan)

    kinds = list(comparisons[0].contrasts)
    contrasts = [
        np.stack([padded(item.contrasts[kind], count, 0) for kind in kinds]) if kinds else np.empty((0, count))
        for item in comparisons
    ]
    data = xr.Dataset(
        {
            "level": (
                ("case", "policy", "history", "outcome"),
                np.stack([padded(item.levels, count, 1) for item in comparisons]),
            ),
            "weight": (("case", "history"), np.nan_to_num(np.stack([padded(item.weights, count, 0) for item in comparisons]))),
            "draw": (("case", "history"), np.stack([padded(item.histories.draw, count, 0) for item in comparisons])),
            "contrast": (("case", "kind", "history"), np.stack(contrasts)),
            "lost": (("case",), np.array([item.lost for item in comparisons])),
            "path": (
                ("case", "quantity", "probability", "step"),
                np.stack([padded(item.past, steps, 2) for item in comparisons]),
            ),
            "year": (("case", "step"), np.stack([padded(item.years, steps, 0) for item in comparisons])),
            "after": (
                ("case", "policy", "quantity", "probability", "years_after"),
                np.stack([item.after for item in comparisons]),
            ),
        },
        coords={
            "case": [item.histories.case.name for item in comparisons],
            "policy": list(names),
            "outcome": list(NAMES),
            "kind": kinds,
            "quantity": list(SHOWN),
            "probability": list(FAN),
            "years_after": np.arange(horizon + 1.0),
        },
        attrs={
            "horizon": horizon,
            "titles": [policies[name].title for name in names],
            "questions": [policies[name].question for name in names],
        },
    )
    data["outcome"].attrs["units"] = [outcome.unit for outcome in OUTCOMES]
    data["years_after"].attrs["units"] = "years after the decision"
    data["path"].attrs["meaning"] = "quantiles of the status quo at calendar years"
    return data
