"""What does each programme of government do to two or three firms? Every kind, on a cluster small enough to follow by hand."""

import math

import numpy as np
import pytest

from model.engines.quarter import open_quarter
from model.events import EVENTS, LOAN
from model.lanes import firm_at
from model.mechanisms.credit import lend
from model.mechanisms.market import import_ceiling
from model.mechanisms.programmes import govern, investor_chance, space_cost, strain
from model.mechanisms.training import take_up
from model.observe import COLUMNS
from model.simulation import engine_named
from model.state import COURSES, TECHNOLOGY
from tests.model.worlds import add_firm, column, compiled, given, hazard, move_firms, programme, small_world, told, words

EVERYONE = {"training_take_up": 1.0, "awareness_start": 1.0}
CALM = {"state_module": 0.0}


def quarter(w, tick):
    """Open one quarter by hand; return its row of the panel."""
    row = np.empty(len(COLUMNS))
    w.cluster.tick, w.cluster.time = tick, tick / 4.0
    open_quarter(w, row)
    return row, w


def trained(budget, **fields):
    course = {"budget": budget, "unit_cost": 1.0, "stop": 0.25, **fields}
    w = small_world({**EVERYONE, "training_size_cost": 0.0}, (programme("training", **course),), **CALM)
    for _ in range(12):
        add_firm(w)
    _, w = quarter(w, 0)
    return w, {firm for event, firm, _ in told(w) if event == "trained"}


def test_a_larger_budget_trains_the_same_firms_and_more():
    few, many = trained(4.0)[1], trained(9.0)[1]
    assert (len(few), len(many)) == (4, 9)
    assert few < many


def test_a_budget_is_spent_and_no_more_and_nobody_is_trained_twice():
    w, names = trained(100.0)
    assert len(names) == 12
    assert w.programmes[0].spent == 12.0
    w.programmes[0].stop = 5.0
    _, w = quarter(w, 1)
    assert (w.cluster.granted, w.cluster.spent) == (100.0, 12.0)
    assert words(w).count("trained") == 12


def test_every_invitation_is_noted_and_so_is_who_refused():
    line = programme("training", budget=500.0, stop=0.25, unit_cost=1.0, course=TECHNOLOGY)
    w = small_world({"training_take_up": 0.5, "awareness_start": 1.0}, (line,), **CALM)
    for _ in range(40):
        add_firm(w)
    quarter(w, 0)
    lines = w.log[: w.cluster.logged].view(np.recarray)
    named = {word: lines.firm[lines.event == EVENTS.index(word)].tolist() for word in ("invited", "trained", "refused")}
    assert sorted(named["invited"]) == sorted(int(firm_at(w.firms, i).lineage) for i in range(40))
    assert sorted(named["trained"] + named["refused"]) == sorted(named["invited"])
    # 40 firms that come with a chance of one half: fewer than 6 or more than 34 once in a million.
    assert 6 <= len(named["refused"]) <= 34
    assert set(lines.detail[1:].tolist()) == {float(TECHNOLOGY)}


def test_both_engines_have_room_for_every_invitation_and_refusal():
    what = given(9, latents={"market": 1.0}, quarters=26, decision=6.0)
    often = [programme("training", budget=1e6, unit_cost=0.1, stop=0.25)] * 6
    what = what._replace(programmes=np.concatenate([what.programmes, *often]))
    (panel, log), (other_panel, other_log) = (engine_named(engine)(*what, 2) for engine in ("compiled", "simpy"))
    assert panel.tobytes() == other_panel.tobytes()
    assert log.tobytes() == other_log.tobytes()
    assert (log["event"] == EVENTS.index("invited")).sum() > 5 * column(panel, "firms")[24]


def test_larger_firms_cost_more_to_train():
    line = programme("training", budget=100.0, unit_cost=2.0, stop=0.25)
    w = small_world({**EVERYONE, "training_size_cost": 0.1}, (line,), **CALM)
    add_firm(w, workers=40.0)
    quarter(w, 0)
    assert w.programmes[0].spent == 2.0 * (1.0 + 0.1 * 40.0)


def test_what_is_learnt_arrives_with_a_lag_and_fades():
    changes = {**EVERYONE, "training_lag": 1.0, "training_decay": 0.2, "poaching_rate": 0.0, "learning_private_training": 0.0}
    line = programme("training", budget=9.0, stop=0.25, unit_cost=1.0, course=COURSES.index("intensive"))
    w = small_world(changes, (line,), **CALM)
    firm = add_firm(w, cash=50.0)
    _, w = quarter(w, 0)
    firm, gain = firm_at(w.firms, 0), w.p.training_intensive_gain
    assert (firm.pending, firm.trained, firm.courses) == (gain, 0.0, 1)
    move_firms(w)
    assert firm.pending == 0.75 * gain
    assert firm.trained == 0.25 * gain
    stock = [float(firm.trained)]
    for tick in range(1, 60):
        _, w = quarter(w, tick)
        move_firms(w)
        stock.append(float(firm_at(w.firms, 0).trained))
    peak = int(np.argmax(stock))
    assert 1 < peak < 20
    assert max(stock) < gain
    assert stock[-1] < 0.25 * max(stock)
    assert stock[-1] / stock[-2] == pytest.approx(1.0 - 0.2 * 0.25, rel=1e-3)


def test_training_does_nothing_where_the_site_does_not_work():
    line = programme("training", budget=9.0, stop=0.25, unit_cost=1.0, course=TECHNOLOGY)
    w = small_world(EVERYONE, (line,), site_works=0.0, **CALM)
    firm = add_firm(w)
    quarter(w, 0)
    assert words(w) == ["programme", "invited", "trained"]
    assert (firm.pending, firm.rung, firm.courses) == (0.0, 0, 1)


def test_a_fee_is_paid_by_the_firm_and_deters_the_unaware():
    w = small_world(EVERYONE, (programme("training", budget=9.0, stop=0.25, unit_cost=1.0, fee=0.4),), **CALM)
    firm = add_firm(w, cash=3.0)
    quarter(w, 0)
    assert firm.cash == pytest.approx(2.6)
    assert w.programmes[0].spent == pytest.approx((1.0 + w.p.training_size_cost * 3.0) - 0.4)
    assert take_up(w.p, 0.2, 0.0) > take_up(w.p, 0.2, 1.0)
    assert take_up(w.p, 1.0, 1.0) == take_up(w.p, 1.0, 0.0) > take_up(w.p, 0.2, 0.0)


@pytest.mark.parametrize(
    ("course", "knows", "gain"),
    [
        ("technology", 1.0, "training_technology_gain"),
        ("intensive", 0.0, "training_intensive_gain"),
        ("pilot", 0.0, "training_gain"),
    ],
)
def test_only_training_that_carries_technology_brings_home_access_to_quality(course, knows, gain):
    line = programme("training", budget=9.0, stop=0.25, unit_cost=1.0, course=COURSES.index(course))
    w = small_world(EVERYONE, (line,), **CALM)
    firm = add_firm(w)
    quarter(w, 0)
    assert firm.rung == 0, "whoever is trained has still to improve"
    assert firm.access == pytest.approx(knows * w.p.training_technology_access)
    assert firm.pending == w.p[gain]


def test_training_raises_awareness():
    line = programme("training", budget=90.0, unit_cost=0.1)
    w = small_world({"training_take_up": 1.0, "awareness_start": 0.2}, (line,), **CALM)
    for _ in range(20):
        add_firm(w)
    quarter(w, 0)
    came = w.cluster.awareness
    assert came == pytest.approx(0.2 + 0.8 * w.p.awareness_training * words(w).count("trained") / 20)
    assert came > 0.2


def test_a_market_place_attracts_traders_and_lowers_costs():
    past = programme("market_place", start=0.0, stop=2000.0, of_history=1)
    plain, with_place = small_world(), small_world({}, (past,), start_year=0.0, **CALM)
    for w in (plain, with_place):
        add_firm(w, workers=50.0)
        for tick in range(12):
            quarter(w, tick)
    gained = with_place.cluster.log_agglomeration - plain.cluster.log_agglomeration
    assert gained > with_place.p.market_place_effect
    assert with_place.cluster.traders > plain.cluster.traders
    assert (with_place.cluster.market_place, plain.cluster.market_place) == (1.0, 0.0)


def test_a_zone_offers_space_for_its_budget():
    w = small_world({}, (programme("zone", budget=100.0, stop=2.0, captured=0.25),), **CALM)
    for tick in range(10):
        quarter(w, tick)
    assert w.cluster.zone_space == pytest.approx(0.75 * 100.0 / space_cost(w.p, 0.0))
    assert w.programmes[0].spent == pytest.approx(100.0)


def test_a_fund_lends_to_firms_without_cash_and_lends_again():
    w = small_world({"credit_noise": 0.0, "growth_speed": 0.0}, (programme("credit", budget=6.0, stop=9.0),), **CALM)
    poor, rich = add_firm(w, cash=0.0), add_firm(w, cash=50.0)
    quarter(w, 0)
    assert w.cluster.fund == 6.0

    def loan_hazard(firm):
        return hazard(w, firm, LOAN, surplus=5.0)

    assert loan_hazard(poor) > 0.0 == loan_hazard(rich)
    poor.workers = 3.0
    lend(w, 0, 0.1)
    assert (poor.debt, poor.cash, w.cluster.fund, w.cluster.loans) == (5.0, 5.0, 1.0, 1.0)
    assert words(w) == ["programme", "loan"]
    assert loan_hazard(poor) == 0.0
    move_firms(w)
    assert poor.debt == pytest.approx(5.0 * (1.0 - 0.25 / w.p.credit_term))
    assert w.cluster.interest == pytest.approx(0.25 * w.p.credit_rate * 5.0)
    quarter(w, 1)
    assert w.cluster.fund == pytest.approx(1.0 + 5.0 * 0.25 / w.p.credit_term)


def test_a_captured_fund_favours_the_connected():
    def hazards(captured, cofinance):
        line = programme("credit", budget=50.0, captured=captured, cofinance=cofinance)
        w = small_world({"credit_noise": 0.0}, (line,), **CALM)
        firms = [add_firm(w, cash=0.0, connected=connected) for connected in (0, 1)]
        quarter(w, 0)
        return [hazard(w, firm, LOAN, surplus=0.5) for firm in firms]

    plain, connected = hazards(0.0, 0.0)
    assert plain == connected == pytest.approx(2.0 * 0.5)
    plain_captured, connected_captured = hazards(0.4, 0.0)
    assert plain_captured == pytest.approx(0.6 * plain)
    assert connected_captured > connected
    assert hazards(0.4, 0.5)[1] < connected_captured, "own money at stake restrains capture"


def test_officers_lend_to_whom_they_read_as_profitable():
    w = small_world({"credit_noise": 0.0}, (programme("credit", budget=50.0),), **CALM)
    firm = add_firm(w, cash=0.0)
    quarter(w, 0)
    assert hazard(w, firm, LOAN, surplus=2.0) > 10.0 * hazard(w, firm, LOAN, surplus=-0.5)


def test_the_trained_only_may_be_lent_to_or_move_in():
    w = small_world({"credit_noise": 0.0}, (programme("credit", budget=50.0, trained_only=1.0),), **CALM)
    untaught, taught = add_firm(w, cash=0.0), add_firm(w, cash=0.0, courses=1)
    quarter(w, 0)
    assert hazard(w, untaught, LOAN, surplus=2.0) == 0.0 < hazard(w, taught, LOAN, surplus=2.0)


def test_a_foreign_investor_brings_knowledge_and_fears_copying():
    w = small_world({"investment_copying": 0.0}, (programme("foreign_investment", budget=1e6),), **CALM)
    add_firm(w)
    quarter(w, 0)
    assert words(w) == ["programme", "foreign_investment"]
    investor = firm_at(w.firms, 1)
    assert (investor.rung, investor.workers, investor.recognition) == (1, 50.0, 1.0)
    assert w.cluster.access == w.p.investment_access
    assert investor_chance(w.p, 1000.0) == 1.0
    deterred = small_world({"investment_copying": 1.0}).p
    assert investor_chance(deterred, 0.0) == 1.0 > investor_chance(deterred, 10.0) > investor_chance(deterred, 1000.0)
    nobody = small_world({"investment_copying": 1e9}, (programme("foreign_investment", budget=1.0, start=0.25),), **CALM)
    add_firm(nobody)
    quarter(nobody, 0)
    quarter(nobody, 1)
    assert words(nobody) == ["programme"]


def test_protection_lifts_the_ceiling_while_it_lasts():
    w = small_world({}, (programme("protection", effect=0.2, stop=1.0),))
    add_firm(w)
    ceilings = [quarter(w, tick)[1].cluster.ceiling for tick in range(6)]
    free = [import_ceiling(w.p, w.s, tick / 4.0, 0.0) for tick in range(6)]
    assert ceilings[:4] == pytest.approx([1.2 * ceiling for ceiling in free[:4]])
    assert ceilings[4:] == free[4:]


def test_a_campaign_raises_awareness_that_fades_again():
    w = small_world({"awareness_start": 0.2}, (programme("campaign", effect=0.5, budget=1e6, stop=2.0),), **CALM)
    add_firm(w)
    awareness = [quarter(w, tick)[1].cluster.awareness for tick in range(40)]
    assert awareness[0] == pytest.approx(0.2 + 0.8 * 0.125)
    assert (np.diff(awareness[:8]) > 0.0).all()
    assert (np.diff(awareness[8:]) < 0.0).all()
    assert awareness[-1] > 0.2


def test_grants_are_cash_in_keyed_order():
    def granted(budget):
        w = small_world({}, (programme("grant", budget=budget, unit_cost=2.0, stop=0.25),), **CALM)
        firms = [add_firm(w, cash=1.0) for _ in range(8)]
        quarter(w, 0)
        names = {firm for event, firm, _ in told(w) if event == "grant"}
        assert {int(firm.lineage) for firm in firms if firm.cash == 3.0} == names
        return names

    assert (len(granted(5.0)), len(granted(11.0))) == (2, 5)
    assert granted(5.0) < granted(11.0)


# Founders who differ in nothing.
ALIKE = dict.fromkeys(("entry_skill_sd", "entry_schooling_sd", "entry_connected", "entry_cash_sd"), 0.0)


def test_preferences_found_schooled_firms_without_know_how():
    line = programme("export_preference", budget=10.0, unit_cost=5.0, stop=0.25)
    w = small_world(ALIKE, (line,), **CALM)
    quarter(w, 0)
    assert words(w) == ["programme", "entry", "entry"]
    firm = firm_at(w.firms, 0)
    assert (firm.schooling, firm.in_zone, firm.rung) == (14.0, 1, 0)
    assert firm.skill < w.s.founder_skill
    assert firm.cash == pytest.approx(5.0 + w.p.entry_cash * w.ladder[0].fixed_cost)


def test_a_research_institute_builds_up_access():
    past = programme("research_institute", start=0.0, stop=2.0, of_history=1)
    w = small_world({}, (past,), start_year=0.0, **CALM)
    access = [quarter(w, tick)[1].cluster.access for tick in range(12)]
    assert access[3] == pytest.approx(0.5 * w.p.investment_access)
    assert access[7] == access[11] == pytest.approx(w.p.investment_access)


def test_programmes_wait_for_improved_firms_or_their_last_date():
    def opened(rung, trigger_after):
        line = programme("campaign", trigger_firms=1.0, trigger_after=trigger_after)
        w = small_world({}, (line,))
        add_firm(w, rung=rung)
        for tick in range(12):
            quarter(w, tick)
        return float(w.programmes[0].opened)

    assert opened(1, math.inf) == 0.25, "counted at the market of quarter 0, seen by government in the next"
    assert opened(0, 2.0) == 2.0
    assert opened(0, math.inf) == -1.0


def test_beyond_its_capacity_the_state_loses_effect():
    p = small_world({"state_capacity": 0.05, "state_strain": 0.5}).p
    assert strain(p, 5.0, 100.0, 1.0) == 0.0
    assert strain(p, 15.0, 100.0, 1.0) == pytest.approx(1.0)
    assert strain(p, 5.0, 100.0, 3.0) == pytest.approx(2.0 * p.state_programmes)
    gains = []
    for module in (0.0, 1.0):
        w = small_world(EVERYONE, (programme("training", budget=50.0, unit_cost=1.0),), state_module=module)
        add_firm(w)
        w.cluster.workers = 3.0
        govern(w)
        gains.append(float(firm_at(w.firms, 0).pending))
    assert gains[0] > gains[1] > 0.0


def test_many_programmes_at_once_have_room_for_every_line():
    what = given(9, "all-at-once", latents={"market": 1.0}, quarters=90, decision=20.0)
    lines = np.concatenate([what.programmes, *[programme("grant", budget=1e6, unit_cost=0.1, stop=0.25)] * 6])
    panel, log, _, _ = compiled(what._replace(programmes=lines), 2)
    given_at = log[log["time"] == 20.0]
    assert len(given_at) > 6 * column(panel, "firms")[79] * 0.9
    assert (np.diff(log["time"]) >= 0.0).all()
    assert np.isfinite(panel).all()


@pytest.mark.parametrize(
    ("kind", "scale", "reached"),
    [
        ("market_place", "market_place_scale", lambda w: w.cluster.market_place),
        ("campaign", "campaign_scale", lambda w: w.cluster.awareness - w.p.awareness_start),
        ("research_institute", "institute_scale", lambda w: w.cluster.access),
    ],
    ids=["market_place", "campaign", "research_institute"],
)
def test_what_a_policy_does_follows_its_spending_with_falling_returns(kind, scale, reached):
    def after(budget, **fields):
        w = small_world({"awareness_start": 0.2}, (programme(kind, budget=budget, stop=1.0, **fields),), **CALM)
        add_firm(w, workers=50.0)
        # Government knows the wage bill of the quarter before, of which this world has none.
        w.cluster.workers = 50.0
        for tick in range(5):
            quarter(w, tick)
        return reached(w)

    unit = 50.0 * small_world().p[scale]
    low, middle, high, most = (after(times * unit) for times in (0.01, 1.0, 2.0, 1e6))
    assert 0.0 < low < middle < high < most
    # A hundredth of a budget does about a hundredth, and the second half of a budget does less than the first.
    assert low < 0.02 * middle
    assert high - middle < 0.5 * middle
    assert after(unit, captured=0.5) < middle


def test_a_second_market_place_adds_what_further_spending_adds():
    """Where history has one that stands at 1, spending closes the gap to the most; where none stands, it begins at 0."""
    past = programme("market_place", start=0.0, stop=2000.0, of_history=1)
    new = programme("market_place", budget=10.0, stop=1.0)
    built = []
    for lines in ((past,), (past, new), (new,)):
        w = small_world({"market_place_decay": 0.0}, lines, start_year=0.0, **CALM)
        add_firm(w, workers=50.0)
        for tick in range(5):
            quarter(w, tick)
        built.append(float(w.cluster.market_place))
    response = 1.0 - math.exp(-10.0 / (w.p.market_place_scale * 50.0))
    assert built == pytest.approx([1.0, 1.0 + (w.p.market_place_most - 1.0) * response, w.p.market_place_most * response])


def test_several_programmes_at_once_strain_the_state_and_those_of_history_do_not():
    def strained(*lines):
        w = small_world({"state_capacity": 1e9}, lines, start_year=0.0)
        add_firm(w)
        quarter(w, 0)
        return w.cluster.strain, w.p.state_programmes

    one, past = programme("campaign", budget=1.0), programme("campaign", start=0.0, stop=2000.0, of_history=1)
    assert strained(one)[0] == strained(past, past, one)[0] == 0.0
    alone, each = strained(one, one, one)
    assert alone == pytest.approx(2.0 * each)
