"""What would each policy have made of the same histories? Paired replays from the decision on, and the table for a decision.

Every policy meets the same parameters, latents and seeds, so a difference to the status quo is the policy's own. A history that
outgrows the simulator under any policy is left out under all, and the weight so lost is reported.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.histories import WeightedHistories
from calibration.weights import FAN, weighted_quantile
from execution.tasks import together
from model.arrays import Arrays, Floats
from model.config import Case, Policy
from model.observe import PHASES
from studies.policy.chosen import REVERSE, SEQUENCE, STATUS_QUO, halves
from studies.policy.outcomes import NAMES, OUTCOMES, RANKED_BY, TRANSITION, net_value, with_worth
from studies.policy.propositions import READ, Told, readings, succeeded
from studies.policy.replay import Replay, replay

SHOWN: Final = ("firms", "workers", "profitability", "improved_firms")
# Columns of the panel that a replay keeps: those, and what propositions read.
KEPT: Final = (*SHOWN, *(name for name in READ if name not in SHOWN))
# What is counted of them: each phase, and the histories that have made the transition.
TRANSITIONED: Final = "transitioned"
STATES: Final = (*PHASES, TRANSITIONED)
# A fan is drawn from the year on in which this share of the weight has begun.
BEGUN: Final = 0.5


class Comparison(NamedTuple):
    """One cluster compared.

    ``histories`` are n: each as often as it has ``futures``, which follow one another.
    ``levels`` (policies, n, outcomes) at the horizon; ``weights`` (n,) of the histories kept, zero for those left out;
    ``lost``: weight left out; ``past`` (quantities, 5, t): fans of the status quo at calendar ``years`` (t,);
    ``after`` (policies, quantities, 5, h + 1): fans by year after the decision; ``contrasts``: name to (n,);
    ``shares`` (states, t): share of the weight in each of STATES under the status quo; ``readings``: what the paper's
    propositions say of each history, (n,) by number, none under another structure than the histories' own; ``worth``
    (policies, n, h + 1): net value within so many years after the decision.
    """

    histories: WeightedHistories
    policies: tuple[str, ...]
    levels: Floats
    weights: Floats
    lost: float
    years: Floats
    past: Floats
    after: Floats
    contrasts: dict[str, Floats]
    structure: str
    shares: Floats
    readings: dict[int, Floats]
    worth: Floats
    futures: int = 1


def fans(paths: Floats, weights: Floats) -> Floats:
    """Return quantiles (5, t) at the probabilities of a fan from paths (n, t); NaN where too little weight has begun."""
    begun = np.isfinite(paths) & (weights > 0)[:, None]
    curves = np.full((len(FAN), paths.shape[1]), np.nan)
    for step in range(paths.shape[1]):
        if np.sum(weights[begun[:, step]]) >= BEGUN * np.sum(weights):
            curves[:, step] = weighted_quantile(paths[:, step], weights, np.array(FAN))
    return curves


def state_shares(phases: Floats, transitioned: Floats, weights: Floats) -> Floats:
    """Return the share of the weight in each of STATES, shape (states, t).

    The rest has not begun, or was stopped; a history that was stopped after its transition has made it ever after.

    Parameters
    ----------
    phases, transitioned : float64, shape (n, t); columns of the panel, NaN before the start and after a stop
    weights : float64, shape (n,)
    """
    mass = weights / np.sum(weights)
    made = np.maximum.accumulate(np.nan_to_num(transitioned), axis=1)
    return np.stack([*(mass @ (phases == code) for code in range(len(PHASES))), mass @ made])


class Wanted(NamedTuple):
    """One replay of a comparison: the policy, the calendar years shown (k,), and the structural choices in force."""

    policy: Policy
    years: Floats
    structures: Mapping[str, str]


def observed(
    histories: WeightedHistories,
    asked: Sequence[Wanted],
    horizon: int,
    futures: int = 1,
    threads: int | None = None,
    heed: Callable[[int], None] | None = None,
) -> list[Arrays]:
    """Return what a comparison keeps of each replay.

    ``levels`` (n, outcomes) at the end, ``paths`` (columns, n, k) of KEPT, and ``worth`` (n, h + 1), net value by years after the
    decision.

    All that is asked for is asked under the same structural choices. The futures of a history count among the n.
    """
    years = np.unique(np.concatenate([one.years for one in asked]))
    replays = replay(histories, [one.policy for one in asked], years, horizon, asked[0].structures, futures, threads, heed)
    kept = []
    for one, seen in zip(asked, replays, strict=True):
        shown = np.searchsorted(years, one.years)
        decision = int(shown[-1]) - horizon
        kept.append(
            {
                "levels": _levels(seen, decision, horizon),
                "paths": np.stack([seen.path(name)[:, shown] for name in KEPT]),
                "worth": np.stack([net_value(seen.columns(decision + year)) for year in range(horizon + 1)], axis=1),
            }
        )
    return kept


def _levels(seen: Replay, decision: int, horizon: int) -> Floats:
    """Return every outcome at the horizon (n, outcomes) of a replay whose row ``decision`` is that of the decision."""
    columns = with_worth(lambda years: seen.columns(decision + years), horizon)
    return np.stack([outcome.value(columns) for outcome in OUTCOMES], axis=1)


def replay_chunk(
    every: tuple[WeightedHistories, ...],
    cluster: int,
    first: int,
    count: int,
    asked: list[Wanted],
    horizon: int,
    futures: int,
    heed: Callable[[int], None],
) -> Arrays:
    """Replay some histories of one cluster under several policies: the task of a comparison."""
    return together(observed(every[cluster].part(first, count), asked, horizon, futures, threads=1, heed=heed))


def wanted(histories: WeightedHistories, policies: Mapping[str, Policy], horizon: int, structure: str = "") -> list[Wanted]:
    """Return the replays of one cluster: every policy, then the parts of the paper's sequence under the histories' own choices.

    Parameters
    ----------
    structure : "" for the histories' own structural choices, or one change such as "state_capacity=off"
    """
    choice, _, option = structure.partition("=")
    structures = {**histories.structures, **({choice: option} if structure else {})}
    years = _years(histories.case, horizon)
    parts = {} if structure else halves(policies)
    # The status quo, which comes first, is also shown from the cluster's start on.
    return [
        Wanted(policy, years if index == 0 else years[-horizon - 1 :], structures)
        for index, policy in enumerate([*policies.values(), *parts.values()])
    ]


def compare_case(
    histories: WeightedHistories,
    policies: Mapping[str, Policy],
    horizon: int,
    structure: str = "",
    replayed: Sequence[Arrays] | None = None,
    futures: int = 1,
) -> Comparison:
    """Compare policies in one cluster.

    Parameters
    ----------
    horizon, futures : years after the decision, and futures of luck of each history
    replayed : what ``observed`` made of each of the replays wanted; made here if not given
    """
    asked = wanted(histories, policies, horizon, structure)
    replayed = observed(histories, asked, horizon, futures) if replayed is None else replayed
    histories = histories.repeated(futures)
    paths, names = dict(zip(KEPT, replayed[0]["paths"], strict=True)), tuple(policies)
    curves = [np.stack([fans(path, histories.weights) for path in one["paths"][: len(SHOWN)]]) for one in replayed]
    every, past = np.stack([one["levels"] for one in replayed]), curves[0]
    kept = np.isfinite(every).all(axis=(0, 2))
    worth, made = (dict(zip(names, every[:, :, NAMES.index(name)], strict=False)) for name in (RANKED_BY, TRANSITION))
    told = Told(paths, past.shape[-1] - horizon - 1, worth, made, succeeded(histories.case))
    return Comparison(
        histories,
        names,
        every[: len(names)],
        np.where(kept, histories.weights, 0.0),
        float(np.sum(histories.weights[~kept])),
        asked[0].years,
        past,
        np.stack([curve[:, :, -horizon - 1 :] for curve in curves[: len(names)]]),
        _contrast_values(worth, list(every[len(names) :, :, NAMES.index(RANKED_BY)])),
        structure,
        state_shares(paths["phase"], paths[TRANSITIONED], histories.weights),
        {} if structure else readings(told),
        np.stack([one["worth"] for one in replayed[: len(names)]]),
        futures,
    )


def _years(case: Case, horizon: int) -> Floats:
    """Return calendar years from a cluster's first possible start to the horizon, one of which is the decision."""
    when = case.observations[-1].time if case.observations else float(case.start.high)
    return np.asarray(np.arange(when - np.floor(when - case.start.low), when + horizon + 0.5), dtype=np.float64)


def _contrast_values(values: Mapping[str, Floats], parts: Sequence[Floats]) -> dict[str, Floats]:
    """Return the contrasts, shape (n,) each, of values by policy and of the sequence's two halves, where these were replayed.

    The halves are told by their position and not by a name, which a policy of the user's own might bear.
    """
    contrasts = {}
    if SEQUENCE in values and REVERSE in values:
        contrasts["order"] = values[SEQUENCE] - values[REVERSE]
    if len(parts) > 0:
        first, second = parts
        contrasts["complementarity"] = values[SEQUENCE] - first - second + values[STATUS_QUO]
    return contrasts
