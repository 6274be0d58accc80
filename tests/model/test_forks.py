"""Does a past that policies share give each policy what it would get alone? The same bits, whatever becomes of the history."""

from types import SimpleNamespace

import numpy as np
import pytest

from model.batch import simulate_futures, simulate_many, simulate_policies
from model.config import load_case, load_policy
from model.errors import InputError
from model.forks import fork_tick, future_seed
from model.observe import COLUMNS
from model.policy import programmes_for
from tests.model.test_batch import all_ticks, batch, column
from tests.model.worlds import STRUCTURES, given

COUNT = 12
POLICIES = ("status-quo", "all-at-once", "training", "credit-and-zone-then-training", "foreign-investment")


def policies(case: int = 10):
    cluster = load_case(case)
    return [programmes_for(load_policy(name), cluster, STRUCTURES) for name in POLICIES]


def assert_as_alone(params, settings, seeds, asked, **options):
    ticks = all_ticks(settings)
    together = simulate_policies(params, settings, seeds, asked, ticks, **options)
    for q, programmes in enumerate(asked):
        alone = simulate_many(params, settings, seeds, programmes, ticks, threads=1)
        assert together[q].tobytes() == alone.tobytes(), POLICIES[q]
    return together


@pytest.mark.parametrize("threads", [1, 2])
def test_each_policy_gets_what_it_gets_alone(threads):
    params, settings, seeds, _ = batch(COUNT, 80)
    rows = assert_as_alone(params, settings, seeds, policies(), threads=threads)
    fork = fork_tick(settings[0])
    assert fork == 24
    assert len({one[:, :fork].tobytes() for one in rows}) == 1
    assert len({one.tobytes() for one in rows}) == len(POLICIES)


@pytest.mark.parametrize("decision", [-1.0, 0.0, 0.1, 19.9, 20.0, 500.0, np.inf])
def test_the_decision_may_lie_anywhere(decision):
    params, settings, seeds, _ = batch(4, 80)
    settings["decision"] = decision
    assert_as_alone(params, settings, seeds, policies())


def test_the_decisions_of_a_batch_may_differ():
    params, settings, seeds, _ = batch(COUNT, 80)
    settings["decision"] = np.linspace(-2.0, 22.0, COUNT)
    assert_as_alone(params, settings, seeds, policies())


def test_programmes_of_history_go_on_where_they_were():
    params, settings, seeds, _ = batch(COUNT, 80)
    cluster = next(n for n in range(1, 20) if len(load_case(n).history) > 0)
    settings["start_year"] = min(one.first for one in load_case(cluster).history) - 3.0
    settings["case"] = cluster
    assert_as_alone(params, settings, seeds, policies(cluster))


@pytest.mark.parametrize("firms_max", [2.0, 15.0, 40.0, 150.0])
def test_a_history_that_ends_early_ends_so_under_every_policy(firms_max):
    params, settings, seeds, _ = batch(COUNT, 80)
    settings["firms_max"] = firms_max
    rows = assert_as_alone(params, settings, seeds, policies())
    assert column(rows[0], "exhausted")[:, 0].any()


def test_a_cluster_without_firms_stays_one():
    what = given(changes={"exit_base": 50.0, "entry_intensity": 0.0}, quarters=60)
    params, settings = np.array([what.params] * 3), np.array([what.setting] * 3)
    settings["decision"] = 5.0
    rows = assert_as_alone(params, settings, np.arange(3, dtype=np.uint64), policies())
    assert (column(rows[0], "firms")[:, -1] == 0.0).all()


def test_policies_with_different_histories_are_refused():
    params, settings, seeds, _ = batch(2)
    cluster = next(n for n in range(1, 20) if len(load_case(n).history) > 0)
    with pytest.raises(InputError, match="differ in their programmes of history"):
        simulate_policies(params, settings, seeds, [policies(10)[0], policies(cluster)[1]], all_ticks(settings))


def test_futures_share_the_past_and_the_first_is_the_historys_own():
    params, settings, seeds, _ = batch(COUNT, 80)
    ticks, fork = all_ticks(settings), fork_tick(settings[0])
    rows = simulate_futures(params, settings, seeds, policies(), ticks, 3)
    assert rows[:, :, 0].tobytes() == simulate_policies(params, settings, seeds, policies(), ticks).tobytes()
    for future in (1, 2):
        assert rows[:, :, future, :fork].tobytes() == rows[:, :, 0, :fork].tobytes()
        assert all(rows[0, j, future].tobytes() != rows[0, j, 0].tobytes() for j in range(COUNT))
    fewer = simulate_futures(params, settings, seeds, policies()[:2], ticks, 2, threads=1)
    assert fewer.tobytes() == rows[:2, :, :2].tobytes()


def test_a_future_has_the_same_luck_under_every_policy():
    params, settings, seeds, _ = batch(COUNT, 80)
    idle = policies()[0]
    rows = simulate_futures(params, settings, seeds, [idle, idle], all_ticks(settings), 3)
    assert rows[0].tobytes() == rows[1].tobytes()


@pytest.mark.parametrize("decision", [-1.0, 0.0, 500.0])
def test_futures_of_a_decision_outside_the_history(decision):
    params, settings, seeds, _ = batch(4, 80)
    settings["decision"] = decision
    rows = simulate_futures(params, settings, seeds, policies()[:1], all_ticks(settings), 2)
    assert (rows[0, :, 0].tobytes() == rows[0, :, 1].tobytes()) == (decision > 20.0)


def test_luck_drawn_anew_has_the_law_of_luck_kept():
    """Entrants of the next year, in 4,000 futures each: the first future keeps what was left of its draws, the others do not.

    The means differ by chance alone, by more than 4 standard errors once in 16,000 runs of this test.
    """
    params, settings, _, _ = batch(1, 80)
    settings["decision"], settings["quarters"] = 10.0, 48
    many = np.arange(4000, dtype=np.uint64)
    given_params, given_settings = np.repeat(params, len(many)), np.repeat(settings, len(many))
    rows = simulate_futures(given_params, given_settings, many, policies()[:1], all_ticks(given_settings), 2)[0]
    born = rows[:, :, 41:45, COLUMNS.index("entrants")] + rows[:, :, 41:45, COLUMNS.index("spin_offs")]
    gap = born[:, 0].sum(axis=1) - born[:, 1].sum(axis=1)
    assert abs(gap.mean()) < 4.0 * gap.std() / np.sqrt(len(many))
    assert gap.std() > 0.0


@pytest.mark.parametrize(("decision", "tick"), [(0.0, 0), (0.1, 1), (10.0, 40), (10.01, 41), (15.0, 60), (99.0, 61)])
def test_a_policy_first_acts_in_the_first_quarter_from_the_decision_on(decision, tick):
    assert fork_tick(SimpleNamespace(quarters=60, decision=decision)) == tick


def test_the_first_future_has_the_historys_own_key_and_no_other_has():
    keys = [int(future_seed(np.uint64(7), 10, future)) for future in range(4)]
    assert keys[0] == 7
    assert len(set(keys)) == 4
    assert int(future_seed(np.uint64(7), 11, 1)) != keys[1]
