"""Have any bits moved? A change that moves a number says so with [results] in CHANGELOG.md, and puts the new hash here."""

import hashlib

import numpy as np
import pytest

from model import simulate
from model.observe import COLUMNS

GOLDEN = {
    (10, "status-quo", 1): "a3973343a56e2849",
    (2, "training-then-credit-and-zone", 2): "a7d4150a7f09e1a1",
    (18, "all-at-once", 3): "b4bfc639fab7fdd9",
}


def fingerprint(case: int, policy: str, seed: int) -> str:
    """Hash of the panel of one history."""
    history = simulate(case, policy=policy, seeds=[seed])
    digest = hashlib.sha256()
    for name in COLUMNS:
        digest.update(np.ascontiguousarray(history[name].values, "<f8").tobytes())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("run", GOLDEN, ids=str)
def test_the_bits_are_those_of_the_last_release(run: tuple[int, str, int]) -> None:
    assert fingerprint(*run) == GOLDEN[run], "bits moved: say so in CHANGELOG.md with [results], then renew the hash"
