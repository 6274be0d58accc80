"""What would the posterior be, had another choice been made? Weights tell where they can, instead of another calibration.

One history of each cluster is kept for each draw, drawn by what it gives to the row. What it gives to the row under other errors,
over what it gave, is therefore an unbiased estimate of the ratio of likelihoods, and a draw's ratio is the product over clusters.
A cluster's start, a latent with a prior, is split at the year that the tables give. Conditioning on survival divides by that
chance, which fresh clusters teach. A tail index says where weights cannot tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, ndtri

from calibration.arviz_adapter import smoothed
from calibration.observation import ErrorModel, Outcomes, Table, log_density
from calibration.results import Otherwise
from calibration.simulator import ClusterSimulator
from calibration.weights import effective_size
from model.arrays import Arrays, Floats

# Other errors of figures, and other chances of a gross error: by what each is multiplied.
ERRORS: Final = (0.8, 1.25)
GROSS: Final = (0.5, 2.0)
# Prior precision of the slopes by which a chance of surviving depends on whitened parameters.
PENALTY: Final = 1.0


class Kept(NamedTuple):
    """What the histories kept show: by cluster its outcomes and start years (n,), for n draws z (n, d) with weights (n,)."""

    z: Floats
    weights: Floats
    outcomes: list[Outcomes]
    starts: list[Floats]


def kept_of(z: Floats, weights: Floats, chunks: Sequence[Arrays]) -> Kept:
    """Return what ``predictive.kept_histories`` left of each cluster."""
    outcomes = [Outcomes(*(chunk[name] for name in Outcomes._fields)) for chunk in chunks]
    return Kept(z, weights, outcomes, [chunk["start"] for chunk in chunks])


def otherwise(
    simulator: ClusterSimulator, tables: list[Table], kept: Kept, fresh: Floats, alive: np.ndarray
) -> list[dict[str, Any]]:
    """Return what each choice does to the posterior, one mapping by the names of ``Otherwise`` each.

    Parameters
    ----------
    fresh : float64, shape (m, d)
        Whitened parameters of fresh clusters.
    alive : bool, shape (m, cases)
        Whether each of them lives when it is observed.
    """
    choices = [*_errors(simulator.errors, tables, kept), _survival(kept, fresh, alive), *_starts(simulator, kept)]
    return [_moved(*choice, kept, simulator.names)._asdict() for choice in choices]


Choice = tuple[str, Floats, float]


def _errors(errors: ErrorModel, tables: list[Table], kept: Kept) -> Iterator[Choice]:
    """Yield other errors: the log of what each draw's likelihood becomes, over what it was."""
    scored = _scores(errors, tables, kept)
    for factor in ERRORS:
        other = [row._replace(sd=factor * row.sd) for row in tables]
        yield f"errors of figures times {factor:g}", _scores(errors, other, kept) - scored, np.nan
    for factor in GROSS:
        other_errors = replace(errors, outlier=factor * errors.outlier)
        yield f"gross errors times {factor:g}", _scores(other_errors, tables, kept) - scored, np.nan


def _scores(errors: ErrorModel, tables: list[Table], kept: Kept) -> Floats:
    """Return the log density that the histories kept of each draw give to all rows, shape (n,)."""
    result: Floats = np.sum([log_density(*pair, errors) for pair in zip(tables, kept.outcomes, strict=True)], axis=0)
    return result


def _survival(kept: Kept, fresh: Floats, alive: np.ndarray) -> Choice:
    """Return what it does to condition every cluster on having lived to be observed."""
    chances = [survival_chance(fresh, lives, kept.z) for lives in alive.T]
    return "only clusters that survived could be seen", -np.sum(np.log(chances), axis=0), np.nan


def survival_chance(z: Floats, alive: np.ndarray, at: Floats) -> Floats:
    """Return the chance of surviving at parameters ``at`` (k, d), by a logistic regression of ``alive`` (m,) on z (m, d)."""
    columns = np.concatenate([np.ones((len(z), 1)), z], axis=1)
    signs = np.where(alive, 1.0, -1.0)

    def lost(slopes: Floats) -> tuple[float, Floats]:
        margin = signs * (columns @ slopes)
        gradient = -(signs * expit(-margin)) @ columns + PENALTY * slopes
        return float(np.logaddexp(0.0, -margin).sum() + 0.5 * PENALTY * slopes @ slopes), gradient

    slopes = minimize(lost, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x
    result: Floats = expit(np.concatenate([np.ones((len(at), 1)), at], axis=1) @ slopes)
    return result


def _starts(simulator: ClusterSimulator, kept: Kept) -> Iterator[Choice]:
    """Yield an early and a late start of each cluster whose start is a guess."""
    for case, start in zip(simulator.cases, kept.starts, strict=True):
        if case.start.low < case.start.high:
            early = start < case.start.mode
            for word, these in (("before", early), ("in or after", ~early)):
                yield f"{case.name} began {word} {case.start.mode}", np.where(these, 0.0, -np.inf), float(kept.weights @ these)


def _moved(choice: str, log_ratio: Floats, weight: float, kept: Kept, names: tuple[str, ...]) -> Otherwise:
    """Return what a choice does, given the log of each draw's likelihood under it over that of the run (n,)."""
    known = np.isfinite(log_ratio) & (kept.weights > 0)
    if not known.any():
        return Otherwise(choice, weight, 0.0, float("inf"), "", float("nan"), float("nan"))
    log_weights, k_hat = smoothed(np.log(kept.weights[known]) + log_ratio[known])
    weights, z = np.exp(log_weights), kept.z[known]
    mean = kept.weights @ kept.z
    sd = np.sqrt(kept.weights @ (kept.z - mean) ** 2)
    shift = (weights @ z - mean) / np.maximum(sd, 1e-12)
    most = int(np.abs(shift).argmax())
    ess = effective_size(weights)
    # The median of the largest of so many standard normals, times the error of a mean over the draws that are left.
    largest = float(ndtri(0.5 * (1.0 + 0.5 ** (1.0 / len(names)))))
    chance = largest * np.sqrt(max(1.0 / ess - 1.0 / effective_size(kept.weights), 0.0))
    return Otherwise(choice, weight, ess, k_hat, names[most], float(shift[most]), float(chance))
