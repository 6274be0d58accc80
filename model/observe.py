"""What is seen of a history: the panel, one row a quarter, and the event log; the whole output schema on one screen.

A row shows stocks and prices at its time and the flows of the quarter that ended there, so ``firms`` of a row equals ``firms``
of the row before + entrants + spin_offs - exits.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation, step
from model.events import EVENTS
from model.world import World

# name, unit, meaning
SCHEMA: Final = (
    ("time", "years", "years since the cluster's start"),
    ("firms", "firms", "producers of the final good"),
    ("workers", "workers", "workers, owners counted"),
    ("workers_per_firm", "workers", "mean size"),
    ("output", "quality units/year", "quality-adjusted output"),
    ("price", "ratio", "home price over the standard break-even price"),
    ("margin", "1", "profits over sales"),
    ("profitability", "1", "mean profit over fixed cost"),
    ("entrants", "firms/quarter", "entries from outside, pioneers counted"),
    ("spin_offs", "firms/quarter", "firms founded by workers"),
    ("exits", "firms/quarter", "exits, mergers counted"),
    ("mergers", "firms/quarter", "exits in which another firm takes over the workers"),
    ("attempts", "1/quarter", "attempts at IPM"),
    ("successes", "1/quarter", "attempts that succeeded"),
    ("relocations", "firms/quarter", "moves to a zone"),
    ("improved_firms", "firms", "firms on the first rung or above"),
    ("zone_firms", "firms", "firms in a zone"),
    ("exporters", "firms", "firms whose goods are sold abroad"),
    ("schooling", "years", "mean schooling of entrepreneurs"),
    ("managerial_capital", "SD", "mean managerial capital, training counted"),
    ("traders", "persons", "traders and part-suppliers"),
    ("congestion", "log", "crowding of the core"),
    ("phase", "code", "initiation, expansion, improvement, survival or extinct"),
    ("price_export", "ratio", "price of exporters over the standard break-even price"),
    ("exported", "quality units/year", "output sold abroad"),
    ("sales", "wage-years/year", "sales"),
    ("profits", "wage-years/year", "profits"),
    ("awareness", "1", "share of knowledge's worth that entrepreneurs perceive"),
    ("discouragement", "failures", "recent visible failures"),
    ("enforcement", "1", "contracts enforced by the community"),
    ("improved_workers", "workers", "workers of improved firms"),
    ("loans", "1/quarter", "programme loans"),
    ("defaults", "1/quarter", "loans lost at exit"),
    ("trained", "firms/quarter", "firms trained by programmes"),
    ("public_cost", "wage-years", "public spending so far, loan funds counted in full"),
    ("loan_losses", "wage-years", "loans lost so far"),
    ("zone_space", "work places", "free places in zones"),
    ("value_profit", "wage-years", "profits since the decision, discounted"),
    ("value_surplus", "wage-years", "home buyers' surplus since the decision, discounted"),
    ("value_sales", "wage-years", "sales since the decision, discounted"),
    ("value_cost", "wage-years", "public cost since the decision, discounted; of credit, what was lost"),
    ("value_wages", "wage-years", "wages since the decision, discounted"),
    ("transitioned", "0/1", "whether improved firms have ever employed the majority"),
    ("exhausted", "0/1", "whether the history was stopped for its size"),
)
COLUMNS: Final = tuple(name for name, _, _ in SCHEMA)
UNITS: Final = {name: unit for name, unit, _ in SCHEMA}
MEANINGS: Final = {name: meaning for name, _, meaning in SCHEMA}

PHASES: Final = ("initiation", "expansion", "improvement", "survival", "extinct")
INITIATION, EXPANSION, IMPROVEMENT, SURVIVAL, EXTINCT = range(len(PHASES))

# A cluster is in the improvement phase from this share of workers in improved firms on, and has made the transition from this.
IMPROVING_SHARE = 0.1
TRANSITION_SHARE = 0.5
# Fewer firms than this in the first years are an initiation; profit over fixed cost below this is survival.
INITIATION_FIRMS = 10
INITIATION_YEARS = 10.0
SURVIVAL_PROFITABILITY = 0.25


@equation
def improved_share(cluster: Any) -> float:
    """Share of workers in improved firms.

    Formula: L(k >= 1)/L
    """
    return cluster.improved_workers / cluster.workers if cluster.workers > 0.0 else 0.0


@equation
def phase(cluster: Any) -> int:
    """Phase of the cluster, derived from what the panel shows and read by no mechanism."""
    if cluster.firms == 0.0:
        return EXTINCT
    if improved_share(cluster) >= IMPROVING_SHARE:
        return IMPROVEMENT
    if cluster.firms < INITIATION_FIRMS and cluster.time < INITIATION_YEARS:
        return INITIATION
    return SURVIVAL if cluster.profitability < SURVIVAL_PROFITABILITY else EXPANSION


@step
def record(w: World, row: NDArray[np.float64]) -> None:
    """Write one row of the panel and start the next quarter's flows at zero."""
    c = w.cluster
    if improved_share(c) >= TRANSITION_SHARE:
        c.transitioned = 1
    row[0] = c.time
    row[1] = c.firms
    row[2] = c.workers
    row[3] = c.workers / c.firms if c.firms > 0.0 else 0.0
    row[4] = c.output
    row[5] = c.price
    row[6] = c.margin
    row[7] = c.profitability
    row[8] = c.entrants
    row[9] = c.spin_offs
    row[10] = c.exits
    row[11] = c.mergers
    row[12] = c.attempts
    row[13] = c.successes
    row[14] = c.relocations
    row[15] = c.improved_firms
    row[16] = c.zone_firms
    row[17] = c.exporters
    row[18] = c.schooling
    row[19] = c.managerial_capital
    row[20] = c.traders
    row[21] = c.congestion
    row[22] = phase(c)
    record_more(c, row)
    c.entrants = c.spin_offs = c.exits = c.mergers = 0.0
    c.attempts = c.successes = c.relocations = 0.0
    c.loans = c.defaults = c.trained = 0.0


@step
def record_more(c: Any, row: NDArray[np.float64]) -> None:
    """Write the columns beyond the contract's first block."""
    row[23] = c.price_export
    row[24] = c.exported
    row[25] = c.sales
    row[26] = c.profits
    row[27] = c.awareness
    row[28] = c.discouragement
    row[29] = c.enforcement
    row[30] = c.improved_workers
    row[31] = c.loans
    row[32] = c.defaults
    row[33] = c.trained
    row[34] = c.public_cost
    row[35] = c.loan_losses
    row[36] = c.zone_space
    row[37] = c.value_profit
    row[38] = c.value_surplus
    row[39] = c.value_sales
    row[40] = c.value_cost
    row[41] = c.value_wages
    row[42] = c.transitioned
    row[43] = c.exhausted


def event_words(codes: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return the words of event codes."""
    return np.asarray(EVENTS)[codes]
