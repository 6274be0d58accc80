"""Who gets a programme's loan? Firms that lack cash apply; an officer reads their profit with error; a captured share goes to
the connected; loans are repaid in equal instalments by their term, and lent again (WP 5703, sections IV-V).

Co-financiers give and lose their share of each loan. They read with the officer, and refuse the connected as they read them.
"""

from typing import Any

from model.arithmetic import logistic
from model.clock import Clock, Conditions, uncounted
from model.compiling import equation, step
from model.events import LOG_LOAN, QUARTER, SIGNAL
from model.lanes import firm_at, has, kept, lane_of
from model.mechanisms.ledger import lend_beside, pay
from model.randomness import normal
from model.state import ALIVE, CONNECTED, LANES, TAUGHT
from model.world import World, note

# A fund that lends nothing any more (wage-years).
FUND_MIN = 1.0
# Profit over fixed cost at which an officer is of two minds, and how sharply judgement turns about it.
SCREEN_AT = 0.5
SCREEN_SLOPE = 3.0
# What is left of a loan is paid with the last instalment where it is smaller than this (wage-years).
SETTLED = 0.01
# How many times likelier a connected applicant is where lending is captured.
CONNECTED_CHANCE = 5.0
# Share of an officer's error that would remain if co-financiers gave all of a loan: judgement. No source gives a figure; the
# error of a joint committee (`matching_noise`), which is judgement too, is as much smaller.
ERROR_LEFT = 0.5


@equation
def approval(signal: float) -> float:
    """Chance that an officer approves an application, given what is read of the firm's profit over fixed cost.

    Formula: logistic(3 (signal - 0.5))
    """
    return logistic(SCREEN_SLOPE * (signal - SCREEN_AT))


@equation
def reading_error(p: Any, strained: float, cofinance: float) -> float:
    """Error with which profit over fixed cost is read: less where co-financiers read too, who bear their share of a loss.

    Formula: sigma (1 + strain)(1 - phi/2)
    """
    return p.credit_noise * (1.0 + strained) * (1.0 - (1.0 - ERROR_LEFT) * cofinance)


@equation
def not_refused(approved: float, cofinance: float) -> float:
    """Share of the applications of the connected that pass: co-financiers have a say as large as their share, and read them.

    Formula: 1 - phi (1 - A)
    """
    return 1.0 - cofinance * (1.0 - approved)


@equation
def constrained_share(wanted: float, added: float) -> float:
    """Share of the growth wanted (workers) for which a firm lacks the cash.

    Formula: c = 1 - a/w for w > 0, else 0
    """
    return 1.0 - added / wanted if wanted > 0.0 else 0.0


@equation
def loan_hazard(p: Any, constraint: float, approved: float, captured: float, connected: int, cofinance: float) -> float:
    """Loans a year of a firm without debt. Nobody else's chance rises by what co-financiers refuse to the connected.

    Formula: d c ((1-k) A + k 5 connected (1 - phi (1-A)))
    """
    honest = (1.0 - captured) * approved
    favoured = captured * CONNECTED_CHANCE * connected * not_refused(approved, cofinance)
    return p.credit_demand * constraint * (honest + favoured)


@equation
def no_fund_lends(cluster: Any) -> bool:
    """Whether there is no fund that can lend."""
    return bool(cluster.fund <= FUND_MIN)


@equation
def firm_loan_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Loan hazard of a firm as it stands: there must be a fund, no debt, and a lack of cash to grow or to attempt IPM."""
    p, cluster = conditions.p, conditions.cluster
    if no_fund_lends(cluster) or firm.debt > 0.0 or (cluster.credit_trained == 1.0 and has(firm, TAUGHT) == 0):
        return 0.0
    constraint = constrained_share(aside.wanted, aside.added)
    if firm.cash < p.attempt_cost * aside.fixed_cost:
        constraint = 1.0
    if constraint <= 0.0:
        return 0.0
    noise = reading_error(p, cluster.strain, cluster.cofinance)
    signal = aside.surplus + noise * normal(conditions.seed, conditions.case, firm.lineage, SIGNAL, int(cluster.tick))
    connected = has(firm, CONNECTED)
    return loan_hazard(p, constraint, approval(signal), cluster.captured_lending, connected, cluster.cofinance)


@equation
def amount_lent(fund: float, wanted: float, cofinance: float) -> float:
    """Loan (wage-years): all that is wanted, or as much of it as the fund can pay its part of.

    Formula: min(w, F/(1-phi))
    """
    public = 1.0 - cofinance
    return wanted if public * wanted <= fund else fund / public


@step
def lend(w: World, i: int, time: float) -> None:
    """Lend a firm what the fund and its co-financiers can spare, up to its workers plus two wage-years."""
    firm = firm_at(w.firms, i)
    amount = amount_lent(w.cluster.fund, firm.workers + 2.0, w.cluster.cofinance)
    if amount <= 0.0:
        return
    beside = w.cluster.cofinance * amount
    w.cluster.fund -= amount - beside
    lend_beside(w, beside)
    owe(w, firm, amount)
    w.cluster.loans += 1.0
    note(w, time, LOG_LOAN, firm.lineage, 0, amount)


@step
def owe(w: World, firm: Any, amount: float) -> None:
    """Pay a firm a loan (wage-years), and note what it owes and repays a quarter."""
    pay(w, firm, amount)
    firm.debt += amount
    firm.instalment += amount * (QUARTER / w.p.credit_term)
    w.cluster.outstanding += amount


@equation
def instalment_due(debt: float, instalment: float) -> float:
    """What a firm repays of its loan in a quarter: an instalment, or all that is left (wage-years)."""
    return instalment if debt - instalment >= SETTLED else debt


@step
def repay_blocks(w: World, first: int, last: int) -> None:
    """Let the firms of a group of blocks pay instalments and interest, and book them."""
    p, s, firms, sums = kept(w.p), kept(w.s), w.firms, w.sums
    if w.cluster.outstanding == 0.0:
        return
    for b in range(first, last):
        for lane in range(LANES):
            firm = lane_of(firms, b, lane)
            debt = firm.debt if has(firm, ALIVE) == 1 else 0.0
            due, interest = instalment_due(debt, firm.instalment), QUARTER * p.credit_rate * debt
            firm.cash -= due + interest
            firm.debt = debt - due
            firm.instalment = firm.instalment if firm.debt > 0.0 else 0.0
            sums.repaid[lane] += due
            sums.interest[lane] += interest
            stood = firm.born < s.decision
            sums.earned_old[lane] -= due + interest if stood else 0.0
            sums.earned_new[lane] -= 0.0 if stood else due + interest


CLOCK = Clock("loan", firm_loan_hazard, uncounted(lend), rests=no_fund_lends)
