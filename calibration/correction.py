"""How far is the emulator from the simulator, and which weights make that good? Exact ratios, unbiased and by cluster.

At a draw of the parameters, what a cluster has for itself is drawn from the emulator's q(own | parameters, row), and one history
is simulated for each. The mean of p(row | history) / q(row | parameters, own) is an unbiased estimate of the exact likelihood
over the emulator's: its normaliser is never needed. The product over clusters is the draw's importance weight, and unbiased
weights target the exact posterior however noisy they are (pseudo-marginal, Andrieu and Roberts 2009).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.joint import Sampling, conditional
from calibration.keys import PICK, seeds, uniforms
from calibration.observation import ErrorModel, Simulate, Table, log_density
from model.arrays import Arrays, Floats, Ints, Seeds

# Independent parts of every estimate.
HALVES: Final = 2
# The relative variance of one ratio below which a pilot's estimate is not believed: a cluster whose few histories all missed its
# row has equal ratios and looks noiseless.
LEAST_VARIANCE: Final = 0.5


class Estimate(NamedTuple):
    """Exact over emulated likelihoods of n draws, cluster by cluster.

    Attributes
    ----------
    halves : float64, shape (n, cases, 2)
        Log of the mean ratio over each half's histories (nats).
    pair : float64, shape (n, cases)
        Log of the mean product of the ratios of two different histories: unbiased for the squared ratio (nats).
    variance : float64, shape (n, cases)
        Squared relative error of the mean over both halves; close to the variance of its log (square nats).
    ess : float64, shape (n, cases)
        Effective number of histories behind the estimate (Kish).
    own : float64, shape (n, cases, l)
        What the cluster has for itself in one history, drawn by weight among those simulated.
    keys : uint64, shape (n, cases)
        Seed of the same history.
    """

    halves: Floats
    pair: Floats
    variance: Floats
    ess: Floats
    own: Floats
    keys: Seeds

    @property
    def log_ratio(self) -> Floats:
        """Log of the unbiased estimate for each cluster, shape (n, cases), in nats."""
        result: Floats = np.logaddexp(self.halves[..., 0], self.halves[..., 1]) - np.log(2.0)
        return result


def of_case(estimate: Estimate, case: int) -> Arrays:
    """Return the arrays of one cluster, as ``ratios_part`` returns them."""
    return {name: part[:, case] for name, part in estimate._asdict().items()}


def join(parts: Sequence[Sequence[Arrays]]) -> Estimate:
    """Return the whole estimate from its parts: one list for each cluster, of one set of arrays for each block of draws."""
    return Estimate(
        *(np.stack([np.concatenate([block[name] for block in case]) for case in parts], axis=1) for name in Estimate._fields)
    )


class Ratios(NamedTuple):
    """What it takes to estimate exact over emulated likelihoods.

    Attributes
    ----------
    simulate : Simulate
        The simulator of the clusters.
    sampling : Sampling
        The emulator and its chains.
    tuned : dict of arrays
        ``step`` and ``metric`` of a warmed-up ensemble.
    tables : list of Table
        The clusters' rows.
    errors : ErrorModel
        How figures and statements err.
    stage : int
        Part of the key of every history.
    """

    simulate: Simulate
    sampling: Sampling
    tuned: Arrays
    tables: list[Table]
    errors: ErrorModel
    stage: int


def ratios_part(ratios: Ratios, case: int, z: Floats, own: Floats, each: int, first: int) -> Arrays:
    """Return the arrays of ``Estimate`` for one cluster at joint draws z (n, d) and own (n, l), numbered from ``first``.

    ``each`` is the number of histories of each half. The two halves go on from the same joint draw by chains of their own.
    """
    count, total = len(z), HALVES * each
    keys = seeds(ratios.sampling.seed, ratios.stage, case, first * total, count * total).reshape(count, total)
    chains = np.repeat(np.arange(count), HALVES)
    drawn, log_q = conditional(
        ratios.sampling, ratios.tuned, case, z[chains], own[chains], each, keys.reshape(count * HALVES, each)[:, 0]
    )
    drawn, log_q = drawn.reshape(count, total, -1), log_q.reshape(count, total)
    flat = drawn.reshape(count * total, -1)
    outcomes = ratios.simulate(case, np.repeat(z, total, axis=0), flat, keys.ravel())
    score = log_density(ratios.tables[case], outcomes, ratios.errors).reshape(count, total) - log_q
    picked, rows = _resample(score, keys[:, 0]), np.arange(count)
    return {**summary(score), "own": drawn[rows, picked], "keys": keys[rows, picked]}


def summary(score: Floats) -> Arrays:
    """Return ``halves``, ``pair``, ``variance`` and ``ess`` of log ratios (n, r); half of the columns are each half."""
    count, total = score.shape
    top = score.max(axis=1)
    weight = np.exp(score - top[:, None])
    halves = np.logaddexp.reduce(score.reshape(count, HALVES, -1), axis=2) - np.log(total // HALVES)
    return {"halves": halves, **_of_sums(weight.sum(axis=1), (weight**2).sum(axis=1), total, top)}


def _of_sums(whole: Floats, squared: Floats, total: int, top: Floats) -> Arrays:
    """Return ``pair``, ``variance`` and ``ess`` from sums over ``total`` ratios, and over their squares, in units of exp(top)."""
    with np.errstate(divide="ignore"):
        pair = np.log(np.maximum(whole**2 - squared, 0.0) / (total * (total - 1))) + 2 * top
    share = squared / whole**2
    variance = np.maximum(share - 1.0 / total, 0.0) * total / max(total - 1, 1)
    return {"pair": pair, "variance": variance, "ess": 1.0 / share}


def combine(first: Arrays, second: Arrays, used: tuple[int, int]) -> Arrays:
    """Return the estimate of a cluster from two sets of histories at the same n draws; arrays as ``ratios_part`` returns them.

    ``used`` are the histories of each half in either set. Which set's history is kept is drawn by the sums of their ratios.
    """
    top = np.maximum(first["halves"], second["halves"]).max(axis=1)
    halves = [count * np.exp(one["halves"] - top[:, None]) for one, count in zip((first, second), used, strict=True)]
    sums = [half.sum(axis=1) for half in halves]
    squared = sum(one**2 / part["ess"] for one, part in zip(sums, (first, second), strict=True))
    both = sum(used)
    later = uniforms(second["keys"], PICK, 2)[:, 1] * (sums[0] + sums[1]) >= sums[0]
    return {
        "halves": np.log((halves[0] + halves[1]) / both) + top[:, None],
        **_of_sums(sums[0] + sums[1], squared, HALVES * both, top),
        "own": np.where(later[:, None], second["own"], first["own"]),
        "keys": np.where(later, second["keys"], first["keys"]),
    }


def _resample(score: Floats, keys: Seeds) -> Ints:
    """Return the column of one history for each row of log weights ``score`` (n, r), drawn by weight, shape (n,)."""
    ends = np.cumsum(np.exp(score - score.max(axis=1, keepdims=True)), axis=1)
    draw = uniforms(keys, PICK, 1) * ends[:, -1:]
    column: Ints = np.minimum((draw > ends).sum(axis=1), score.shape[1] - 1).astype(np.int64)
    return column


class Error(NamedTuple):
    """Variance over draws of the log of exact over emulated likelihood, by a U-statistic that no noise enters.

    Attributes
    ----------
    by_case, by_case_error : float64, shape (cases,)
        Each cluster's variance, and its standard error by the jackknife (square nats).
    total, total_error : float
        Their sum, and its standard error.
    """

    by_case: Floats
    by_case_error: Floats
    total: float
    total_error: float


def error_variance(estimate: Estimate) -> Error:
    """Return the emulator's error by products of the ratios of different histories.

    The mean squared ratio over the squared mean ratio is one plus the ratio's relative variance over draws; its log is the
    variance of the log where that is normal. Both means are unbiased: one by pairs of histories, the other by pairs of draws.
    """
    top = estimate.log_ratio.max(axis=0)
    ratio, square = np.exp(estimate.log_ratio - top), np.exp(estimate.pair - 2 * top)
    count = len(ratio)
    sums, own, squares = ratio.sum(axis=0), (ratio**2).sum(axis=0), square.sum(axis=0)
    by_case = _log_excess(squares, sums, own, count)
    # The jackknife leaves out one draw at a time.
    left = _log_excess(squares - square, sums - ratio, own - ratio**2, count - 1)
    spread = (left - left.mean(axis=0)) * np.sqrt((count - 1) / count)
    errors, total_error = np.sqrt((spread**2).sum(axis=0)), float(np.sqrt((spread.sum(axis=1) ** 2).sum()))
    return Error(by_case, errors, float(by_case.sum()), total_error)


def _log_excess(squares: Floats, sums: Floats, own: Floats, count: int) -> Floats:
    """Return the log of the mean square over the squared mean, from sums over draws; ``own`` sums the squares of their means."""
    mean_square, squared_mean = squares / count, np.maximum(sums**2 - own, 1e-300) / (count * (count - 1))
    result: Floats = np.log(np.maximum(mean_square, 1e-300) / squared_mean)
    return result


def noise_of_one(estimate: Estimate, histories: Ints) -> Floats:
    """Return the relative variance of one history's ratio, float64, shape (cases,), pooled over the draws of a pilot.

    A pilot cannot tell a cluster without noise from one whose histories all missed: the estimate is never below
    ``LEAST_VARIANCE``, and the ratios of all draws are pooled, so that one draw that hit says what the others missed.
    """
    within = estimate.variance.mean(axis=0) * histories
    top = estimate.log_ratio.max(axis=0)
    ratio, pair = np.exp(estimate.log_ratio - top), np.exp(estimate.pair - 2 * top)
    # The mean square of one ratio, from the mean of a draw and the product of two of its ratios.
    square = histories * ratio**2 - (histories - 1) * pair
    pooled = square.mean(axis=0) / np.maximum(pair.mean(axis=0), 1e-300) - 1.0
    noise: Floats = np.maximum(np.maximum(within, pooled), LEAST_VARIANCE)
    return noise


def allocate(noise: Floats, root_cost: Floats, budget: int, least: int = 2) -> Ints:
    """Return how many histories of each cluster to simulate in each half, so that the noise of log L is least for its cost.

    Parameters
    ----------
    noise : float64, shape (cases,)
        Relative variance of one history's ratio.
    root_cost : float64, shape (cases,)
        Square root of the cost of one history of each cluster, in any unit.
    budget : int
        Histories for one draw and half, all clusters together.
    least : int
        The fewest histories of a cluster.

    Returns
    -------
    int64, shape (cases,)
        Proportional to the standard deviation of one history over the root of its cost (Neyman allocation).
    """
    spread = np.sqrt(noise) / root_cost
    replicates: Ints = np.maximum(np.floor(spread / spread.sum() * budget), least).astype(np.int64)
    return replicates


class Decision(NamedTuple):
    """What the cheap check says of the exact draws, before they are paid for.

    Attributes
    ----------
    error, error_se, noise : float
        The emulator's error variance with its standard error, and the noise variance that the shares would leave (square nats).
    histories, draws : int
        Histories at each draw, and draws.
    predicted_ess, needed_ess : float
        Effective draws with the error lowered by one standard error, and how many the gate asks for.
    paid : bool
        Whether exact draws are simulated.
    """

    error: float
    error_se: float
    noise: float
    histories: int
    draws: int
    predicted_ess: float
    needed_ess: float
    paid: bool

    def words(self) -> str:
        """Return the decision as one line."""
        cost = f"{self.histories * self.draws:,} histories ({self.histories:,} at each of {self.draws:,} draws)"
        buys = f"about {self.predicted_ess:.0f} effective draws at error {self.error:.2f} and noise {self.noise:.2f} square nats"
        does = "simulated" if self.paid else f"not simulated, since the gate needs {self.needed_ess:g}"
        return f"exact correction: {cost} would leave {buys}; {does}"


def decide(checked: Estimate, used: Ints, replicates: Ints, draws: int, needed: float) -> Decision:
    """Decide by the cheap check whether exact draws can pass the gate.

    Parameters
    ----------
    checked : Estimate
        Ratios at some draws, with ``used`` (cases,) histories of each cluster in each half.
    replicates : int64, shape (cases,)
        Histories of each cluster that each half of an exact ratio would take.
    draws, needed : how many exact draws there would be, and how many of them must be effective
    """
    error = error_variance(checked)
    noise = float((noise_of_one(checked, HALVES * used) / (HALVES * replicates)).sum())
    hoped = predicted_ess(draws, error.total - error.total_error, noise)
    histories = int(HALVES * replicates.sum())
    return Decision(error.total, error.total_error, noise, histories, draws, hoped, needed, hoped >= needed)


def predicted_ess(draws: int, error: float, noise: float) -> float:
    """Return how many of ``draws`` are effective at an error variance and a noise variance (square nats)."""
    return float(draws * np.exp(-max(error, 0.0) - noise))
