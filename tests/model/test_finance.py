"""Who pays for work places? Suppliers advance more in a deep division of labour, buyers to those whose quality they know."""

import math

import pytest

from model.engines.quarter import open_market
from model.mechanisms.agglomeration import gather, thickness
from model.mechanisms.exit import takeover_price
from model.mechanisms.finance import borne_loss, outlay, own_share, share_after_suppliers
from model.mechanisms.growth import kept_cash
from tests.model.worlds import add_firm, move_firms, small_world


def test_an_outlay_grows_from_rung_to_rung() -> None:
    p = small_world().p
    climbed = p.finance_outlay * p.finance_outlay_rung**3
    assert [outlay(p, rung) for rung in (0.0, 3.0)] == pytest.approx([p.finance_outlay, climbed])


def test_suppliers_advance_the_more_the_deeper_the_division_of_labour() -> None:
    w = small_world()
    outlays = []
    for traders in (0.0, 50.0, 500.0):
        w.cluster.traders = traders
        gather(w)
        outlays.append(float(w.ladder[0].outlay))
    assert outlays[0] == pytest.approx(w.p.finance_outlay), "a pioneer finds none"
    thick = thickness(w.p, 500.0)
    assert share_after_suppliers(w.p, thick) == pytest.approx(math.exp(-w.p.finance_thickness * thick))
    assert outlays[2] == pytest.approx(outlays[0] * share_after_suppliers(w.p, thick))
    assert outlays[0] > outlays[1] > outlays[2]


@pytest.mark.parametrize("own_cash", [0.0, 1.0])
def test_buyers_advance_to_whom_they_know_unless_nobody_does(own_cash: float) -> None:
    w = small_world(own_cash=own_cash)
    shares = [own_share(w.p, w.s, recognition) for recognition in (0.0, 0.5, 1.0)]
    record = 0.0 if own_cash else w.p.finance_record
    assert shares == pytest.approx([1.0, 1.0 - 0.5 * record, 1.0 - record])
    known, unknown = (add_firm(w, rung=1, recognition=recognition) for recognition in (1.0, 0.0))
    gather(w)
    assert takeover_price(w, unknown, 8.0) == pytest.approx(4.0 * w.ladder[1].outlay)
    assert takeover_price(w, known, 8.0) == pytest.approx(4.0 * w.ladder[1].outlay * (1.0 - record))


@pytest.mark.parametrize("own_cash", [0.0, 1.0])
def test_a_known_firm_grows_further_with_the_same_cash(own_cash: float) -> None:
    w = small_world(market=1e9, reach=1e9, own_cash=own_cash)
    known, unknown = (add_firm(w, rung=1, workers=20.0, cash=0.5, recognition=recognition) for recognition in (1.0, 0.5))
    known.luck = unknown.luck = 0.0
    open_market(w)
    # What buyers see also raises profit, which a loan repaid takes away again: both have the same cash.
    for firm in (known, unknown):
        firm.output = unknown.output
    move_firms(w)
    assert (known.workers > unknown.workers) == (own_cash == 0.0)


def test_owners_bear_a_loss_by_working_for_less() -> None:
    w = small_world({"finance_patience": 0.5})
    firm = add_firm(w, cash=3.0)
    assert [borne_loss(w.p, profit) for profit in (1.0, 0.0, -0.4, -0.5, -2.5)] == [0.0, 0.0, 0.0, 0.0, -2.0]
    assert kept_cash(w.p, firm, -0.4, 5.0) == 3.0
    assert kept_cash(w.p, firm, -2.5, 5.0) == pytest.approx(3.0 - 0.25 * 2.0)
    assert kept_cash(w.p, firm, 1.0, 5.0) == pytest.approx(3.0 + 0.25 * w.p.finance_retention)
