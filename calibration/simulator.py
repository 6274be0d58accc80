"""Which histories does a parameter vector give a cluster? The bridge from whitened numbers to ``model.simulate_many``.

The calibrated parameters are whitened: z ~ N(0, I), and the physical value is the prior's quantile at Phi(z). So is everything
that a cluster has for itself and that its row can speak of (``own``): its latents, its ``varying`` parameters, and the dates of
figures that are dated vaguely. Parameters of the role ``policy`` act through programmes alone; they are drawn from their priors
with the history's seed, like luck. A history is determined by (z, own, seed) and nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy.special import ndtr

from calibration.keys import NUISANCES, normals
from calibration.observation import ALIVE, EXHAUSTED, EXTINCT, ErrorModel, Outcomes, classify
from model.arrays import Floats, Seeds
from model.batch import simulate_many
from model.events import QUARTER
from model.figures import Observation
from model.latents import LATENTS, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case

# A cluster observed once is also read at an earlier date, which lies at a random share of its age between these bounds. The
# table's figures of that date count as missing.
EARLIER: Final = (0.3, 0.9)

# Where the date of the last and of the earlier observation lies within its span, as standard normals.
VAGUE: Final = ("last_date", "earlier_date")

# A history is stopped when its number of firms exceeds this multiple of the largest number observed,
EXHAUSTED_RATIO: Final = 8.0
# and also exceeds this number, which matters for small clusters.
EXHAUSTED_FIRMS: Final = 5000.0


@dataclass(frozen=True)
class ClusterSimulator:
    """Simulator of the histories of a calibration's clusters.

    Attributes
    ----------
    cases : tuple of Case
        The clusters.
    priors : Priors
        The prior of every parameter.
    names : tuple of str
        Calibrated parameters, in the order of z.
    errors : ErrorModel
        Gives the thresholds between classes.
    structures : mapping
        Structural alternatives in force.
    threads : int, optional
        Threads of one call; all cores granted if not given. A task that runs beside others takes one.
    heed : callable, optional
        Called from time to time with the number of histories done, and may raise to stop.
    """

    cases: tuple[Case, ...]
    priors: Priors
    names: tuple[str, ...]
    errors: ErrorModel = field(default_factory=ErrorModel)
    structures: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    heed: Callable[[int], None] | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """Names of what a cluster has for itself, each a standard normal: latents, ``varying`` parameters, vague dates."""
        return (*LATENTS, *self.priors.names("varying"), *VAGUE)

    def values(self, z: Floats, own: Floats, keys: Seeds) -> dict[str, Floats]:
        """Return the value of every parameter in n histories.

        Parameters
        ----------
        z : float64, shape (n, d)
            Whitened calibrated parameters.
        own : float64, shape (n, len(self.own))
            What the cluster has for itself, whitened.
        keys : uint64, shape (n,)
            Seeds of the histories.

        Returns
        -------
        dict of float64, shape (n,)
            By name, in the unit of the parameter's prior.
        """
        varying = self.priors.names("varying")
        values = {name: np.full(len(keys), float(value)) for name, value in self.priors.defaults.items()}
        values.update(policy_values(self.priors, keys))
        nuisances = own[:, len(LATENTS) : len(LATENTS) + len(varying)]
        for names, whitened in ((varying, nuisances), (self.names, z)):
            physical = self.priors.from_normal(names, whitened)
            values.update({name: np.ascontiguousarray(physical[:, column]) for column, name in enumerate(names)})
        return values

    def settings(self, case: int, z: Floats, own: Floats, keys: Seeds) -> tuple[Any, Any, Floats]:
        """Return the parameter records, the settings and the start years of n histories, shape (n,) each."""
        values = self.values(z, own, keys)
        settings, start = settings_for(self.cases[case], values, own[:, : len(LATENTS)], self.structures)
        settings["firms_max"] = far_too_many(self.cases[case])
        return params_for(values), settings, start

    def rows(self, case: int, z: Floats, own: Floats, keys: Seeds, times: Floats | None = None) -> Floats:
        """Return panel rows of n histories at k times, float64, shape (n, k, columns); see ``model.observe``.

        Parameters
        ----------
        z, own, keys
            As in ``__call__``.
        times : float64, shape (n, k), optional
            Years since the cluster's start; the dates of observation, last first, if not given. Rows of negative times and
            rows after a history was stopped are NaN.
        """
        params, settings, start = self.settings(case, z, own, keys)
        since = self.dates(case, start, ndtr(own[:, -len(VAGUE) :])) - start[:, None] if times is None else times
        ticks = np.rint(since / QUARTER).astype(np.int64)
        settings["quarters"] = np.maximum(settings["quarters"], ticks.max(axis=1))
        programmes = programmes_for(None, self.cases[case], self.structures)
        return simulate_many(params, settings, keys, programmes, ticks, threads=self.threads, progress=self.heed)

    def dates(self, case: int, start: Floats, shares: Floats) -> Floats:
        """Return the calendar times at which each history is read: the last observation, then an earlier one.

        Parameters
        ----------
        start : float64, shape (n,)
            Calendar times of the histories' starts (years).
        shares : float64, shape (n, 2)
            Where each date lies within its span, from 0 to 1.

        Returns
        -------
        float64, shape (n, 2), in calendar years
        """
        observations = self.cases[case].observations
        last = _when(observations[-1], shares[:, 0])
        if len(observations) > 1:
            return np.stack([last, _when(observations[0], shares[:, 1])], axis=1)
        share = EARLIER[0] + (EARLIER[1] - EARLIER[0]) * shares[:, 1]
        return np.stack([last, start + share * (last - start)], axis=1)

    def __call__(self, case: int, z: Floats, own: Floats, keys: Seeds) -> Outcomes:
        """Return what n histories of a cluster show at the dates of observation.

        Parameters
        ----------
        case : int
            Index of the cluster.
        z : float64, shape (n, d)
            Whitened calibrated parameters.
        own : float64, shape (n, len(self.own))
            What the cluster has for itself, standard normal in the population.
        keys : uint64, shape (n,)
            Seeds of the histories.
        """
        return outcomes(self.rows(case, z, own, keys), self.errors)


def policy_values(priors: Priors, keys: Seeds) -> dict[str, Floats]:
    """Return the values (n,) of the parameters that act through programmes alone, drawn with the seeds (n,) of histories.

    A parameter that comes to the end of the file later leaves the draws of the others as they are.
    """
    names = priors.names("policy")
    physical = priors.from_normal(names, normals(keys, NUISANCES, len(names)))
    return {name: np.ascontiguousarray(physical[:, column]) for column, name in enumerate(names)}


def far_too_many(case: Case) -> float:
    """Return the number of firms beyond which a history of a case is stopped and scored as misfit.

    The bound lies about four standard deviations of the roughest count above the largest number ever seen in the cluster.
    Without it, a few explosive histories would take most of the computing time.
    """
    seen = [observation.firms.middle for observation in case.observations if observation.firms is not None]
    return max(EXHAUSTED_FIRMS, EXHAUSTED_RATIO * max(seen, default=0.0))


def _when(seen: Observation, draw: Floats) -> Floats:
    """Return the calendar times of an observation, shape (n,): its date, or if vague a time in its span, by uniforms ``draw``."""
    if not isinstance(seen.year, tuple):
        return np.full(len(draw), seen.time)
    first, last = seen.year
    when: Floats = first + (last + 1 - first) * draw
    return when


def outcomes(panel: Floats, errors: ErrorModel) -> Outcomes:
    """Return the figures and classes that a panel shows.

    Parameters
    ----------
    panel : float64, shape (n, dates, columns)
        Rows of n histories at the dates of observation, last first.
    errors : ErrorModel
        Gives the thresholds between classes.
    """
    column: dict[str, Floats] = {name: panel[:, :, index] for index, name in enumerate(COLUMNS)}
    lost = ~np.isfinite(column["firms"]).all(axis=1)
    dead = ~lost & (np.nan_to_num(column["firms"][:, 0]) < 1)
    status = np.where(lost, EXHAUSTED, np.where(dead, EXTINCT, ALIVE))
    firms = np.maximum(np.nan_to_num(column["firms"], nan=1.0), 0.5)
    workers = np.maximum(np.nan_to_num(column["workers"], nan=1.0), 0.5)
    figures = np.stack([np.log(firms), np.log(np.maximum(workers / firms, 1.0)), np.nan_to_num(column["schooling"])], axis=2)
    improved = np.nan_to_num(column["improved_workers"]) / workers
    exported = np.nan_to_num(column["exported"]) / np.maximum(np.nan_to_num(column["output"]), 1e-12)
    classes = np.stack([classify(improved, errors.improved_share), classify(exported, errors.exported_share)], axis=2)
    alive = (status == ALIVE)[:, None, None]
    return Outcomes(np.where(alive, figures, 0.0), np.where(alive, classes, 0), status.astype(np.int64))
