"""Is what an optimum says of itself right? Values worked by hand, and the winner's curse of a planted search."""

import numpy as np
import pytest

from studies.policy.optimum import MEASURED, Worths, finalists, flatness, measured
from studies.policy.search import Searched
from tests.studies.policy.planted import HEIGHT, NOISE, OPENED, Planted, worth

SQUARE = np.array([[3.0, 5.0, 4.0, 4.0], [2.0, 2.0, 6.0, 2.0], [0.0, 0.0, 0.0, 0.0]])


def worths(values: np.ndarray) -> Worths:
    count = values.shape[1]
    names = tuple(f"p{k}" for k in range(len(values)))
    return Worths(names, values, np.full_like(values, 2.0), np.full(count, 1 / count), np.arange(count))


def test_what_is_measured_worked_by_hand() -> None:
    told = measured(worths(SQUARE), np.array([True, True, False]))
    assert set(told) == set(MEASURED)
    assert told["value"].tolist() == [4.0, 3.0, 0.0]
    assert told["cost"].tolist() == [2.0, 2.0, 2.0]
    assert told["p_gain"].tolist() == [1.0, 1.0, 0.5]
    assert told["behind"].tolist() == [0.0, 1.0, 4.0]
    # Differences 1, 3, -2, 2 lie 0, 2, -3 and 1 from their mean: the error of the mean is root(14 / 3) / 2.
    assert told["behind_se"][1] == pytest.approx(np.sqrt(14 / 3) / 2)
    # Only in the third draw does the second beat the first, by two, and the reference never wins.
    assert told["regret"].tolist() == [0.5, 1.5, 4.5]
    assert told["regret_reference"].tolist() == [0.0, 0.0, 0.0]


def test_a_stopped_history_is_left_out_under_all_and_a_policy_without_any_is_unknown() -> None:
    values = SQUARE.copy()
    values[1, 2] = np.nan
    told = measured(worths(np.vstack([values, np.full(4, np.nan)])), np.array([True, True, False, True]))
    assert told["value"][:3].tolist() == [4.0, 2.0, 0.0]
    assert np.isnan([told[name][3] for name in MEASURED]).all()
    nothing = measured(worths(np.full((2, 4), np.nan)), np.array([True, False]))
    assert all(np.isnan(column).all() for column in nothing.values())


def test_finalists_are_the_best_different_settings() -> None:
    settings = [{"a": 1.0}, {"a": 2.0}, {"a": 1.0}, {"a": 3.0}, {"a": 4.0}]
    assert finalists(np.array([5.0, 7.0, 6.0, np.nan, 1.0]), settings, 3) == [1, 2, 4]


def test_flatness_spans_the_settings_that_cannot_be_told_from_the_best() -> None:
    settings = tuple({"training.at": float(k), "budget_share": 0.1 + 0.1 * k} for k in range(5))
    searched = Searched(settings, np.arange(5.0), {"training.at": 0.9, "budget_share": 0.1})
    behind, error = np.array([9.0, 1.5, 0.5, 0.0, np.nan]), np.array([1.0, 1.0, 1.0, 0.0, np.nan])
    table = flatness(OPENED, searched, behind, error, best=2)
    assert table["number"].tolist() == ["training.at", "budget_share"]
    assert (table["low_1"][0], table["high_1"][0], table["settings_1"][0]) == (2.0, 3.0, 2)
    assert (table["low_2"][0], table["high_2"][0], table["settings_2"][0]) == (1.0, 3.0, 3)
    assert table["recommended"][0] == 2.0
    assert table["importance"].tolist() == [0.9, 0.1]


def test_the_search_is_optimistic_and_fresh_histories_are_not() -> None:
    # The best of 30 random settings by the mean of 40 noisy histories, in 400 searches: what the winner is worth is known.
    source = np.random.default_rng(5)
    promised, judged, true = [], [], []
    for run in range(400):
        settings = [{one.name: source.uniform(one.low, one.high) for one in OPENED} for _ in range(30)]
        seen, fresh = Planted(2 * run), Planted(2 * run + 1)
        (best,) = finalists(seen.scores(settings), settings, 1)
        promised.append(seen.tried[0].net_value[best].mean())
        judged.append(fresh.worths([settings[best]], ["best"]).net_value.mean())
        true.append(worth(settings[best]))
    error = NOISE / np.sqrt(40 * 400)
    assert np.mean(judged) == pytest.approx(np.mean(true), abs=4 * error)
    assert np.mean(promised) > np.mean(true) + 10 * error
    assert np.mean(true) < HEIGHT
