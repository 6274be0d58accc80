"""Does the trial's arithmetic give what a library of regressions gives, and what a trial by hand gives?"""

import numpy as np
import pytest

from model.trials import CAME, NOBODY, NOT_INVITED, READ, REFUSED, TWIN, WITH_TRIAL, Followed, Terms, room
from studies.trials.estimates import (
    ESTIMANDS,
    FEWEST,
    OUTCOMES,
    Estimates,
    Given,
    estimated,
    joined,
    outcomes,
    paired_mean,
    wald,
)

NAMES, KINDS = list(OUTCOMES), list(ESTIMANDS)


def sample(seed: int, count: int = 120, effect: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes whose spread differs by arm, who came, and who was invited."""
    random = np.random.default_rng(seed)
    invited = (random.permutation(count) < count // 3).astype(float)
    came = invited * (random.random(count) < 0.55)
    return 1.0 + effect * came + random.standard_normal(count) * (1.0 + invited), came, invited


@pytest.mark.parametrize("seed", range(4))
def test_both_regressions_are_those_of_linearmodels(seed: int) -> None:
    iv = pytest.importorskip("linearmodels.iv", reason="comes with `make extras`")
    outcome, came, invited = sample(seed)
    constant = np.ones((len(outcome), 1))
    options = {"cov_type": "robust", "debiased": True}
    # A library's own frames may warn of a newer pandas.
    plain = iv.IV2SLS(outcome, np.column_stack([constant, invited]), None, None).fit(**options)
    told = wald(outcome, invited, invited)
    assert told == pytest.approx((plain.params.iloc[1], plain.std_errors.iloc[1]), rel=1e-9)
    instrumented = iv.IV2SLS(outcome, constant, came[:, None], invited[:, None]).fit(**options)
    told = wald(outcome, came, invited)
    assert told == pytest.approx((instrumented.params.iloc[1], instrumented.std_errors.iloc[1]), rel=1e-9)


def test_a_difference_of_means_by_hand() -> None:
    told = wald(np.array([1.0, 3.0, 5.0, 9.0]), np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    # HC1: 4/2 times the sum over arms of squared residuals over the squared number of firms: (2/4 + 8/4) * 2 = 5.
    assert told == pytest.approx((5.0, np.sqrt(5.0)))


def test_firms_without_an_outcome_are_left_out_and_too_few_leave_nothing() -> None:
    outcome, came, invited = sample(1)
    outcome[:10] = np.nan
    assert wald(outcome, came, invited) == wald(outcome[10:], came[10:], invited[10:])
    assert np.isnan(wald(outcome, np.zeros_like(came), invited)).all()
    assert np.isnan(wald(outcome, came, np.zeros_like(came))).all()
    assert np.isnan(wald(outcome[10:13], np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0]))).all()
    assert paired_mean(np.array([1.0, np.nan, 3.0])) == pytest.approx((2.0, 1.0))
    assert np.isnan(paired_mean(np.array([1.0]))).all()


def test_without_an_effect_one_trial_in_twenty_is_significant() -> None:
    trials = 4000
    told = [wald(*np.array(sample(seed, 200, 0.0))[[0, 2, 2]]) for seed in range(trials)]
    share = np.mean([abs(one.value) > 1.959964 * one.error for one in told])
    # HC1 with 67 and 133 firms is a little too small, by less than one point. Beyond that, 4 Monte Carlo errors: a false alarm
    # once in 16,000 sets of seeds.
    assert abs(share - 0.05) < 0.01 + 4.0 * np.sqrt(0.05 * 0.95 / trials)


def twelve_firms() -> Followed:
    """Two histories of a trial over one year with twelve firms each, all numbers by hand; the second has two firms only."""
    seen = room(2, Terms(12, 0.5, 1))
    seen.arm[:] = NOT_INVITED
    seen.arm[:, :6] = CAME
    seen.arm[:, :2] = REFUSED
    seen.arm[1, 2:] = NOBODY
    seen.dose[:] = np.where(seen.arm == CAME, 0.2, 0.0)
    seen.whole[:] = True
    firms = {"workers": 10.0, "output": 5.0, "rung": 0.0, "skill": 0.1, "trained": 0.3, "cash": 2.0, "sales": 14.0, "profit": 2.0}
    seen.values[:] = list(firms.values())
    seen.values[1, :, :, 2:] = np.nan
    return seen


def given(works: float) -> Given:
    """Both histories: after a year six tenths of a course are practised; the span of control is 0.8."""
    return Given(np.array([[0.0, 0.6], [0.0, 0.6]]), np.full(2, works), np.full(2, 0.8))


def test_a_trial_by_hand() -> None:
    seen = twelve_firms()
    names = list(READ)
    # Those who came gain 0.1 SD and a tenth of their workers, the others learn 0.02 SD; one who came dies in the twin.
    seen.values[0, WITH_TRIAL, 1, 2:6, names.index("trained")] += 0.1
    seen.values[0, WITH_TRIAL, 1, 6:, names.index("trained")] += 0.02
    seen.values[0, WITH_TRIAL, 1, 2:6, names.index("workers")] *= 1.1
    seen.values[0, TWIN, 1, 5] = np.nan
    told = estimated(seen, given(1.0))
    assert told.kept.tolist() == [True, False]
    assert (told.take_up[0], told.invited[0], told.firms[0]) == (pytest.approx(4 / 6), 6.0, 12.0)

    def of(estimand: str, outcome: str, year: int = 1) -> tuple[float, float]:
        where = 0, KINDS.index(estimand), NAMES.index(outcome), year
        return float(told.value[where]), float(told.truth[where])

    assert of("itt", "practices") == pytest.approx((0.1 * 4 / 6 - 0.02, 0.1 * 3 / 5))
    assert of("late", "practices") == pytest.approx((0.1 - 0.02 * 6 / 4, 0.1))
    assert of("did", "practices") == pytest.approx((0.08, 0.1))
    assert of("spillover", "practices") == pytest.approx((0.02, 0.02))
    assert of("did", "log_workers") == pytest.approx((np.log(1.1), np.log(1.1)))
    assert of("did", "log_productivity") == pytest.approx((-0.8 * np.log(1.1), -0.8 * np.log(1.1)))
    assert of("itt", "alive") == pytest.approx((0.0, 1 / 6))
    assert of("itt", "practices", 0) == pytest.approx((0.0, 0.0))
    assert np.isnan(told.value[1]).all()
    assert told.mean_profit[0].tolist() == [2.0, 2.0]


def test_where_a_site_fails_practices_are_up_all_the_same_and_nothing_else_is() -> None:
    told = estimated(twelve_firms(), given(0.0))
    value = dict(zip(NAMES, told.value[0, KINDS.index("did"), :, 1], strict=True))
    assert value["practices"] == pytest.approx(0.2 * 0.6)
    assert [name for name in NAMES if value[name] != 0.0] == ["practices"]


def test_a_loss_has_no_logarithm_and_the_dead_are_missing_but_for_survival() -> None:
    seen = twelve_firms()
    seen.values[0, :, 1, 7, list(READ).index("profit")] = -1.0
    seen.values[0, WITH_TRIAL, 1, 8] = np.nan
    known = dict(zip(NAMES, outcomes(seen, given(1.0)), strict=True))
    assert np.isnan(known["log_profit"][0, TWIN, 1, 7])
    assert np.isfinite(known["log_value_added"][0, TWIN, 1, 7])
    assert all(np.isnan(known[name][0, WITH_TRIAL, 1, 8]) for name in NAMES if name != "alive")
    assert known["alive"][0, WITH_TRIAL, 1, 8] == 0.0
    assert np.isnan(known["alive"][1, WITH_TRIAL, 1, 8])


def test_chunks_are_joined_in_order() -> None:
    told = estimated(twelve_firms(), given(1.0))
    both = joined([told, told])
    assert isinstance(both, Estimates)
    assert both.value.shape == (4, len(ESTIMANDS), len(OUTCOMES), 2)
    assert both.kept.tolist() == [True, False, True, False]
    assert FEWEST == 10
