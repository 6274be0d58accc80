"""Does the posterior predict Table 2, and by which paths? Fresh clusters beside the figures, and fans of the histories kept.

A fresh cluster has parameters from the posterior and latents from the population, so the cluster's own row chose neither its
market nor its luck. Its figures are given errors, because bands are compared with figures as printed. Fans summarise the
histories kept, which pass near the row.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import xarray
from scipy.special import ndtr

from calibration.keys import LATENTS, PREDICTIVE, normals, seeds
from calibration.observation import ALIVE, EXPORTS, FIGURES, IMPROVEMENT, STATEMENTS, ErrorModel, Simulate, Table, draw_table
from calibration.simulator import VAGUE, ClusterSimulator
from calibration.simulator import outcomes as outcomes_of
from calibration.stages import HISTORIES_A_CHUNK
from calibration.weights import FAN, systematic
from calibration.work import Work
from execution.tasks import Function, Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints, Seeds
from model.observe import COLUMNS, UNITS

# Columns of the panel that are shown as fans.
FANS: Final = ("firms", "workers_per_firm", "profitability", "price", "schooling", "managerial_capital")
# Bounds of the central 90 % of the predictive distribution.
CENTRAL: Final = (0.05, 0.95)


class Predictive(NamedTuple):
    """Rows of the tables as the posterior predicts them, from n draws.

    Attributes
    ----------
    figures : float64, shape (n, cases, dates, 3)
        Log firms, log workers per firm and years of schooling, with errors. They are NaN where the table gives none, and where
        the cluster died out or outgrew the simulator.
    said : int64, shape (n, cases, dates, 2)
        Classes stated of improvement and of exports; -1 where the table states none.
    alive : bool, shape (n, cases)
        Whether the cluster neither died out nor outgrew the simulator.
    """

    figures: Floats
    said: Ints
    alive: np.ndarray


class Fresh(NamedTuple):
    """What it takes to simulate fresh clusters and to print their rows.

    ``own`` is how many numbers each has for itself, ``seed`` the run's.
    """

    simulate: Simulate
    tables: list[Table]
    errors: ErrorModel
    own: int
    seed: int


def predict_chunk(fresh: Fresh, case: int, z: Floats, first: int) -> Arrays:
    """Simulate one fresh cluster for each posterior draw z (n, d); the draws are numbered from ``first``.

    Returns
    -------
    dict of arrays
        The fields of ``Predictive``, without the dimension of cases.
    """
    keys = seeds(fresh.seed, PREDICTIVE, case, first, len(z))
    outcomes = fresh.simulate(case, z, normals(keys, LATENTS, fresh.own), keys)
    figures, said = draw_table(fresh.tables[case], outcomes, keys, fresh.errors)
    alive = outcomes.status == ALIVE
    return {"figures": np.where(alive[:, None, None], figures, np.nan), "said": said, "alive": alive}


def predict(work: Work, z: Floats, tables: list[Table]) -> Predictive:
    """Simulate or read one fresh cluster of every case for each posterior draw z (n, d)."""
    fresh = Fresh(work.simulate, tables, work.errors, work.sizes.own, work.seed)
    chunks = _by_case(
        work,
        "predicting Table 2",
        "predictive",
        predict_chunk,
        fresh,
        lambda case, part: (case, z[part], part.start),
        len(z),
    )
    return Predictive(*(np.stack([case[name] for case in chunks], axis=1) for name in Predictive._fields))


def _by_case(
    work: Work,
    stage: str,
    name: str,
    function: Function,
    context: object,
    arguments: Callable[[int, slice], tuple[Any, ...]],
    count: int,
) -> list[Arrays]:
    """Return what ``function`` makes of ``count`` draws of each cluster, one set of arrays for each cluster.

    Parameters
    ----------
    stage, name : str
        The stage in words, and the first part of the names of its chunks.
    function, context : callable, object
        Called as ``function(context, *arguments(case, part))`` for each cluster and block of draws.
    arguments : callable
        Gives the arguments for the index of a cluster and the slice of a block.
    """
    cases = range(work.sizes.cases)
    parts = [slice(first, first + size) for first, size in blocks(0, count, chunk_size(count * len(cases), HISTORIES_A_CHUNK))]
    tasks = [
        Task(f"{name}-{case:03d}-{part.start:06d}", arguments(case, part), part.stop - part.start)
        for case in cases
        for part in parts
    ]
    chunks = work.runner.gather(stage, function, context, tasks)
    return [
        {key: np.concatenate([chunk[key] for chunk in own]) for key in own[0]}
        for own in (chunks[case * len(parts) : (case + 1) * len(parts)] for case in cases)
    ]


def coverage(predicted: Predictive, tables: list[Table], names: list[str]) -> list[dict[str, object]]:
    """Return where every printed figure lies in its predictive distribution.

    Returns
    -------
    list of dict
        One for each figure of ``tables``: ``case``, ``date`` (0 is the last one), ``figure``, and what ``_rank`` returns.
    """
    return [
        {
            "case": names[case],
            "date": int(date),
            "figure": FIGURES[figure],
            **_rank(predicted.figures[:, case, date, figure], float(table.value[date, figure])),
        }
        for case, table in enumerate(tables)
        for date, figure in np.argwhere(np.isfinite(table.value))
    ]


def _rank(draws: Floats, observed: float) -> dict[str, object]:
    """Return where a figure lies among predictive draws (n,), of which those that are NaN are left out.

    Returns
    -------
    dict
        ``observed``, the quantiles ``low``, ``middle`` and ``high`` in the figure's unit (logs, or years of schooling), ``rank``
        (the share of draws below the figure) and ``inside`` (whether it lies in the central 90 %). Without draws, quantiles
        and rank are NaN and the figure is not inside.
    """
    draws = draws[np.isfinite(draws)]
    low, middle, high = (float(q) for q in np.quantile(draws, (CENTRAL[0], 0.5, CENTRAL[1]))) if len(draws) else (np.nan,) * 3
    return {
        "observed": observed,
        "low": low,
        "middle": middle,
        "high": high,
        "rank": float(np.mean(draws < observed)) if len(draws) else np.nan,
        "inside": bool(low <= observed <= high),
    }


def statements(predicted: Predictive, tables: list[Table], names: list[str]) -> list[dict[str, object]]:
    """Return the predictive probability of every statement that the tables make.

    Returns
    -------
    list of dict
        One for each statement of ``tables``: ``case``, ``date`` (0 is the last one), ``statement``, the word ``said``, and its
        ``chance``, where a cluster that is not alive makes no statement.
    """
    words = (IMPROVEMENT, EXPORTS)
    return [
        {
            "case": names[case],
            "date": int(date),
            "statement": STATEMENTS[kind],
            "said": words[kind][table.said[date, kind]],
            "chance": float(np.mean((predicted.said[:, case, date, kind] == table.said[date, kind]) & predicted.alive[:, case])),
        }
        for case, table in enumerate(tables)
        for date, kind in np.argwhere(table.said >= 0)
    ]


def kept_histories(work: Work, simulator: ClusterSimulator, z: Floats, own: Floats, keys: Seeds) -> list[Arrays]:
    """Simulate or read the histories kept once more: what ``kept_chunk`` returns of the n histories of each cluster.

    Parameters
    ----------
    z : float64, shape (n, d)
    own : float64, shape (n, cases, l)
    keys : uint64, shape (n, cases)
    """

    def given(case: int, part: slice) -> tuple[Any, ...]:
        return case, z[part], own[part, case], keys[part, case]

    return _by_case(work, "replaying the histories kept", "kept", kept_chunk, simulator, given, len(z))


def kept_chunk(simulator: ClusterSimulator, case: int, z: Floats, own: Floats, keys: Seeds) -> Arrays:
    """Return what n histories of a cluster show.

    Returns
    -------
    dict of arrays
        ``start`` (n,), in calendar years; the fields of ``Outcomes`` at the dates of the row; and, by the names of ``fans``, the
        paths at the calendar years of a fan, shape (n, k).
    """
    start = simulator.settings(case, z, own, keys)[2]
    dates = simulator.dates(case, start, ndtr(own[:, -len(VAGUE) :]))
    years = np.tile(_years(simulator, case), (len(z), 1))
    panel = simulator.rows(case, z, own, keys, times=np.concatenate([dates, years], axis=1) - start[:, None])
    column = {name: panel[:, dates.shape[1] :, index] for index, name in enumerate(COLUMNS)}
    values = {name: column[name] for name in FANS}
    values["improved_share"] = column["improved_workers"] / np.maximum(column["workers"], 1.0)
    values["exported_share"] = column["exported"] / np.maximum(column["output"], 1e-12)
    return {**values, **outcomes_of(panel[:, : dates.shape[1]], simulator.errors)._asdict(), "start": start}


def fans(simulator: ClusterSimulator, kept: Sequence[Arrays], weights: Floats) -> xarray.Dataset:
    """Return quantiles over time of the histories kept: one history of each cluster for each of n draws.

    Parameters
    ----------
    kept : sequence of dict
        As ``kept_histories`` returns them.
    weights : float64, shape (n,)
        Of the draws. Quantiles are those of as many draws, resampled by weight.

    Returns
    -------
    Dataset
        Variables ``FANS``, ``improved_share`` and ``exported_share``, dimensions (case, step, quantile), and the calendar time
        ``year`` of each (case, step). A cluster whose span is shorter than the longest ends in NaN.
    """
    spans = [_years(simulator, case) for case in range(len(kept))]
    steps = max(len(years) for years in spans)
    names = (*FANS, "improved_share", "exported_share")
    stored = {name: np.full((len(spans), steps, len(FAN)), np.nan) for name in names}
    calendar = np.full((len(spans), steps), np.nan)
    rows = systematic(weights, len(weights))
    for case, years in enumerate(spans):
        calendar[case, : len(years)] = years
        for name in names:
            stored[name][case, : len(years)] = _quantiles(kept[case][name][rows])
    coordinates = {"case": [case.name for case in simulator.cases], "quantile": list(FAN)}
    dataset = xarray.Dataset({name: (("case", "step", "quantile"), values) for name, values in stored.items()}, coordinates)
    for name in FANS:
        dataset[name].attrs["units"] = UNITS[name]
    return dataset.assign_coords(year=(("case", "step"), calendar))


def _years(simulator: ClusterSimulator, case: int) -> Floats:
    """Return calendar times every half year, from the earliest possible start to the year of the last observation."""
    cluster = simulator.cases[case]
    return np.arange(float(cluster.start.low), np.floor(cluster.observations[-1].time) + 0.6, 0.5)


def _quantiles(values: Floats) -> Floats:
    """Return quantiles over histories at each time, shape (k, len(FAN)), from ``values`` (n, k).

    They are NaN at times at which fewer than half of the histories run: before a start, or after a history was stopped, a
    value is not finite.
    """
    result = np.full((values.shape[1], len(FAN)), np.nan)
    for step in range(values.shape[1]):
        known = values[np.isfinite(values[:, step]), step]
        if 2 * len(known) >= len(values) and len(known):
            result[step] = np.quantile(known, FAN)
    return result
