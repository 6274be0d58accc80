"""Is an improvement many-sided? Sides that must all be in place complement each other; a record of successes heartens."""

import math
from itertools import permutations

import pytest

from model.events import ATTEMPT
from model.mechanisms.improvement import (
    SIDES,
    gain_per_worker,
    management_side,
    marketing_side,
    parts_side,
    press,
    private_gain,
    quality_side,
    shown,
    success_chance,
    visible_record,
)
from model.world import World
from tests.model.worlds import add_firm, hazard, small_world

UNLIKE = (-0.7, 0.1, 0.9, 2.0)


def product(intercept: float = -1.5, one_logit: float = 0.0) -> World:
    return small_world({"success_intercept": intercept}, one_logit=one_logit)


@pytest.mark.parametrize("one_logit", [0.0, 1.0])
def test_the_four_sides_weigh_alike(one_logit: float) -> None:
    w = product(one_logit=one_logit)
    chances = {success_chance(w.p, w.s, *sides, 0.3) for sides in permutations(UNLIKE)}
    assert max(chances) == pytest.approx(min(chances), rel=1e-13)


def test_all_sides_must_be_in_place() -> None:
    w = product()
    assert success_chance(w.p, w.s, *UNLIKE, 0.3) == pytest.approx(
        math.prod(1.0 / (1.0 + math.exp(-(w.p.success_intercept + side + 0.3))) for side in UNLIKE), rel=1e-13
    )
    assert success_chance(w.p, w.s, 50.0, 50.0, 50.0, -50.0, 0.0) < 1e-12


def test_one_side_alone_does_little_and_all_four_much() -> None:
    """The gain from four sides exceeds four times that from one; where sides stand in for each other, it does not."""
    gains = {}
    for one_logit, intercept in ((0.0, -1.5), (1.0, 0.0)):
        w = product(intercept, one_logit)
        before, alone, together = (success_chance(w.p, w.s, *sides, 0.0) for sides in ((0,) * 4, (1, 0, 0, 0), (1,) * 4))
        gains[one_logit] = (together - before) / (alone - before)
    assert gains[0.0] > 4.0 > gains[1.0]


def test_sides_that_stand_in_for_each_other_add_up_in_log_odds() -> None:
    w = product(one_logit=1.0)
    chance = success_chance(w.p, w.s, *UNLIKE, 0.3)
    assert math.log(chance / (1.0 - chance)) == pytest.approx(SIDES * (w.p.success_intercept + 0.3) + sum(UNLIKE), rel=1e-12)
    moved = success_chance(w.p, w.s, UNLIKE[0] + UNLIKE[3], *UNLIKE[1:3], 0.0, 0.3)
    assert moved == pytest.approx(chance, rel=1e-12), "only the sum counts"


def test_each_instrument_raises_the_side_that_it_teaches() -> None:
    p = small_world().p
    assert quality_side(p, 1.0, 10.0, 0.0) - quality_side(p, 0.0, 10.0, 0.0) == 1.0
    assert quality_side(p, 0.0, 10.0, 1.0) == -p.success_rung
    assert management_side(p, 1.0, 10.0) == p.success_skill
    assert marketing_side(p, 3.0, 10.0, 1.0) == p.success_recognition
    assert parts_side(p, 3.0, 1.0) == p.success_trust
    for side in (marketing_side(p, 4.0, 10.0, 0.0), parts_side(p, 4.0, 0.0)):
        assert side == pytest.approx(p.success_thickness), "traders and part-suppliers help two sides"
    schooled = (quality_side(p, 0.0, 11.0, 0.0), management_side(p, 0.0, 11.0), marketing_side(p, 3.0, 11.0, 0.0))
    assert schooled == pytest.approx((p.success_schooling,) * 3)


def test_what_others_show_is_bounded() -> None:
    p = small_world().p
    assert shown(p, 0.0) == 0.0
    assert shown(p, p.success_imitation_half) == pytest.approx(0.5 * p.success_imitation)
    assert shown(p, 5.0) < shown(p, 1e9) <= p.success_imitation


def test_successes_hearten_where_failures_count_by_their_share() -> None:
    share, count = small_world(), small_world(count_failures=1.0)
    for w, heartened in ((share, True), (count, False)):
        few, many = (visible_record(w.p, w.s, succeeded, 3.0) for succeeded in (0.0, 20.0))
        assert few == pytest.approx(0.25**w.p.attempt_discouragement)
        assert (many > few) == heartened
        assert visible_record(w.p, w.s, 5.0, 0.0) == 1.0


def test_the_record_deters_those_who_have_not_improved_and_no_other() -> None:
    w = small_world(market=1e6, reach=1e6)
    plain, improved = (add_firm(w, rung=rung, workers=40.0, cash=1e3) for rung in (0, 1))
    w.cluster.firms, w.cluster.improved_firms = 2.0, 1.0
    before, after = [], []
    for failed, hazards in ((0.0, before), (9.0, after)):
        w.cluster.discouragement = failed
        press(w)
        hazards += [hazard(w, plain, ATTEMPT), hazard(w, improved, ATTEMPT)]
    assert after[0] == pytest.approx(before[0] * (2.0 / 11.0) ** w.p.attempt_discouragement)
    assert after[1] == before[1] > 0.0


def test_the_improved_are_pressed_at_least_by_their_imitators() -> None:
    w = small_world()
    add_firm(w), add_firm(w, rung=1)
    w.ladder["log_price"] = 3.0
    press(w)
    assert w.ladder[1].pressure == w.p.attempt_escape > w.ladder[0].pressure


def test_a_gain_depends_on_how_much_better_improved_goods_are_paid() -> None:
    w = small_world()
    p = w.p
    even, better = gain_per_worker(p, 0.0), gain_per_worker(p, 0.1)
    assert even == pytest.approx((1.0 / p.production_span - 1.0) * (p.production_rung_size - 1.0))
    premium = math.exp(0.1 / (1.0 - p.production_span))
    assert better == pytest.approx((1.0 / p.production_span - 1.0) * (p.production_rung_size * premium - 1.0))
    assert private_gain(w.cluster, 10.0, 0.2, better) > private_gain(w.cluster, 10.0, 0.2, even)
    assert private_gain(w.cluster, 1.0, 0.01, even) == 0.0, "no less than nothing"


def test_the_squeeze_is_judged_by_outsiders_skill() -> None:
    pressures = []
    for skill in (0.0, 4.0):
        w = small_world()
        add_firm(w, skill=skill)
        w.cluster.managerial_capital = skill
        press(w)
        pressures.append(float(w.ladder[0].pressure))
    assert pressures[0] == pressures[1]
