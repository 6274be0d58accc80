"""Have any bits moved? A change that moves a number says so with [results] in CHANGELOG.md, and puts the new hash here."""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import simulate
from model.observe import COLUMNS

GOLDEN = {
    (10, "status-quo", 1): "e28fb6a6962870dd",
    (2, "training-then-credit-and-zone", 2): "7b1490929946001c",
    (18, "all-at-once", 3): "113dea7d8d40adee",
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


AGAIN = "from tests.model.test_golden import GOLDEN, fingerprint; assert all(fingerprint(*run) == GOLDEN[run] for run in GOLDEN)"


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="names processors of this kind")
@pytest.mark.parametrize(("processor", "features"), [("x86-64", "+sse2"), ("haswell", "+avx2")], ids=["128 bits", "256 bits"])
def test_the_bits_do_not_depend_on_the_width_of_vector_registers(processor: str, features: str, tmp_path: Path) -> None:
    told = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", AGAIN], check=True, env={**os.environ, **told})
