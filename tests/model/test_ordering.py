"""Are keyed numbers put in order, equal ones by position, however they are spread?"""

import numpy as np
import pytest

from model.ordering import order_by

RNG = np.random.default_rng(1)
KEYS = {
    "spread": RNG.uniform(size=200),
    "crowded": RNG.uniform(0.5, 0.5001, size=200),
    "equal": np.full(50, 0.3),
    "ties": RNG.integers(0, 5, size=200) / 5.0,
    "beyond": RNG.uniform(-3.0, 4.0, size=200),
    "one": np.array([0.2]),
    "none": np.empty(0),
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
def test_positions_stand_in_the_order_of_their_keys(keys: np.ndarray) -> None:
    order, heads = np.full(len(keys) + 1, -1), np.full(len(keys), 99)
    order_by(keys, len(keys), 0.0, 1.0, order, heads)
    assert list(order[: len(keys)]) == list(np.argsort(keys, kind="stable"))
    assert order[-1] == -1


def test_only_the_first_keys_are_put_in_order() -> None:
    order = np.full(4, -1)
    order_by(np.array([3.0, 1.0, 2.0, 0.0]), 3, 0.0, 4.0, order, np.empty(3, int))
    assert list(order) == [1, 2, 0, -1]
