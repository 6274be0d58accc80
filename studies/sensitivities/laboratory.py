"""What does the model show at a point of a design? Paired histories of each cluster, read as fit, phase and effects of policies.

Every point meets the same seeds and latents (common random numbers), so that two points differ by their parameters alone. At each
point a history runs under the status quo and is run again under each policy.

A history that outgrows the bound of the calibration is stopped there. It is counted and reported, and keeps a defined value,
since a design needs every point. If it was stopped before the last observation, its fit is that of a cluster that nobody could
have studied. Its phase is that of the last year that it reached; a policy is judged at the last year that both histories reached.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np

from calibration.keys import LATENTS as LATENT_STREAM
from calibration.keys import SENSITIVITY, normals, seeds
from calibration.observation import DATES, ErrorModel, log_density
from calibration.simulator import ClusterSimulator, far_too_many, outcomes
from calibration.tables import table
from execution.tasks import Runner, Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints, Seeds
from model.batch import simulate_policies
from model.events import QUARTER
from model.latents import COLUMN, LATENTS, case_key, conditional_medians, params_for, settings_for
from model.observe import COLUMNS, IMPROVEMENT
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case, Policy
from studies.policy.outcomes import OUTCOMES, RANKED_BY, Columns

STAGE: Final = "histories at the points of the design"
# Histories of one task: about a second's work.
HISTORIES_A_TASK: Final = 48
QUARTERS_A_YEAR: Final = round(1 / QUARTER)
# Latents of which a cluster's own figures tell much; drawn from the population, they would make another cluster of it.
TOLD: Final = ("market", "scale", "start_year")
ALL: Final = "all clusters"


class Measure(NamedTuple):
    """What is read off the histories at a point: its name, unit and meaning."""

    name: str
    unit: str
    meaning: str


class Change(NamedTuple):
    """What a policy changes: name, unit, meaning, and how it is read off the columns without the policy and under it."""

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
    """What a study asks of the model, or of a stand-in."""

    def observe(self, case: int, points: Floats) -> Arrays:
        """Return ``measures`` (n, seeds, measures) and ``stopped`` (n, seeds, worlds) of one cluster at points (n, d)."""


@dataclass(frozen=True)
class Laboratory:
    """Where the model is looked at.

    Attributes
    ----------
    cases : the clusters chosen
    names : parameters that a point sets; the rest stay at their defaults
    policies : beside the status quo
    horizon : years after the last observation
    histories : of each cluster at each point, one a seed
    seed : first of all keys
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
        """What is read off, in the order of the arrays."""
        changes = (
            Measure(f"{change.name}:{policy.name}", change.unit, f"{policy.title}: {change.meaning}")
            for policy in self.policies
            for change in CHANGES
        )
        return (FIT, *PHASES, *changes)

    def values(self, points: Floats) -> dict[str, Floats]:
        """Return every parameter of every history by name, (n * seeds,) each."""
        found = {name: np.full(len(points), float(value)) for name, value in self.priors.defaults.items()}
        set_here = self.priors.quantile(self.names, points)
        found.update({name: set_here[:, column] for column, name in enumerate(self.names)})
        return {name: np.repeat(value, self.histories) for name, value in found.items()}

    def latents(self, cluster: Case, keys: Seeds) -> Floats:
        """Return the latents that go with seeds (n, latents), those that the cluster's figures tell where they tell them."""
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
        dates = ClusterSimulator(self.cases, self.priors, (), self.errors).dates(case, start, keys)
        seen = np.rint((dates - start[:, None]) / QUARTER).astype(np.int64)
        yearly = _yearly(settings["quarters"])
        settings["quarters"] = np.maximum(settings["quarters"], seen.max(axis=1))
        timelines = [programmes_for(policy, cluster, self.structures) for policy in (None, *self.policies)]
        ticks = np.concatenate([seen, yearly], axis=1)
        rows, *after = simulate_policies(params_for(values), settings, keys, timelines, ticks, threads=1)
        fit = log_density(table(cluster, self.errors), outcomes(rows[:, :DATES], self.errors), self.errors)
        base = rows[:, DATES:]
        found, stopped = [fit, *_phases(rows[:, 0], base)], [_stopped(base)]
        for under_policy in after:
            late = under_policy[:, -self.horizon - 1 :]
            found += _differences(base[:, -self.horizon - 1 :], late)
            stopped.append(_stopped(late))
        return {
            "measures": np.stack(found, axis=1).reshape(count, self.histories, len(found)),
            "stopped": np.stack(stopped, axis=1).reshape(count, self.histories, len(stopped)).astype(np.uint8),
        }


def _yearly(quarters: Ints) -> Ints:
    """Return the quarters of whole years up to each history's end (n, k); negative before its start."""
    most = -(-int(quarters.max()) // QUARTERS_A_YEAR)
    back: Ints = np.asarray(quarters, np.int64)[:, None] - QUARTERS_A_YEAR * np.arange(most, -1, -1)
    return back


def _stopped(rows: Floats) -> np.ndarray:
    return np.isnan(rows[:, -1, COLUMNS.index("firms")])


def _last_known(rows: Floats) -> Floats:
    """Return the last row that each history reached (n, columns), of rows (n, years, columns)."""
    known = np.isfinite(rows[:, :, COLUMNS.index("firms")])
    place = rows.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.asarray(rows[np.arange(len(rows)), place])


def _phases(observed: Floats, base: Floats) -> list[Floats]:
    """Return shares of one history, 0 or 1 each, in the order of ``PHASES``."""
    last = _last_known(base)
    reached = np.isfinite(observed[:, COLUMNS.index("firms")])
    found = []
    for row in (np.where(reached[:, None], observed, last), last):
        found += [
            (row[:, COLUMNS.index("phase")] == IMPROVEMENT).astype(np.float64),
            (row[:, COLUMNS.index("transitioned")] == 1).astype(np.float64),
        ]
    return found


def _differences(base: Floats, after: Floats) -> list[Floats]:
    """Return what a policy changes by the last year that both histories reached, as ``CHANGES`` lists it; 0 if there is none."""
    firms = COLUMNS.index("firms")
    both = np.isfinite(base[:, :, firms]) & np.isfinite(after[:, :, firms])
    place, every = base.shape[1] - 1 - np.argmax(both[:, ::-1], axis=1), np.arange(len(base))
    without, under = (
        {name: np.where(both.any(axis=1), rows[every, place, index], 0.0) for index, name in enumerate(COLUMNS)}
        for rows in (base, after)
    )
    return [change.value(without, under) for change in CHANGES]


def _growth_of_employment(without: Columns, under: Columns) -> Floats:
    """Log ratio of workers, one worker added to each so that a cluster may be gone."""
    return np.asarray(np.log((under["workers"] + 1.0) / (without["workers"] + 1.0)))


def _gain(without: Columns, under: Columns) -> Floats:
    """Difference of the outcome by which policies are ranked, over the mean of the two discounted wage bills."""
    value = next(outcome.value for outcome in OUTCOMES if outcome.name == RANKED_BY)
    wages = (without["value_wages"] + under["value_wages"]) / 2
    return np.asarray((value(under) - value(without)) / np.maximum(wages, 1.0))


# Workers and wage-years differ a thousandfold between histories of a prior: a few would rule every variance. Ratios are tamer.
CHANGES: Final = (
    Change("employment", "log points", "log of workers at the horizon over those without the policy", _growth_of_employment),
    Change(RANKED_BY, "wage bills", "net value minus that without the policy, over the discounted wage bill", _gain),
)


def observe_block(observer: Observer, case: int, points: Floats) -> Arrays:
    """Look at one cluster at points (n, d): the task of a study."""
    return observer.observe(case, points)


class Seen(NamedTuple):
    """What was seen: ``measures`` (n, seeds, clusters, measures) and ``stopped`` (n, seeds, clusters, worlds)."""

    measures: Floats
    stopped: np.ndarray


def look(runner: Runner, observer: Observer, clusters: int, points: Floats, histories: int) -> Seen:
    """Look at every cluster at every point, block by block.

    Parameters
    ----------
    clusters : int
        How many there are.
    points : array (n, d)
    histories : int
        Of one cluster at one point, policies counted: what progress counts.
    """
    size = chunk_size(clusters * len(points), max(1, HISTORIES_A_TASK // histories))
    tasks = [
        Task(f"points-{case:02d}-{first:07d}", (case, points[first : first + count]), count * histories)
        for case in range(clusters)
        for first, count in blocks(0, len(points), size)
    ]
    found = runner.gather(STAGE, observe_block, observer, tasks)
    each = len(tasks) // clusters
    return Seen(*(_joined(name, found, each) for name in Seen._fields))


def _joined(name: str, found: Sequence[Arrays], each: int) -> np.ndarray:
    cases = [np.concatenate([part[name] for part in found[start : start + each]]) for start in range(0, len(found), each)]
    return np.stack(cases, axis=2)


def scoped(measures: Floats) -> Floats:
    """Return measures (n, seeds, scopes, measures): the mean over clusters first, where there are several, then each cluster."""
    if measures.shape[2] == 1:
        return measures
    return np.concatenate([measures.mean(axis=2, keepdims=True), measures], axis=2)
