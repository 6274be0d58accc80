"""Which histories teach the surrogate? Pairs (parameters, latents, outcome) drawn from the prior."""

from typing import Final, NamedTuple

import numpy as np

from calibration.keys import LATENTS, PARAMETERS, TRAINING, normals, seeds
from calibration.observation import Outcomes, Simulate, stack
from model.arrays import Arrays, Floats, Ints, Seeds

SPREAD: Final = 3.0


class Pairs(NamedTuple):
    """Simulated pairs: cluster (n,), whitened parameters (n, d), latents (n, l), seeds (n,) and what was seen."""

    case: Ints
    z: Floats
    latents: Floats
    keys: Seeds
    outcomes: Outcomes

    def arrays(self) -> Arrays:
        """Return what a chunk stores: seeds carry the inputs, so outcomes are enough."""
        return {"case": self.case, "keys": self.keys, **self.outcomes._asdict()}


class Sizes(NamedTuple):
    """How many clusters, calibrated parameters and latents there are."""

    cases: int
    parameters: int
    latents: int


def inputs(keys: Seeds, sizes: Sizes) -> tuple[Floats, Floats]:
    """Return the prior's parameters (n, d) and latents (n, l) that belong to seeds."""
    return normals(keys, PARAMETERS, sizes.parameters), normals(keys, LATENTS, sizes.latents)


def draw_pairs(simulate: Simulate, sizes: Sizes, run_seed: int, case: int, first: int, count: int) -> Pairs:
    """Simulate histories ``first`` to ``first + count - 1`` of a cluster from the prior."""
    keys = seeds(run_seed, TRAINING, case, first, count)
    z, latents = inputs(keys, sizes)
    return Pairs(np.full(count, case, np.int64), z, latents, keys, simulate(case, z, latents, keys))


def share_out(pairs: Pairs, sizes: Sizes, total: int) -> Ints:
    """Return how many histories to simulate of each cluster, given a few of each: fewer where they are large.

    What the clusters have in common is learned from all, so most is learned for the time where histories are short; shares go by
    one over the typical root of the number of firms, within a factor of ``SPREAD`` of equal ones.
    """
    share = 1.0 / typical_size(pairs, sizes)
    share = np.clip(share / share.mean(), 1.0 / SPREAD, SPREAD)
    counts: Ints = np.ceil(total * share / share.sum()).astype(np.int64)
    return counts


def typical_size(pairs: Pairs, sizes: Sizes) -> Floats:
    """Return the mean root of the number of firms of each cluster's histories, (cases,): their cost without a clock."""
    root = np.exp(0.5 * pairs.outcomes.figures[:, :, 0].max(axis=1))
    return np.array([root[pairs.case == case].mean() for case in range(sizes.cases)])


def restore_pairs(chunks: list[Arrays], sizes: Sizes) -> Pairs:
    """Return the pairs that chunks hold, in the order of the chunks."""
    keys = np.concatenate([chunk["keys"] for chunk in chunks])
    outcomes = stack([Outcomes(chunk["figures"], chunk["classes"], chunk["status"]) for chunk in chunks])
    return Pairs(np.concatenate([chunk["case"] for chunk in chunks]), *inputs(keys, sizes), keys, outcomes)
