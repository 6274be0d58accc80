"""How are policies compared on a whole run? Every cluster, every policy, and the files that a reader or a report takes up.

Some histories of a cluster are replayed under all policies at once, which share their past. What each policy made of them is a
chunk, named by a hash of all that it depends on: a comparison with one more policy replays that policy alone, and one that was
interrupted goes on.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import xarray as xr

from calibration.histories import write
from execution.executors import executor_on
from execution.fingerprint import result_hash, versions
from execution.store import MANIFEST, Shard, digest, read_json, write_json
from execution.tasks import Executor, Progress, Runner, Task, blocks, chunk_size, running, silent, together, unheard
from model.arrays import Arrays, Floats
from model.compiling import sources_hash
from model.config import Case, Policy, load_case
from model.errors import InputError
from model.profile import Batch
from studies.files.tables import write_table
from studies.inspect.run_folder import seal
from studies.policy.arrays import merged
from studies.policy.counterfactuals import Comparison, Wanted, chosen_policies, compare_case, observed, wanted
from studies.policy.decision_table import Effects, decision_rows
from studies.policy.posterior import load_histories, open_histories
from studies.policy.replay import Histories

POLICIES: Final = "policies.nc"
DECISION: Final = "decision.csv"
HORIZON: Final = 20
# The base structure first; the alternative shows what scarce state capacity does to the ranking. With fewer histories of a
# cluster than this, the alternative's ranking would be noise and is not run unless asked for.
STRUCTURES: Final = ("", "state_capacity=off")
ENOUGH: Final = 100

# Where, in the folder of a run or of an advice, the pieces of its comparisons lie; and the fewest histories in one.
PIECES: Final = "comparison"
HISTORIES_A_CHUNK: Final = 16
PIECES_MARK: Final = {"pieces": "each is named by a hash of all that it depends on"}


class _Replays(NamedTuple):
    """The replays of one cluster under one structure: the chunks of each that is asked for, and the tasks that leave them."""

    histories: Histories
    structure: str
    chunks: list[tuple[str, ...]]
    tasks: list[Task]


def replay_chunk(
    every: tuple[Histories, ...],
    place: int,
    first: int,
    count: int,
    asked: list[Wanted],
    horizon: int,
    heed: Callable[[int], None],
) -> Arrays:
    """Replay some histories of one cluster under several policies."""
    return together(observed(every[place].part(first, count), asked, horizon, threads=1, heed=heed))


def _name(histories: Histories, inputs: str, one: Wanted, horizon: int) -> str:
    """Return a chunk's name but for its place: cluster, policy, and a hash of all that the replay depends on."""
    content = {
        "inputs": inputs,
        "case": histories.case.model_dump(mode="json"),
        "policy": one.policy.model_dump(mode="json"),
        "structures": dict(one.structures),
        "years": one.years.tolist(),
        "horizon": horizon,
        "equations": sources_hash(),
        "outcomes": sources_hash(Path(__file__).resolve().parent),
        "versions": versions(),
    }
    mark = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    return f"{histories.case.name}-{one.policy.name}-{mark}"


def _inputs(histories: Histories) -> str:
    return digest({**histories.values, "latents": histories.latents, "keys": histories.keys})


def _replays(
    runner: Runner, histories: Sequence[Histories], policies: dict[str, Policy], horizon: int, structures: Sequence[str]
) -> list[_Replays]:
    size = chunk_size(sum(map(len, histories)) * len(policies) * len(structures), HISTORIES_A_CHUNK)
    inputs = [_inputs(one) for one in histories]
    found = []
    for structure in structures:
        for place, one in enumerate(histories):
            asked = wanted(one, policies, horizon, structure)
            names = [_name(one, inputs[place], each, horizon) for each in asked]
            tasks, chunks = [], []
            for first, count in blocks(0, len(one), size):
                parts = tuple(f"{name}-{first:06d}" for name in names)
                # All that is not there yet, else all: a task that is done keeps its place among the others.
                missing = [k for k, name in enumerate(parts) if not runner.folder.has(name)] or list(range(len(parts)))
                arguments = place, first, count, [asked[k] for k in missing], horizon, runner.stop.check
                name = f"{one.case.name}-{structure or 'base'}-{first:06d}"
                tasks.append(Task(name, arguments, count * len(missing), tuple(parts[k] for k in missing)))
                chunks.append(parts)
            found.append(_Replays(one, structure, list(zip(*chunks, strict=True)), tasks))
    return found


def _joined(chunks: Sequence[Arrays]) -> Arrays:
    return {
        "levels": np.concatenate([chunk["levels"] for chunk in chunks]),
        "paths": np.concatenate([chunk["paths"] for chunk in chunks], axis=1),
    }


def compare_histories(
    runner: Runner,
    histories: Sequence[Histories],
    policies: dict[str, Policy],
    horizon: int,
    structures: Sequence[str] = STRUCTURES,
) -> list[Comparison]:
    """Compare policies on histories of several clusters, under each structure in turn."""
    replays = _replays(runner, histories, policies, horizon, structures)
    tasks = [task for one in replays for task in one.tasks]
    runner.complete("comparing policies", replay_chunk, tuple(histories), tasks, sum(task.size for task in tasks))
    load = runner.folder.load
    return [
        compare_case(
            one.histories, policies, horizon, one.structure, [_joined([load(name) for name in each]) for each in one.chunks]
        )
        for one in replays
    ]


def decision_table(rows: Iterable[Effects]) -> dict[str, Any]:
    """Return the decision table by column."""
    lines = [asdict(row) for row in rows]
    return {field.name: np.array([line[field.name] for line in lines]) for field in fields(Effects)}


def write_comparison(folder: Path, data: xr.Dataset, comparisons: Sequence[Comparison]) -> None:
    """Write ``policies.nc`` and ``decision.csv``, each whole or not at all."""
    write(folder / POLICIES, data)
    write_table(folder / DECISION, decision_table(row for item in comparisons for row in decision_rows(item)))


def compare(
    folder: str | Path,
    cases: Sequence[int | str] | None = None,
    policies: Sequence[str] | None = None,
    horizon: int | None = None,
    *,
    draws: int | None = None,
    structures: Sequence[str] | None = None,
    on: str | Executor = "local",
    batch: Batch | None = None,
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> xr.Dataset:
    """Compare policies on a run's stored histories, from the last observation on.

    Parameters
    ----------
    folder : run folder of a calibration; ``policies.nc`` and ``decision.csv`` are written there
    cases : numbers or names of clusters; all of the run if not given
    policies : names; the status quo is always among them
    horizon, draws : years after the decision, and the most histories of a cluster that are replayed
    structures : "" for the run's own structural choices; "name=option" changes one. By default the state's capacity is switched
        off as well, where there are histories enough
    on, batch, shard, progress, say : as ``calibration.calibrate`` takes them; ``batch`` is what a batch system is asked for

    Returns
    -------
    xarray.Dataset
        Outcomes by (structure, case, policy, history, outcome) and fans, units in attributes.

    Raises
    ------
    InputError
        If the folder is no run, or a case or policy is unknown.
    """
    place, years = Path(folder), horizon or HORIZON
    chosen = chosen_policies(policies)
    histories = load_histories(place, run_cases(place, cases), draws)
    enough = min(len(one) for one in histories) >= ENOUGH
    structures = structures or (STRUCTURES if enough else STRUCTURES[:1])
    with (
        executor_on(on, batch, say) as executor,
        running(place / PIECES, PIECES_MARK, executor, resume=True, shard=shard, progress=progress) as runner,
    ):
        wall, cpu = time.monotonic(), time.process_time()
        comparisons = compare_histories(runner, histories, chosen, years, structures)
        data = merged(comparisons, years, chosen)
        _write(runner, place, data, comparisons, {"wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu})
    return data


def _write(runner: Runner, place: Path, data: xr.Dataset, comparisons: Sequence[Comparison], spent: dict[str, float]) -> None:
    """Write what is finished, unless another shard has; the manifest among the pieces comes last."""
    mark, manifest = result_hash({POLICIES: data}), runner.folder.path / MANIFEST

    def written() -> bool:
        there = all(path.is_file() for path in (place / POLICIES, place / DECISION, manifest))
        return there and read_json(manifest).get("result_hash") == mark

    def finish() -> None:
        # Until it is written anew, what lies there is no comparison: an interruption between its files is then no damage.
        manifest.unlink(missing_ok=True)
        seal(place, compared=False)
        write_comparison(place, data, comparisons)
        seal(place)
        write_json(manifest, {"result_hash": mark, "versions": versions(), "command": " ".join(sys.argv), **spent})

    runner.finish(written, finish)


def run_cases(folder: Path, wanted: Sequence[int | str] | None) -> list[Case]:
    """Return the clusters wanted, or all that a run holds, in its order.

    Raises
    ------
    InputError
        If the folder is no finished run, or a cluster is named twice.
    """
    stored = open_histories(folder)
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: holds no finished calibration ({MANIFEST} is missing); go on with calibrate and --resume")
    if wanted is None:
        return [load_case(str(name)) for name in stored["case"].values]
    cases = [load_case(name) for name in wanted]
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise InputError(
            f"--case: {next(name for name in names if names.count(name) > 1)}: is named twice; name each cluster once"
        )
    return cases


def path_fans(data: xr.Dataset, case: str, quantity: str) -> tuple[Floats, Floats]:
    """Return the years (t,) and curves (5, t) of the status quo's fan of a cluster."""
    one = data.sel(case=case)
    years = one["year"].values
    known = np.isfinite(years)
    return years[known], one["path"].sel(quantity=quantity).values[:, known]
