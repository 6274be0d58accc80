"""Of which pieces is a comparison made? Some histories of a cluster are replayed under all policies at once, sharing their past.

What each policy made of them is a chunk, named by a hash of all that it depends on: a comparison with one more policy replays
that policy alone, and one that was interrupted goes on.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.histories import WeightedHistories
from execution.chunks import digest
from execution.fingerprint import content_hash, source_hashes, versions
from execution.tasks import Runner, Task, blocks, chunk_size
from model.arrays import Arrays
from model.config import Policy
from studies.policy.counterfactuals import Comparison, Wanted, compare_case, replay_chunk, wanted

# The packages whose sources decide the numbers of a replay.
DECIDES: Final = ("model", "calibration", "studies.policy")
# The base structure first; the alternative shows what scarce state capacity does to the ranking.
STRUCTURES: Final = ("", "state_capacity=off")
# The fewest histories in one piece.
HISTORIES_A_CHUNK: Final = 16
# What the folder of pieces depends on: nothing, since every piece says in its own name on what it depends.
DEPENDS: Final = {"pieces": "each is named by a hash of all that it depends on"}


class _Replays(NamedTuple):
    """The replays of one cluster under one structure: the chunks of each that is asked for, and the tasks that leave them."""

    histories: WeightedHistories
    structure: str
    chunks: list[tuple[str, ...]]
    tasks: list[Task]


def compare_histories(
    runner: Runner,
    histories: Sequence[WeightedHistories],
    policies: dict[str, Policy],
    horizon: int,
    structures: Sequence[str] = STRUCTURES,
    futures: int = 1,
    stage: str = "comparing policies",
) -> list[Comparison]:
    """Compare policies on histories of several clusters, under each structure in turn.

    Parameters
    ----------
    policies : by name, the status quo first
    horizon : years after the decision
    structures : "" for the histories' own structural choices, or one change such as "state_capacity=off"
    futures : futures of luck of each history
    stage : what those who watch are told
    """
    replays = _replays(runner, histories, policies, Span(horizon, futures), structures)
    tasks = [task for one in replays for task in one.tasks]
    runner.complete(stage, replay_chunk, tuple(histories), tasks, sum(task.size for task in tasks))
    load = runner.folder.load
    comparisons = []
    for one in replays:
        replayed = [_joined([load(name) for name in each]) for each in one.chunks]
        comparisons.append(compare_case(one.histories, policies, horizon, one.structure, replayed, futures))
    return comparisons


class Span(NamedTuple):
    """How far a replay looks: years after the decision, and futures of luck of each history."""

    horizon: int
    futures: int


def _replays(
    runner: Runner, histories: Sequence[WeightedHistories], policies: dict[str, Policy], span: Span, structures: Sequence[str]
) -> list[_Replays]:
    size = chunk_size(sum(map(len, histories)) * len(policies) * len(structures), HISTORIES_A_CHUNK)
    inputs = [digest({**one.values, "latents": one.latents, "keys": one.keys}) for one in histories]
    made_by = {"equations": source_hashes(DECIDES), "versions": versions()}
    replays = []
    for structure in structures:
        for cluster, one in enumerate(histories):
            asked = wanted(one, policies, span.horizon, structure)
            names = [_name(one, inputs[cluster], each, {**span._asdict(), **made_by}) for each in asked]
            tasks, chunks = [], []
            for first, count in blocks(0, len(one), size):
                parts = tuple(f"{name}-{first:06d}" for name in names)
                # All that is not there yet, else all: a task that is done keeps its position among the others.
                missing = [k for k, name in enumerate(parts) if not runner.folder.has(name)] or list(range(len(parts)))
                arguments = cluster, first, count, [asked[k] for k in missing], *span, runner.stop.check
                name = f"{one.case.name}-{structure or 'base'}-{first:06d}"
                tasks.append(Task(name, arguments, count * len(missing), tuple(parts[k] for k in missing)))
                chunks.append(parts)
            replays.append(_Replays(one, structure, list(zip(*chunks, strict=True)), tasks))
    return replays


def _name(histories: WeightedHistories, inputs: str, one: Wanted, made_by: dict[str, Any]) -> str:
    """Return a chunk's name but for its first history: cluster, policy, and a hash of all that the replay depends on."""
    content = {
        "inputs": inputs,
        "case": histories.case.model_dump(mode="json"),
        "policy": one.policy.model_dump(mode="json"),
        "structures": dict(one.structures),
        "years": one.years.tolist(),
        **made_by,
    }
    return f"{histories.case.name}-{one.policy.name}-{content_hash(content)[:16]}"


def _joined(chunks: Sequence[Arrays]) -> Arrays:
    return {
        "levels": np.concatenate([chunk["levels"] for chunk in chunks]),
        "worth": np.concatenate([chunk["worth"] for chunk in chunks]),
        "paths": np.concatenate([chunk["paths"] for chunk in chunks], axis=1),
    }
