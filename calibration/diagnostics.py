"""Has the sampler converged, by measures that can fail? Autocorrelation, effective sizes and R-hat across ensembles.

Chains are (ensembles, steps, walkers, parameters). R-hat is nested: an ensemble is one super-chain (Margossian et al.
2022), since walkers of one ensemble share their fate, and R-hat over walkers passes an ensemble stuck in one of two modes.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from model.arrays import Floats


class Convergence(NamedTuple):
    """Per parameter: nested R-hat, autocorrelation time in steps, bulk and tail ESS; share of moves accepted an ensemble."""

    r_hat: Floats
    tau: Floats
    ess_bulk: Floats
    ess_tail: Floats
    acceptance: Floats


def nested_r_hat(chains: Floats) -> Floats:
    """Return R-hat across ensembles of each parameter, shape (d,), from chains (ensembles, steps, walkers, d)."""
    ensembles, steps, walkers = chains.shape[:3]
    means = chains.mean(axis=1)
    between = means.mean(axis=1).var(axis=0, ddof=1) if ensembles > 1 else np.zeros(chains.shape[-1])
    of_walkers = means.var(axis=1, ddof=1).mean(axis=0) if walkers > 1 else np.zeros(chains.shape[-1])
    inside = chains.var(axis=1, ddof=1).mean(axis=(0, 1)) if steps > 1 else np.zeros(chains.shape[-1])
    within = of_walkers + inside
    result: Floats = np.sqrt(
        1.0 + np.where(within > 0, between / np.where(within > 0, within, 1.0), np.where(between > 0, np.inf, 0.0))
    )
    return result


def autocorrelation_time(chains: Floats, window: float = 5.0) -> Floats:
    """Return the integrated autocorrelation time in steps of the chain, shape (d,); infinite where nothing moved.

    Autocovariances are taken about the mean of all chains and summed over walkers before they are normalised, so a walker
    that sits still counts as one; the sum is cut where the lag passes ``window`` times its value (Sokal 1989).
    """
    steps = chains.shape[1]
    flat = np.moveaxis(chains - chains.mean(axis=(0, 1, 2)), 1, -1)
    power = np.abs(np.fft.rfft(flat, n=2 * steps, axis=-1)) ** 2
    covariance = np.fft.irfft(power.sum(axis=(0, 1)), axis=-1)[:, :steps]
    result = np.full(chains.shape[-1], np.inf)
    for place, row in enumerate(covariance):
        if row[0] > 0:
            total = 2.0 * np.cumsum(row / row[0]) - 1.0
            beyond = np.arange(steps) >= window * total
            tau = total[np.argmax(beyond)] if beyond.any() else np.inf
            result[place] = max(float(tau), 1.0)
    return result


def _ranked(chains: Floats) -> Floats:
    size = chains[..., 0].size
    normal: Floats = ndtri((rankdata(chains.reshape(size, -1), axis=0) - 0.375) / (size + 0.25)).reshape(chains.shape)
    return normal


def convergence(chains: Floats, acceptance: Floats, thin: int) -> Convergence:
    """Judge chains.

    Parameters
    ----------
    chains : array (ensembles, steps, walkers, d)
        After burn-in, every ``thin``-th step.
    acceptance : array (ensembles,)
    """
    draws = chains[..., 0].size
    low, high = (np.quantile(chains, q, axis=(0, 1, 2)) for q in (0.05, 0.95))
    tail = np.maximum(autocorrelation_time((chains <= low).astype(float)), autocorrelation_time((chains >= high).astype(float)))
    return Convergence(
        nested_r_hat(chains),
        autocorrelation_time(chains) * thin,
        draws / autocorrelation_time(_ranked(chains)),
        draws / tail,
        acceptance,
    )
