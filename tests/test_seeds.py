"""Does every public function that takes a seed refuse what is none, before any work?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration import calibrate
from model import simulate, simulate_many, simulate_policies
from model.errors import InputError, shown
from studies import advise, sensitivity

WRONG = (1.5, 1.0, True, -1, 2**64, "1", float("nan"), np.float64(2.0), [1.0], 10**5000, -(10**5000))


def batch(run: Callable[..., Any], seed: Any) -> Any:
    """A batch of no history: its seeds are looked at first."""
    empty = np.zeros(0)
    return run(empty, empty, np.array([seed], object), empty, empty)


TAKERS: dict[str, Callable[[Any, Path], Any]] = {
    "simulate": lambda seed, folder: simulate(10, seeds=seed),
    "simulate_many": lambda seed, folder: batch(simulate_many, seed),
    "simulate_policies": lambda seed, folder: batch(simulate_policies, seed),
    "calibrate": lambda seed, folder: calibrate("quick", out=folder / "run", seed=seed),
    "sensitivity": lambda seed, folder: sensitivity("morris", out=folder / "run", seed=seed),
    "advise": lambda seed, folder: advise(10, folder, out=folder / "run", seed=seed),
}


@pytest.mark.parametrize("seed", WRONG, ids=shown)
@pytest.mark.parametrize("taker", TAKERS)
def test_what_is_no_seed_is_refused_everywhere(taker: str, seed: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^seeds?: .*whole numbers? from 0 to 2\^64-1") as error:
        TAKERS[taker](seed, tmp_path)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
