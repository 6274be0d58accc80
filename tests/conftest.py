"""What every test may rely on: faults that raise, figures without a screen, examples that repeat."""

import os
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Matplotlib or JAX.
os.environ["MPLBACKEND"] = "Agg"
os.environ["JAX_PLATFORMS"] = "cpu"

import hypothesis
import numpy as np
import pytest

# The same examples on every run, and no judgement by the clock.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def _floating_point_faults_raise() -> Iterator[None]:
    """NumPy raises where it would write inf or NaN; underflow to zero is right, and compiled code is not concerned."""
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parents[1]
