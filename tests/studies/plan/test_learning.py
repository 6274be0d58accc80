"""The cost of learning by a clock that moves only where a test says so: nothing here depends on the speed of the machine."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model.config import load_profile
from studies.plan import learning as home
from studies.plan.learning import EPOCHS, MOST_PAIRS, Fitting

Clock = SimpleNamespace
SIZES = home.Sizes(cases=2, parameters=3, own=2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(home, "time", SimpleNamespace(process_time=lambda: clock.now))
    return clock


@pytest.mark.parametrize(("pairs", "shown"), [(500, 500), (4 * MOST_PAIRS, MOST_PAIRS)])
def test_the_first_epoch_tells_compiling_and_the_others_training(
    pairs: int, shown: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(lesson: home.Lesson, layout: Any, scale: Any, schedule: Any, seed: int, tell: Any) -> dict[str, np.ndarray]:
        assert len(lesson.inputs) == len(lesson.status) == shown
        assert schedule.epochs == 1 + EPOCHS
        clock.now += 7.0
        for epoch in range(schedule.epochs):
            clock.now += 2.0
            tell(epoch)
        return {"weight": np.ones(1)}

    monkeypatch.setattr(home, "fit", fit)
    lesson = home.Lesson(*(np.zeros(50) for _ in home.Lesson._fields))
    fitting, network = home._fitting(Any, lesson, Any, load_profile("quick"), pairs)
    assert fitting == Fitting(7.0, pytest.approx(2.0 / shown))
    assert network["weight"].tolist() == [1.0]


@pytest.mark.parametrize(("threads", "ensembles"), [(1, 4), (3, 4), (9, 4)])
def test_a_step_costs_the_same_however_many_ensembles_go_side_by_side(
    threads: int, ensembles: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def first_state(walkers: int, parameters: int, seed: int, ensemble: int) -> dict[str, np.ndarray]:
        begun.append(ensemble)
        return {}

    def advance(state: dict[str, np.ndarray], likelihood: Any, count: int, thin: int) -> dict[str, np.ndarray]:
        assert count % thin == 0
        clock.now += 0.5 * count
        return state

    monkeypatch.setattr(home, "first_state", first_state)
    monkeypatch.setattr(home, "advance", advance)
    profile = load_profile("quick").model_copy(update={"ensembles": ensembles, "thin": 10})
    assert home._stepping(profile, SIZES, threads) == pytest.approx(0.5)
    assert begun == list(range(min(threads, ensembles)))


def test_judging_is_scaled_from_a_short_chain(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def convergence(chain: np.ndarray, weights: np.ndarray, thin: int) -> None:
        assert chain.shape == (4, home.JUDGED, 80, SIZES.parameters)
        clock.now += 0.25 * chain.shape[1]

    monkeypatch.setattr(home, "convergence", convergence)
    kept = 3 * home.JUDGED
    profile = load_profile("quick").model_copy(
        update={"ensembles": 4, "walkers": 80, "thin": 10, "burn": 50, "steps": 50 + 10 * kept}
    )
    assert home._judging(profile, SIZES) == pytest.approx(0.25 * kept)
