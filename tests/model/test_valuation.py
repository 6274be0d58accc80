"""Is a history's worth the discounted sum of what is earned and really laid out, from the decision on, each wage-year once?"""

from typing import Any

import numpy as np
import pytest

from model.events import EVENTS, QUARTER
from model.lanes import firm_at
from model.mechanisms.credit import lend, owe, repay_blocks
from model.mechanisms.exit import leave
from model.mechanisms.ledger import book, book_learning, close_books, open_books, pay
from model.mechanisms.market import basic_weight, home_expenditure
from model.mechanisms.relocation import relocation_cost
from model.mechanisms.valuation import value
from model.plans import Policy, PolicyProgramme
from model.world import World
from tests.model.worlds import add_firm, column, compiled, given, programme, small_world

DECISION = 12.0
ROW = int(4 * DECISION)
CHANGES = {"credit_demand": 6.0, "exit_base": 0.15}
LEDGER = ("owners_old", "owners_new", "buyers", "workers_gain", "treasury", "captured")


def history(policy: str, changes: dict[str, float] | None = None, **setting: float):
    numbers, fixed = CHANGES | (changes or {}), {"quarters": 120, "decision": DECISION, "site_works": 1.0}
    return compiled(given(9, policy, numbers, {"market": -0.5}, **fixed, **setting), 4)


def factors(panel: np.ndarray, rate: float = 0.05) -> np.ndarray:
    """Discount factors of the middles of quarters, by the row at which each begins."""
    times = column(panel, "time") + QUARTER / 2
    return np.where(times >= DECISION, np.exp(-rate * (times - DECISION)), 0.0)


def summed(panel: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """What has been added up by each row of a yearly flow that its quarter's row shows."""
    return np.concatenate([[0.0], np.cumsum(factors(panel) * QUARTER * flow)[:-1]])


# ------------------------------------------------------------------------------------------------ books kept by hand


def books(**changes: float) -> World:
    """Ten firms that stood at the decision, a programme that spends, no interest and no discount, at the decision."""
    numbers = {"value_funds_cost": 1.0, "credit_rate": 0.0, **changes}
    w = small_world(numbers, (programme("grant", unit_cost=1.0),), decision=1.0, discount=0.0)
    for _ in range(10):
        add_firm(w)
    w.cluster.time = 1.0
    closed(w)
    return w


def closed(w: World) -> dict[str, float]:
    """The ledger's columns once the quarter has been valued, without what buyers gain from the market."""
    w.cluster.time += QUARTER
    value(w)
    return {name: float(w.cluster[name]) if name != "buyers" else 0.0 for name in LEDGER}


def test_a_course_that_owners_pay_a_part_of_costs_all_of_it() -> None:
    w = books()
    for i in range(10):
        pay(w, firm_at(w.firms, i), -1.0)
        book(w, firm_at(w.firms, i), 8.0)
    w.programmes[0].spent += 10 * (5.5 - 1.0)
    ledger = closed(w)
    assert sum(ledger.values()) == pytest.approx(25.0, abs=1e-9)
    assert (ledger["owners_old"], ledger["treasury"]) == (pytest.approx(70.0), pytest.approx(-45.0))


@pytest.mark.parametrize(("funds", "total"), [(1.0, 0.0), (1.2, -0.4)])
def test_a_grant_to_whom_nothing_constrains_costs_what_raising_it_costs(funds: float, total: float) -> None:
    w = books(value_funds_cost=funds)
    pay(w, firm_at(w.firms, 0), 2.0)
    w.programmes[0].spent += 2.0
    assert sum(closed(w).values()) == pytest.approx(total, abs=1e-9)


def test_a_loan_that_is_invested_and_repaid_brings_what_the_investment_brings() -> None:
    w = books()
    firm = firm_at(w.firms, 0)
    owe(w, firm, 10.0)
    pay(w, firm, -10.0)
    book(w, firm, 12.0)
    for _ in range(21):
        open_books(w)
        repay_blocks(w, 0, 1)
        close_books(w)
        w.cluster.repaid = 0.0
        ledger = closed(w)
    assert (firm.debt, firm.instalment) == (0.0, 0.0)
    assert w.cluster.outstanding == pytest.approx(0.0, abs=1e-12)
    assert sum(ledger.values()) == pytest.approx(2.0, abs=1e-9)
    assert ledger["treasury"] == pytest.approx(0.0, abs=1e-9)


def test_a_loan_that_is_consumed_and_lost_moves_from_the_treasury_to_the_owner() -> None:
    w = books()
    owe(w, firm_at(w.firms, 0), 10.0)
    leave(w, 0, 1.1)
    ledger = closed(w)
    assert sum(ledger.values()) == pytest.approx(0.0, abs=1e-9)
    assert (ledger["treasury"], ledger["owners_old"]) == (pytest.approx(-10.0), pytest.approx(10.0))
    assert w.cluster.loan_losses == 10.0


def cofinanced(phi: float = 0.5, **changes: float) -> World:
    """The books after a loan of 10, of which co-financiers gave a share and the fund gave the rest, all it had."""
    w = books(**changes)
    firm_at(w.firms, 0).workers = 8.0
    w.cluster.cofinance, w.cluster.fund = phi, 10.0 * (1.0 - phi)
    lend(w, 0, 1.1)
    assert (firm_at(w.firms, 0).debt, w.cluster.outstanding) == (10.0, 10.0)
    assert w.cluster.fund == pytest.approx(0.0, abs=1e-12)
    return w


def shared(w: World) -> dict[str, float]:
    """The ledger's columns once the quarter has been valued, with co-financiers in place of all that buyers gain."""
    beside = float(w.cluster.flow_advanced)
    return {**closed(w), "buyers": beside}


@pytest.mark.parametrize(("rate", "public", "private"), [(0.0, 0.0, 0.0), (0.08, 1.05, 1.05)])
def test_a_loan_with_co_financiers_that_is_repaid_comes_back_to_each_lender(rate: float, public: float, private: float) -> None:
    """Ten wage-years lent by halves and repaid by 20 instalments of .5; interest at 8 % is .02 (10 + 9.5 + ... + .5) = 2.1."""
    w = cofinanced(credit_rate=rate)
    firm, beside, back = firm_at(w.firms, 0), 0.0, 0.0
    pay(w, firm, -10.0)
    book(w, firm, 12.0)
    for _ in range(20):
        open_books(w)
        repay_blocks(w, 0, 1)
        close_books(w)
        back += float(w.cluster.repaid)
        w.cluster.repaid = 0.0
        ledger = shared(w)
        beside += ledger["buyers"]
    assert firm.debt == 0.0
    assert back == pytest.approx(5.0), "what the fund lends again"
    assert (ledger["treasury"], beside) == (pytest.approx(public, abs=1e-9), pytest.approx(private, abs=1e-9))
    assert ledger["owners_old"] == pytest.approx(2.0 - public - private, abs=1e-9)
    assert ledger["owners_old"] + ledger["treasury"] + beside == pytest.approx(2.0, abs=1e-9)
    assert w.cluster.cofinanced == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("funds", "total"), [(1.0, 0.0), (1.2, -1.0)])
def test_a_loan_with_co_financiers_that_is_lost_costs_each_lender_its_share(funds: float, total: float) -> None:
    """Of ten wage-years lost by halves the treasury's five cost the taxed six at a cost of funds of 1.2."""
    w = cofinanced(value_funds_cost=funds)
    leave(w, 0, 1.2)
    ledger = shared(w)
    assert (ledger["owners_old"], ledger["buyers"]) == (pytest.approx(10.0), pytest.approx(-5.0))
    assert ledger["treasury"] == pytest.approx(-5.0 * funds)
    assert sum(ledger.values()) == pytest.approx(total, abs=1e-9)
    assert (w.cluster.loan_losses, w.cluster.spent) == (pytest.approx(5.0), pytest.approx(5.0))
    assert (w.cluster.outstanding, w.cluster.cofinanced) == (0.0, 0.0)


def test_lenders_share_a_pool_where_the_share_of_co_financiers_changes() -> None:
    w = cofinanced()
    w.cluster.cofinance = 0.0
    owe(w, firm_at(w.firms, 1), 10.0)
    leave(w, 1, 1.2)
    assert w.cluster.loan_losses == pytest.approx(7.5), "a quarter of the loans outstanding is theirs"
    assert (w.cluster.outstanding, w.cluster.cofinanced) == (pytest.approx(10.0), pytest.approx(2.5))


def test_loans_are_paid_off_by_their_term_and_may_be_taken_again() -> None:
    w = books()
    firm = firm_at(w.firms, 0)
    owe(w, firm, 7.0)
    left = []
    for _ in range(int(w.p.credit_term / QUARTER)):
        open_books(w)
        repay_blocks(w, 0, 1)
        left.append(float(firm.debt))
    np.testing.assert_allclose(np.diff(left[:-1]), -7.0 * QUARTER / w.p.credit_term, rtol=1e-12)
    assert left[-1] == 0.0


# ---------------------------------------------------------------------------------------------------- whole histories


def test_wages_are_discounted_from_the_decision_on_and_every_quarter_counts_once() -> None:
    panel, _, _, _ = history("all-at-once")
    np.testing.assert_allclose(column(panel, "value_wages"), summed(panel, column(panel, "workers")), rtol=1e-10, atol=1e-9)
    assert (column(panel, "value_wages")[: ROW + 1] == 0.0).all()
    flat, _, _, _ = history("status-quo", discount=0.0)
    assert column(flat, "value_wages")[-1] == pytest.approx(QUARTER * column(flat, "workers")[ROW:-1].sum(), rel=1e-12)


def test_workers_gain_what_they_earn_beyond_the_next_best_wage() -> None:
    panel, _, _, _ = history("status-quo", {"value_next_wage": 0.7})
    np.testing.assert_allclose(column(panel, "workers_gain"), 0.3 * column(panel, "value_wages"), rtol=1e-10, atol=1e-9)


def surpluses(panel: np.ndarray, p: Any, s: Any) -> np.ndarray:
    """Yearly surplus of home buyers at an elasticity of 1, written out anew."""
    times = column(panel, "time")
    weight = np.array([basic_weight(p, s, time) for time in times])

    def log_prices(basic: np.ndarray | float, improved: np.ndarray | float) -> np.ndarray:
        """Log price index of home buyers, written out anew."""
        sigma = p.market_substitution
        return -np.log(weight * np.power(basic, -sigma) + (1.0 - weight) * np.power(improved, -sigma)) / sigma

    opening = log_prices(s.import_price, (1.0 + p.market_trade_cost) * s.world_price)
    expenditure = np.array([home_expenditure(p, s, time) for time in times])
    return expenditure * (opening - log_prices(column(panel, "price"), column(panel, "price_export")))


def test_surplus_is_that_of_home_buyers_where_nobody_advances_anything() -> None:
    what = given(9, "status-quo", {"market_elasticity": 1.0}, {"market": -0.5}, quarters=80, decision=DECISION, own_cash=1.0)
    panel, _, _, _ = compiled(what)
    yearly = surpluses(panel, what.params, what.setting)
    np.testing.assert_allclose(column(panel, "buyers"), summed(panel, yearly), rtol=1e-9)


# Outlays so small that they do not show, beside which one kind of outlay at a time is made to show.
FREE = {
    "finance_outlay": 1e-9, "attempt_cost": 1e-12, "learning_spend": 0.0, "learning_private_price": 0.0,
    "relocation_cost": 1e-12, "relocation_cost_worker": 0.0
}  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "shown"),
    [("status-quo", "attempt_cost"), ("zone", "relocation_cost"), ("status-quo", None), ("training-for-a-fee", None)],
)
def test_owners_earn_profits_less_each_outlay(policy: str, shown: str | None) -> None:
    """Owners together earn the cluster's profits, less what attempts, moves and fees cost them, as the log of events tells."""
    changes = FREE if shown is None else {name: number for name, number in FREE.items() if name != shown}
    panel, log, _, w = history(policy, changes, discount=0.0, capacity=200.0)
    earned = (column(panel, "owners_old") + column(panel, "owners_new"))[-1]
    lines = log[(log["time"] >= DECISION) & (log["time"] < column(panel, "time")[-1])]
    known = ("attempt_failed", "attempt_succeeded", "relocation", "trained")
    since = {name: lines[lines["event"] == EVENTS.index(name)] for name in known}
    paid = 0.0
    if shown == "attempt_cost":
        rungs = np.concatenate([since["attempt_failed"]["detail"], since["attempt_succeeded"]["detail"] - 1.0]).astype(int)
        paid = w.p.attempt_cost * sum(float(w.ladder[rung].fixed_cost) for rung in rungs)
    elif shown == "relocation_cost":
        paid = sum(relocation_cost(w.p, workers) for workers in since["relocation"]["detail"])
    elif policy == "training-for-a-fee":
        paid = float(len(since["trained"]))
    assert (paid > 0.0) == (shown is not None or policy != "status-quo")
    profits = QUARTER * column(panel, "profits")[ROW:-1].sum()
    assert earned == pytest.approx(profits - paid, rel=1e-6, abs=1e-6)


def test_what_firms_pay_for_private_training_is_lost_to_their_owners() -> None:
    """Each pays its own price; who earns less than the price buys nothing; improved ones spend on learning abroad besides."""
    w = small_world({"awareness_start": 1.0, "learning_private_price": 8.0}, decision=1.0)
    for rung, born in ((0, 0.0), (0, 0.0), (1, 0.0), (0, 2.0)):
        add_firm(w, rung=rung, workers=10.0, born=born)
    w.cluster.time, w.cluster.improved_firms = 1.0, 1.0
    aside = w.beside[0]
    aside.profit[:4], aside.worth[:4] = (0.5, 0.4, 0.9, 0.5), 1.0
    before = float(w.cluster.flow_old), float(w.cluster.flow_new)
    open_books(w)
    book_learning(w, 0, 1)
    close_books(w)
    price, abroad = 0.05 * 8.0 * (1.0 + 0.02 * 10.0), w.p.learning_spend * 0.9
    assert before[0] - w.cluster.flow_old == pytest.approx(QUARTER * (2.0 * price + abroad))
    assert before[1] - w.cluster.flow_new == pytest.approx(QUARTER * price)


def test_work_places_are_paid_for_by_owners_and_by_those_who_advance() -> None:
    """With outlays that show, owners and buyers together lose what places cost; who advances nothing bears nothing."""
    alone, _, _, _ = history("status-quo", {**FREE, "finance_outlay": 0.3}, own_cash=1.0, discount=0.0)
    earned = (column(alone, "owners_old") + column(alone, "owners_new"))[-1]
    assert earned < QUARTER * column(alone, "profits")[ROW:-1].sum()


@pytest.mark.parametrize("policy", ["training", "zone", "credit", "market-place", "captured-credit"])
def test_the_treasury_pays_what_is_spent_and_has_interest(policy: str) -> None:
    panel, _, _, w = history(policy, discount=0.0)
    spent = column(panel, "spent")[-1] - column(panel, "spent")[ROW]
    received = column(panel, "treasury")[-1] / w.p.value_funds_cost + spent
    assert spent > 0.0
    assert received >= -1e-9
    assert (received > 1e-9) == ("credit" in policy)
    granted = column(panel, "granted")
    assert (granted >= column(panel, "spent") - 1e-9).all()


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.9])
def test_what_is_lent_repaid_and_lost_cancels_between_owners_treasury_and_co_financiers(phi: float) -> None:
    """Where nothing else is laid out, the three columns that loans touch add up to the cluster's profits, whoever lends."""
    spec = {"programme": "credit", "budget": 60.0, "captured": 0.3, "cofinance": phi, "for": 10}
    policy = Policy(name="own", title="Own", question="?", programmes=(PolicyProgramme.model_validate(spec),))
    numbers = {**CHANGES, **FREE, "market_elasticity": 1.0, "value_funds_cost": 1.0}
    what = given(9, policy, numbers, {"market": -0.5}, quarters=120, decision=DECISION, discount=0.0, own_cash=1.0)
    panel, log, _, w = compiled(what, 4)
    lenders = column(panel, "buyers")[-1] - QUARTER * surpluses(panel, w.p, w.s)[ROW:-1].sum()
    owners, treasury = (column(panel, "owners_old") + column(panel, "owners_new"))[-1], column(panel, "treasury")[-1]
    profits = QUARTER * column(panel, "profits")[ROW:-1].sum()
    assert owners + treasury + lenders == pytest.approx(profits, rel=1e-6, abs=1e-5)
    lost = log["detail"][log["event"] == EVENTS.index("default")].sum()
    assert column(panel, "loan_losses")[-1] == pytest.approx((1.0 - phi) * lost, rel=1e-9)
    assert lost > 1.0
    # All loans are settled by the end; each lender has its share of losses and of interest.
    assert w.cluster.outstanding == pytest.approx(0.0, abs=1e-6)
    assert (1.0 - phi) * lenders == pytest.approx(phi * treasury, rel=1e-6, abs=1e-5)


def test_capture_is_money_that_others_have() -> None:
    spec = {"programme": "zone", "budget": 100.0, "captured": 0.4, "for": 2}
    policy = Policy(name="own", title="Own", question="?", programmes=(PolicyProgramme.model_validate(spec),))
    panel, _, _, _ = compiled(given(9, policy, CHANGES, quarters=120, decision=DECISION, discount=0.0), 4)
    assert column(panel, "captured")[-1] == pytest.approx(40.0, rel=1e-9)
    assert column(panel, "overrun")[-1] > 0.0
