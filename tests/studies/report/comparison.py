"""A comparison made by hand: clusters, policies and what a decision table says of them, for the tests of the first page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from studies.policy.decision_table import Contrast, Effects
from studies.policy.learn import EVSI, Learnt
from studies.policy.outcomes import RANKED_BY
from studies.report.data import ClusterView, Money, RunView, Verdict

YEARS = np.arange(1990.0, 2000.0)
WAGES = 1000.0
LEDGER = {"owners_old": 40.0, "owners_new": -5.0, "buyers": 25.0, "workers_gain": 0.0, "treasury": -30.0, "captured": 1.5}


class Told(NamedTuple):
    """What a table says of a policy: its mean, whether it is unbeaten, and the chance of a gain."""

    mean: float
    unbeaten: bool
    p_gain: float = 0.6


def cluster(case: str, money: Money | None = None) -> ClusterView:
    curves = np.outer([20.0, 60, 100, 150, 400], np.ones(len(YEARS)))
    return ClusterView(case, 1, case.title(), "goods", 1995.0, YEARS, curves, curves / 100, wage_year=money)


def row(case: str, policy: str, told: Told, outcome: str = RANKED_BY, structure: str = "", futures: int = 2) -> Effects:
    """Return a line of the table; the ledger's columns are shares of the mean that add up to it."""
    whole = sum(LEDGER.values())
    columns = {name: told.mean * gain / whole for name, gain in LEDGER.items()}
    line = Effects(case, policy, outcome, told.mean, told.mean - 20, told.mean + 30, 2.0, 0.5, 1.0, 50.0, 40.0, structure, 0.0)
    money = {"granted": 60.0, "spent": 55.0, "returned": 5.0, "lost": 0.0, "overrun": 0.0}
    status = {"unbeaten": int(told.unbeaten), "p_gain": told.p_gain, "futures": futures, "median": told.mean / 2}
    return replace(line, unit="wage-years", **money, **columns, **status)  # type: ignore[arg-type]


def compared(table: Mapping[str, Mapping[str, Told]], more: Sequence[Effects] = (), futures: int = 2) -> RunView:
    """Return a run of which this is the table: policies by cluster."""
    rows = [row(case, policy, told, futures=futures) for case, policies in table.items() for policy, told in policies.items()]
    wages = [replace(row(case, "status-quo", Told(0, False), "value_wages"), status_quo=WAGES) for case in table]
    titles = {"status-quo": "Status quo", "training": "Training", "credit": "Credit", "zone": "Zone"}
    money = {"kumasi": Money(900.0, 2005)}
    return RunView(
        Verdict("surrogate, corrected", True),
        tuple(cluster(case, money.get(case)) for case in table),
        effects=(*rows, *wages, *more),
        policy_titles=titles,
        horizon=20.0,
    )


def order(case: str, positive: float) -> Contrast:
    return Contrast(case, "order", 1.0, -1.0, 3.0, 0.5, positive)


def learnt(case: str, name: str, worth: float, leader: str = "training", size: int = 10, kind: str = EVSI) -> Learnt:
    return Learnt(case, kind, name, worth, 1.0, 0.1, 0.01, 0.2, leader, 100.0, 40.0, f"measure {name}", size, "firms", 7.0)


# Training is unbeaten everywhere but in Hatay, where nothing beats doing nothing; credit is unbeaten in Kumasi and Hatay.
TABLE = {
    "kumasi": {
        "status-quo": Told(0, False),
        "training": Told(50, True),
        "credit": Told(30, True),
        "zone": Told(-40, False, 0.05),
    },
    "hatay": {"status-quo": Told(0, True), "training": Told(-5, False), "credit": Told(4, True), "zone": Told(-9, False, 0.1)},
    "dhaka": {"status-quo": Told(0, False), "training": Told(20, True), "credit": Told(1, False), "zone": Told(2, False)},
    "bingo": {"status-quo": Told(0, True), "training": Told(3, True), "credit": Told(2, False), "zone": Told(1, True, 0.01)},
}
