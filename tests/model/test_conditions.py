"""What do programmes change for all firms? Each channel on a cluster small enough to follow by hand, by what was spent."""

import numpy as np
import pytest

from model.engines.quarter import open_quarter
from model.lanes import firm_at
from model.mechanisms.birth import found
from model.mechanisms.conditions import response
from model.mechanisms.knowledge import recognition_gain
from model.mechanisms.market import import_ceiling, improved_ceiling
from model.mechanisms.programmes import PROTECTION_LEAST
from model.mechanisms.spin_off import spin_off
from model.observe import COLUMNS
from tests.model.worlds import add_firm, move_firms, programme, small_world

CALM = {"state_module": 0.0}
# Founders who differ in nothing.
ALIKE = dict.fromkeys(("entry_skill_sd", "entry_schooling_sd", "entry_connected", "spin_off_skill_sd"), 0.0)


def open_quarters(w, first, last):
    for tick in range(first, last):
        w.cluster.tick, w.cluster.time = tick, tick / 4.0
        open_quarter(w, np.empty(len(COLUMNS)))
    return w


def world(kind, budget, quarters=20, workers=50.0, changes=None, **fields):
    """A world of one firm after a programme has run for some quarters."""
    w = small_world(changes, (programme(kind, budget=budget, stop=5.0, **fields),), **CALM)
    add_firm(w, workers=workers)
    return open_quarters(w, 0, quarters)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("utilities", "utilities"),
        ("zoning", "zoned"),
        ("standards", "standards"),
        ("schooling", "schooled"),
        ("vocational_training", "vocational"),
    ],
)
def test_each_acts_by_what_is_spent_with_falling_returns(kind: str, field: str) -> None:
    nothing, one, two, all_astray = (
        float(world(kind, budget, captured=captured).cluster[field])
        for budget, captured in ((0.0, 0.0), (4.0, 0.0), (8.0, 0.0), (8.0, 1.0))
    )
    assert nothing == all_astray == 0.0
    assert one < two < 2.0 * one
    half = world(kind, 8.0, captured=0.5)
    assert half.cluster[field] == pytest.approx(one)


@pytest.mark.parametrize("kind", ["utilities", "zoning", "standards", "schooling", "vocational_training"])
def test_what_is_spent_is_a_cost_and_what_goes_astray_is_booked(kind: str) -> None:
    w = world(kind, 8.0, quarters=21, captured=0.25)
    spent = w.programmes[0].spent
    assert spent == pytest.approx(8.0)
    assert w.cluster.spent == pytest.approx(8.0)
    free = world(kind, 8.0, quarters=21)
    assert w.cluster.treasury == pytest.approx(free.cluster.treasury)
    assert 0.0 < w.cluster.captured < 2.0
    assert free.cluster.captured == 0.0


def test_utilities_make_all_firms_more_productive_and_wear_away() -> None:
    w = world("utilities", 1e6)
    plain = world("utilities", 0.0)
    assert w.cluster.utilities == pytest.approx(w.p.utilities_effect)
    assert w.cluster.log_agglomeration - plain.cluster.log_agglomeration == pytest.approx(w.p.utilities_effect)
    assert w.cluster.traders == plain.cluster.traders
    built = float(w.cluster.utilities_works)
    open_quarters(w, 20, 60)
    assert w.cluster.utilities_works == pytest.approx(built * (1.0 - 0.25 * w.p.utilities_decay) ** 40)


def test_zoned_land_eases_the_core_only_after_years() -> None:
    w, plain = world("zoning", 1e3, quarters=2), world("zoning", 0.0, quarters=2)
    assert 0.0 < w.cluster.zoned < 1.0
    early = float(w.cluster.zoned)
    w, plain = open_quarters(w, 2, 40), open_quarters(plain, 2, 40)
    assert early < w.cluster.zoned <= w.p.zoning_most
    assert w.cluster.congestion < plain.cluster.congestion
    assert w.cluster.zoning_opened < w.cluster.zoning_works


def test_standards_keep_imitators_from_a_brand_only_while_they_run() -> None:
    w = small_world({}, (programme("standards", budget=1e6, stop=2.0),), **CALM)
    for rung in (0, 1):
        add_firm(w, rung=rung, recognition=0.8)
    open_quarters(w, 0, 1)
    assert w.cluster.standards == pytest.approx(w.p.standards_effect)
    assert w.cluster.imitators == pytest.approx(0.5 * (1.0 - w.p.standards_effect))
    assert recognition_gain(w.p, 0.8, 5.0, w.cluster.imitators) > recognition_gain(w.p, 0.8, 5.0, 0.5)
    open_quarters(w, 1, 9)
    assert (w.cluster.standards, w.cluster.imitators) == (0.0, 0.5)


def test_schools_raise_the_schooling_of_new_founders_late_and_not_that_of_old_ones() -> None:
    w = world("schooling", 1e3, quarters=4, changes=ALIKE)
    soon = float(w.cluster.schooled)
    open_quarters(w, 4, 60)
    assert 0.0 < soon < 0.5 * w.cluster.schooled
    assert firm_at(w.firms, 0).schooling == w.s.schooling
    new = firm_at(w.firms, found(w, 15.0, 12345, 0.0, 0.0, 0))
    assert new.schooling == pytest.approx(w.s.schooling + w.cluster.schooled)
    assert new.skill == pytest.approx(w.p.entry_schooling_skill * (new.schooling - 10.0))


def test_vocational_training_helps_founders_who_were_workers_and_no_others() -> None:
    w = world("vocational_training", 1e3, changes=ALIKE)
    worker, outsider = (firm_at(w.firms, row) for row in (spin_off(w, 0, 5.0, 1), found(w, 5.0, 12345, 0.0, 0.0, 0)))
    assert worker.skill == pytest.approx(w.cluster.vocational) == pytest.approx(w.p.vocational_gain)
    assert outsider.skill == 0.0


def test_liberalisation_lets_imports_in_but_none_below_the_world_price() -> None:
    lines = tuple(programme("protection", effect=rate, stop=1.0) for rate in (-0.2, -0.4))
    w = small_world({}, lines, **CALM)
    add_firm(w)
    open_quarters(w, 0, 1)
    assert w.cluster.protection == PROTECTION_LEAST
    assert w.cluster.ceiling == pytest.approx(0.5 * import_ceiling(w.p, w.s, 0.0, 0.0))
    assert w.cluster.ceiling_export == w.cluster.world_price == improved_ceiling(w.p, w.cluster.world_price, -0.5)
    open_quarters(w, 1, 5)
    assert w.cluster.ceiling == import_ceiling(w.p, w.s, 1.0, 0.0)


def test_a_programme_closes_at_its_number_of_improved_firms() -> None:
    def spent(improved: int) -> float:
        w = small_world({}, (programme("utilities", budget=20.0, stop=5.0, stop_firms=2.0),), **CALM)
        for rung in (1, min(1, improved)):
            add_firm(w, rung=rung)
        open_quarters(w, 0, 20)
        assert w.cluster.granted == 20.0
        return float(w.programmes[0].spent)

    assert spent(0) == pytest.approx(20.0)
    assert spent(1) == pytest.approx(1.0), "counted at the market of quarter 0, seen by government in the next"


def test_nothing_spent_is_nothing_done() -> None:
    assert response(0.0, 0.2, 100.0) == 0.0
    w = open_quarters(small_world({}), 0, 4)
    assert w.cluster.utilities == w.cluster.zoned == w.cluster.standards == w.cluster.schooled == w.cluster.vocational == 0.0
    move_firms(w)
