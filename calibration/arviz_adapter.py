"""How do results reach ArviZ, whichever generation is installed? The one file that knows that there are two.

ArviZ 0.x holds groups in ``InferenceData``, 1.x in xarray's ``DataTree``; their netCDF files are the same. Groups are
built, written and read with xarray alone, and ArviZ is asked only for what it computes.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import xarray

from model.arrays import Floats
from model.surroundings import plots

TAILS: Final = (0.05, 0.95)


@cache
def _arviz() -> Any:
    """Return ArviZ, which announces its next generation on import, and whose plots need a home and a backend that exist."""
    with plots():
        import arviz
    return arviz


def modern() -> bool:
    """Tell whether the ArviZ installed is of the generation of ``DataTree``."""
    return int(_arviz().__version__.split(".")[0]) >= 1


def assemble(groups: Mapping[str, xarray.Dataset]) -> Any:
    """Return the groups as the installed ArviZ holds them: ``InferenceData`` or ``DataTree``."""
    if modern():
        return xarray.DataTree.from_dict(dict(groups))
    return _arviz().InferenceData(**groups)


def k_hat(log_weights: Floats) -> float:
    """Return the Pareto tail index of importance weights (Vehtari et al. 2024); infinite where there are too few."""
    return float("inf") if len(log_weights) < 5 else smoothed(log_weights)[1]


def smoothed(log_weights: Floats) -> tuple[Floats, float]:
    """Return log weights (n,) whose largest ones are smoothed and whose exponentials sum to one, and their tail index (PSIS)."""
    if np.ptp(log_weights) == 0:
        return np.full(len(log_weights), -np.log(len(log_weights))), 0.0
    # An overflow makes a share of zero, as it should.
    with np.errstate(over="ignore"):
        if modern():
            from arviz_stats.base import array_stats

            smooth, k_hat = array_stats.psislw(log_weights.max() - log_weights, r_eff=1.0)
        else:
            smooth, k_hat = _arviz().psislw(log_weights - log_weights.max(), reff=1.0)
    weights = np.asarray(smooth, np.float64)
    return weights - np.logaddexp.reduce(weights), float(k_hat)


def effective_size(draws: Floats, method: str) -> Floats:
    """Return ArviZ's effective sample size of draws (chain, draw, parameter), bulk or tail, shape (parameters,)."""
    return np.array([_statistic("ess", draws[:, :, i], method) for i in range(draws.shape[2])])


def _statistic(name: str, draws: Floats, method: str) -> float:
    tail = {"prob": TAILS} if method == "tail" else {}
    if modern():
        from arviz_stats.base import array_stats

        return float(getattr(array_stats, name)(draws, chain_axis=0, draw_axis=1, method=method, **tail))
    return float(getattr(_arviz(), name)(draws, method=method, **tail))
