"""What stands in the table of a trial? A row an estimand, outcome and year, over all histories and by whether the site works."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from calibration.weights import normalised, weighted_quantile
from model.arrays import Floats
from studies.trials.estimates import ESTIMANDS, OUTCOMES, PROFIT, Estimates
from studies.trials.published import published_beside

TAKE_UP: Final = "take_up"
# Kinds of site over which histories are summed up: whether training works in a cluster at all is drawn for each of its histories.
SITES: Final = ("all", "works", "fails")
# An estimate is significant at 5 % beyond so many standard errors, and a trial should see an effect with this probability.
SIGNIFICANT: Final = float(ndtri(0.975))
POWER_WANTED: Final = 0.8
# The effect that a trial sees with that probability, over its standard error.
DETECTABLE: Final = SIGNIFICANT + float(ndtri(POWER_WANTED))
INTERVAL: Final = np.array([0.05, 0.95])


@dataclass(frozen=True)
class Row:
    """One row of ``trial.csv``.

    Attributes
    ----------
    case, policy, site, estimand, outcome : what the row is about
    year : years after the invitations
    unit : of the estimates
    mean, low, high : mean of the estimates over histories, and the interval that holds 90 % of them
    mc_se : Monte Carlo error of the mean
    standard_error : mean of the standard errors that the trials report
    truth, truth_low, truth_high : mean and 90 % interval of the true effects, from the twins
    power : share of the trials whose estimate is significant at 5 %; empty for a spillover, which no trial in one cluster sees
    detectable : least effect that such a trial sees with a probability of 80 %, on average
    histories : number of histories that have an estimate
    published, published_low, published_high, source : what trials in the field found
    """

    case: str
    policy: str
    site: str
    estimand: str
    outcome: str
    year: int
    unit: str
    mean: float
    low: float
    high: float
    mc_se: float
    standard_error: float
    truth: float
    truth_low: float
    truth_high: float
    power: float
    detectable: float
    histories: int
    published: str
    published_low: float
    published_high: float
    source: str


@dataclass(frozen=True)
class About:
    """What a table is about: the case's name and number, 0 for a user's own, the policy, and the course that it teaches."""

    case: str
    number: int
    policy: str
    course: str


def rows(about: About, told: Estimates, works: Floats, weights: Floats) -> list[Row]:
    """Return the rows of a trial.

    Parameters
    ----------
    told : what the trial of each of n histories tells
    works : float64, shape (n,); 1 where the site works, else 0
    weights : float64, shape (n,); of the histories
    """
    mass = np.where(told.kept, weights, 0.0)
    sites = dict(zip(SITES, (np.ones(len(works), bool), works > 0.0, works == 0.0), strict=True))
    return [row for site, chosen in sites.items() for row in _site_rows(about, site, told, np.where(chosen, mass, 0.0))]


def _site_rows(about: About, site: str, told: Estimates, mass: Floats) -> Iterator[Row]:
    """Yield the rows of one kind of site, from the mass of its histories, shape (n,)."""
    error = np.sqrt(told.take_up * (1.0 - told.take_up) / told.invited)
    nothing = np.full(len(mass), np.nan)
    yield _row(about, site, (TAKE_UP, "", 0), "share", (told.take_up, error, nothing), mass, False)
    for (e, estimand), (o, outcome) in _pairs():
        for year in range(1, told.value.shape[3]):
            seen = tuple(one[:, e, o, year] for one in (told.value, told.error, told.truth))
            if outcome == PROFIT:
                seen = tuple(one / _mean(told.mean_profit[:, year], mass) for one in seen)
            unit = OUTCOMES[outcome].unit
            yield _row(about, site, (estimand, outcome, year), unit, seen, mass, estimand != "spillover")


def _pairs() -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    return ((e, o) for e in enumerate(ESTIMANDS) for o in enumerate(OUTCOMES))


def _row(
    about: About, site: str, key: tuple[str, str, int], unit: str, seen: tuple[Floats, ...], mass: Floats, tested: bool
) -> Row:
    """Return one row, from estimates, errors and truths, shape (n,) each; ``tested`` says whether power has a meaning."""
    value, error, truth = seen
    estimand, outcome, year = key
    shares = np.where(np.isfinite(value) & np.isfinite(error), mass, 0.0)
    low, high = weighted_quantile(value, shares, INTERVAL)
    true_low, true_high = weighted_quantile(truth, shares, INTERVAL)
    beside = published_beside(about.course, about.number, estimand, outcome)
    known = next((one for one in beside if np.isfinite(one.low)), None)
    significant = (np.abs(value) > SIGNIFICANT * error).astype(np.float64)
    return Row(
        case=about.case, policy=about.policy, site=site, estimand=estimand, outcome=outcome, year=year, unit=unit,
        mean=_mean(value, shares), low=float(low), high=float(high), mc_se=_error(value, shares),
        standard_error=_mean(error, shares),
        truth=_mean(truth, shares), truth_low=float(true_low), truth_high=float(true_high),
        power=_mean(significant, shares) if tested else np.nan,
        detectable=DETECTABLE * _mean(error, shares) if tested else np.nan,
        histories=int((shares > 0.0).sum()),
        published="; ".join(one.text for one in beside), source="; ".join(dict.fromkeys(one.source for one in beside)),
        published_low=known.low if known else np.nan, published_high=known.high if known else np.nan,
    )  # fmt: skip


def _mean(values: Floats, mass: Floats) -> float:
    """Return the weighted mean of the values that are finite, NaN where none is."""
    used = np.isfinite(values) & (mass > 0.0)
    return float(values[used] @ normalised(mass[used])) if used.any() else float("nan")


def _error(values: Floats, mass: Floats) -> float:
    """Return the Monte Carlo error of a weighted mean, NaN where fewer than two values are."""
    used = np.isfinite(values) & (mass > 0.0)
    if used.sum() < 2:
        return float("nan")
    shares = normalised(mass[used])
    apart = values[used] - values[used] @ shares
    return float(np.sqrt((shares * shares) @ (apart * apart)))


def chosen(table: Sequence[Row], site: str, estimand: str, outcome: str, year: int) -> Row:
    """Return one row of a table.

    Raises
    ------
    StopIteration
        If there is none.
    """
    key = site, estimand, outcome, year
    return next(row for row in table if (row.site, row.estimand, row.outcome, row.year) == key)
