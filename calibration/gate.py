"""May the answer be trusted? Named checks with their limits, the label that an answer earns, and which clusters are to blame."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from calibration.diagnostics import Convergence
from calibration.likelihood import Estimate
from model.arrays import Floats

# The labels that an answer can earn; docs/calibration.md says when.
EXACT: Final = "exact"
CORRECTED: Final = "surrogate, corrected"
CHECKED: Final = "surrogate, checked, not corrected"
# Number of clusters that are named as those to simulate more.
_BLAMED: Final = 4
# Misfit (nats) above which a cluster counts as not fitted; see ``judge``.
UNFITTED: Final = 0.0
# The relations between a value and its limit, by the sign that the rule prints.
_HOLDS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Limits:
    """The limit of every check: all thresholds of the gate stand here.

    Attributes
    ----------
    ess, k_hat, largest_weight
        Effective number, Pareto tail index and largest share of the importance weights.
    draws
        Draws at which the exact likelihood was estimated.
    split_half_sd
        Standard deviation of exact minus surrogate log-likelihood (nats).
    acceptance, r_hat, ess_sampler
        Acceptance share, nested R-hat and effective numbers (bulk and tail) of the sampler.
    autocorrelation_times
        Length of the kept chain, in autocorrelation times.
    """

    ess: float = 100.0
    k_hat: float = 0.7
    draws: int = 400
    split_half_sd: float = 1.0
    largest_weight: float = 0.05
    acceptance: float = 0.1
    autocorrelation_times: float = 50.0
    r_hat: float = 1.01
    ess_sampler: float = 400.0


@dataclass(frozen=True)
class Check:
    """One check: the value measured, the rule in words, and whether the value keeps the rule."""

    name: str
    value: float
    rule: str
    passed: bool


def _check(name: str, value: float, relation: str, limit: float, scope: str = "") -> Check:
    """Return the check that ``value`` stands in ``relation`` to ``limit``; a NaN never passes."""
    measured = float(value)
    return Check(name, measured, f"{relation} {limit:g}{scope}", bool(_HOLDS[relation](measured, limit)))


@dataclass(frozen=True)
class Correction:
    """How the exact likelihood and the surrogate compare at n draws of the surrogate's posterior.

    Attributes
    ----------
    weights : float64, shape (n,)
        Importance weights of the draws, exact over surrogate; they sum to one.
    ess, k_hat : float
        Effective number of the weights (Kish) and their Pareto tail index (Vehtari et al. 2024).
    error_sd : float
        Standard deviation of exact minus surrogate log-likelihood (nats), free of the noise of the estimate.
    error_bound : float
        The same, with one standard error added to its square before the root is taken (nats).
    noise_sd : float
        Standard deviation of the noise of the exact log-likelihood, estimated from both halves (nats).
    error_by_case, noise_by_case : float64, shape (cases,)
        The clusters' shares of the two variances (square nats). An estimated share of the error may be negative.
    level : float64, shape (cases,)
        Mean of exact minus surrogate (nats).
    """

    weights: Floats
    ess: float
    k_hat: float
    error_sd: float
    error_bound: float
    noise_sd: float
    error_by_case: Floats
    noise_by_case: Floats
    level: Floats


def correction(estimate: Estimate, surrogate: Floats, k_hat: float) -> Correction:
    """Compare the exact log-likelihood with the surrogate's, draw by draw.

    The two halves of the exact estimate share no random number. The covariance of exact minus surrogate between the halves
    is therefore free of noise, for the sum over clusters and for each cluster.

    Parameters
    ----------
    estimate : Estimate
        The exact log-likelihood at n draws.
    surrogate : float64, shape (n, cases)
        The surrogate's log-likelihood at the same draws (nats).
    k_hat : float
        Pareto tail index of the weights.
    """
    total = (estimate.log_likelihood - surrogate).sum(axis=1)
    weights = np.exp(total - total.max())
    weights = weights / weights.sum()
    halves = estimate.halves - surrogate[:, :, None]
    whole = halves.sum(axis=1)
    count = len(total)
    scatter = np.cov(whole.T) if count > 1 else np.full((2, 2), np.inf)
    signal = float(scatter[0, 1])
    standard_error = float(np.sqrt((scatter[0, 0] * scatter[1, 1] + signal**2) / max(count - 1, 1)))
    centred = halves - halves.mean(axis=0)
    by_case = (centred[..., 0] * centred[..., 1]).sum(axis=0) / max(count - 1, 1)
    noise = np.mean((halves[..., 0] - halves[..., 1]) ** 2, axis=0) / 4.0
    return Correction(
        weights=weights,
        ess=float(1.0 / np.sum(weights**2)),
        k_hat=k_hat,
        error_sd=float(np.sqrt(max(signal, 0.0))),
        error_bound=float(np.sqrt(max(signal, 0.0) + standard_error)),
        noise_sd=float(np.sqrt(noise.sum())),
        error_by_case=by_case,
        noise_by_case=noise,
        level=(estimate.log_likelihood - surrogate).mean(axis=0),
    )


def sampler_checks(convergence: Convergence, steps: int, limits: Limits) -> list[Check]:
    """Return the checks of the sampler, of which ``steps`` steps were kept after burn-in."""
    lengths = steps / float(convergence.tau.max())
    rows = (
        ("acceptance", convergence.acceptance.min(), ">", limits.acceptance, " in every ensemble"),
        ("autocorrelation times", lengths, ">=", limits.autocorrelation_times, " in every parameter"),
        ("nested R-hat", convergence.r_hat.max(), "<=", limits.r_hat, " across ensembles"),
        ("bulk ESS", convergence.ess_bulk.min(), ">=", limits.ess_sampler, ""),
        ("tail ESS", convergence.ess_tail.min(), ">=", limits.ess_sampler, ""),
    )
    return [_check(*row) for row in rows]


def correction_checks(compared: Correction, limits: Limits) -> list[Check]:
    """Return the checks that a correction by importance weights must pass."""
    rows = (
        ("exact draws", len(compared.weights), ">=", limits.draws, ""),
        ("ESS of weights", compared.ess, ">=", limits.ess, ""),
        ("k-hat", compared.k_hat, "<", limits.k_hat, ""),
        ("split-half error sd", compared.error_bound, "<", limits.split_half_sd, " nats, one standard error added"),
        ("largest weight", compared.weights.max(), "<", limits.largest_weight, ""),
    )
    return [_check(*row) for row in rows]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of an answer.

    Attributes
    ----------
    label : str
        One of the three labels at the top of this module.
    converged : bool
        Whether every check passed.
    checks : tuple of Check
        The checks of the sampler, then those of the correction.
    clusters : tuple of dict
        What each cluster contributes to error and noise, and how badly its row is fitted.
    unfitted : tuple of str
        Clusters whose misfit exceeds ``UNFITTED``.
    error_sd, noise_sd, k_hat : float
        As in ``Correction``.
    """

    label: str
    converged: bool
    checks: tuple[Check, ...]
    clusters: tuple[dict[str, Any], ...]
    unfitted: tuple[str, ...]
    error_sd: float
    noise_sd: float
    k_hat: float


def judge(
    convergence: Convergence,
    steps: int,
    compared: Correction,
    names: Sequence[str],
    misfit: Floats,
    limits: Limits | None = None,
) -> Verdict:
    """Return the verdict on an answer.

    Parameters
    ----------
    steps : int
        Steps of the sampler kept after burn-in.
    names : sequence of str
        The clusters' names.
    misfit : float64, shape (cases,)
        Log of the broad density over the posterior mean likelihood of each row (nats). Above zero, a history without a
        cluster explains the row better than the posterior does.
    """
    limits = limits or Limits()
    sampled, corrected = sampler_checks(convergence, steps, limits), correction_checks(compared, limits)
    passed = all(check.passed for check in (*sampled, *corrected))
    return Verdict(
        label=CORRECTED if passed else CHECKED,
        converged=passed,
        checks=(*sampled, *corrected),
        clusters=_contributions(compared, names, misfit),
        unfitted=tuple(name for name, excess in zip(names, misfit, strict=True) if excess > UNFITTED),
        error_sd=compared.error_sd,
        noise_sd=compared.noise_sd,
        k_hat=compared.k_hat,
    )


def _contributions(compared: Correction, names: Sequence[str], misfit: Floats) -> tuple[dict[str, Any], ...]:
    """Return what each cluster contributes to the error and noise of the log-likelihood, by the names of ``checks.json``."""
    return tuple(
        {
            "case": name,
            "error_variance": float(compared.error_by_case[i]),
            "noise_variance": float(compared.noise_by_case[i]),
            "level": float(compared.level[i]),
            "misfit": float(misfit[i]),
        }
        for i, name in enumerate(names)
    )


def worst(compared: Correction, names: Sequence[str]) -> list[str]:
    """Return the names of the clusters that carry most of error and noise, worst first: those to simulate more."""
    order = np.argsort(-(np.maximum(compared.error_by_case, 0.0) + compared.noise_by_case))[:_BLAMED]
    return [names[int(i)] for i in order]
