"""In which order are firms added up?"""

import numpy as np

from model.state import LANES
from model.sums import empty, total


def test_halves_are_added_until_eight_are_left_and_then_pairs() -> None:
    lanes = np.random.Generator(np.random.PCG64(1)).normal(size=LANES) * 10.0 ** (np.arange(LANES) % 17)
    left = lanes.copy()
    while len(left) > 8:
        left = left[: len(left) // 2] + left[len(left) // 2 :]
    while len(left) > 1:
        left = left[::2] + left[1::2]
    assert total(lanes.copy()) == left[0]


def test_an_emptied_column_adds_up_to_nothing() -> None:
    lanes = np.ones(LANES)
    empty(lanes)
    assert total(lanes) == 0.0
