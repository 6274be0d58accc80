"""What is replayed? The weighted histories of a cluster, and the panel rows that a policy makes of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats
from model.batch import simulate_policies
from model.config import Case, Policy
from model.events import QUARTER
from model.latents import params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for


@dataclass(frozen=True)
class Histories:
    """Weighted histories of one cluster.

    Attributes
    ----------
    case : the cluster
    values : every parameter by name, (n,) each
    latents : (n, latents) standard normals
    keys : (n,) seeds
    weights : (n,) summing to one
    draw : (n,) which parameter vector of the posterior a history belongs to
    structures : structural choices in force
    """

    case: Case
    values: Mapping[str, Floats]
    latents: Floats
    keys: NDArray[np.uint64]
    weights: Floats
    draw: NDArray[np.int64]
    structures: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, first: int, count: int) -> "Histories":
        """Return ``count`` histories from ``first`` on; their weights no longer sum to one."""
        chosen = slice(first, first + count)
        return replace(
            self,
            values={name: np.ascontiguousarray(value[chosen]) for name, value in self.values.items()},
            latents=self.latents[chosen],
            keys=np.ascontiguousarray(self.keys[chosen]),
            weights=self.weights[chosen],
            draw=self.draw[chosen],
        )


@dataclass(frozen=True)
class Replay:
    """Panel rows (n, k, columns) of histories at calendar ``years`` (k,); NaN before the start and after a stop."""

    years: Floats
    rows: Floats

    def columns(self, place: int) -> dict[str, Floats]:
        """Return the columns of row ``place``, (n,) each."""
        return {name: self.rows[:, place, index] for index, name in enumerate(COLUMNS)}

    def path(self, column: str) -> Floats:
        """Return one column over time, (n, k)."""
        return np.asarray(self.rows[:, :, COLUMNS.index(column)], dtype=np.float64)


def replay(
    histories: Histories,
    policies: Sequence[Policy],
    years: Floats,
    horizon: float,
    structures: Mapping[str, str] | None = None,
    threads: int | None = None,
    heed: Callable[[int], None] | None = None,
) -> list[Replay]:
    """Replay histories under each policy, from their start to ``horizon`` years after the decision (the last observation).

    Parameters
    ----------
    years : (k,) calendar years of the rows wanted
    structures : structural choices other than the histories' own
    heed : called now and then with a number of histories done; may raise to stop
    """
    chosen = histories.structures if structures is None else structures
    settings, start = settings_for(histories.case, histories.values, histories.latents, chosen, years_after=horizon)
    ticks = np.rint((years[None, :] - start[:, None]) / QUARTER).astype(np.int64)
    timelines = [programmes_for(policy, histories.case, chosen) for policy in policies]
    rows = simulate_policies(
        params_for(histories.values), settings, histories.keys, timelines, np.maximum(ticks, 0), threads=threads, progress=heed
    )
    return [Replay(years, np.where((ticks < 0)[:, :, None], np.nan, of_policy)) for of_policy in rows]
