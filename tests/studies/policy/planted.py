"""Which search has a known answer? One of two numbers whose worth is a hill, seen through noise of known size in each history."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from model.arrays import Floats
from studies.policy.optimum import Worths
from studies.policy.search import Settings
from studies.policy.study_file import Open

OPENED: Final = (Open("training.at", 0.0, 10.0), Open("budget_share", 0.1, 0.9))
TOP: Final = {"training.at": 3.0, "budget_share": 0.4}
# Worth at the top, what is lost with the square of the distance from it in halves of the ranges, and noise in one history.
HEIGHT, SLOPE, NOISE = 5.0, 40.0, 30.0


def worth(settings: Settings) -> float:
    """The known worth of a setting."""
    distance = [(settings[one.name] - TOP[one.name]) / (0.5 * (one.high - one.low)) for one in OPENED]
    return HEIGHT - SLOPE * (distance[0] ** 2 + 0.25 * distance[1] ** 2)


class Planted:
    """Histories in which each setting has noise of its own: the worst that a search can be led astray by."""

    def __init__(self, seed: int, count: int = 40) -> None:
        self.source, self.count = np.random.default_rng(seed), count
        self.tried: list[Worths] = []

    def worths(self, settings: Sequence[Settings], names: Sequence[str]) -> Worths:
        """What settings are worth in the histories."""
        noise = self.source.normal(scale=NOISE, size=(len(settings), self.count))
        value = np.array([worth(one) for one in settings])[:, None] + noise
        return Worths(tuple(names), value, np.ones_like(value), np.full(self.count, 1 / self.count), np.arange(self.count))

    def scores(self, settings: Sequence[Settings]) -> Floats:
        """The scores of a search."""
        first = sum(len(one.names) for one in self.tried)
        self.tried.append(self.worths(settings, [f"trial-{first + k + 1:04d}" for k in range(len(settings))]))
        return self.tried[-1].scores()

    def seen(self, *more: Worths) -> Worths:
        """Every trial, and what stands beside it."""
        whole = self.tried[0]
        for one in (*self.tried[1:], *more):
            whole = whole.beside(one)
        return whole
