"""Who gets a programme's loan? Firms that lack cash apply; an officer reads their profit with error; a captured share goes to
the connected; loans are repaid in equal instalments by their term, and lent again (WP 5703, sections IV-V).
"""

from typing import Any

from model.arithmetic import logistic
from model.clock import Clock, Conditions, uncounted
from model.compiling import equation, step
from model.events import LOG_LOAN, QUARTER, SIGNAL
from model.lanes import firm_at, has, kept, lane_of
from model.mechanisms.ledger import pay
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


@equation
def approval(signal: float) -> float:
    """Chance that an officer approves an application, given what is read of the firm's profit over fixed cost.

    Formula: logistic(3 (signal - 0.5))
    """
    return logistic(SCREEN_SLOPE * (signal - SCREEN_AT))


@equation
def constrained_share(wanted: float, added: float) -> float:
    """Share of the growth wanted (workers) for which a firm lacks the cash.

    Formula: c = 1 - a/w for w > 0, else 0
    """
    return 1.0 - added / wanted if wanted > 0.0 else 0.0


@equation
def loan_hazard(p: Any, constraint: float, approved: float, captured: float, connected: int) -> float:
    """Loans a year of a firm without debt.

    Formula: d c ((1-k) A + k 5 connected)
    """
    honest = (1.0 - captured) * approved
    favoured = captured * CONNECTED_CHANCE * connected
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
    noise = p.credit_noise * (1.0 + cluster.strain)
    signal = aside.surplus + noise * normal(conditions.seed, conditions.case, firm.lineage, SIGNAL, int(cluster.tick))
    return loan_hazard(p, constraint, approval(signal), cluster.captured_lending, has(firm, CONNECTED))


@step
def lend(w: World, i: int, time: float) -> None:
    """Lend a firm what the fund can spare, up to its workers plus two wage-years."""
    firm = firm_at(w.firms, i)
    amount = min(w.cluster.fund, firm.workers + 2.0)
    if amount <= 0.0:
        return
    w.cluster.fund -= amount
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
