"""Is the trial inside the model a trial? The two worlds share all but the course, the sample is drawn by lot, and looking changes
nothing.
"""

import numpy as np
import pytest

from model.batch import simulate_many
from model.config import load_case, load_policy, load_priors
from model.engines.quarter import open_quarter
from model.lanes import firm_at
from model.observe import COLUMNS
from model.policy import programmes_for
from model.state import COURSES
from model.trials import (
    CAME,
    NOBODY,
    NOT_INVITED,
    READ,
    REFUSED,
    TWIN,
    WITH_TRIAL,
    Followed,
    Terms,
    adopted_shares,
    arms,
    begin_trial,
    chunk_size,
    course_of_trial,
    number_invited,
    position,
    simulate_trials,
)
from tests.model.test_batch import batch, column
from tests.model.worlds import STRUCTURES, add_firm, move_firms, programme, small_world, told, words

COUNT = 6
EVERYONE = {"training_take_up": 1.0, "awareness_start": 1.0}


def course(name="pilot", case=10):
    return course_of_trial(programmes_for(load_policy(name), load_case(case), STRUCTURES))


def followed(terms, programmes=None, threads=None, count=COUNT, **setting):
    params, settings, seeds, _ = batch(count, 80)
    for name, value in setting.items():
        settings[name] = value
    programmes = course() if programmes is None else programmes
    parts = [seen for _, seen in simulate_trials(params, settings, seeds, programmes, terms, threads)]
    return Followed(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def read(seen, name):
    return seen.values[..., list(READ).index(name)]


@pytest.fixture(scope="module")
def everyone():
    """All firms are in the sample, and are followed for three years."""
    return followed(Terms(5000, 0.5, 3), site_works=1.0)


def test_both_worlds_have_the_same_baseline_and_part_afterwards(everyone):
    first = everyone.values[:, :, 0]
    assert first[:, TWIN].tobytes() == first[:, WITH_TRIAL].tobytes()
    assert everyone.whole.all()
    apart = (read(everyone, "trained")[:, WITH_TRIAL, 1] - read(everyone, "trained")[:, TWIN, 1])[everyone.arm == CAME]
    assert (apart[np.isfinite(apart)] > 0.0).all()
    assert np.isfinite(apart).sum() > 50


def test_the_twin_is_the_history_that_nobody_looked_at(everyone):
    params, settings, seeds, _ = batch(COUNT, 80)
    fork = 4 * settings["decision"].astype(np.int64)
    rows = simulate_many(params, settings, seeds, course()[:-1], fork[:, None])
    for name in ("workers", "sales"):
        sums = np.nansum(read(everyone, name)[:, TWIN, 0], axis=-1)
        np.testing.assert_allclose(sums, column(rows, name)[:, 0], rtol=1e-10)
    profits = np.nansum(read(everyone, "profit")[:, TWIN, 0], axis=-1)
    np.testing.assert_allclose(profits, column(rows, "profits")[:, 0], rtol=1e-8, atol=1e-8)
    assert ((everyone.arm != NOBODY).sum(axis=1) == column(rows, "firms")[:, 0]).all()


def test_looking_more_often_changes_nothing(everyone):
    longer = followed(Terms(5000, 0.5, 5), site_works=1.0)
    assert longer.values[:, :, :4].tobytes() == everyone.values.tobytes()
    assert longer.arm.tobytes() == everyone.arm.tobytes()


def test_no_bit_depends_on_threads_or_chunks(everyone):
    alone = followed(Terms(5000, 0.5, 3), threads=1, site_works=1.0)
    for one, other in zip(alone, everyone, strict=True):
        assert one.tobytes() == other.tobytes()
    assert chunk_size(Terms(10, 0.5, 3)) > chunk_size(Terms(100_000, 0.5, 30)) == 1


def test_a_smaller_sample_is_part_of_a_larger_one(everyone):
    small = followed(Terms(12, 0.5, 1), site_works=1.0)
    for few, many in zip(small.lineage, everyone.lineage, strict=True):
        assert few.tolist() == many[:12].tolist()
    assert ((small.arm != NOBODY).sum(axis=1) == 12).all()
    assert ((small.arm > NOT_INVITED).sum(axis=1) == 6).all()


def test_who_is_invited_does_not_depend_on_what_a_firm_is(everyone):
    # Randomisation: over all histories the invited are as large and as skilled as the others. Two tests at 4 standard errors give
    # a false alarm once in 8,000 sets of seeds.
    sampled = everyone.arm != NOBODY
    for name in ("workers", "skill"):
        values = read(everyone, name)[:, TWIN, 0]
        apart, variance = 0.0, 0.0
        for arm, row in zip(everyone.arm, values, strict=True):
            invited, others = row[arm > NOT_INVITED], row[arm == NOT_INVITED]
            pooled = row[arm != NOBODY].std()
            apart += (invited.mean() - others.mean()) / pooled
            variance += 1.0 / len(invited) + 1.0 / len(others)
        assert abs(apart) < 4.0 * np.sqrt(variance), name
    assert sampled.sum() > 300


def test_those_who_come_are_as_many_as_the_take_up_says():
    seen = followed(Terms(5000, 0.5, 1), count=12)
    params, settings, seeds, _ = batch(12, 80)
    rows = simulate_many(params, settings, seeds, course()[:-1], 4 * settings["decision"].astype(np.int64)[:, None])
    chance = params["training_take_up"] * 0.5 * (1.0 + column(rows, "awareness")[:, 0])
    _, refused, came = arms(seen).T
    expected, variance = (refused + came) * chance, (refused + came) * chance * (1.0 - chance)
    # The awareness of the row is that of the same quarter. At 4.5 standard errors a false alarm comes once in 150,000 seeds.
    assert abs((came - expected).sum()) < 4.5 * np.sqrt(variance.sum())


def trial_of(changes, share=0.5, count=12, **fields):
    line = programme("training", start=np.inf, unit_cost=1.0, **fields)
    w = small_world(changes, (line,), state_module=0.0)
    for _ in range(count):
        add_firm(w)
    lineages, draws = np.zeros(20, np.uint64), np.zeros(20)
    arm, dose = np.full(20, NOBODY, np.int8), np.zeros(20)
    sampled = begin_trial(w, 0, True, share, lineages, draws, arm, dose)
    return w, sampled, lineages, arm, dose


def test_a_trial_of_a_few_firms_by_hand():
    w, sampled, lineages, arm, dose = trial_of({**EVERYONE, "training_size_cost": 0.0}, 0.25, course=COURSES.index("intensive"))
    assert (sampled, (arm == CAME).sum(), (arm == NOT_INVITED).sum(), (arm == REFUSED).sum()) == (12, 3, 9, 0)
    assert words(w) == ["invited", "trained"] * 3
    assert {firm for event, firm, _ in told(w) if event == "trained"} == set(lineages[arm == CAME].tolist())
    assert dose[:4].tolist() == [w.p.training_intensive_gain] * 3 + [0.0]
    assert w.programmes[0].spent == 3.0
    assert w.cluster.trained == 3.0
    taught = [int(firm_at(w.firms, i).lineage) for i in range(12) if firm_at(w.firms, i).courses == 1]
    assert set(taught) == set(lineages[arm == CAME].tolist())


def test_nobody_comes_where_nobody_wants_to_and_all_that_are_asked_are_noted():
    w, _, _, arm, dose = trial_of({"training_take_up": 0.0})
    assert (arm[:12] == REFUSED).sum() == 6
    assert words(w) == ["invited", "refused"] * 6
    assert dose.sum() == w.programmes[0].spent == 0.0


def test_the_course_of_a_trial_opens_for_nobody_else():
    w, *_ = trial_of(EVERYONE)
    for tick in range(8):
        w.cluster.tick, w.cluster.time = tick, tick / 4.0
        open_quarter(w, np.empty(len(COLUMNS)))
    assert w.programmes[0].opened == -1.0
    assert words(w).count("trained") == 6
    assert "programme" not in words(w)


def test_a_course_for_the_trained_is_offered_to_no_other():
    line = programme("training", start=np.inf, unit_cost=1.0, trained_only=1.0)
    w = small_world(EVERYONE, (line,), state_module=0.0)
    for number in range(8):
        add_firm(w, courses=number % 2)
    arm = np.full(8, NOBODY, np.int8)
    assert begin_trial(w, 0, True, 0.5, np.zeros(8, np.uint64), np.zeros(8), arm, np.zeros(8)) == 4


SHARES = [(10, 0.5, 5), (10, 0.01, 1), (10, 0.99, 9), (3, 0.5, 2), (432, 0.3472, 150)]


@pytest.mark.parametrize(("count", "share", "invited"), SHARES)
def test_the_share_invited_leaves_somebody_on_either_side(count, share, invited):
    assert number_invited(count, share) == invited


def test_practices_follow_the_law_by_which_what_is_taught_arrives_and_fades():
    changes = {**EVERYONE, "poaching_rate": 0.0, "learning_private_training": 0.0, "learning_spillover": 0.0}
    w, _, _, arm, dose = trial_of(changes, 0.5, 2, course=COURSES.index("intensive"))
    shares = adopted_shares(w.p, 3)
    taught = next(firm_at(w.firms, i) for i in range(2) if firm_at(w.firms, i).courses == 1)
    seen = [float(taught.trained)]
    for tick in range(12):
        w.cluster.tick, w.cluster.time = tick, tick / 4.0
        open_quarter(w, np.empty(len(COLUMNS)))
        move_firms(w)
        seen.append(float(taught.trained))
    np.testing.assert_allclose(seen[::4], dose[arm == CAME][0] * shares, rtol=1e-12)


def test_where_a_site_fails_firms_are_taught_all_the_same_and_gain_nothing():
    seen = followed(Terms(5000, 0.5, 2), course("training"), site_works=0.0)
    came = seen.arm == CAME
    assert (seen.dose[came] > 0.0).all()
    assert (seen.dose[~came] == 0.0).all()
    apart = read(seen, "trained")[:, WITH_TRIAL] - read(seen, "trained")[:, TWIN]
    # Only the awareness that the course raised lets firms buy training of their own: what two years can bring at the most.
    most = 2.0 * load_priors().defaults["learning_private_training"]
    assert np.nanmax(np.abs(apart)) < most < np.nanmin(seen.dose[came])


def test_a_history_that_is_stopped_is_not_whole():
    seen = followed(Terms(20, 0.5, 3), firms_max=15.0)
    assert not seen.whole.any()


def test_a_cluster_without_firms_has_nobody_to_ask():
    seen = followed(Terms(20, 0.5, 1), founders=0.0, market=1e-9)
    assert (seen.arm == NOBODY).any()
    assert seen.whole.all()


def test_a_firm_is_looked_up_by_its_key_and_among_equal_keys_by_its_lineage():
    draws, lineages = np.array([0.1, 0.4, 0.4, 0.4, 0.9, 0.0]), np.array([5, 2, 3, 4, 1, 9], np.uint64)
    rows = [position(draws, lineages, 5, draw, lineage) for draw, lineage in ((0.1, 5), (0.4, 2), (0.4, 4), (0.9, 1))]
    assert rows == [0, 1, 3, 4]
    # A key of none, an equal key of another lineage, and a firm beyond the sample.
    assert [position(draws, lineages, 5, draw, lineage) for draw, lineage in ((0.5, 2), (0.4, 7), (0.0, 9))] == [-1, -1, -1]
