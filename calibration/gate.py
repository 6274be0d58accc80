"""May the answer be trusted? Named checks with their limits, the label that an answer earns, and which clusters are to blame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from calibration.diagnostics import Convergence
from calibration.likelihood import Estimate
from model.arrays import Floats

EXACT: Final = "exact"
CORRECTED: Final = "surrogate, corrected"
CHECKED: Final = "surrogate, checked, not corrected"
_TOP: Final = 4
# Log likelihood ratio to what the broad outlier density would give, below which a cluster counts as not fitted.
UNFITTED: Final = 0.0


@dataclass(frozen=True)
class Limits:
    """What a trustworthy answer has: the one place of every threshold."""

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
    """One check: what was measured, the limit, and whether it holds."""

    name: str
    value: float
    rule: str
    passed: bool


@dataclass(frozen=True)
class Correction:
    """How the exact likelihood and the surrogate compare on draws of the surrogate's posterior.

    ``weights`` (n,) sum to one; ``error_sd`` is the sd of exact minus surrogate (nats), free of noise, ``error_bound`` the same
    with a standard error of its square added, ``noise_sd`` that of
    log L for an estimate from both halves; ``error_by_case`` and ``noise_by_case`` (cases,) attribute their squares, ``level`` is
    the mean difference.
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
    """Compare the exact log-likelihood with the surrogate's (n, cases), draw by draw.

    Covariance of the two halves of exact minus surrogate is free of noise; per cluster, that of a cluster's halves.
    """
    total = (estimate.log_likelihood - surrogate).sum(axis=1)
    weights = np.exp(total - total.max())
    weights = weights / weights.sum()
    halves = estimate.halves - surrogate[:, :, None]
    whole = halves.sum(axis=1)
    count = len(total)
    scatter = np.cov(whole.T) if count > 1 else np.full((2, 2), np.inf)
    signal = float(scatter[0, 1])
    doubt = float(np.sqrt((scatter[0, 0] * scatter[1, 1] + signal**2) / max(count - 1, 1)))
    centred = halves - halves.mean(axis=0)
    by_case = (centred[..., 0] * centred[..., 1]).sum(axis=0) / max(count - 1, 1)
    noise = np.mean((halves[..., 0] - halves[..., 1]) ** 2, axis=0) / 4.0
    return Correction(
        weights,
        float(1.0 / np.sum(weights**2)),
        k_hat,
        float(np.sqrt(max(signal, 0.0))),
        float(np.sqrt(max(signal, 0.0) + doubt)),
        float(np.sqrt(noise.sum())),
        by_case,
        noise,
        (estimate.log_likelihood - surrogate).mean(axis=0),
    )


def sampler_checks(convergence: Convergence, steps: int, limits: Limits) -> list[Check]:
    """Return the checks of the sampler over ``steps`` kept after burn-in."""
    lengths = steps / float(convergence.tau.max())
    return [
        Check(
            "acceptance",
            float(convergence.acceptance.min()),
            f"> {limits.acceptance:g} in every ensemble",
            bool(convergence.acceptance.min() > limits.acceptance),
        ),
        Check(
            "autocorrelation times",
            lengths,
            f">= {limits.autocorrelation_times:g} in every parameter",
            lengths >= limits.autocorrelation_times,
        ),
        Check(
            "nested R-hat",
            float(convergence.r_hat.max()),
            f"<= {limits.r_hat:g} across ensembles",
            bool(convergence.r_hat.max() <= limits.r_hat),
        ),
        Check(
            "bulk ESS",
            float(convergence.ess_bulk.min()),
            f">= {limits.ess_sampler:g}",
            bool(convergence.ess_bulk.min() >= limits.ess_sampler),
        ),
        Check(
            "tail ESS",
            float(convergence.ess_tail.min()),
            f">= {limits.ess_sampler:g}",
            bool(convergence.ess_tail.min() >= limits.ess_sampler),
        ),
    ]


def correction_checks(found: Correction, limits: Limits) -> list[Check]:
    """Return the checks that a correction by importance weights must pass."""
    count = len(found.weights)
    return [
        Check("exact draws", float(count), f">= {limits.draws}", count >= limits.draws),
        Check("ESS of weights", found.ess, f">= {limits.ess:g}", found.ess >= limits.ess),
        Check("k-hat", found.k_hat, f"< {limits.k_hat:g}", bool(found.k_hat < limits.k_hat)),
        Check(
            "split-half error sd",
            found.error_bound,
            f"< {limits.split_half_sd:g} nats, one standard error added",
            found.error_bound < limits.split_half_sd,
        ),
        Check(
            "largest weight",
            float(found.weights.max()),
            f"< {limits.largest_weight:g}",
            bool(found.weights.max() < limits.largest_weight),
        ),
    ]


@dataclass(frozen=True)
class Verdict:
    """The label of an answer, whether it converged, every check, and what the clusters contribute."""

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
    found: Correction,
    names: Sequence[str],
    misfit: Floats,
    limits: Limits | None = None,
) -> Verdict:
    """Return the verdict.

    Parameters
    ----------
    steps : int
        Steps kept after burn-in.
    misfit : array (cases,)
        Log of the broad density over the posterior mean likelihood of each row: above zero, a history without a cluster
        explains the row as well as the posterior does.
    """
    limits = limits or Limits()
    sampled, corrected = sampler_checks(convergence, steps, limits), correction_checks(found, limits)
    works = all(check.passed for check in sampled)
    label = CORRECTED if works and all(check.passed for check in corrected) else CHECKED
    clusters = tuple(
        {
            "case": name,
            "error_variance": float(found.error_by_case[i]),
            "noise_variance": float(found.noise_by_case[i]),
            "level": float(found.level[i]),
            "misfit": float(misfit[i]),
        }
        for i, name in enumerate(names)
    )
    unfitted = tuple(name for name, bad in zip(names, misfit, strict=True) if bad > UNFITTED)
    return Verdict(
        label,
        label == CORRECTED,
        (*sampled, *corrected),
        clusters,
        unfitted,
        found.error_sd,
        found.noise_sd,
        found.k_hat,
    )


def worst(found: Correction, names: Sequence[str]) -> list[str]:
    """Return the clusters that carry most of error and noise: those to simulate more."""
    order = np.argsort(-(np.maximum(found.error_by_case, 0.0) + found.noise_by_case))[:_TOP]
    return [names[int(i)] for i in order]
