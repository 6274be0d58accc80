"""What did the tables teach about each parameter? Its prior and posterior on one scale, with the error of the shift."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from calibration.weights import FAN, effective_size, normalised, weighted_quantile
from model.arrays import Floats
from model.config import Priors

# A parameter counts as moved from this shift of its median on, in standard deviations of the prior.
SHIFTED: Final = 0.3
# A parameter counts as narrowed from this share of its prior variance on that the tables took away.
NARROWED: Final = 0.15
PROBABILITIES: Final = np.array([0.05, 0.5, 0.95])
UNKNOWN: Final = (float("nan"), float("nan"))


@dataclass(frozen=True)
class ParameterView:
    """A calibrated parameter before and after the tables.

    Attributes
    ----------
    prior, posterior : 5 %, 50 % and 95 % quantiles in the parameter's unit
    scores : float64, shape (5,); posterior quantiles at ``calibration.weights.FAN``, in standard scores of the prior
    sd : posterior standard deviation in the same scores
    ess : effective number of the draws behind both
    leans : sensitivity to the power of the prior, and of the likelihood, as ``calibration.scaling`` defines it
    """

    name: str
    unit: str
    meaning: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    scores: Floats
    sd: float
    ess: float = float("inf")
    leans: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def contraction(self) -> float:
        """Return the share of the prior's variance that the tables took away (negative where it grew)."""
        return 1.0 - self.sd * self.sd

    @property
    def shift(self) -> float:
        """Return by how many standard deviations of the prior the median moved."""
        return float(self.scores[2])

    @property
    def shift_error(self) -> float:
        """Return the Monte Carlo error of the shift, that of a normal density's median."""
        return float(self.sd * np.sqrt(np.pi / (2 * self.ess)))

    @property
    def contraction_error(self) -> float:
        """Return the Monte Carlo error of the contraction, that of a normal density's variance."""
        return float(self.sd * self.sd * np.sqrt(2 / self.ess))

    @property
    def shifted(self) -> bool:
        """Tell whether the tables moved the parameter: far enough to matter, and by more than two Monte Carlo errors."""
        return abs(self.shift) >= max(SHIFTED, 2 * self.shift_error)

    @property
    def narrowed(self) -> bool:
        """Tell whether the tables narrowed the parameter: enough to matter, and by more than two Monte Carlo errors."""
        return self.contraction >= max(NARROWED, 2 * self.contraction_error)

    @property
    def moved(self) -> bool:
        """Tell whether the tables moved the parameter or narrowed it."""
        return self.shifted or self.narrowed

    @property
    def word(self) -> str:
        """Return what these data did to the parameter."""
        if not self.moved:
            return "not moved by these data"
        direction = "raised" if self.shift > 0 else "lowered"
        parts = [f"{direction} by {abs(self.shift):.1f} sd"] if self.shifted else []
        parts += [f"variance down {100 * self.contraction:.0f} %"] if self.narrowed else []
        return ", ".join(parts)


def parameters(posterior: Any, priors: Priors, leans: bool = True) -> list[ParameterView]:
    """Return prior and posterior of each parameter.

    Both come from stored draws: a prior that was changed after the run is shown as the run had it.

    Parameters
    ----------
    leans : whether to compute on what each parameter leans, where the run stored its likelihoods
    """
    names, z, weights = posterior.whitened()
    mass, views = normalised(weights), []
    leaning = _leans(posterior, len(names)) if leans else [UNKNOWN] * len(names)
    ess = effective_size(mass) if np.ptp(mass) > 0 else _independent(posterior.checks, len(mass))
    for name, column, lean in zip(names, z.T, leaning, strict=True):
        entry = priors.entry(name)
        scores = weighted_quantile(column, mass, np.array(FAN))
        sd = float(np.sqrt(np.sum(mass * (column - np.sum(mass * column)) ** 2)))
        before = np.asarray(posterior.groups["prior"][name].values, np.float64).ravel()
        after = np.asarray(posterior.groups["posterior"][name].values, np.float64).ravel()
        even = np.full(len(before), 1.0 / len(before))
        low, middle, high = (float(value) for value in weighted_quantile(before, even, PROBABILITIES))
        lower, centre, upper = (float(value) for value in weighted_quantile(after, mass, PROBABILITIES))
        bounds = (low, middle, high), (lower, centre, upper)
        views.append(ParameterView(name, entry.unit, entry.meaning, *bounds, scores, sd, ess, lean))
    return views


def _leans(posterior: Any, count: int) -> list[tuple[float, float]]:
    """Return on what each of ``count`` parameters leans; not known where the run did not store its likelihoods."""
    from calibration.scaling import leaning

    if "log_likelihood" not in posterior.group_names:
        return [UNKNOWN] * count
    leans = leaning(posterior)
    return list(zip(leans.prior.tolist(), leans.likelihood.tolist(), strict=True))


def _independent(checks: dict[str, Any], draws: int) -> float:
    """Return the effective number of equally weighted draws: at most the joint sampler's."""
    bulk = [check["value"] for check in checks["checks"] if check["name"] == "joint: bulk ESS" and check["value"]]
    return float(min([draws, *bulk]))


def most_moved_first(views: Iterable[ParameterView]) -> list[ParameterView]:
    """Return the parameters, the one that the tables narrowed or moved most first."""
    return sorted(views, key=lambda view: -max(view.contraction, abs(view.shift)))
