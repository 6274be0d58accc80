"""How does a history begin? With an empty cluster, room for a few firms, and programmes that have not yet opened."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.compiling import equation
from model.state import CLUSTER, DUE, FIRM, LADDER, LOG, RUNGS, records
from model.world import World

FIRMS_AT_START = 256
DUE_AT_START = 4096
LOG_AT_START = 4096


@equation
def reset(w: World, programmes: NDArray[Any]) -> None:
    """Clear a world for its next history; programmes are copied unopened."""
    c = w.cluster
    c.tick = c.rows = c.logged = c.transitioned = c.exhausted = c.due = c.entry_count = 0
    c.seats = 16
    c.time = c.firms = c.workers = c.core_workers = c.improved_firms = c.improved_workers = 0.0
    c.zone_firms = c.exporters = c.schooling = c.managerial_capital = c.skill_top = 0.0
    c.traders = c.awareness = c.discouragement = c.access = c.enforcement = c.imitators = 0.0
    c.price = c.price_export = c.log_price = c.log_price_export = c.ceiling = c.exported = 0.0
    c.congestion = c.log_agglomeration = c.output = c.sales = c.profits = c.profitability = c.margin = 0.0
    c.zone_space = c.zone_trained = c.fund = c.repaid = c.credit_trained = c.captured = 0.0
    c.market_place = c.protection = c.strain = c.wage_bill = c.public_cost = c.loan_losses = c.net_cost = 0.0
    c.entrants = c.spin_offs = c.exits = c.mergers = c.attempts = c.successes = 0.0
    c.relocations = c.loans = c.defaults = c.trained = 0.0
    c.value_profit = c.value_surplus = c.value_sales = c.value_cost = c.value_wages = 0.0
    c.entry_residual = 0.0
    for j in range(len(programmes)):
        w.programmes[j] = programmes[j]
        w.programmes[j].opened = -1.0
        w.programmes[j].granted = 0.0
        w.programmes[j].spent = 0.0
        w.programmes[j].invited = 0.0


def new_world(params: Any, setting: Any, programmes: NDArray[Any], seed: int, keep_log: bool) -> World:
    """Return a world ready to begin.

    Parameters
    ----------
    params, setting
        One record each of ``PARAMS`` and ``SETTING``.
    programmes : PROGRAMME records, shape (m,)
        History and policy; copied.
    seed : int
        Key of every draw, with the setting's case.
    keep_log : bool
        Whether events are logged.
    """
    table = np.full(1024, -1, np.int32)
    w = World(
        params,
        setting,
        records(CLUSTER, 1)[0],
        records(FIRM, FIRMS_AT_START),
        records(LADDER, RUNGS),
        table,
        records(programmes.dtype, len(programmes)),
        records(DUE, DUE_AT_START),
        records(LOG, LOG_AT_START if keep_log else 0),
        np.uint64(seed),
        np.uint64(setting.case),
    )
    reset(w, programmes.view(np.recarray))
    return w
