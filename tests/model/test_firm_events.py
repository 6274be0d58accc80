"""What does each event do to two or three firms? Every mechanism of firms, on a cluster small enough to follow by hand."""

import math

import pytest
from scipy import integrate, stats

from model.engines.quarter import happen, open_market
from model.events import ATTEMPT, BREACH, EXIT, LOAN, POACHING, RELOCATION, SPIN_OFF, SUCCESSION
from model.lanes import firm_at, strikes
from model.mechanisms.agglomeration import gather
from model.mechanisms.clocks import put_in_order, run_clocks, set_due
from model.mechanisms.entry import enter, entrant_surplus, entry_hazard
from model.mechanisms.exit import leave
from model.mechanisms.improvement import attempt, attempt_hazard, press
from model.mechanisms.knowledge import break_trust
from model.mechanisms.poaching import lose_staff
from model.mechanisms.relocation import needed_space, relocate, relocation_cost
from model.mechanisms.spin_off import apprenticeship, spin_off, spin_off_hazard
from model.mechanisms.succession import succeed
from model.peers import EMPTY
from model.world import bury
from tests.model.worlds import add_firm, hazard, move_firms, residuals, small_world, told, words

ALWAYS, NEVER = {"success_intercept": 50.0}, {"success_intercept": -50.0}


def test_exit_frees_the_seat_and_is_told():
    w = small_world({"exit_merger_share": 0.0})
    leaver, other = add_firm(w, workers=4.0), add_firm(w)
    name = int(leaver.lineage)
    leave(w, 0, 1.5)
    assert told(w) == [("exit", name, 0)]
    assert w.log[0].time == 1.5
    assert w.log[0].detail == 4.0
    assert (leaver.alive, other.alive, w.cluster.exits, w.cluster.mergers) == (0, 1, 1.0, 0.0)
    kept = int(other.lineage)
    bury(w)
    assert w.cluster.rows == 1
    assert firm_at(w.firms, 0).lineage == kept
    seats = w.table[: w.cluster.seats]
    assert seats[seats != EMPTY].tolist() == [0]


def test_the_dead_do_nothing_more():
    w = small_world({"exit_merger_share": 0.0})
    add_firm(w)
    leave(w, 0, 1.0)
    for mechanism in (EXIT, SPIN_OFF, ATTEMPT, RELOCATION, LOAN, SUCCESSION, BREACH, POACHING):
        happen(w, mechanism, 0, 1.1, 1)
    assert words(w) == ["exit"]


def test_exit_with_debt_is_a_default_with_its_loss():
    w = small_world({"exit_merger_share": 0.0})
    add_firm(w, debt=2.5)
    leave(w, 0, 1.0)
    assert words(w) == ["default", "exit"]
    assert (w.cluster.defaults, w.cluster.loan_losses) == (1.0, 2.5)


def test_a_better_richer_firm_takes_over_the_workers():
    w = small_world({"exit_merger_share": 1.0})
    gather(w)
    seller = add_firm(w, workers=4.0)
    buyer = add_firm(w, rung=1, workers=10.0, workers_best=50.0, cash=100.0)
    seller = int(seller.lineage)
    leave(w, 0, 1.0)
    assert told(w) == [("merger", seller, int(buyer.lineage))]
    assert buyer.workers == 14.0
    assert buyer.cash == pytest.approx(100.0 - 0.5 * w.ladder[1].outlay * 4.0)
    assert buyer.cash < 100.0, "the buyer pays"
    assert (w.cluster.exits, w.cluster.mergers) == (1.0, 1.0)


@pytest.mark.parametrize("lacking", [{"rung": 0}, {"workers_best": 13.0}, {"cash": 0.0}])
def test_no_takeover_by_a_firm_no_better_too_small_or_too_poor(lacking):
    w = small_world({"exit_merger_share": 1.0})
    gather(w)
    add_firm(w, workers=4.0)
    add_firm(w, **{"rung": 1, "workers": 10.0, "workers_best": 50.0, "cash": 100.0, **lacking})
    leave(w, 0, 1.0)
    assert words(w) == ["exit"]


@pytest.mark.parametrize("gain", [0.2, 1.5])
def test_trained_firms_exit_less_and_connected_borrowers_more(gain):
    """The ratio is that of a trained firm, whatever a short course brings; what has faded by half helps by half."""
    w = small_world({"training_exit": 0.8, "training_gain": gain, "credit_capture_default": 2.0})
    plain, trained, connected = add_firm(w), add_firm(w, trained=gain), add_firm(w, connected=1, debt=1.0)
    assert hazard(w, trained, EXIT) == pytest.approx(0.8 * hazard(w, plain, EXIT), rel=1e-14)
    assert hazard(w, add_firm(w, trained=4.0 * gain), EXIT) == hazard(w, trained, EXIT)
    faded = hazard(w, add_firm(w, trained=0.5 * gain), EXIT)
    assert faded == pytest.approx(math.sqrt(0.8) * hazard(w, plain, EXIT), rel=1e-14)
    assert hazard(w, connected, EXIT) == 2.0 * hazard(w, plain, EXIT)
    broke = add_firm(w, cash=-1.01 * w.ladder[0].fixed_cost)
    assert hazard(w, broke, EXIT) == w.p.exit_ceiling


def test_a_spin_off_inherits_management_with_its_parent_in_the_log():
    w = small_world({"spin_off_skill_sd": 0.0, "entry_schooling_sd": 0.0, "entry_connected": 0.0, "spin_off_inheritance": 1.0})
    parent = add_firm(w, skill=2.0, trained=1.0, rung=2)
    w.cluster.managerial_capital = 9.0
    child = firm_at(w.firms, spin_off(w, 0, 3.0, 1))
    assert told(w) == [("spin_off", int(child.lineage), int(parent.lineage))]
    share = w.p.spin_off_heredity
    assert child.skill == pytest.approx(share * 2.0, rel=1e-15), "for good, and whatever the incumbents know"
    assert child.rung in (1, 2)
    assert (child.trained, child.debt, child.in_zone, child.born) == (pytest.approx(share * 1.0), 0.0, 0, 3.0)
    assert w.cluster.spin_offs == 1.0
    rungs = {int(firm_at(w.firms, spin_off(w, 0, 3.0, number)).rung) for number in range(2, 14)}
    assert rungs == {1, 2}


def test_workers_must_learn_before_they_found():
    w = small_world()
    assert apprenticeship(w.p, 0.0) == 0.0
    assert spin_off_hazard(w.p, 10.0, 1.0, 0.0) == 0.0
    assert spin_off_hazard(w.p, 10.0, -0.1, 10.0) == 0.0
    assert spin_off_hazard(w.p, 40.0, 1.0, 1e6) == w.p.spin_off_rate * 2.0 * 0.5
    assert apprenticeship(w.p, w.p.spin_off_lag) == pytest.approx(1.0 - 1.25**-4, rel=1e-15)


@pytest.mark.parametrize("lags", [0.01, 0.3, 1.0, 2.5, 10.0])
def test_apprentices_learn_at_speeds_that_follow_a_gamma_distribution(lags):
    """Of workers whose speed r has the shape 4 and the mean 1, a share 1 - E[e^-(r (age/lag)^2)] has learnt enough."""
    w = small_world()
    speed = stats.gamma(4.0, scale=0.25)
    learning = integrate.quad(lambda r: speed.pdf(r) * math.exp(-r * lags * lags), 0.0, math.inf, epsabs=1e-13)[0]
    assert apprenticeship(w.p, lags * w.p.spin_off_lag) == pytest.approx(1.0 - learning, abs=1e-11)


def test_an_entrant_starts_below_or_copies_but_for_one_rung():
    changes = {"entry_cash_sd": 0.0}
    never, always = (small_world({**changes, "spin_off_inheritance": share}) for share in (0.0, 2.0))
    for w in (never, always):
        add_firm(w, rung=2)
    assert firm_at(never.firms, enter(never, 0.4, 1)).rung == 0
    entrant = firm_at(always.firms, enter(always, 0.4, 1))
    assert entrant.rung == 1
    assert told(always) == [("entry", int(entrant.lineage), 0)]
    assert always.cluster.entrants == 1.0
    assert entrant.cash == always.p.entry_cash * always.ladder[1].fixed_cost


def test_profit_and_the_division_of_labour_draw_entrants():
    w = small_world()
    add_firm(w)
    open_market(w)
    before = entrant_surplus(w)
    w.cluster.traders = 500.0
    open_market(w)
    assert entrant_surplus(w) > before > 0.0
    assert entry_hazard(w.p, 10.0, 1.0) > entry_hazard(w.p, 10.0, 0.5) > entry_hazard(w.p, 10.0, -1.0) == w.p.entry_floor


def test_a_success_climbs_wakes_and_heartens():
    w = small_world(ALWAYS)
    firm = add_firm(w, cash=50.0, recognition=0.8, rung=1)
    w.cluster.discouragement = 2.0
    awareness, above, cash = w.cluster.awareness, w.ladder[2].above, firm.cash
    attempt(w, 0, 2.0, 1)
    assert told(w) == [("attempt_succeeded", int(firm.lineage), 0)]
    assert w.log[0].detail == 2.0
    assert (firm.rung, firm.recognition, firm.skill) == (2, 0.4, w.p.success_skill_gain)
    assert firm.cash == cash - w.p.attempt_cost * w.ladder[1].fixed_cost
    assert (w.cluster.discouragement, w.ladder[2].above) == (2.0, above + 1.0)
    assert w.cluster.awareness > awareness
    assert (w.cluster.attempts, w.cluster.successes) == (1.0, 1.0)


def test_a_visible_failure_makes_others_recoil():
    w = small_world(NEVER)
    firm, other = add_firm(w, cash=50.0), add_firm(w, workers=30.0, cash=50.0)
    open_market(w)
    before = hazard(w, other, ATTEMPT)
    attempt(w, 0, 2.0, 1)
    assert words(w) == ["attempt_failed"]
    assert (firm.rung, w.cluster.attempts, w.cluster.successes, w.cluster.discouragement) == (0, 1.0, 0.0, 1.0)
    press(w)
    assert hazard(w, other, ATTEMPT) == pytest.approx(before * 0.5**w.p.attempt_discouragement, rel=1e-12), "one of one failed"


@pytest.mark.parametrize("lacking", [{"cash": 0.1}, {"rung": 6}])
def test_no_attempt_without_cash_or_a_rung_to_climb(lacking):
    w = small_world(ALWAYS)
    firm = add_firm(w, **{"workers": 30.0, "cash": 500.0, **lacking})
    attempt(w, 0, 2.0, 1)
    assert words(w) == []
    assert hazard(w, firm, ATTEMPT) == 0.0


def test_the_schooled_and_the_skilled_attempt_and_succeed_more():
    w = small_world()
    base = attempt_hazard(w.p, 10.0, 0.0, 1.0, 1.0, 1.0)
    assert base == w.p.attempt_rate * 0.5
    assert attempt_hazard(w.p, 14.0, 0.0, 1.0, 1.0, 1.0) > base < attempt_hazard(w.p, 10.0, 1.0, 1.0, 1.0, 1.0)
    assert attempt_hazard(w.p, 10.0, 0.0, 1.0, 0.2, 1.0) < base > attempt_hazard(w.p, 10.0, 0.0, 1.0, 1.0, 0.2)
    assert attempt_hazard(w.p, 10.0, 0.0, 4.0, 1.0, 1.0) == pytest.approx(2.0 * base)


def test_a_move_takes_space_and_cash():
    w = small_world()
    firm = add_firm(w, workers=8.0, cash=20.0)
    w.cluster.zone_space = 30.0
    relocate(w, 0, 5.0)
    assert words(w) == ["relocation"]
    assert w.cluster.zone_space == 30.0 - needed_space(w.p, 8.0)
    assert firm.cash == 20.0 - relocation_cost(w.p, 8.0)
    assert (firm.in_zone, w.cluster.relocations) == (1, 1.0)


@pytest.mark.parametrize(("space", "cash"), [(15.9, 20.0), (30.0, 6.3)])
def test_no_move_without_space_or_cash(space, cash):
    w = small_world({"congestion_elasticity": 0.3}, capacity=1.0)
    firm = add_firm(w, workers=8.0, workers_best=8.0, cash=cash)
    open_market(w)
    w.cluster.zone_space = space
    assert hazard(w, firm, RELOCATION) == 0.0
    relocate(w, 0, 5.0)
    assert (words(w), firm.in_zone, w.cluster.zone_space) == ([], 0, space)
    w.cluster.zone_space, firm.cash = 30.0, 20.0
    assert hazard(w, firm, RELOCATION) > 0.0


def test_heirs_and_the_old_centre_move_first():
    w = small_world({"congestion_elasticity": 0.1}, capacity=5.0)
    young, old, heir = (add_firm(w, workers=8.0, workers_best=8.0, cash=20.0) for _ in range(3))
    old.born = heir.born = -30.0
    heir.heir = 1
    open_market(w)
    w.cluster.zone_space = 100.0
    assert hazard(w, heir, RELOCATION) > hazard(w, old, RELOCATION) > hazard(w, young, RELOCATION)


def test_improved_firms_move_to_escape_imitators():
    w = small_world({"congestion_elasticity": 0.0, "relocation_escape": 3.0})
    plain, improved = add_firm(w, workers=8.0, cash=60.0), add_firm(w, rung=1, workers=8.0, cash=60.0)
    w.cluster.zone_space = 100.0
    for imitators, motive in ((0.9, 1.7), (0.5, 0.5), (0.1, 0.0)):
        w.cluster.imitators = imitators
        assert hazard(w, improved, RELOCATION) == pytest.approx(w.p.relocation_rate * motive)
        assert hazard(w, plain, RELOCATION) == 0.0


def test_heirs_take_over_once_and_are_better_schooled():
    w = small_world()
    firm = add_firm(w, born=-w.p.succession_age - 1.0)
    assert hazard(w, firm, SUCCESSION) == w.p.succession_rate
    assert hazard(w, add_firm(w), SUCCESSION) == 0.0
    succeed(w, 0, 1.0)
    assert words(w) == ["succession"]
    assert (firm.heir, firm.schooling) == (1, 10.0 + w.p.succession_schooling)
    assert hazard(w, firm, SUCCESSION) == 0.0


def test_trust_breaks_where_contracts_are_not_enforced():
    w = small_world()
    firm = add_firm(w, rung=1, trust=0.8)
    w.cluster.enforcement = 1.0
    assert hazard(w, firm, BREACH) == 0.0
    w.cluster.enforcement = 0.5
    assert hazard(w, firm, BREACH) == pytest.approx(w.p.subcontract_breach * 0.5 * 0.8)
    break_trust(w, 0, 1.0)
    assert (words(w), firm.trust) == (["breach"], 0.0)
    assert hazard(w, firm, BREACH) == 0.0


def test_trained_leavers_found_a_firm():
    w = small_world({"poaching_founders": 1.0, "poaching_loss": 0.25})
    firm = add_firm(w, trained=2.0)
    assert hazard(w, firm, POACHING) == pytest.approx(w.p.poaching_rate * 2.0 / 3.0)
    lose_staff(w, 0, 1.0, 1)
    child = firm_at(w.firms, 1)
    assert told(w) == [("spin_off", int(child.lineage), int(firm.lineage))]
    assert (firm.trained, child.trained, w.cluster.spin_offs) == (1.5, 0.5, 1.0)


def test_trained_leavers_join_a_rival():
    w = small_world({"poaching_founders": 0.0, "poaching_loss": 0.25})
    firm, rival = add_firm(w, trained=2.0), add_firm(w)
    for number in range(1, 20):
        lose_staff(w, 0, 1.0, number)
    joined = [line for line in told(w) if line[2] == int(rival.lineage)]
    lost = [line for line in told(w) if line[2] == 0]
    assert len(joined) + len(lost) == 19
    assert len(joined) > 0 < len(lost), "the draw meets the rival at times, and the firm itself at others"
    assert rival.trained > 0.0
    assert firm.trained == pytest.approx(2.0 * 0.75**19)


def test_events_go_by_time_then_mechanism_then_lineage():
    w = small_world()
    for time, mechanism, lineage in ((0.2, EXIT, 5), (0.1, LOAN, 1), (0.1, EXIT, 9), (0.1, EXIT, 3), (0.05, POACHING, 2)):
        set_due(w, time, mechanism, lineage, 0, 1)
    put_in_order(w)
    assert [(w.due[k].time, w.due[k].mechanism, w.due[k].lineage) for k in w.order[:5]] == [
        (0.05, POACHING, 2), (0.1, EXIT, 3), (0.1, EXIT, 9), (0.1, LOAN, 1), (0.2, EXIT, 5),
    ]


def test_a_clock_strikes_when_its_draw_is_used_up():
    w = small_world({"succession_rate": 0.4})
    add_firm(w, born=-40.0)
    add_firm(w)
    open_market(w)
    move_firms(w)
    for i in (0, 1):
        residuals(w, i)[:] = 1e9
    residuals(w, 0)[SUCCESSION] = 0.06
    run_clocks(w, 0, 1)
    assert w.cluster.due == 1
    assert w.due[0].time == pytest.approx(0.06 / hazard(w, firm_at(w.firms, 0), SUCCESSION))
    assert [strikes(w.firms, i, SUCCESSION) for i in (0, 1)] == [1, 0]
    before = float(residuals(w, 0)[SUCCESSION])
    w.cluster.due = 0
    run_clocks(w, 0, 1)
    assert residuals(w, 0)[SUCCESSION] == before - 0.1 or w.cluster.due == 1
