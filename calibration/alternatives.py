"""Which structure of the model predicts clusters that it has not seen? Posteriors side by side, and the weights that stack them.

Each posterior has chosen its own structure (``--set structure.NAME=OPTION``) and predicts each cluster from the others
(``left_out``). Stacking weights maximise the sum over clusters of the log of the weighted predictive densities (Yao, Vehtari,
Simpson and Gelman 2018): the mixture that would have predicted unseen clusters best. A structure that adds nothing to the others
gets no weight.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from calibration.histories import check_content, structures
from calibration.left_out import Ahead, ahead, left_out
from calibration.results import Posterior, load_posterior
from model.arrays import Floats
from model.config import load_case
from model.errors import InputError


class Alternative(NamedTuple):
    """One posterior among the others.

    Attributes
    ----------
    folder : str
    structures : dict
        Its structural choices.
    label : str
        The posterior's label.
    converged : bool
        Whether it passed its gate.
    elpd : float64, shape (n,)
        Log predictive density of each cluster from the others (nats).
    k_hat : float64, shape (n,)
        Tail index of the weights that leave it out.
    behind : Ahead
        By how much it is behind the first one over all clusters (nats), with the standard error of the difference.
    weight : float
        Its stacking weight.
    """

    folder: str
    structures: dict[str, str]
    label: str
    converged: bool
    elpd: Floats
    k_hat: Floats
    behind: Ahead
    weight: float


def alternatives(folders: Sequence[str | Path]) -> list[Alternative]:
    """Return finished calibrations of the same clusters side by side, in the order given.

    Raises
    ------
    InputError
        If there are not two, or they were calibrated on other clusters or errors.
    """
    if len(folders) < 2:
        raise InputError("alternatives: needs two run folders at least; calibrate one with --set structure.NAME=OPTION")
    posteriors = [load_posterior(folder) for folder in folders]
    for other in posteriors[1:]:
        _check_same(posteriors[0], other)
    cases = [load_case(str(name)) for name in posteriors[0].histories["case"].values]
    check_content(posteriors[0].path, posteriors[0].manifest["fingerprint"], cases)
    predicted = [left_out(posterior, cases) for posterior in posteriors]
    weights = stacking(np.stack([one.elpd for one in predicted]))
    return [
        Alternative(
            str(posterior.path),
            structures(posterior.histories),
            posterior.label,
            posterior.converged,
            one.elpd,
            one.k_hat,
            ahead(predicted[0].elpd, one.elpd),
            float(weight),
        )
        for posterior, one, weight in zip(posteriors, predicted, weights, strict=True)
    ]


def _check_same(first: Posterior, other: Posterior) -> None:
    for key in ("data", "errors"):
        if first.manifest["fingerprint"].get(key) != other.manifest["fingerprint"].get(key):
            raise InputError(
                f"{other.path}: {key}: not those of {first.path}; compare calibrations of the same clusters and errors"
            )


def stacking(elpd: Floats) -> Floats:
    """Return stacking weights, shape (k,), of log predictive densities, shape (k, n); they sum to one."""

    def lost(free: Floats) -> tuple[float, Floats]:
        weights = softmax(free)
        mixed = logsumexp(elpd + np.log(weights)[:, None], axis=0)
        share = np.exp(elpd + np.log(weights)[:, None] - mixed)
        return -float(mixed.sum()), -(share.sum(axis=1) - elpd.shape[1] * weights)

    # The sum is concave in the weights, so that one start is enough.
    optimum = minimize(lost, np.zeros(len(elpd)), jac=True, method="L-BFGS-B", bounds=[(-30.0, 30.0)] * len(elpd))
    weights: Floats = softmax(optimum.x)
    return weights
