"""What would a field experiment have estimated in each history, and what was true? The same firms with and without the trial.

Every estimate is a regression of an outcome on a dummy, or one that instruments coming by the invitation, with standard errors
that allow any variance (HC1). Both are one formula in plain NumPy: a command makes some ten thousand of them, for which a library
of regressions needs minutes. The tests hold the formula to ``linearmodels``.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats
from model.trials import CAME, NOBODY, NOT_INVITED, READ, TWIN, WITH_TRIAL, Followed

# A sample of fewer firms estimates nothing.
FEWEST: Final = 10

ESTIMANDS: Final = {
    "itt": "those invited against those not invited",
    "late": "effect of coming, instrumented by the invitation",
    "did": "change since the baseline of those who came against that of those not invited",
    "spillover": "those not invited against themselves in the twin without any training",
}


class Given(NamedTuple):
    """What is known of n histories beside their firms.

    Attributes
    ----------
    adopted : float64, shape (n, years + 1); share of a course that is practised by then, ``model.trials.adopted_shares``
    works : float64, shape (n,); whether the site works. Where it does not, those who came practise what they were taught all the
        same, and nothing else follows
    span : float64, shape (n,); the span of control, the share of labour in a firm's output
    """

    adopted: Floats
    works: Floats
    span: Floats


class Outcome(NamedTuple):
    """An outcome of a firm: its unit, and how it is worked out of what was read and the span, shape (n, ..., firms), by name."""

    unit: str
    value: Callable[[Mapping[str, Floats]], Floats]


def _log(values: Floats) -> Floats:
    """Return logarithms, NaN where there is none: a firm without a profit is missing, as in a field study."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(values > 0.0, np.log(values), np.nan), np.float64)


# ``practices`` and ``alive`` are worked out by ``outcomes`` itself: they are more than a firm's state.
PRACTICES: Final = "practices"
ALIVE: Final = "alive"
PROFIT: Final = "profit"
OUTCOMES: Final[Mapping[str, Outcome]] = {
    PRACTICES: Outcome("SD", lambda read: read["trained"]),
    "log_sales": Outcome("log", lambda read: _log(read["sales"])),
    "log_value_added": Outcome("log", lambda read: _log(read[PROFIT] + read["workers"])),
    PROFIT: Outcome("share of the mean profit", lambda read: read[PROFIT]),
    "log_profit": Outcome("log", lambda read: _log(read[PROFIT])),
    "log_workers": Outcome("log", lambda read: _log(read["workers"])),
    # Productivity of all factors. Sales per worker would hardly move, since a better firm hires until its last worker earns as
    # much as everybody else's.
    "log_productivity": Outcome("log", lambda read: _log(read["sales"]) - read["span"] * _log(read["workers"])),
    ALIVE: Outcome("share", lambda read: np.isfinite(read["workers"]).astype(np.float64)),
}


class Estimate(NamedTuple):
    """An estimate and its standard error; NaN where too few firms leave none."""

    value: float
    error: float


NONE: Final = Estimate(np.nan, np.nan)


def wald(outcome: Floats, treated: Floats, instrument: Floats) -> Estimate:
    """Return the effect of a treatment that is instrumented by a dummy: two-stage least squares with a constant.

    Where the treatment is the instrument, this is the difference of two means by least squares.

    Parameters
    ----------
    outcome, treated, instrument : float64, shape (n,); firms whose outcome is not finite are left out

    Returns
    -------
    Estimate
        beta = sum (z - z.) y / sum (z - z.) d, with the variance n/(n-2) sum (z - z.)^2 e^2 / (sum (z - z.) d)^2 (White 1980,
        HC1); none with fewer than two firms of either value of the instrument, or where nobody is treated.
    """
    known = np.isfinite(outcome)
    y, d, z = outcome[known], treated[known], instrument[known]
    if not 2.0 <= z.sum() <= len(z) - 2.0:
        return NONE
    apart = z - z.mean()
    moved = float(apart @ d)
    if moved <= 0.0:
        return NONE
    effect = float(apart @ y) / moved
    rest = (y - y.mean()) - effect * (d - d.mean())
    variance = len(y) / (len(y) - 2.0) * float((apart * apart) @ (rest * rest)) / (moved * moved)
    return Estimate(effect, float(np.sqrt(variance)))


def paired_mean(differences: Floats) -> Estimate:
    """Return the mean of differences between two worlds, shape (n,), of the firms that have one, and its standard error."""
    known = differences[np.isfinite(differences)]
    if len(known) < 2:
        return NONE
    return Estimate(float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known))))


class Estimates(NamedTuple):
    """What the trial of each of n histories tells.

    Attributes
    ----------
    value, error, truth : float64, shape (n, estimands, outcomes, years + 1); ``truth`` is the mean difference between the two
        worlds of those invited (itt), of those who came (late, did), and of those not invited (spillover)
    take_up, invited, firms : float64, shape (n,); share of the invited who came, firms invited, firms in the sample
    mean_profit : float64, shape (n, years + 1); mean profit in the twin of the firms of the sample (wage-years/year)
    kept : bool, shape (n,); False where the history was stopped or its sample is too small
    """

    value: Floats
    error: Floats
    truth: Floats
    take_up: Floats
    invited: Floats
    firms: Floats
    mean_profit: Floats
    kept: NDArray[np.bool_]


def outcomes(seen: Followed, given: Given) -> Floats:
    """Return every outcome of n histories, float64, shape (outcomes, n, 2, years + 1, N), by world; NaN where a firm has none."""
    read = dict(zip(READ, np.moveaxis(seen.values, -1, 0), strict=True))
    read["span"] = given.span[:, None, None, None]
    values = np.stack([one.value(read) for one in OUTCOMES.values()])
    names = list(OUTCOMES)
    practised = (1.0 - given.works)[:, None, None] * given.adopted[:, :, None] * seen.dose[:, None, :]
    values[names.index(PRACTICES), :, WITH_TRIAL] += practised
    values[names.index(ALIVE)] = np.where((seen.arm == NOBODY)[:, None, None, :], np.nan, values[names.index(ALIVE)])
    return np.asarray(values, np.float64)


def estimated(seen: Followed, given: Given) -> Estimates:
    """Return what the trials of n histories estimate, and the truth beside it."""
    known = outcomes(seen, given)
    count, years = known.shape[1], known.shape[3]
    shape = count, len(ESTIMANDS), len(OUTCOMES), years
    value, error, truth = (np.full(shape, np.nan) for _ in range(3))
    firms = (seen.arm != NOBODY).sum(axis=1)
    invited, came = (seen.arm > NOT_INVITED).sum(axis=1), (seen.arm == CAME).sum(axis=1)
    kept = seen.whole & (firms >= FEWEST)
    for history in np.flatnonzero(kept):
        sampled = seen.arm[history] != NOBODY
        arm, both = seen.arm[history, sampled], known[:, history][..., sampled]
        for outcome, year in np.ndindex(len(OUTCOMES), years):
            worlds = both[outcome, TWIN, year], both[outcome, WITH_TRIAL, year]
            first = both[outcome, WITH_TRIAL, 0]
            told = _told(arm, first, *worlds)
            value[history, :, outcome, year], error[history, :, outcome, year] = np.transpose([one for one, _ in told])
            truth[history, :, outcome, year] = [true.value for _, true in told]
    with warnings.catch_warnings():
        # A year in which no firm of a sample is left has no mean profit.
        warnings.simplefilter("ignore", RuntimeWarning)
        profit = np.nanmean(known[list(OUTCOMES).index(PROFIT), :, TWIN], axis=-1)
    shares = np.divide(came, invited, out=np.full(count, np.nan), where=invited > 0)
    return Estimates(value, error, truth, shares, invited.astype(float), firms.astype(float), profit, kept)


def _told(arm: NDArray[np.int8], first: Floats, without: Floats, with_trial: Floats) -> list[tuple[Estimate, Estimate]]:
    """Return the estimate and the truth of every estimand, in their order, of one outcome of the firms of a sample at one date.

    Parameters
    ----------
    arm : int8, shape (n,)
    first : the outcome at the baseline, float64, shape (n,); so are the outcomes in the twin and in the trial
    """
    invited, came = (arm > NOT_INVITED).astype(np.float64), (arm == CAME).astype(np.float64)
    compared = (arm == CAME) | (arm == NOT_INVITED)
    apart = with_trial - without
    true_came, spilt = paired_mean(apart[arm == CAME]), paired_mean(apart[arm == NOT_INVITED])
    return [
        (wald(with_trial, invited, invited), paired_mean(apart[arm > NOT_INVITED])),
        (wald(with_trial, came, invited), true_came),
        (wald((with_trial - first)[compared], came[compared], came[compared]), true_came),
        (spilt, spilt),
    ]


def joined(parts: list[Estimates]) -> Estimates:
    """Return the estimates of several chunks of histories as one."""
    return Estimates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
