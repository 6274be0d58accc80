"""May the answer be trusted? Named checks with their limits, the label that an answer earns, and which clusters are to blame."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from calibration.correction import Error, Estimate
from calibration.diagnostics import Convergence
from calibration.weights import effective_size
from model.arrays import Floats

# The labels that an answer can earn; docs/calibration.md says when.
EXACT: Final = "exact"
CORRECTED: Final = "surrogate, corrected"
CHECKED: Final = "surrogate, checked, not corrected"
# Number of clusters that are named as those that carry most of error and noise.
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
    error_sd
        Standard deviation of exact minus emulated log-likelihood over the posterior (nats), with one standard error added to its
        square. It is waived where so many draws are effective that weights have made it good:
    ess_without_error
        Effective number of weights from which on the error is waived.
    noise_sd
        Standard deviation of the noise of the exact log-likelihood at one draw (nats): beyond it k-hat says nothing.
    acceptance, r_hat, ess_sampler
        Acceptance share, nested R-hat and effective numbers (bulk and tail) of each sampler.
    autocorrelation_times
        Length of the kept chain, in autocorrelation times.
    apart, spread_apart
        Largest difference of the two samplers' means, in standard deviations, and of the logs of their standard deviations.
    ess_compared
        Effective number of emcee's draws in that comparison, weighed by the integrals over the distilled likelihood.
    """

    ess: float = 100.0
    k_hat: float = 0.7
    draws: int = 400
    error_sd: float = 1.0
    ess_without_error: float = 400.0
    noise_sd: float = 1.5
    largest_weight: float = 0.05
    acceptance: float = 0.1
    autocorrelation_times: float = 50.0
    r_hat: float = 1.01
    ess_sampler: float = 400.0
    apart: float = 0.25
    spread_apart: float = 0.25
    ess_compared: float = 150.0


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
    """How the exact likelihood and the emulator's compare at n draws of the emulator's posterior.

    Attributes
    ----------
    weights : float64, shape (n,)
        Importance weights of the draws, exact over emulated; they sum to one.
    ess, k_hat : float
        Effective number of the weights (Kish) and their Pareto tail index (Vehtari et al. 2024).
    error : Error
        Variance of exact minus emulated log-likelihood over the posterior, by the U-statistic: no noise enters.
    error_sd, error_bound : float
        Its root, and the root of it with one standard error added (nats).
    halves_bound : float
        The same bound by the covariance of the logs of both halves. Under heavy noise the log's bias inflates it.
    noise_sd : float
        Standard deviation of the noise of the exact log-likelihood, estimated from both halves (nats).
    noise_by_case : float64, shape (cases,)
        The clusters' shares of its square (square nats).
    level : float64, shape (cases,)
        Mean of exact minus emulated (nats).
    """

    weights: Floats
    ess: float
    k_hat: float
    error: Error
    error_sd: float
    error_bound: float
    halves_bound: float
    noise_sd: float
    noise_by_case: Floats
    level: Floats


def correction(estimate: Estimate, error: Error, k_hat: float) -> Correction:
    """Compare the exact log-likelihood with the emulator's, draw by draw.

    Parameters
    ----------
    estimate : Estimate
        Exact over emulated likelihood at n draws.
    error : Error
        What ``correction.error_variance`` makes of it.
    k_hat : float
        Pareto tail index of the weights.
    """
    total = estimate.log_ratio.sum(axis=1)
    weights = np.exp(total - total.max())
    weights = weights / weights.sum()
    whole, count = estimate.halves.sum(axis=1), len(total)
    scatter = np.cov(whole.T) if count > 1 else np.full((2, 2), np.inf)
    signal = float(scatter[0, 1])
    standard_error = float(np.sqrt((scatter[0, 0] * scatter[1, 1] + signal**2) / max(count - 1, 1)))
    noise = np.mean((estimate.halves[..., 0] - estimate.halves[..., 1]) ** 2, axis=0) / 4.0
    return Correction(
        weights=weights,
        ess=float(1.0 / np.sum(weights**2)),
        k_hat=k_hat,
        error=error,
        error_sd=float(np.sqrt(max(error.total, 0.0))),
        error_bound=float(np.sqrt(max(error.total, 0.0) + error.total_error)),
        halves_bound=float(np.sqrt(max(signal, 0.0) + standard_error)),
        noise_sd=float(np.sqrt(noise.sum())),
        noise_by_case=noise,
        level=estimate.log_ratio.mean(axis=0),
    )


@dataclass(frozen=True)
class Chain:
    """One sampler: its name, how well it has mixed, and how many steps of it were kept after burn-in."""

    name: str
    convergence: Convergence
    steps: int


@dataclass(frozen=True)
class Agreement:
    """How far two samplers of one posterior are apart.

    Attributes
    ----------
    apart : float
        Largest difference of means over parameters, in standard deviations.
    spread_apart : float
        Largest difference of the logs of standard deviations.
    parameter : str
        The parameter whose means differ most.
    ess : float
        Effective number of the weighted draws.
    """

    apart: float
    spread_apart: float
    parameter: str
    ess: float


def agreement(first: Floats, second: Floats, weights: Floats, names: Sequence[str]) -> Agreement:
    """Compare draws of d parameters by two samplers: ``first`` (n, d), and ``second`` (m, d) with weights (m,)."""
    mean = weights @ second
    sds = np.stack([first.std(axis=0), np.sqrt(weights @ (second - mean) ** 2)])
    apart = np.abs(first.mean(axis=0) - mean) / np.sqrt(np.maximum((sds**2).mean(axis=0), 1e-300))
    spread = np.abs(np.log(np.maximum(sds[0], 1e-300) / np.maximum(sds[1], 1e-300)))
    return Agreement(float(apart.max()), float(spread.max()), names[int(apart.argmax())], effective_size(weights))


def sampler_checks(chain: Chain, limits: Limits) -> list[Check]:
    """Return the checks of one sampler."""
    convergence = chain.convergence
    rows = (
        ("acceptance", convergence.acceptance.min(), ">", limits.acceptance, " in every ensemble"),
        ("autocorrelation times", chain.steps / float(convergence.tau.max()), ">=", limits.autocorrelation_times, ""),
        ("nested R-hat", convergence.r_hat.max(), "<=", limits.r_hat, " across ensembles"),
        ("bulk ESS", convergence.ess_bulk.min(), ">=", limits.ess_sampler, ""),
        ("tail ESS", convergence.ess_tail.min(), ">=", limits.ess_sampler, ""),
    )
    return [_check(f"{chain.name}: {name}", *rest) for name, *rest in rows]


def agreement_checks(agreed: Agreement, limits: Limits) -> list[Check]:
    """Return the checks that two samplers of one posterior agree."""
    return [
        _check("samplers: means apart", agreed.apart, "<", limits.apart, " standard deviations"),
        _check("samplers: log sds apart", agreed.spread_apart, "<", limits.spread_apart),
        _check("samplers: ESS compared", agreed.ess, ">=", limits.ess_compared),
    ]


def correction_checks(compared: Correction, limits: Limits) -> list[Check]:
    """Return the checks that a correction by importance weights must pass."""
    error = (_error_check("error sd", compared.error_bound, compared.ess, limits),)
    halves = (_error_check("split-half error sd", compared.halves_bound, compared.ess, limits),)
    draws = _check("exact draws", len(compared.weights), ">=", limits.draws)
    return [draws, *_noise_checks(compared, limits), *error, *halves]


def _noise_checks(compared: Correction, limits: Limits) -> list[Check]:
    """Return the checks of the weights that more histories could still make pass."""
    rows = (
        ("ESS of weights", compared.ess, ">=", limits.ess, ""),
        ("k-hat", compared.k_hat, "<", limits.k_hat, ""),
        ("noise sd", compared.noise_sd, "<", limits.noise_sd, " nats"),
        ("largest weight", compared.weights.max(), "<", limits.largest_weight, ""),
    )
    return [_check(*row) for row in rows]


def _error_check(name: str, value: float, ess: float, limits: Limits) -> Check:
    """Return the check of the emulator's error, which enough effective draws waive."""
    check = _check(name, value, "<", limits.error_sd, f" nats, one se added, or ESS >= {limits.ess_without_error:g}")
    return Check(check.name, check.value, check.rule, check.passed or (ess >= limits.ess_without_error and value < np.inf))


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
        The checks of the samplers, of their agreement, and of the correction.
    clusters : tuple of dict
        What each cluster contributes to error and noise, and how badly its row is fitted.
    unfitted : tuple of str
        Clusters whose misfit exceeds ``UNFITTED``.
    error_sd, noise_sd, k_hat : float
        As in ``Correction``.
    agreement : Agreement
        How far the samplers are apart.
    """

    label: str
    converged: bool
    checks: tuple[Check, ...]
    clusters: tuple[dict[str, Any], ...]
    unfitted: tuple[str, ...]
    error_sd: float
    noise_sd: float
    k_hat: float
    agreement: Agreement


def judge(
    samplers: Sequence[Chain],
    agreed: Agreement,
    compared: Correction,
    names: Sequence[str],
    misfit: Floats,
    limits: Limits | None = None,
) -> Verdict:
    """Return the verdict on an answer.

    Parameters
    ----------
    samplers, agreed : the samplers of the emulator's posterior, and how far they are apart
    names : sequence of str
        The clusters' names.
    misfit : float64, shape (cases,)
        Log of the broad density over the posterior mean likelihood of each row (nats). Above zero, a history without a
        cluster explains the row better than the posterior does.
    """
    limits = limits or Limits()
    checks = [check for chain in samplers for check in sampler_checks(chain, limits)]
    checks += agreement_checks(agreed, limits) + correction_checks(compared, limits)
    passed = all(check.passed for check in checks)
    return Verdict(
        label=CORRECTED if passed else CHECKED,
        converged=passed,
        checks=tuple(checks),
        clusters=_contributions(compared, names, misfit),
        unfitted=tuple(name for name, excess in zip(names, misfit, strict=True) if excess > UNFITTED),
        error_sd=compared.error_sd,
        noise_sd=compared.noise_sd,
        k_hat=compared.k_hat,
        agreement=agreed,
    )


def _contributions(compared: Correction, names: Sequence[str], misfit: Floats) -> tuple[dict[str, Any], ...]:
    """Return what each cluster contributes to the error and noise of the log-likelihood, by the names of ``checks.json``."""
    return tuple(
        {
            "case": name,
            "error_variance": float(compared.error.by_case[i]),
            "error_variance_se": float(compared.error.by_case_error[i]),
            "noise_variance": float(compared.noise_by_case[i]),
            "level": float(compared.level[i]),
            "misfit": float(misfit[i]),
        }
        for i, name in enumerate(names)
    )


def weights_suffice(compared: Correction) -> bool:
    """Tell whether the checks passed that more histories of the noisiest clusters could still make pass."""
    return all(check.passed for check in _noise_checks(compared, Limits()))


def noisiest(compared: Correction, count: int) -> list[int]:
    """Return the indices of the ``count`` clusters with most noise, the lowest index first."""
    return sorted(np.argsort(-compared.noise_by_case)[:count].tolist())


def worst(compared: Correction, names: Sequence[str]) -> list[str]:
    """Return the names of the clusters that carry most of error and noise, worst first."""
    order = np.argsort(-(np.maximum(compared.error.by_case, 0.0) + compared.noise_by_case))[:_BLAMED]
    return [names[int(i)] for i in order]
