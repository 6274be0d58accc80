"""Does the posterior predict Table 2, and by which paths? Fresh clusters beside the figures, and fans of the histories kept.

Fresh means parameters from the posterior and latents from the population: the cluster's own row chose neither its market
nor its luck. The bands are those of the *printed* figure, with its error. Fans are of the histories that pass near the row.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import xarray

from calibration.keys import LATENTS, PREDICTIVE, normals, seeds
from calibration.observation import ALIVE, EXPORTS, FIGURES, IMPROVEMENT, STATEMENTS, ErrorModel, Simulate, Table, draw_table
from calibration.simulator import ClusterSimulator
from calibration.stages import HISTORIES_A_CHUNK
from calibration.weights import FAN
from calibration.work import Work
from execution.tasks import Function, Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints, Seeds
from model.observe import COLUMNS, UNITS

FANS: Final = ("firms", "workers_per_firm", "profitability", "price", "schooling", "managerial_capital")
CENTRAL: Final = (0.05, 0.95)


class Predictive(NamedTuple):
    """Printed rows as the posterior would have them: ``figures`` (n, cases, dates, 3) and ``said`` (n, cases, dates, 2).

    Figures of clusters that died out or outgrew the simulator are missing; ``alive`` (n, cases) tells.
    """

    figures: Floats
    said: Ints
    alive: np.ndarray


class Fresh(NamedTuple):
    """What fresh clusters are made of."""

    simulate: Simulate
    tables: list[Table]
    errors: ErrorModel
    latents: int
    seed: int


def predict_chunk(fresh: Fresh, case: int, z: Floats, first: int) -> Arrays:
    """Simulate one fresh cluster for each posterior draw z (n, d), which are draws ``first`` onwards."""
    keys = seeds(fresh.seed, PREDICTIVE, case, first, len(z))
    outcomes = fresh.simulate(case, z, normals(keys, LATENTS, fresh.latents), keys)
    figures, said = draw_table(fresh.tables[case], outcomes, keys, fresh.errors)
    alive = outcomes.status == ALIVE
    return {"figures": np.where(alive[:, None, None], figures, np.nan), "said": said, "alive": alive}


def predict(work: Work, z: Floats, tables: list[Table]) -> Predictive:
    """Simulate, or read, one fresh cluster a case for every posterior draw z (n, d)."""
    fresh = Fresh(work.simulate, tables, work.errors, work.sizes.latents, work.seed)
    found = _by_case(
        work,
        "predicting Table 2",
        "predictive",
        predict_chunk,
        fresh,
        lambda case, part: (case, z[part], part.start),
        len(z),
    )
    return Predictive(*(np.stack([case[name] for case in found], axis=1) for name in Predictive._fields))


def _by_case(
    work: Work,
    stage: str,
    name: str,
    function: Function,
    context: object,
    arguments: Callable[[int, slice], tuple[Any, ...]],
    count: int,
) -> list[Arrays]:
    """Gather what a function makes of ``count`` histories of each cluster, block by block: one set of arrays a cluster."""
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
    """Return, for every figure printed, its place in the predictive distribution.

    Each row has ``case``, ``date`` (0 is the last), ``figure``, ``observed``, ``low``, ``middle``, ``high`` (logs, but schooling
    in years), ``rank`` and ``inside`` (the central 90 %).
    """
    rows: list[dict[str, object]] = []
    for case, table in enumerate(tables):
        for date, place in np.argwhere(np.isfinite(table.value)):
            draws = predicted.figures[:, case, date, place]
            draws = draws[np.isfinite(draws)]
            observed = float(table.value[date, place])
            low, middle, high = (
                (float(q) for q in np.quantile(draws, (CENTRAL[0], 0.5, CENTRAL[1]))) if len(draws) else (np.nan,) * 3
            )
            rows.append(
                {
                    "case": names[case],
                    "date": int(date),
                    "figure": FIGURES[place],
                    "observed": observed,
                    "low": low,
                    "middle": middle,
                    "high": high,
                    "rank": float(np.mean(draws < observed)) if len(draws) else np.nan,
                    "inside": bool(low <= observed <= high),
                }
            )
    return rows


def statements(predicted: Predictive, tables: list[Table], names: list[str]) -> list[dict[str, object]]:
    """Return, for every statement made, the predictive chance of its being made."""
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


def fans(work: Work, simulator: ClusterSimulator, z: Floats, latents: Floats, keys: np.ndarray) -> xarray.Dataset:
    """Return quantiles over time of the histories kept, one a case and draw.

    Parameters
    ----------
    z : array (n, d)
    latents : array (n, cases, l)
    keys : array (n, cases)

    Returns
    -------
    Dataset
        Variables ``FANS``, ``improved_share`` and ``exported_share`` with dims (case, step, quantile); ``year`` (case, step).
    """
    spans = [_years(simulator, case) for case in range(work.sizes.cases)]
    steps = max(len(years) for years in spans)
    names = (*FANS, "improved_share", "exported_share")
    stored = {name: np.full((len(spans), steps, len(FAN)), np.nan) for name in names}
    calendar = np.full((len(spans), steps), np.nan)
    found = _by_case(
        work,
        "replaying the histories kept",
        "fan",
        fan_chunk,
        simulator,
        lambda case, part: (case, z[part], latents[part, case], keys[part, case], spans[case]),
        len(z),
    )
    for case, years in enumerate(spans):
        calendar[case, : len(years)] = years
        for name in names:
            stored[name][case, : len(years)] = _quantiles(found[case][name])
    coordinates = {"case": [case.name for case in simulator.cases], "quantile": list(FAN)}
    dataset = xarray.Dataset({name: (("case", "step", "quantile"), values) for name, values in stored.items()}, coordinates)
    for name in FANS:
        dataset[name].attrs["units"] = UNITS[name]
    return dataset.assign_coords(year=(("case", "step"), calendar))


def _years(simulator: ClusterSimulator, case: int) -> Floats:
    cluster = simulator.cases[case]
    return np.arange(float(cluster.start.low), np.floor(cluster.observations[-1].time) + 0.6, 0.5)


def fan_chunk(simulator: ClusterSimulator, case: int, z: Floats, latents: Floats, keys: Seeds, years: Floats) -> Arrays:
    """Return the paths shown of histories at calendar ``years`` (k,): (n, k) each."""
    start = simulator.settings(case, z, latents, keys)[2]
    panel = simulator.rows(case, z, latents, keys, times=years[None, :] - start[:, None])
    column = {name: panel[:, :, index] for index, name in enumerate(COLUMNS)}
    values = {name: column[name] for name in FANS}
    values["improved_share"] = column["improved_workers"] / np.maximum(column["workers"], 1.0)
    values["exported_share"] = column["exported"] / np.maximum(column["output"], 1e-12)
    return values


def _quantiles(values: Floats) -> Floats:
    """Quantiles over histories at each time, shape (times, quantiles); missing where fewer than half of the histories run."""
    result = np.full((values.shape[1], len(FAN)), np.nan)
    for place in range(values.shape[1]):
        known = values[np.isfinite(values[:, place]), place]
        if 2 * len(known) >= len(values) and len(known):
            result[place] = np.quantile(known, FAN)
    return result
