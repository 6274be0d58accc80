"""Which histories teach the emulator? Pairs of what was drawn and what was shown: from the prior first, then where it matters.

The emulator learns what a history shows *given* everything drawn for it, so it may be taught by histories from anywhere:
targeted ones need no weights.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.keys import LATENTS, PARAMETERS, TARGETED, TRAINING, normals, seeds
from calibration.observation import EXHAUSTED, Outcomes, Simulate, stack
from model.arrays import Arrays, Floats, Ints, Seeds

# Bound on how many times larger, or smaller, than the mean share a cluster's share of the histories may be.
SPREAD: Final = 2.0
# Histories of one round of targeted ones have numbers beyond those of earlier rounds.
ROUND: Final = 10**9


class Pairs(NamedTuple):
    """Simulated pairs of inputs and outcomes.

    Attributes
    ----------
    case : int64, shape (n,)
        Index of the cluster.
    z : float64, shape (n, d)
        Whitened parameters.
    own : float64, shape (n, l)
        What the cluster has for itself, whitened.
    keys : uint64, shape (n,)
        Seeds of the histories.
    outcomes : Outcomes
        What the n histories show at the dates of observation.
    """

    case: Ints
    z: Floats
    own: Floats
    keys: Seeds
    outcomes: Outcomes

    def arrays(self) -> Arrays:
        """Return what a chunk stores; the network reads single precision."""
        given = {"z": self.z.astype(np.float32), "own": self.own.astype(np.float32)}
        return {"case": self.case, "keys": self.keys, **given, **self.outcomes._asdict()}


class Sizes(NamedTuple):
    """How many clusters, calibrated parameters and numbers of a cluster's own there are."""

    cases: int
    parameters: int
    own: int


def draw_pairs(simulate: Simulate, sizes: Sizes, run_seed: int, case: int, first: int, count: int) -> Pairs:
    """Simulate histories ``first`` to ``first + count - 1`` of a cluster from the prior."""
    keys = seeds(run_seed, TRAINING, case, first, count)
    z, own = normals(keys, PARAMETERS, sizes.parameters), normals(keys, LATENTS, sizes.own)
    return Pairs(np.full(count, case, np.int64), z, own, keys, simulate(case, z, own, keys))


def target_pairs(simulate: Simulate, run_seed: int, case: int, first: int, z: Floats, own: Floats) -> Pairs:
    """Simulate one history of a cluster for each of n joint draws z (n, d) and own (n, l), numbered from ``first``."""
    keys = seeds(run_seed, TARGETED, case, first, len(z))
    return Pairs(np.full(len(z), case, np.int64), z, own, keys, simulate(case, z, own, keys))


def restore_pairs(chunks: Sequence[Arrays]) -> Pairs:
    """Return the pairs that were stored as ``Pairs.arrays``, in the order of the chunks."""
    outcomes = stack([Outcomes(chunk["figures"], chunk["classes"], chunk["status"]) for chunk in chunks])
    case, z, own, keys = (np.concatenate([chunk[name] for chunk in chunks]) for name in ("case", "z", "own", "keys"))
    return Pairs(case, z.astype(np.float64), own.astype(np.float64), keys, outcomes)


def share_out(root_cost: Floats, total: int) -> Ints:
    """Return how many histories to simulate of each cluster, int64, shape (cases,): fewer where they are dear.

    All clusters teach what they have in common. Shares are proportional to one over ``root_cost`` (cases,), and bounded by
    ``SPREAD``.
    """
    share = 1.0 / root_cost
    share = np.clip(share / share.mean(), 1.0 / SPREAD, SPREAD)
    counts: Ints = np.ceil(total * share / share.sum()).astype(np.int64)
    return counts


def root_cost(pairs: Pairs, bounds: Floats) -> Floats:
    """Return the root of the mean number of firms, float64, shape (cases,): a measure of cost that needs no clock.

    A history that outgrew its bound has as many firms as the bound, ``bounds`` (cases,), and is the dearest of all.
    """
    firms = np.exp(pairs.outcomes.figures[:, :, 0].max(axis=1))
    firms = np.where(pairs.outcomes.status == EXHAUSTED, bounds[pairs.case], firms)
    return np.array([np.sqrt(firms[pairs.case == case].mean()) for case in range(len(bounds))])
