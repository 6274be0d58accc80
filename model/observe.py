"""What is seen of a history? The panel, one row a quarter, and the event log.

A row shows stocks and prices at its time and the flows of the quarter that ended there, so ``firms`` of a row equals ``firms``
of the row before + entrants + spin_offs - exits. Its columns are those fields of the cluster that ``model.fields`` shows, copied
by name, and the two that are derived here.
"""

import math
from typing import Any, Final

# Numba is imported there first, where its complaints about settings of other programs are silenced.
from model.compiling import equation, step

# isort: split
import numpy as np
from numba import literal_unroll
from numpy.typing import NDArray

from model.events import EVENTS
from model.fields import CLUSTER_FIELDS, COUNT, DERIVED, FLOW, names
from model.start import first_values
from model.world import NOT_FINITE, World, stop_unfinite

SHOWN: Final = tuple(field for field in CLUSTER_FIELDS if field.panel)
COLUMNS: Final = names(SHOWN)
UNITS: Final = {field.name: field.unit for field in SHOWN}
MEANINGS: Final = {field.name: field.meaning for field in SHOWN}
FLOWS: Final = names(SHOWN, panel=FLOW)
restart_flows = first_values(field for field in SHOWN if field.panel == FLOW)
# Columns that hold whole numbers.
COUNTS: Final = tuple(field.name for field in SHOWN if field.panel in (COUNT, FLOW))
# Fields that a row copies, and their columns; columns that it derives.
COPIED: Final = tuple(field.name for field in SHOWN if field.kind != DERIVED)
COPIED_TO: Final = tuple(COLUMNS.index(name) for name in COPIED)
SIZE_COLUMN: Final = COLUMNS.index("workers_per_firm")
PHASE_COLUMN: Final = COLUMNS.index("phase")
STOP_COLUMN: Final = COLUMNS.index("exhausted")

PHASES: Final = ("initiation", "expansion", "improvement", "survival", "extinct")
INITIATION, EXPANSION, IMPROVEMENT, SURVIVAL, EXTINCT = range(len(PHASES))

# A cluster is in the improvement phase from this share of workers in improved firms on, and has made the transition from this.
IMPROVING_SHARE = 0.1
TRANSITION_SHARE = 0.5
# Fewer firms than this in the first years are an initiation; less profit than this in an outsider's reach, over the fixed cost,
# is survival.
INITIATION_FIRMS = 10
INITIATION_YEARS = 10.0
SURVIVAL_SURPLUS = 0.25


@equation
def improved_share(cluster: Any) -> float:
    """Share of workers in improved firms.

    Formula: L(k >= 1)/L
    """
    return cluster.improved_workers / cluster.workers if cluster.workers > 0.0 else 0.0


@equation
def phase(cluster: Any) -> int:
    """Phase of the cluster, derived from the cluster's state and read by no mechanism."""
    if cluster.firms == 0.0:
        return EXTINCT
    if improved_share(cluster) >= IMPROVING_SHARE:
        return IMPROVEMENT
    if cluster.firms < INITIATION_FIRMS and cluster.time < INITIATION_YEARS:
        return INITIATION
    return SURVIVAL if cluster.newcomer_surplus < SURVIVAL_SURPLUS else EXPANSION


@equation
def mean_size(cluster: Any) -> float:
    """Mean number of workers of a firm, 0 without firms.

    Formula: L/N
    """
    return cluster.workers / cluster.firms if cluster.firms > 0.0 else 0.0


@step
def record(w: World, row: NDArray[np.float64]) -> None:
    """Write one row of the panel, shape (len(COLUMNS),), and start the next quarter's flows at zero.

    A row with a number that is not finite is not written: it stays NaN, and the history is stopped.
    """
    c = w.cluster
    if c.exhausted != NOT_FINITE:
        fill(c, row)
    if c.exhausted == NOT_FINITE or not is_finite(row):
        stop_unfinite(c)
        for column in range(len(row)):
            row[column] = math.nan


@step
def fill(c: Any, row: NDArray[np.float64]) -> None:
    """Fill one row from the cluster's record, and start the flows at zero."""
    if improved_share(c) >= TRANSITION_SHARE:
        c.transitioned = 1
    copy_fields(c, row)
    row[SIZE_COLUMN] = mean_size(c)
    row[PHASE_COLUMN] = phase(c)
    restart_flows(c)


@step
def copy_fields(cluster: Any, row: NDArray[np.float64]) -> None:
    """Copy the fields that the panel shows into their columns."""
    k = 0
    for name in literal_unroll(COPIED):
        row[COPIED_TO[k]] = cluster[name]
        k += 1  # noqa: SIM113 - the compiler unrolls the names, and enumerates nothing unrolled


@equation
def is_finite(row: NDArray[np.float64]) -> bool:
    """Whether every number of a row of the panel is finite."""
    infinite = 0
    for column in range(len(row)):
        infinite += not abs(row[column]) < math.inf
    return infinite == 0


def mark_stop(panel: NDArray[np.float64], cluster: Any) -> None:
    """Mark the last row that a stopped history has written, if it has written one, with the reason; shape (rows, columns)."""
    written = int(np.isfinite(panel[:, 0]).sum())
    if cluster.exhausted != 0 and written > 0:
        panel[written - 1, STOP_COLUMN] = cluster.exhausted


def event_words(codes: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return the words of event codes, shape (n,)."""
    return np.asarray(EVENTS)[codes]
