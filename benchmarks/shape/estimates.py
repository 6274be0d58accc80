"""What is an estimate from histories, and how large is its Monte Carlo error? Histories are the independent draws.

Values of one history are put together first, so that firms and quarters of one cluster never count as independent. NaN stands
for a history to which a question does not apply, and such a history counts nowhere.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from model.arrays import Floats

# Resamples from which the error of a quantile comes, and the key of their draws.
RESAMPLES: Final = 200
KEY: Final = 20261127
# Errors within which a value is not told apart from its target.
DOUBT: Final = 2.0


class Estimate(NamedTuple):
    """A value, its standard error, and the number of histories that it rests on; NaN and 0 where no history counts."""

    value: float
    error: float
    histories: int


NONE: Final = Estimate(math.nan, math.nan, 0)


def share(flags: Floats) -> Estimate:
    """Return the share of histories whose flag is 1, with the binomial error; ``flags`` float64, shape (n,).

    The error is that of one success and one failure more, so that it is not 0 where all histories agree.
    """
    known = flags[np.isfinite(flags)]
    if len(known) == 0:
        return NONE
    smoothed = (known.sum() + 1.0) / (len(known) + 2.0)
    return Estimate(float(known.mean()), math.sqrt(smoothed * (1.0 - smoothed) / len(known)), len(known))


def mean(values: Floats) -> Estimate:
    """Return the mean over histories; float64, shape (n,)."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return NONE
    error = float(known.std(ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else math.nan
    return Estimate(float(known.mean()), error, len(known))


def ratio(over: Floats, under: Floats) -> Estimate:
    """Return the ratio of two sums over histories, with the error of a ratio whose terms are clustered by history.

    Both are float64, shape (n,).
    """
    known = np.isfinite(over) & np.isfinite(under)
    over, under, count = over[known], under[known], int(known.sum())
    if count == 0 or under.sum() == 0.0:
        return NONE
    value = float(over.sum() / under.sum())
    scatter = float(((over - value * under) ** 2).sum())
    error = math.sqrt(scatter * count / max(1, count - 1)) / abs(float(under.sum()))
    return Estimate(value, error if count > 1 else math.nan, count)


def quantile(values: Floats, probability: float = 0.5) -> Estimate:
    """Return a quantile over histories, the median by default; its error is that of resampled histories."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return NONE
    drawn = np.random.default_rng(KEY).integers(0, len(known), (RESAMPLES, len(known)))
    error = float(np.quantile(known[drawn], probability, axis=1).std(ddof=1))
    return Estimate(float(np.quantile(known, probability)), error, len(known))


def odds(flags: Floats) -> Estimate:
    """Return how many histories have flag 1 for each that has flag 0, with the error of the odds."""
    known = flags[np.isfinite(flags)]
    ones = float(known.sum())
    zeros = len(known) - ones
    if len(known) == 0:
        return NONE
    if zeros == 0.0:
        return Estimate(math.inf, math.nan, len(known))
    value = ones / zeros
    return Estimate(value, (ones + 0.5) / zeros * math.sqrt(1.0 / (ones + 0.5) + 1.0 / zeros), len(known))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Return the difference of two independent estimates."""
    return Estimate(first.value - second.value, math.hypot(first.error, second.error), min(first.histories, second.histories))


def verdict(estimate: Estimate, low: float, high: float) -> str:
    """Return whether a value meets its target: "met", "near" where it misses by less than two errors, or "no".

    The word is "none" where no history counts.
    """
    if estimate.histories == 0 or math.isnan(estimate.value):
        return "none"
    if low <= estimate.value <= high:
        return "met"
    doubt = 0.0 if math.isnan(estimate.error) else DOUBT * estimate.error
    return "near" if low - doubt <= estimate.value <= high + doubt else "no"


def figure_of(estimate: Estimate) -> str:
    """Return a value with its error as text."""
    if estimate.histories == 0 or math.isnan(estimate.value):
        return "no history"
    error = "" if math.isnan(estimate.error) else f" +- {estimate.error:.2g}"
    return f"{estimate.value:.3g}{error}"
