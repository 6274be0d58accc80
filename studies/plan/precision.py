"""What precision do a profile's counts buy? The sample predicts the noise of log L and the error of a policy's effect.

The number of effective draws follows from the autocorrelation time of a finished run, where there is one.
"""

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.correction import HALVES
from calibration.results import CHECKS
from execution.run import checked, holds
from execution.writing import read_json
from model.arrays import Floats, Ints
from studies.plan.sample import NEAR_HISTORIES, Clusters, Replays, Sample
from studies.policy.outcomes import NAMES, RANKED_BY

# The autocorrelation time (steps of emcee) that is assumed where no finished run of the profile is at hand. It is that of the
# slowest parameter in a run of the quick profile, whose chains were only 8 times as long, too short to measure it well.
SEEN_STEPS: Final = 140.0
EMPLOYMENT: Final = "employment"


class Past(NamedTuple):
    """What a finished run of the profile measured.

    Attributes
    ----------
    folder : the run folder
    noise, error : standard deviations of the noise of log L, and of the surrogate's error (nats)
    steps : autocorrelation time of the slowest parameter (steps)
    histories : histories a cluster of an exact estimate at one draw, averaged over clusters
    """

    folder: Path
    noise: float
    error: float
    steps: float
    histories: float


class Effect(NamedTuple):
    """Monte Carlo error of the mean effect of a policy on an outcome, in the outcome's unit.

    Attributes
    ----------
    outcome : name of the outcome
    unpaired : error without common random numbers, median over clusters
    middle, worst : error with common random numbers, median and maximum over clusters
    level : mean of the outcome under the status quo, median over clusters
    """

    outcome: str
    unpaired: float
    middle: float
    worst: float
    level: float


class Precision(NamedTuple):
    """What the counts buy.

    Attributes
    ----------
    noise : standard deviation of log L at one draw, all clusters together (nats)
    by_case : float64, shape (cases,); what each cluster adds to the square of ``noise``
    tau : autocorrelation time of the slowest parameter (steps)
    lengths : length of the chains after burn-in, in autocorrelation times
    draws : effective draws of the sampler
    weights : effective number of weighted draws, if noise alone made the weights unequal
    effects : the error of an effect on each outcome shown
    past : what a finished run of the profile measured, if there is one
    """

    noise: float
    by_case: Floats
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
    clusters, sample : what is simulated, and what was timed
    exact : int64, shape (cases,)
        Histories of an exact estimate at one draw.
    past : what a finished run of the profile measured, if there is one
    """
    profile = clusters.profile
    # The gate measures noise in the same way, from two halves that share no history. The square is scaled by the histories.
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
    """Return what a finished run measured, or None where the folder holds no finished run."""
    if not holds(folder, CHECKS):
        return None
    checks: dict[str, Any] = read_json(checked(folder, CHECKS))
    known: tuple[Any, ...] = (
        checks.get("noise_sd"), checks.get("error_sd"), checks.get("sampler", {}).get("tau"), checks.get("replicates"),
    )  # fmt: skip
    if None in known or None in known[2]:
        return None
    noise, error, tau, replicates = known
    return Past(folder, noise, error, max(tau), HALVES * sum(replicates.values()) / len(replicates))


def _effect(replays: list[Replays], outcome: str, count: int) -> Effect:
    """Return the Monte Carlo error of an effect with ``count`` histories a cluster, from the paired replays of the sample."""
    column = NAMES.index(outcome)
    paired, unpaired, levels = [], [], []
    for replay in replays:
        before, after = replay.levels[:, column], replay.other_levels[:, column]
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
