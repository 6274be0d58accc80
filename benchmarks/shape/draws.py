"""Which histories are asked? Of every case the same number, from the prior or at default parameters, with random latents.

Three sets. *Without help* runs eighty years with neither policy nor history's programmes. *As it was* runs to the observations
with history's programmes, as a calibration does. *Unlabelled* is as it was, with the regional mean of access to knowledge off;
it differs for Asian clusters alone. Latents and seeds of a case are the same in every set and in both columns of the table.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.shape.paths import QUARTERS, Features, Paths, features_of
from calibration.simulator import far_too_many
from model.arrays import Floats, Seeds
from model.batch import simulate_many
from model.latents import COLUMN, LATENTS, default_values, draw_values, observation_ticks, params_for, settings_for
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case

YEARS: Final = 80
# Panels with a row a quarter that are in memory at once.
CHUNK: Final = 64
VALUES, LATENT, SEEDS = range(3)


@dataclass(frozen=True)
class Plan:
    """What is asked: so many histories of each case, from priors that were moved already, with changes and structures."""

    cases: tuple[Case, ...]
    priors: Priors
    histories: int
    seed: int = 1
    changes: Mapping[str, float] = field(default_factory=dict)
    structures: Mapping[str, str] = field(default_factory=dict)
    experiments: int = 24

    def chosen(self, **changes: str) -> dict[str, str]:
        """Return the structures in force; those that a user set come before ``changes``."""
        return self.priors.structures_with({**changes, **self.structures})

    def source(self, case: Case, stream: int) -> np.random.Generator:
        """Return the generator of one stream of a case."""
        return np.random.default_rng([self.seed, case.number, stream])


class Asked(NamedTuple):
    """Histories of one case: records (n,), seeds and start years, and the programmes that all of them meet."""

    case: Case
    params: Any
    settings: Any
    seeds: Seeds
    start: Floats
    latents: Floats
    programmes: NDArray[Any]


def moved(priors: Priors, changes: Mapping[str, float]) -> Priors:
    """Return priors whose location lies at the changed values; a constant, or a prior without a location, becomes the value."""
    priors.checked(changes)
    new: dict[str, Any] = {}
    for name, value in changes.items():
        prior = priors.entry(name).prior
        if prior is not None and prior.kind in ("lognormal", "normal", "truncated_normal"):
            new[name] = {**prior.model_dump(exclude_none=True), prior.kind: [value, *prior.numbers[1:]]}
        else:
            new[name] = value
    return priors.changed(new)


def ask(plan: Plan, case: Case, default: bool, structures: Mapping[str, str]) -> Asked:
    """Return the histories asked of one case."""
    count = plan.histories
    drawn = draw_values(plan.priors, count, plan.source(case, VALUES))
    values = default_values(plan.priors, count, plan.changes) if default else drawn
    latents = plan.source(case, LATENT).standard_normal((count, len(LATENTS)))
    settings, start = settings_for(case, values, latents, structures, 0.0, math.inf)
    settings["firms_max"] = far_too_many(case)
    seeds = plan.source(case, SEEDS).integers(0, 2**64, count, np.uint64)
    return Asked(case, params_for(values), settings, seeds, start, latents, programmes_for(None, case, structures))


class Unhelped(NamedTuple):
    """Histories without help: what was asked of each case, and numbers of all histories, cases in order."""

    asked: tuple[Asked, ...]
    features: Features


def unhelped(plan: Plan, default: bool) -> Unhelped:
    """Run histories without help for eighty years, and reduce each chunk of panels at once."""
    structures = plan.chosen(history="off")
    asked, parts = [], []
    for case in plan.cases:
        one = ask(plan, case, default, structures)
        one.settings["quarters"] = QUARTERS * YEARS
        asked.append(one)
        for start in range(0, plan.histories, CHUNK):
            parts.append(_reduced(one, slice(start, start + CHUNK)))
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Unhelped(tuple(asked), Features(values, parts[0].missing))


def _reduced(asked: Asked, part: slice) -> Features:
    seeds = asked.seeds[part]
    ticks = np.tile(np.arange(QUARTERS * YEARS + 1), (len(seeds), 1))
    panels = simulate_many(asked.params[part], asked.settings[part], seeds, asked.programmes, ticks)
    features, case, count = features_of(Paths(panels)), asked.case, len(seeds)
    told = {
        "case": case.number,
        "africa": case.covariates.region == "africa",
        "heavy": case.covariates.heavy_product,
    }
    about = {name: np.full(count, float(value)) for name, value in told.items()}
    about |= {"access": asked.latents[part, COLUMN["access"]], "index": np.arange(count, dtype=np.float64) + part.start}
    return Features({**features, **about}, features.missing)


class Observed(NamedTuple):
    """Histories of one case at its observations: rows, shape (n, observations, columns), and ms of core time a history."""

    case: Case
    rows: Floats
    milliseconds: float


def observed(plan: Plan, default: bool, **structures: str) -> tuple[Observed, ...]:
    """Run histories to the observations, in one thread, so that its core time is that of the histories."""
    told = []
    for case in plan.cases:
        asked = ask(plan, case, default, plan.chosen(**structures))
        ticks = observation_ticks(case, asked.start)
        began = time.process_time()
        rows = simulate_many(asked.params, asked.settings, asked.seeds, asked.programmes, ticks, threads=1)
        told.append(Observed(case, rows, 1000.0 * (time.process_time() - began) / plan.histories))
    return tuple(told)
