"""Do equations keep their bounds and their direction, whatever they are fed?"""

from hypothesis import given as drawn
from hypothesis import strategies as st

from model.mechanisms.agglomeration import attracted_traders, crowding, enforcement, thickness
from model.mechanisms.conditions import response
from model.mechanisms.credit import amount_lent, approval, loan_hazard, not_refused, reading_error
from model.mechanisms.entry import attraction, entry_hazard
from model.mechanisms.exit import exit_hazard
from model.mechanisms.finance import borne_loss, own_share, share_after_suppliers
from model.mechanisms.improvement import attempt_hazard, success_chance, visible_record
from model.mechanisms.knowledge import (
    breach_hazard,
    course_cost,
    learning_abroad,
    perceived_worth,
    private_training,
    recognition_gain,
    taught_share,
    tuition,
)
from model.mechanisms.poaching import poaching_hazard
from model.mechanisms.production import centrality, material_loss, optimal_workers, recognised_quality, years_step
from model.mechanisms.programmes import investor_chance, space_cost, strain
from model.mechanisms.relocation import needed_space, relocation_cost, relocation_gain, relocation_hazard
from model.mechanisms.spin_off import apprenticeship, inherited_rung, spin_off_hazard
from model.mechanisms.training import take_up
from model.mechanisms.valuation import discount_factor
from tests.model.worlds import small_world

WORLD = small_world()
P, S = WORLD.p, WORLD.s
SHARE = st.floats(0.0, 1.0)
AMOUNT = st.floats(0.0, 1e4)
SKILL = st.floats(-5.0, 5.0)
SURPLUS = st.floats(-20.0, 20.0)
MORE = st.floats(0.0, 50.0)


@drawn(SURPLUS, MORE, st.floats(-100.0, 100.0), st.floats(-5.0, 0.0))
def test_exit_lies_between_floor_and_ceiling_and_falls_with_profit_and_training(surplus, more, cash, log_survival):
    hazard = exit_hazard(P, surplus, cash, 2.0, 0.0)
    assert P.exit_floor <= hazard <= P.exit_ceiling
    assert exit_hazard(P, surplus + more, cash, 2.0, 0.0) <= hazard
    assert P.exit_floor <= exit_hazard(P, surplus, cash, 2.0, log_survival) <= hazard
    assert exit_hazard(P, surplus, -2.01, 2.0, log_survival) == P.exit_ceiling


@drawn(SHARE, SHARE, st.floats(0.0, 10.0), MORE)
def test_take_up_is_a_share_that_falls_with_the_fee_and_rises_with_awareness(awareness, more_aware, fee, more):
    share = take_up(P, awareness, fee)
    assert 0.0 <= share <= P.training_take_up <= 1.0
    assert take_up(P, awareness, fee + more) <= share
    assert take_up(P, awareness + (1.0 - awareness) * more_aware, fee) >= share * (1.0 - 1e-14)


@drawn(st.lists(SURPLUS, min_size=5, max_size=5), st.integers(0, 4), MORE)
def test_success_is_a_chance_that_rises_with_each_side_and_with_what_is_shown(sides, raised, more):
    better = [side + more * (k == raised) for k, side in enumerate(sides)]
    chance = success_chance(P, S, *sides)
    assert 0.0 <= chance <= success_chance(P, S, *better) <= 1.0


@drawn(st.floats(0.0, 20.0), SKILL, st.floats(0.01, 100.0), SHARE, st.floats(0.0, 100.0), MORE)
def test_attempts_are_bounded_and_rise_with_size_pressure_and_gain(schooling, skill, size, pressed, gain, more):
    hazard = attempt_hazard(P, schooling, skill, size, pressed, gain)
    assert 0.0 <= hazard <= P.attempt_ceiling
    assert attempt_hazard(P, schooling, skill, size + more, pressed, gain) >= hazard * (1.0 - 1e-14)
    assert attempt_hazard(P, schooling, skill, size, pressed + more, gain) >= hazard * (1.0 - 1e-14)
    assert attempt_hazard(P, schooling, skill, size, pressed, gain + more) >= hazard * (1.0 - 1e-14)


@drawn(AMOUNT, AMOUNT, MORE)
def test_the_record_is_a_share_that_failures_lower(succeeded, failed, more):
    seen = visible_record(P, S, succeeded, failed)
    assert 0.0 < seen <= 1.0
    assert visible_record(P, S, succeeded, failed + more) <= seen * (1.0 + 1e-14)
    assert visible_record(P, S, succeeded + more, failed) >= seen * (1.0 - 1e-14)


@drawn(SHARE, st.floats(0.0, 10.0), SURPLUS, MORE)
def test_others_pay_a_share_and_owners_bear_a_loss(recognition, thick, profit, more):
    assert 0.0 <= own_share(P, S, recognition) <= 1.0
    assert 0.0 < share_after_suppliers(P, thick + more) <= share_after_suppliers(P, thick) <= 1.0
    assert min(0.0, profit) <= borne_loss(P, profit) <= min(0.0, profit + P.finance_patience)


@drawn(AMOUNT, SURPLUS, st.floats(0.0, 80.0), MORE)
def test_spin_offs_rise_with_size_profit_and_age(workers, surplus, age, more):
    hazard = spin_off_hazard(P, workers, surplus, age)
    assert hazard >= 0.0
    assert spin_off_hazard(P, workers + more, surplus, age) >= hazard
    assert spin_off_hazard(P, workers, surplus + more, age) >= hazard * (1.0 - 1e-14)
    assert spin_off_hazard(P, workers, surplus, age + more) >= hazard * (1.0 - 1e-14)
    assert 0.0 <= apprenticeship(P, age) <= 1.0


@drawn(st.integers(0, 6), SHARE)
def test_a_rung_is_inherited_whole_less_one_or_not(rung, chance):
    assert inherited_rung(P, rung, chance) in {0, max(0, rung - 1), rung}


@drawn(AMOUNT, SURPLUS, MORE)
def test_entry_rises_with_what_is_seen(firms, surplus, more):
    assert 0.0 <= attraction(surplus) < 1.0
    hazard = entry_hazard(P, firms, surplus)
    assert hazard >= P.entry_floor
    assert entry_hazard(P, firms + more, surplus) >= hazard * (1.0 - 1e-14)
    assert entry_hazard(P, firms, surplus + more) >= hazard * (1.0 - 1e-14)


@drawn(AMOUNT, SHARE, MORE)
def test_what_a_cluster_gathers_rises_and_what_it_enforces_fades(workers, share, more):
    assert thickness(P, workers + more) >= thickness(P, workers) >= 0.0
    assert attracted_traders(P, workers, 1.0) >= attracted_traders(P, workers, 0.0) >= 0.0
    assert 0.0 < enforcement(P, share) <= enforcement(P, 0.0) == 1.0
    assert crowding(workers + more, 100.0) >= crowding(workers, 100.0) >= 0.0


@drawn(SHARE, SHARE, SHARE)
def test_quality_is_recognised_between_the_cost_side_and_in_full(recognition, trust, more):
    quality = recognised_quality(P, recognition, trust)
    assert P.production_cost_side <= quality <= 1.0 + 1e-15
    assert recognised_quality(P, recognition, trust + (1.0 - trust) * more) >= quality - 1e-15


@drawn(SHARE, AMOUNT, SHARE)
def test_recognition_never_leaves_its_bounds(recognition, workers, rivals):
    step = recognition + 0.25 * recognition_gain(P, recognition, workers, rivals)
    assert -1e-12 <= step <= 1.0 + 1e-12
    assert recognition_gain(P, recognition, workers + 100.0, rivals) >= recognition_gain(P, recognition, workers, rivals)


@drawn(SHARE, st.floats(0.0, 20.0), SURPLUS, MORE)
def test_knowledge_is_perceived_in_part_and_bought_by_those_who_see(awareness, trained, profit, more):
    taught = taught_share(trained)
    worth = perceived_worth(P, awareness, taught)
    assert 0.0 <= taught <= taught_share(trained + more) < 1.0
    assert awareness - 1e-15 <= worth <= 1.0
    assert perceived_worth(P, awareness, taught_share(trained + more)) >= worth - 1e-15
    bought = private_training(P, worth, profit, more)
    assert 0.0 <= bought <= P.learning_private_training
    assert bought == 0.0 or tuition(P, bought, more) < profit
    assert tuition(P, bought, more) <= course_cost(P, P.learning_private_price * P.learning_private_training, more)
    assert 0.0 <= learning_abroad(P, profit, worth) <= P.learning_abroad
    assert 0.0 <= poaching_hazard(P, taught) <= P.poaching_rate


@drawn(SHARE, SHARE)
def test_relations_break_only_as_far_as_there_is_trust_and_no_enforcement(trust, enforced):
    assert 0.0 <= breach_hazard(P, trust, enforced) <= P.subcontract_breach
    assert breach_hazard(P, trust, 1.0) == 0.0 == breach_hazard(P, 0.0, enforced)


@drawn(SURPLUS, SHARE, SHARE, SHARE, MORE)
def test_lending_is_bounded_and_favours_profit(signal, constraint, captured, cofinance, more):
    assert 0.0 <= approval(signal) <= approval(signal + more) <= 1.0
    plain = loan_hazard(P, constraint, approval(signal), captured, 0, cofinance)
    assert 0.0 <= plain <= P.credit_demand
    connected = loan_hazard(P, constraint, approval(signal), captured, 1, cofinance)
    assert plain <= connected <= loan_hazard(P, constraint, approval(signal), captured, 1, 0.0)


@drawn(AMOUNT, MORE, SHARE, SHARE, SHARE)
def test_co_financiers_add_their_share_read_better_and_refuse_the_connected(fund, wanted, cofinance, strained, approved):
    amount = amount_lent(fund, wanted, cofinance)
    assert amount_lent(fund, wanted, 0.0) == min(fund, wanted) <= amount * (1.0 + 1e-14) <= wanted * (1.0 + 2e-14)
    assert (1.0 - cofinance) * amount <= fund * (1.0 + 1e-14)
    assert reading_error(P, strained, 0.0) == P.credit_noise * (1.0 + strained) >= reading_error(P, strained, cofinance) > 0.0
    assert not_refused(approved, 0.0) == 1.0 >= not_refused(approved, cofinance) >= approved * (1.0 - 1e-14)


@drawn(AMOUNT, st.floats(0.0, 3.0), st.floats(0.5, 1.5), SHARE, MORE)
def test_moves_are_bounded_and_drawn_by_congestion(workers, crowded, central, copied, more):
    gain = relocation_gain(P, workers, crowded, central)
    assert relocation_gain(P, workers, crowded + more / 50.0, central) >= gain >= 0.0
    hazard = relocation_hazard(P, gain, relocation_cost(P, workers), 0, copied)
    assert 0.0 <= hazard <= 3.0 * P.relocation_rate
    assert relocation_hazard(P, gain, relocation_cost(P, workers), 1, copied) >= hazard
    assert needed_space(P, workers) >= 10.0


@drawn(st.floats(-5.0, 5.0), st.floats(-20.0, 20.0), MORE)
def test_best_size_lies_within_its_bounds_and_rises(log_price, efficiency, more):
    size = optimal_workers(P, S, log_price, efficiency)
    assert 1.0 <= size <= P.production_workers_max
    assert optimal_workers(P, S, log_price + more, efficiency) >= size


@drawn(st.floats(0.0, 200.0), MORE, st.floats(0.0, 10.0))
def test_age_time_and_rates_act_within_bounds(age, more, rate):
    lowest, highest = 1.0 - 0.5 * P.congestion_centre, 1.0 + 0.5 * P.congestion_centre
    assert lowest <= centrality(P, age) <= centrality(P, age + more) + 1e-15 <= highest + 1e-14
    assert 0.0 <= material_loss(P, S, age) <= P.market_material_share
    assert 0.0 <= years_step(rate) <= 1.0
    assert 0.0 < discount_factor(0.05, age + more) <= discount_factor(0.05, age) <= 1.0


@drawn(AMOUNT, AMOUNT, MORE)
def test_government_costs_more_the_more_it_does(spending, bill, more):
    strained = strain(P, spending, bill, 1.0)
    assert 0.0 <= strained <= strain(P, spending + more, bill, 1.0)
    assert strained < strain(P, spending, bill, 2.0)
    assert 0.0 <= response(spending, 0.2, bill) <= response(spending + more, 0.2, bill) <= 1.0
    assert space_cost(P, strained) >= space_cost(P, 0.0) >= P.zone_cost
    assert course_cost(P, 1.0, bill + more) >= course_cost(P, 1.0, bill) >= 1.0
    assert 0.0 < investor_chance(P, bill + more) <= investor_chance(P, bill) <= 1.0
