"""What does a policy make of the same histories? They are replayed, and read as panel rows at calendar years."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.histories import WeightedHistories
from model.arrays import Floats
from model.batch import simulate_futures
from model.config import Policy
from model.events import QUARTER
from model.latents import params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for


@dataclass(frozen=True)
class Replay:
    """Panel rows (n, k, columns) of histories at calendar ``years`` (k,); NaN before the start and after a stop.

    The futures of a history follow one another.
    """

    years: Floats
    rows: Floats

    def columns(self, row: int) -> dict[str, Floats]:
        """Return the columns of one row of every panel, (n,) each."""
        return {name: self.rows[:, row, column] for column, name in enumerate(COLUMNS)}

    def path(self, column: str) -> Floats:
        """Return one column over time, (n, k)."""
        return np.asarray(self.rows[:, :, COLUMNS.index(column)], dtype=np.float64)


def replay(
    histories: WeightedHistories,
    policies: Sequence[Policy],
    years: Floats,
    horizon: float,
    structures: Mapping[str, str] | None = None,
    futures: int = 1,
    threads: int | None = None,
    heed: Callable[[int], None] | None = None,
) -> list[Replay]:
    """Replay histories under each policy, from their start to ``horizon`` years after the decision (the last observation).

    Parameters
    ----------
    years : (k,) calendar years of the rows wanted
    structures : structural choices other than the histories' own
    futures : futures of luck after the decision, the same under every policy
    heed : called now and then with a number of histories done; may raise to stop
    """
    chosen = histories.structures if structures is None else structures
    settings, start = settings_for(histories.case, histories.values, histories.latents, chosen, years_after=horizon)
    ticks = np.rint((years[None, :] - start[:, None]) / QUARTER).astype(np.int64)
    timelines = [programmes_for(policy, histories.case, chosen) for policy in policies]
    rows = simulate_futures(
        params_for(histories.values), settings, histories.keys, timelines, np.maximum(ticks, 0), futures, threads, heed
    )
    known = np.where((ticks < 0)[:, None, :, None], np.nan, rows)
    return [Replay(years, of_policy.reshape(-1, *of_policy.shape[2:])) for of_policy in known]
