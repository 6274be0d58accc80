"""Is a history's worth the discounted sum of what its panel shows, from the decision date on, each wage-year once?"""

import numpy as np
import pytest

from model.mechanisms.market import basic_weight, home_expenditure
from tests.model.worlds import column, compiled, given

DECISION = 12.0
ROW = int(4 * DECISION)
CHANGES = {"credit_demand": 6.0, "exit_base": 0.15}


def history(policy: str, **setting: float):
    return compiled(given(9, policy, CHANGES, {"market": -0.5}, quarters=120, decision=DECISION, site_works=1.0, **setting), 4)


def factors(panel: np.ndarray, rate: float = 0.05) -> np.ndarray:
    times = column(panel, "time")
    return np.where(times >= DECISION, np.exp(-rate * (times - DECISION)), 0.0)


@pytest.mark.parametrize(("worth", "flow"), [("value_profit", "profits"), ("value_sales", "sales"), ("value_wages", "workers")])
def test_flows_are_discounted_from_the_decision_on(worth: str, flow: str) -> None:
    panel, _, _, _ = history("all-at-once")
    expected = np.cumsum(factors(panel) * 0.25 * column(panel, flow))
    np.testing.assert_allclose(column(panel, worth), expected, rtol=1e-10, atol=1e-9)
    assert (column(panel, worth)[:ROW] == 0.0).all()


def test_surplus_is_that_of_home_buyers() -> None:
    what = given(9, "status-quo", {"market_elasticity": 1.0}, {"market": -0.5}, quarters=80, decision=DECISION)
    panel, _, _, _ = compiled(what)
    p, s, times = what.params, what.setting, column(panel, "time")
    weight = np.array([basic_weight(p, s, time) for time in times])

    def log_prices(basic: np.ndarray | float, improved: np.ndarray | float) -> np.ndarray:
        """Log price index of home buyers, written out anew."""
        sigma = p.market_substitution
        return -np.log(weight * np.power(basic, -sigma) + (1.0 - weight) * np.power(improved, -sigma)) / sigma

    opening = log_prices(s.import_price, (1.0 + p.market_trade_cost) * s.world_price)
    expenditure = np.array([home_expenditure(p, s, time) for time in times])
    yearly = expenditure * (opening - log_prices(column(panel, "price"), column(panel, "price_export")))
    np.testing.assert_allclose(column(panel, "value_surplus"), np.cumsum(factors(panel) * 0.25 * yearly), rtol=1e-9)


@pytest.mark.parametrize("policy", ["training", "zone"])
def test_public_spending_is_a_cost_when_it_is_spent(policy: str) -> None:
    panel, _, _, _ = history(policy)
    assert column(panel, "public_cost")[-1] > 0.0
    spent = np.diff(column(panel, "public_cost"), prepend=0.0) + np.diff(column(panel, "loan_losses"), prepend=0.0)
    np.testing.assert_allclose(column(panel, "value_cost"), np.cumsum(factors(panel) * spent), rtol=1e-10, atol=1e-9)


def test_of_credit_what_was_lost_is_the_cost() -> None:
    panel, _, _, _ = history("credit")
    losses = column(panel, "loan_losses")
    assert losses[-1] > 0.0
    assert column(panel, "public_cost")[-1] > losses[-1]
    np.testing.assert_allclose(column(panel, "value_cost"), np.cumsum(factors(panel) * np.diff(losses, prepend=0.0)), rtol=1e-10)


def test_without_discounting_worth_is_a_plain_sum() -> None:
    panel, _, _, _ = history("status-quo", discount=0.0)
    np.testing.assert_allclose(column(panel, "value_wages")[-1], 0.25 * column(panel, "workers")[ROW:].sum(), rtol=1e-12)
