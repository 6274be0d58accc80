"""Which numbers does a calibration draw, and for whom? Every draw is keyed by content: run seed, stage, case and index.

No draw depends on the order of work. A history's seed is the key of everything random about it beyond the calibrated
parameters and the cluster's latents, so that (parameters, latents, seed) replays it. The mixer is the finaliser of
splitmix64 (Steele, Lea and Flood 2014); the histories themselves draw from ``model.randomness``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from model.arrays import Floats, Seeds

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)

# Stages of a run, every one that there is: histories of two stages never share a seed.
TRAINING, PILOT, EXACT, PREDICTIVE, NETWORKS, ENSEMBLES, RESAMPLING, SENSITIVITY = range(1, 9)
TARGETED, JOINT, INTEGRALS, DISTILLED, VALIDATION = range(9, 14)
# Further histories of the clusters with the noisiest ratios, in one turn and the next.
MORE: Final = (14, 15)
# Histories of the exact road.
ROAD: Final = 16
ADVICE: Final = 101
# Streams of one history.
PARAMETERS, LATENTS, NUISANCES, DATES, ERRORS, NOISE, PICK = range(1, 8)


def _mix(bits: Seeds) -> Seeds:
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    mixed: NDArray[np.uint64] = bits ^ (bits >> np.uint64(31))
    return mixed


def _absorb(state: Seeds, value: int | Seeds) -> Seeds:
    return _mix((state ^ np.asarray(value, np.uint64)) + _GOLDEN)


def seeds(run_seed: int, stage: int, case: int, first: int, count: int) -> Seeds:
    """Return the seeds of histories ``first`` to ``first + count - 1`` of a case in a stage, shape (count,)."""
    state = np.full(count, np.uint64(run_seed % 2**64), np.uint64)
    for value in (stage, case, np.arange(first, first + count, dtype=np.uint64)):
        state = _absorb(state, value)
    return state


def uniforms(keys: Seeds, stream: int, count: int) -> Floats:
    """Return ``count`` uniforms inside (0, 1) for each key, shape (n, count)."""
    state = _absorb(_absorb(keys, stream)[:, None], np.arange(count, dtype=np.uint64)[None, :])
    result: Floats = ((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return result


def normals(keys: Seeds, stream: int, count: int) -> Floats:
    """Return ``count`` standard normals for each key, shape (n, count)."""
    result: Floats = ndtri(uniforms(keys, stream, count))
    return result


def number(run_seed: int, stage: int, index: int = 0) -> int:
    """Return one 32-bit number for a generator that wants a small seed."""
    return int(seeds(run_seed, stage, 0, index, 1)[0] >> np.uint64(32))
