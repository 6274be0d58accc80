"""What precision do a profile's counts buy? Noise of log L, effective draws, and the error of a policy's effect."""

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.likelihood import HALVES
from calibration.results import CHECKS
from execution.writing import read_json
from model.arrays import Ints
from studies.plan.sample import NEAR_HISTORIES, Clusters, Replays, Sample
from studies.policy.outcomes import NAMES, RANKED_BY

# Of the slowest parameter, in a run of the quick profile, whose chains were 8 times as long: too short to know it well. A
# prototype with 35 parameters had 68. Taken where no run of the profile is at hand.
SEEN_STEPS: Final = 140.0
EMPLOYMENT: Final = "employment"


class Past(NamedTuple):
    """What a finished run of the profile measured: noise and error of log L (nats), autocorrelation time (steps), histories."""

    folder: Path
    noise: float
    error: float
    steps: float
    histories: float


class Effect(NamedTuple):
    """Monte Carlo error of the mean effect of a policy on an outcome, in the cluster in the middle, and the worst (units)."""

    outcome: str
    unpaired: float
    middle: float
    worst: float
    level: float


class Precision(NamedTuple):
    """What the counts buy.

    Attributes
    ----------
    noise : of log L at one draw, all clusters (nats), and what each adds to its square (cases,)
    tau, lengths, draws : steps of an autocorrelation time, how many of them the chains are long, effective draws
    weights : effective number of weighted draws, if only noise made weights unequal
    effects : for each outcome shown
    past : a finished run of the profile, if there is one
    """

    noise: float
    by_case: np.ndarray
    tau: float
    lengths: float
    draws: float
    weights: float
    effects: list[Effect]
    past: Past | None


def precision_of(clusters: Clusters, sample: Sample, exact: Ints, past: Past | None) -> Precision:
    """Return what the counts of a profile buy.

    Parameters
    ----------
    exact : (cases,) histories of an exact estimate at one draw
    """
    profile = clusters.profile
    # As the gate measures it, from two halves that share nothing; then in proportion to the number of histories.
    halves = sample.estimate.halves
    by_case = np.mean((halves[..., 0] - halves[..., 1]) ** 2, axis=0) / 4.0 * NEAR_HISTORIES / exact
    noise = math.sqrt(float(by_case.sum()))
    tau = past.steps if past is not None and math.isfinite(past.steps) else SEEN_STEPS
    steps = profile.steps - profile.burn
    measured = past.noise if past is not None else noise
    return Precision(
        noise,
        by_case,
        tau,
        steps / tau,
        profile.ensembles * profile.walkers * max(steps, 0) / tau,
        max(1.0, profile.exact_draws * math.exp(-(measured**2))),
        [_effect(sample.replays, name, min(profile.policy_draws, profile.exact_draws)) for name in (RANKED_BY, EMPLOYMENT)],
        past,
    )


def past_run(folder: Path) -> Past | None:
    """Return what a finished run measured, or nothing where there is none."""
    path = folder / CHECKS
    if not path.is_file():
        return None
    checks: dict[str, Any] = read_json(path)
    known: tuple[Any, ...] = (
        checks.get("noise_sd"), checks.get("error_sd"), checks.get("sampler", {}).get("tau"), checks.get("replicates"),
    )  # fmt: skip
    if None in known or None in known[2]:
        return None
    noise, error, tau, replicates = known
    return Past(folder, noise, error, max(tau), HALVES * sum(replicates.values()) / len(replicates))


def _effect(replays: list[Replays], outcome: str, count: int) -> Effect:
    """Return the Monte Carlo error of an effect with ``count`` histories a cluster, from the paired replays of the sample."""
    place = NAMES.index(outcome)
    paired, unpaired, levels = [], [], []
    for one in replays:
        before, after = one.levels[:, place], one.other_levels[:, place]
        known = np.isfinite(before) & np.isfinite(after)
        if known.sum() < 2:
            continue
        paired.append(float(np.std((after - before)[known], ddof=1)))
        unpaired.append(float(np.hypot(np.std(before[known], ddof=1), np.std(after[known], ddof=1))))
        levels.append(float(np.mean(before[known])))
    root = math.sqrt(count)
    if not paired:
        return Effect(outcome, math.nan, math.nan, math.nan, math.nan)
    return Effect(
        outcome,
        float(np.median(unpaired)) / root,
        float(np.median(paired)) / root,
        float(np.max(paired)) / root,
        float(np.median(levels)),
    )
