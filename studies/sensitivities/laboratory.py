"""What does the model show at a point of a design? Paired histories of each cluster, read as fit, phase and effects of policies.

Every point meets the same seeds and latents (common random numbers), so that two points differ by their parameters alone. At each
point a history runs under the status quo, and runs again under each policy.

A history that outgrows the bound of the calibration is stopped. It is counted and reported, and keeps a defined value, since a
design needs every point. If it was stopped before the last observation, its fit is that of a cluster that nobody could have
studied. Its phase is that of the last year that it reached, and a policy is judged at the last year that both histories reached.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from calibration.keys import DATES as DATE_STREAM
from calibration.keys import LATENTS as LATENT_STREAM
from calibration.keys import SENSITIVITY, normals, seeds, uniforms
from calibration.observation import DATES, ErrorModel, log_density
from calibration.simulator import ClusterSimulator, far_too_many, outcomes
from calibration.tables import table
from execution.tasks import Runner, Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints, Seeds
from model.batch import simulate_policies
from model.events import QUARTER
from model.latents import COLUMN, LATENTS, case_key, conditional_medians, params_for, settings_for
from model.observe import COLUMNS, IMPROVEMENT
from model.plans import Policy
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case
from studies.policy.outcomes import BY_NAME, RANKED_BY, Columns

STAGE: Final = "histories at the points of the design"
# Histories of one task, which take about a second.
HISTORIES_A_TASK: Final = 48
QUARTERS_A_YEAR: Final = round(1 / QUARTER)
# Latents about which a cluster's own figures tell much. Drawn from the population, they would describe another cluster.
TOLD: Final = ("market", "scale", "start_year")
ALL: Final = "all clusters"


class Measure(NamedTuple):
    """What is read off each history at a point: its name, unit and meaning."""

    name: str
    unit: str
    meaning: str


class Change(NamedTuple):
    """What a policy changes.

    Attributes
    ----------
    name, unit, meaning : words for tables and pages
    value : function of the panel's columns without the policy and under it, shape (n,) each, that returns the change (n,)
    """

    name: str
    unit: str
    meaning: str
    value: Callable[[Columns, Columns], Floats]


FIT: Final = Measure(
    "fit", "log density", "log density of the cluster's row of Tables 1-2 given a history, averaged over histories"
)
PHASES: Final = (
    Measure("improving_at_last_observation", "share of histories", "in the phase of improvement at the last observation"),
    Measure(
        "transition_by_last_observation",
        "share of histories",
        "improved firms have employed the majority by the last observation",
    ),
    Measure("improving_at_horizon", "share of histories", "in the phase of improvement at the horizon, without a policy"),
    Measure(
        "transition_by_horizon",
        "share of histories",
        "improved firms have employed the majority by the horizon, without a policy",
    ),
)


class Observer(Protocol):
    """What shows outcomes at points of a design: the model, or a stand-in."""

    def observe(self, case: int, points: Floats) -> Arrays:
        """Return what histories of one cluster show at points.

        Parameters
        ----------
        case : index of the cluster
        points : float64, shape (n, d); probabilities under the prior of each parameter

        Returns
        -------
        dict of arrays
            ``measures``, float64, shape (n, seeds, measures), each in its own unit; ``stopped``, uint8, shape (n, seeds, worlds),
            1 where the history was stopped for its size. The first world is the status quo, the others are the policies.
        """


@dataclass(frozen=True)
class Laboratory:
    """The model as a study observes it.

    Attributes
    ----------
    cases : the clusters chosen
    priors : the priors
    names : parameters that a point sets; the others stay at their defaults
    structures : structural choices in force
    errors : the error model of Tables 1-2
    policies : the policies besides the status quo
    horizon : years from the last observation to the end of a history
    histories : number of histories of each cluster at each point, one for each seed
    seed : seed of the study, the first part of all keys
    """

    cases: tuple[Case, ...]
    priors: Priors
    names: tuple[str, ...]
    structures: dict[str, str]
    errors: ErrorModel
    policies: tuple[Policy, ...]
    horizon: int
    histories: int
    seed: int

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures, in the order of the arrays."""
        changes = (
            Measure(f"{change.name}:{policy.name}", change.unit, f"{policy.title}: {change.meaning}")
            for policy in self.policies
            for change in CHANGES
        )
        return (FIT, *PHASES, *changes)

    def values(self, points: Floats) -> dict[str, Floats]:
        """Return every parameter of every history by name, in its own unit, shape (n * seeds,) each, at points (n, d)."""
        values = {name: np.full(len(points), float(value)) for name, value in self.priors.defaults.items()}
        varied = self.priors.quantile(self.names, points)
        values.update({name: varied[:, column] for column, name in enumerate(self.names)})
        return {name: np.repeat(value, self.histories) for name, value in values.items()}

    def latents(self, cluster: Case, keys: Seeds) -> Floats:
        """Return whitened latents of a cluster, float64, shape (n, latents), at seeds (n,).

        Those named in ``TOLD`` take their conditional medians given the cluster's figures; the others are drawn with the seed.
        """
        drawn, told = normals(keys, LATENT_STREAM, len(LATENTS)), conditional_medians(cluster, self.priors, self.structures)
        columns = [COLUMN[name] for name in TOLD]
        drawn[:, columns] = told[columns]
        return drawn

    def observe(self, case: int, points: Floats) -> Arrays:
        """See ``Observer``."""
        cluster, count = self.cases[case], len(points)
        one = seeds(self.seed, SENSITIVITY, case_key(cluster), 0, self.histories)
        keys, latents = np.tile(one, count), np.tile(self.latents(cluster, one), (count, 1))
        values = self.values(points)
        settings, start = settings_for(cluster, values, latents, self.structures, years_after=self.horizon)
        settings["firms_max"] = far_too_many(cluster)
        dates = ClusterSimulator(self.cases, self.priors, (), self.errors).dates(case, start, uniforms(keys, DATE_STREAM, DATES))
        seen = np.rint((dates - start[:, None]) / QUARTER).astype(np.int64)
        yearly = _yearly(settings["quarters"])
        settings["quarters"] = np.maximum(settings["quarters"], seen.max(axis=1))
        timelines = [programmes_for(policy, cluster, self.structures) for policy in (None, *self.policies)]
        ticks = np.concatenate([seen, yearly], axis=1)
        rows, *after = simulate_policies(params_for(values), settings, keys, timelines, ticks, threads=1)
        fit = log_density(table(cluster, self.errors), outcomes(rows[:, :DATES], self.errors), self.errors)
        base = rows[:, DATES:]
        measures, stopped = [fit, *_phases(rows[:, 0], base)], [_stopped(base)]
        for under_policy in after:
            late = under_policy[:, -self.horizon - 1 :]
            measures += _differences(base[:, -self.horizon - 1 :], late)
            stopped.append(_stopped(late))
        return {
            "measures": np.stack(measures, axis=1).reshape(count, self.histories, len(measures)),
            "stopped": np.stack(stopped, axis=1).reshape(count, self.histories, len(stopped)).astype(np.uint8),
        }


def _yearly(quarters: Ints) -> Ints:
    """Return the quarters of whole years up to each history's end (n,), int64, shape (n, k); negative before its start."""
    most = -(-int(quarters.max()) // QUARTERS_A_YEAR)
    back: Ints = np.asarray(quarters, np.int64)[:, None] - QUARTERS_A_YEAR * np.arange(most, -1, -1)
    return back


def _stopped(rows: Floats) -> NDArray[np.bool_]:
    """Return which histories did not reach their last year, shape (n,), by rows (n, years, columns)."""
    return np.isnan(rows[:, -1, COLUMNS.index("firms")])


def _last_known(rows: Floats) -> Floats:
    """Return the row of the last year that each history reached, shape (n, columns), of rows (n, years, columns)."""
    reached = np.isfinite(rows[:, :, COLUMNS.index("firms")])
    return np.asarray(rows[np.arange(len(rows)), _last_year(reached)])


def _last_year(reached: NDArray[np.bool_]) -> Ints:
    """Return the index of the last year that each history reached, shape (n,), by what it reached (n, years)."""
    return np.asarray(reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1))


def _phases(observed: Floats, base: Floats) -> list[Floats]:
    """Return the phases of each history as shares of one history, 0 or 1, shape (n,) each, in the order of ``PHASES``.

    Parameters
    ----------
    observed : float64, shape (n, columns); rows at the last observation
    base : float64, shape (n, years, columns); yearly rows under the status quo
    """
    last = _last_known(base)
    reached = np.isfinite(observed[:, COLUMNS.index("firms")])
    shares = []
    for row in (np.where(reached[:, None], observed, last), last):
        shares += [
            (row[:, COLUMNS.index("phase")] == IMPROVEMENT).astype(np.float64),
            (row[:, COLUMNS.index("transitioned")] == 1).astype(np.float64),
        ]
    return shares


def _differences(base: Floats, after: Floats) -> list[Floats]:
    """Return what a policy changes by the last year that both histories reached, shape (n,) each, in the order of ``CHANGES``.

    A change is 0 where the two histories have no year in common. Rows are (n, years, columns), without the policy and under it.
    """
    firms = COLUMNS.index("firms")
    both = np.isfinite(base[:, :, firms]) & np.isfinite(after[:, :, firms])
    year, every = _last_year(both), np.arange(len(base))
    without, under = (
        {name: np.where(both.any(axis=1), rows[every, year, column], 0.0) for column, name in enumerate(COLUMNS)}
        for rows in (base, after)
    )
    return [change.value(without, under) for change in CHANGES]


def _growth_of_employment(without: Columns, under: Columns) -> Floats:
    return log_growth(without["workers"], under["workers"])


def log_growth(without: Floats, under: Floats) -> Floats:
    """Log ratio of workers; one worker is added to each number, so that the ratio is defined where a cluster has none."""
    return np.asarray(np.log((under + 1.0) / (without + 1.0)))


def _gain(without: Columns, under: Columns) -> Floats:
    """Difference of the outcome by which policies are ranked, over the mean of the two discounted wage bills."""
    value = BY_NAME[RANKED_BY].value
    return in_wage_bills(value(under) - value(without), without["value_wages"], under["value_wages"])


def in_wage_bills(gain: Floats, wages: Floats, wages_under: Floats) -> Floats:
    """Return a gain over the mean of the two discounted wage bills (all in wage-years)."""
    return np.asarray(gain / np.maximum((wages + wages_under) / 2, 1.0))


# Changes are ratios. Workers and wage bills differ a thousandfold between histories of a prior, so a few histories would decide
# the variance of a difference.
CHANGES: Final = (
    Change("employment", "log points", "log of workers at the horizon over those without the policy", _growth_of_employment),
    Change(RANKED_BY, "wage bills", "net value minus that without the policy, over the discounted wage bill", _gain),
)


def observe_block(observer: Observer, case: int, points: Floats) -> Arrays:
    """Return what histories of one cluster show at points (n, d), as ``Observer.observe`` does: the task of a study."""
    return observer.observe(case, points)


class Seen(NamedTuple):
    """What was seen at n points.

    Attributes
    ----------
    measures : float64, shape (n, seeds, clusters, measures); each measure in its own unit
    stopped : uint8, shape (n, seeds, clusters, worlds); 1 where the history was stopped for its size
    """

    measures: Floats
    stopped: NDArray[np.uint8]


def look(runner: Runner, observer: Observer, clusters: int, points: Floats, histories: int) -> Seen:
    """Observe every cluster at every point, block by block.

    Parameters
    ----------
    runner : Runner
        Does the tasks and keeps their results.
    observer : Observer
        The model, or a stand-in.
    clusters : int
        Number of clusters.
    points : float64, shape (n, d)
        Probabilities under the prior of each parameter.
    histories : int
        Histories of one cluster at one point, those under policies included, for the progress bar.
    """
    size = chunk_size(clusters * len(points), max(1, HISTORIES_A_TASK // histories))
    tasks = [
        Task(f"points-{case:02d}-{first:07d}", (case, points[first : first + count]), count * histories)
        for case in range(clusters)
        for first, count in blocks(0, len(points), size)
    ]
    results = runner.gather(STAGE, observe_block, observer, tasks)
    each = len(tasks) // clusters
    return Seen(*(_joined(name, results, each) for name in Seen._fields))


def _joined(name: str, results: Sequence[Arrays], each: int) -> np.ndarray:
    """Return one array of all tasks, shape (n, seeds, clusters, ...); each cluster has ``each`` tasks."""
    cases = [np.concatenate([part[name] for part in results[start : start + each]]) for start in range(0, len(results), each)]
    return np.stack(cases, axis=2)


def scoped(measures: Floats) -> Floats:
    """Return measures by scope, float64, shape (n, seeds, scopes, measures), from measures by cluster.

    Where there are several clusters, the first scope is their mean; the clusters follow.
    """
    if measures.shape[2] == 1:
        return measures
    return np.concatenate([measures.mean(axis=2, keepdims=True), measures], axis=2)
