"""What do co-financiers bring to a bank: more money, fewer bad loans, and less capture, though not none?

Histories are paired by their luck, and a difference counts where it exceeds ``Z`` of its standard errors.
"""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from model.batch import simulate_many
from model.engines.quarter import open_quarter
from model.events import LOAN
from model.mechanisms.credit import ERROR_LEFT, amount_lent, approval, reading_error
from model.observe import COLUMNS
from model.plans import Policy
from tests.model.worlds import add_firm, column, given, hazard, programme, small_world

SEEDS = 300
Z = 3.0
QUARTERS = 120


@cache
def histories(share: float = 0.4, captured: float = 0.0, cofinance: float = 0.0) -> NDArray[np.float64]:
    """Panels (seeds, quarters, columns) of a survival cluster whose bank lends for ten years."""
    bank = {"programme": "credit", "for": 10, "budget_share": share, "captured": captured, "cofinance": cofinance}
    policy = Policy.model_validate({"name": "own", "title": "Own", "question": "?", "programmes": [bank]})
    what = given(9, policy, {}, {"market": -1.0}, quarters=QUARTERS, decision=10.0, site_works=1.0)
    params, settings = np.array([what.params] * SEEDS), np.array([what.setting] * SEEDS)
    ticks = np.tile(np.arange(QUARTERS + 1), (SEEDS, 1))
    return simulate_many(params, settings, np.arange(1, SEEDS + 1, dtype=np.uint64), what.programmes, ticks)


def made(rows: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """How many of what a panel counts by quarters there were, by seed."""
    return np.asarray(column(rows, name).sum(axis=1))


def default_rate(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Defaults over loans, by seed."""
    return made(rows, "defaults") / np.maximum(1.0, made(rows, "loans"))


def exceeds(more: NDArray[np.float64], less: NDArray[np.float64]) -> bool:
    """Whether the mean difference is larger than chance makes it."""
    difference = more - less
    return bool(difference.mean() > Z * difference.std(ddof=1) / np.sqrt(len(difference)))


def applications(captured: float, cofinance: float, surplus: float) -> list[float]:
    """Loan hazards of a firm without connections and of a connected one that are read without error."""
    line = programme("credit", budget=50.0, captured=captured, cofinance=cofinance)
    w = small_world({"credit_noise": 0.0}, (line,), state_module=0.0)
    firms = [add_firm(w, cash=0.0, connected=connected) for connected in (0, 1)]
    open_quarter(w, np.empty(len(COLUMNS)))
    return [hazard(w, firm, LOAN, surplus=surplus) for firm in firms]


def test_the_fund_pays_its_part_of_each_loan() -> None:
    assert amount_lent(6.0, 50.0, 0.0) == 6.0
    assert amount_lent(6.0, 50.0, 0.5) == 12.0
    assert amount_lent(6.0, 8.0, 0.5) == 8.0
    assert amount_lent(6.0, 50.0, 1.0) == 50.0, "nothing of it is public"


def test_co_financiers_refuse_the_connected_as_they_read_them_and_lend_no_more_to_others() -> None:
    """The connected in whom everybody believes pass; those in whom nobody does are refused by the share at stake."""
    for surplus, passing in ((9.0, 1.0), (-9.0, 0.5)):
        (plain, favoured), (plain_shared, favoured_shared) = applications(0.4, 0.0, surplus), applications(0.4, 0.5, surplus)
        assert plain_shared == plain == pytest.approx(2.0 * 0.6 * approval(surplus))
        assert favoured_shared - plain_shared == pytest.approx(passing * (favoured - plain), rel=1e-6)
    # However much is at stake, the connected are lent to in addition: capture is not cured, and never below zero.
    for cofinance in (0.0, 0.5, 1.0):
        plain, favoured = applications(0.4, cofinance, -0.5)
        assert favoured > plain > 0.0


def test_who_bears_a_part_of_losses_reads_with_less_error() -> None:
    p = small_world().p
    errors = [reading_error(p, 0.2, cofinance) for cofinance in (0.0, 0.5, 1.0)]
    whole = p.credit_noise * 1.2
    assert errors == pytest.approx([whole, whole * (1.0 + ERROR_LEFT) / 2.0, whole * ERROR_LEFT])


def test_the_same_public_budget_lends_more() -> None:
    alone, shared = histories(share=0.05), histories(share=0.05, cofinance=0.5)
    np.testing.assert_array_equal(column(alone, "granted"), column(shared, "granted"))
    assert exceeds(made(shared, "loans"), made(alone, "loans"))
    for rows in (alone, shared):
        assert (column(rows, "spent") <= column(rows, "granted") * (1.0 + 1e-12)).all()


@pytest.mark.parametrize("captured", [0.0, 0.6])
def test_a_smaller_share_of_loans_is_lost_where_co_financiers_read_too(captured: float) -> None:
    alone, half, most = (default_rate(histories(captured=captured, cofinance=cofinance)) for cofinance in (0.0, 0.5, 0.9))
    assert exceeds(alone, half)
    assert exceeds(alone, most)


def test_the_connected_default_more_and_co_financiers_do_not_cure_it() -> None:
    honest, captured, shared = histories(), histories(captured=0.6), histories(captured=0.6, cofinance=0.5)
    assert exceeds(default_rate(captured), default_rate(honest))
    assert exceeds(default_rate(shared), default_rate(honest))
