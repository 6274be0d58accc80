"""Who gains and who pays? Money is booked when it moves: by owners of firms that stood at the decision, by owners of newer ones,
by buyers who advance outlays, and by those to whom public money goes astray (WP 5703, sections IV-V).

Who lends beside a programme is booked with those who advance: private money that others put into firms, and that has its price.
"""

from typing import Any

from model.compiling import equation, step
from model.events import QUARTER
from model.lanes import has, kept, lane_of
from model.mechanisms.finance import own_share
from model.mechanisms.knowledge import private_training, tuition
from model.state import ALIVE, LANES
from model.sums import empty, total
from model.world import World


@step
def book(w: World, firm: Any, amount: float) -> None:
    """Book an amount (wage-years) with the owner of a firm: what it gains, or with a minus what it pays."""
    if firm.born < w.s.decision:
        w.cluster.flow_old += amount
    else:
        w.cluster.flow_new += amount


@step
def pay(w: World, firm: Any, amount: float) -> None:
    """Pay an amount (wage-years) to a firm, or with a minus take it; its cash and its owner's book change alike."""
    firm.cash += amount
    book(w, firm, amount)


@step
def lend_beside(w: World, amount: float) -> None:
    """Book an amount (wage-years) that co-financiers add to a programme's loan."""
    w.cluster.cofinanced += amount
    w.cluster.flow_advanced -= amount


@equation
def beside_share(cluster: Any) -> float:
    """Share of the loans outstanding that co-financiers gave, and of what is repaid and lost of them: lenders share a pool.

    Formula: B/(A + B)
    """
    outstanding = cluster.outstanding
    return min(1.0, max(0.0, cluster.cofinanced / outstanding)) if outstanding > 0.0 else 0.0


@step
def lose(w: World, debt: float) -> None:
    """Book a loan (wage-years) that is lost: each lender loses its share, and neither gets anything back."""
    cluster, beside = w.cluster, beside_share(w.cluster) * debt
    cluster.loan_losses += debt - beside
    cluster.outstanding -= debt
    cluster.cofinanced -= beside


@step
def receive(w: World, repaid: float, interest: float) -> None:
    """Share what firms repaid and paid as interest in a quarter (wage-years) between the fund and its co-financiers."""
    cluster, share = w.cluster, beside_share(w.cluster)
    cluster.repaid += repaid - share * repaid
    cluster.outstanding -= repaid
    cluster.cofinanced -= share * repaid
    cluster.interest = interest - share * interest
    cluster.flow_advanced += share * (repaid + interest)


@step
def go_astray(w: World, programme: Any, amount: float) -> float:
    """Book the captured share of an amount (wage-years) with those who have it, and return what is left."""
    lost = programme.captured * amount
    w.cluster.flow_captured += lost
    return amount - lost


@step
def book_first_places(w: World, firm: Any, workers: float) -> None:
    """Book the outlay of a new firm's first work places, which its founder brings beside its cash."""
    made = w.ladder[firm.rung].place_cost * w.cluster.suppliers_leave * workers
    own = own_share(w.p, w.s, firm.recognition) * made
    book(w, firm, -own)
    w.cluster.flow_advanced -= made - own


@equation
def outlay_made(p: Any, added: float, outlay: float) -> float:
    """Outlay for workers added in a quarter; of the places of workers who leave a part is recovered (wage-years).

    Formula: kappa a for a > 0, else v kappa a
    """
    return added * outlay if added > 0.0 else p.growth_recovery * added * outlay


@equation
def is_booked(w: World) -> bool:
    """Whether this quarter is booked: none before the decision is."""
    return bool(w.cluster.time >= w.s.decision)


@step
def open_books(w: World) -> None:
    """Open the books of a quarter's firms."""
    for column in (w.sums.repaid, w.sums.interest, w.sums.earned_old, w.sums.earned_new, w.sums.advanced):
        empty(column)


@step
def close_books(w: World) -> None:
    """Add up what the firms of all blocks earned and paid in the quarter."""
    cluster = w.cluster
    receive(w, total(w.sums.repaid), total(w.sums.interest))
    cluster.flow_old += total(w.sums.earned_old)
    cluster.flow_new += total(w.sums.earned_new)
    cluster.flow_advanced -= total(w.sums.advanced)


@step
def book_growth(w: World, first: int, last: int) -> None:
    """Book profits and outlays of a group of blocks that has just moved; buyers bear the part of an outlay that they advance.

    What a deeper division of labour spares a firm is no advance: the cluster needs less (WP 5703, note 12).
    """
    p, s, firms, beside = kept(w.p), kept(w.s), w.firms, w.beside
    old, new, advanced = w.sums.earned_old, w.sums.earned_new, w.sums.advanced
    if not is_booked(w):
        return
    for b in range(first, last):
        for lane in range(LANES):
            firm, aside = lane_of(firms, b, lane), lane_of(beside, b - first, lane)
            share, made = own_share(p, s, firm.recognition), outlay_made(p, aside.added, aside.outlay)
            alive = has(firm, ALIVE) == 1
            earned = QUARTER * aside.profit - share * made if alive else 0.0
            stood = firm.born < s.decision
            old[lane] += earned if stood else 0.0
            new[lane] += 0.0 if stood else earned
            advanced[lane] += (1.0 - share) * made if alive else 0.0


@step
def book_learning(w: World, first: int, last: int) -> None:
    """Book what firms of a group of blocks paid for private training, and what improved ones spent on learning abroad."""
    p, s, firms, beside = kept(w.p), kept(w.s), w.firms, w.beside
    old, new = w.sums.earned_old, w.sums.earned_new
    if not is_booked(w):
        return
    for b in range(first, last):
        for lane in range(LANES):
            firm, aside = lane_of(firms, b, lane), lane_of(beside, b - first, lane)
            alive = has(firm, ALIVE) == 1
            bought = private_training(p, aside.worth, aside.profit, firm.workers)
            paid = tuition(p, bought, firm.workers) if alive else 0.0
            spends = alive & (firm.rung > 0) & (aside.profit > 0.0)
            spent = QUARTER * (paid + p.learning_spend * aside.worth * (aside.profit if spends else 0.0))
            stood = firm.born < s.decision
            old[lane] -= spent if stood else 0.0
            new[lane] -= 0.0 if stood else spent
