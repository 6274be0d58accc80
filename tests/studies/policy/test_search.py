"""Does a search find a planted optimum, suggest the same again when it is told the same, and say what is missing?"""

import sys
from collections.abc import Sequence

import numpy as np
import pytest

from model.arrays import Floats
from model.errors import InputError
from studies.policy.search import FIRST, Settings, search
from tests.studies.policy.planted import OPENED, SLOPE, TOP, Planted, worth

pytest.importorskip("optuna", reason="needs the extra `optimise`")


def known(settings: Sequence[Settings]) -> Floats:
    return np.array([worth(one) for one in settings])


def test_a_planted_optimum_is_found_without_noise() -> None:
    searched = search(OPENED, known, 80, 4, seed=1)
    best = searched.settings[int(np.argmax(searched.scores))]
    random = np.random.default_rng(2)
    others = [{one.name: random.uniform(one.low, one.high) for one in OPENED} for _ in range(80)]
    # The loss of the best of as many random settings is what a search must beat.
    assert worth(TOP) - worth(best) < worth(TOP) - known(others).max()
    assert worth(TOP) - worth(best) < 0.01 * SLOPE
    # A step of the first number loses four times as much as one of the second.
    assert searched.importance["training.at"] > searched.importance["budget_share"]
    assert sum(searched.importance.values()) == pytest.approx(1.0)


def test_the_first_suggestion_is_the_middle_and_all_lie_within_the_ranges() -> None:
    searched = search(OPENED, known, 12, 5, seed=1)
    assert searched.settings[0] == {"training.at": 5.0, "budget_share": pytest.approx(0.5)}
    assert len(searched.settings) == len(searched.scores) == 12
    for one in OPENED:
        assert all(one.low <= settings[one.name] <= one.high for settings in searched.settings)


def test_the_same_scores_bring_the_same_suggestions_and_another_seed_others() -> None:
    first, again, other = (search(OPENED, Planted(3).scores, 30, 4, seed) for seed in (1, 1, 2))
    assert first.settings == again.settings
    np.testing.assert_array_equal(first.scores, again.scores)
    assert first.importance == again.importance
    assert first.settings[1:] != other.settings[1:]


def test_a_score_that_is_unknown_ends_nothing() -> None:
    def half(settings: Sequence[Settings]) -> Floats:
        return np.where([one["training.at"] > 5 for one in settings], np.nan, known(settings))

    searched = search(OPENED, half, 24, 4, seed=1)
    assert np.isnan(searched.scores).any()
    assert np.isfinite(searched.scores).any()


def test_where_all_scores_agree_no_number_is_important() -> None:
    searched = search(OPENED, lambda settings: np.zeros(len(settings)), FIRST + 2, 4, seed=1)
    assert all(np.isnan(part) for part in searched.importance.values())


def test_without_optuna_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"pip install -e \.\[optimise\]; every other command works"):
        search(OPENED, known, 4, 2, seed=1)
