"""Which histories teach the networks? Pairs of inputs (parameters, latents) and outcomes, with inputs drawn from the prior."""

from typing import Final, NamedTuple

import numpy as np

from calibration.keys import LATENTS, PARAMETERS, TRAINING, normals, seeds
from calibration.observation import Outcomes, Simulate, stack
from model.arrays import Arrays, Floats, Ints, Seeds

# Bound on how many times larger, or smaller, than the mean share a cluster's share of the histories may be.
SPREAD: Final = 3.0


class Pairs(NamedTuple):
    """Simulated pairs of inputs and outcomes.

    Attributes
    ----------
    case : int64, shape (n,)
        Index of the cluster.
    z : float64, shape (n, d)
        Whitened parameters.
    latents : float64, shape (n, l)
        The cluster's latents.
    keys : uint64, shape (n,)
        Seeds of the histories.
    outcomes : Outcomes
        What the n histories show at the dates of observation.
    """

    case: Ints
    z: Floats
    latents: Floats
    keys: Seeds
    outcomes: Outcomes

    def arrays(self) -> Arrays:
        """Return what a chunk stores: cluster, seed and outcome, since the inputs follow from the seed."""
        return {"case": self.case, "keys": self.keys, **self.outcomes._asdict()}


class Sizes(NamedTuple):
    """How many clusters, calibrated parameters and latents there are."""

    cases: int
    parameters: int
    latents: int


def inputs(keys: Seeds, sizes: Sizes) -> tuple[Floats, Floats]:
    """Return the whitened parameters (n, d) and latents (n, l) that seeds (n,) draw from the prior."""
    return normals(keys, PARAMETERS, sizes.parameters), normals(keys, LATENTS, sizes.latents)


def draw_pairs(simulate: Simulate, sizes: Sizes, run_seed: int, case: int, first: int, count: int) -> Pairs:
    """Simulate histories ``first`` to ``first + count - 1`` of a cluster from the prior."""
    keys = seeds(run_seed, TRAINING, case, first, count)
    z, latents = inputs(keys, sizes)
    return Pairs(np.full(count, case, np.int64), z, latents, keys, simulate(case, z, latents, keys))


def share_out(pairs: Pairs, sizes: Sizes, total: int) -> Ints:
    """Return how many histories to simulate of each cluster, int64, shape (cases,), given a few of each: fewer where large.

    All clusters teach what they have in common, so an hour of computing teaches most where histories are short. Shares are
    proportional to one over ``typical_size``, and bounded by ``SPREAD``.
    """
    share = 1.0 / typical_size(pairs, sizes)
    share = np.clip(share / share.mean(), 1.0 / SPREAD, SPREAD)
    counts: Ints = np.ceil(total * share / share.sum()).astype(np.int64)
    return counts


def typical_size(pairs: Pairs, sizes: Sizes) -> Floats:
    """Return the mean square root of the number of firms, float64, shape (cases,): a measure of cost that needs no clock."""
    root = np.exp(0.5 * pairs.outcomes.figures[:, :, 0].max(axis=1))
    return np.array([root[pairs.case == case].mean() for case in range(sizes.cases)])


def restore_pairs(chunks: list[Arrays], sizes: Sizes) -> Pairs:
    """Return the pairs that were stored as ``Pairs.arrays``, in the order of the chunks."""
    keys = np.concatenate([chunk["keys"] for chunk in chunks])
    outcomes = stack([Outcomes(chunk["figures"], chunk["classes"], chunk["status"]) for chunk in chunks])
    return Pairs(np.concatenate([chunk["case"] for chunk in chunks]), *inputs(keys, sizes), keys, outcomes)
