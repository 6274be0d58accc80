"""Has the sampler converged, by measures that can fail? Autocorrelation, effective sizes and R-hat across ensembles.

Chains have the shape (ensembles, steps, walkers, parameters). Walkers of one ensemble share their fate, so R-hat over walkers
passes an ensemble that is stuck in one of two modes. R-hat is therefore nested, and each ensemble is one super-chain
(Margossian et al. 2022).
"""

from typing import Final, NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from model.arrays import Floats

# The tail effective size is that of the events "below the lower" and "above the upper" of these quantiles (Vehtari et al. 2021).
_TAILS: Final = (0.05, 0.95)


class Convergence(NamedTuple):
    """How well the ensembles have mixed, for d parameters.

    Attributes
    ----------
    r_hat : float64, shape (d,)
        Nested R-hat across ensembles; one at best.
    tau : float64, shape (d,)
        Integrated autocorrelation time, in steps of the sampler.
    ess_bulk, ess_tail : float64, shape (d,)
        Effective numbers of draws for the centre and for the tails of the posterior.
    acceptance : float64, shape (ensembles,)
        Share of proposed moves that each ensemble accepted.
    """

    r_hat: Floats
    tau: Floats
    ess_bulk: Floats
    ess_tail: Floats
    acceptance: Floats


def nested_r_hat(chains: Floats) -> Floats:
    """Return the nested R-hat across ensembles (Margossian et al. 2022).

    Parameters
    ----------
    chains : float64, shape (ensembles, steps, walkers, d)

    Returns
    -------
    float64, shape (d,)
        One where nothing varies; infinite where ensembles differ and nothing varies inside them.
    """
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
    """Return the integrated autocorrelation time, cut by the automatic window of Sokal (1989).

    Autocovariances are taken about the mean of all chains and summed over walkers before they are normalised. A walker
    that never moves therefore counts as one that does not mix.

    Parameters
    ----------
    chains : float64, shape (ensembles, steps, walkers, d)
    window : float
        The sum of autocorrelations ends at the first lag that is at least ``window`` times the sum so far.

    Returns
    -------
    float64, shape (d,)
        In steps of the chains, never below one; infinite where nothing moved or where the chains are too short for the window.
    """
    steps = chains.shape[1]
    flat = np.moveaxis(chains - chains.mean(axis=(0, 1, 2)), 1, -1)
    power = np.abs(np.fft.rfft(flat, n=2 * steps, axis=-1)) ** 2
    covariance = np.fft.irfft(power.sum(axis=(0, 1)), axis=-1)[:, :steps]
    result = np.full(chains.shape[-1], np.inf)
    for parameter, row in enumerate(covariance):
        if row[0] > 0:
            total = 2.0 * np.cumsum(row / row[0]) - 1.0
            beyond = np.arange(steps) >= window * total
            tau = total[np.argmax(beyond)] if beyond.any() else np.inf
            result[parameter] = max(float(tau), 1.0)
    return result


def _rank_normalised(chains: Floats) -> Floats:
    """Return the chains with each parameter replaced by the normal scores of its ranks (Vehtari et al. 2021), same shape."""
    size = chains[..., 0].size
    normal: Floats = ndtri((rankdata(chains.reshape(size, -1), axis=0) - 0.375) / (size + 0.25)).reshape(chains.shape)
    return normal


def convergence(chains: Floats, acceptance: Floats, thin: int) -> Convergence:
    """Return the measures of convergence of a set of ensembles.

    Parameters
    ----------
    chains : float64, shape (ensembles, steps, walkers, d)
        Steps after burn-in, of which every ``thin``-th was kept.
    acceptance : float64, shape (ensembles,)
        Share of proposed moves that each ensemble accepted.
    thin : int
        Steps of the sampler for each step of ``chains``.
    """
    draws = chains[..., 0].size
    low, high = (np.quantile(chains, q, axis=(0, 1, 2)) for q in _TAILS)
    tail = np.maximum(autocorrelation_time((chains <= low).astype(float)), autocorrelation_time((chains >= high).astype(float)))
    return Convergence(
        nested_r_hat(chains),
        autocorrelation_time(chains) * thin,
        draws / autocorrelation_time(_rank_normalised(chains)),
        draws / tail,
        acceptance,
    )
