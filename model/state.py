"""What a history consists of: records of firms, of the cluster, of its setting and of government's programmes.

``FIRM`` and ``CLUSTER`` are what changes; ``SETTING`` is what a history is given (the cluster's latents and covariates);
``PROGRAMME`` is one line of policy. All are structured dtypes: ``firm.workers`` reads the same in Python and in compiled code.
"""

from typing import Any, Final

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from model.events import FIRM_CLOCKS

FLOAT: Final = "f8"
RUNGS: Final = 7


def _record(floats: str, others: list[tuple[Any, ...]]) -> np.dtype[np.void]:
    return np.dtype([(name, FLOAT) for name in floats.split()] + others, align=True)


FIRM: Final = _record(
    # workers incl. owner; SD; SD; SD; 0-1; 0-1; logit; years; wage-years; wage-years; years since the cluster's start
    "workers skill trained pending recognition trust access schooling cash debt born "
    # what the quarter worked out: log, quality units, fixed costs (share), 0-1
    "log_efficiency output surplus constraint workers_best",
    [
        ("lineage", "u8"),
        ("residual", "f8", (FIRM_CLOCKS,)),
        ("count", "u4", (FIRM_CLOCKS,)),
        ("slot", "i4"),
        ("rung", "i2"),
        ("alive", "i1"),
        ("in_zone", "i1"),
        ("connected", "i1"),
        ("heir", "i1"),
        ("trader", "i1"),
        ("courses", "i1"),
    ],
)

CLUSTER: Final = _record(
    # stocks
    "base_price skill_slope time firms workers core_workers improved_firms improved_workers "
    "zone_firms exporters schooling managerial_capital "
    "skill_top traders awareness discouragement access enforcement imitators "
    # what the market worked out (prices in units of the standard break-even price)
    "price price_export log_price log_price_export ceiling exported congestion log_agglomeration output sales profits "
    "profitability margin "
    # government
    "zone_space zone_trained fund repaid credit_trained captured market_place protection strain wage_bill "
    "public_cost loan_losses net_cost "
    # flows of the quarter
    "entrants spin_offs exits mergers attempts successes relocations loans defaults trained "
    # discounted to the decision date
    "value_profit value_surplus value_sales value_cost value_wages "
    # the cluster's own clock
    "entry_residual",
    [
        ("entry_count", "i8"),
        ("tick", "i8"),
        ("rows", "i8"),
        ("logged", "i8"),
        ("transitioned", "i8"),
        ("exhausted", "i8"),
        ("seats", "i8"),
        ("due", "i8"),
    ],
)

SETTING: Final = _record(
    "market scale growth capacity import_price shock_time shock_price material_time reach world_price access "
    "schooling start_year founders founder_skill founder_rung traders site_works decision discount firms_max "
    # structural switches: 0 or 1, but for the ladder's rungs
    "own_profit outlet_only spillover state_module ladder",
    [("case", "u8"), ("quarters", "i8")],
)

PROGRAMME: Final = _record(
    "start stop trigger_firms trigger_after budget budget_share unit_cost fee captured cofinance trained_only effect "
    # how it stands
    "opened granted spent invited",
    [("kind", "i8"), ("course", "i8"), ("of_history", "i8")],
)

# What the firms of one rung share: wage-years; wage-years per worker; 0-1; log; ratio; firms; workers; quality units; firms.
# Constants of a history first: wage-years; wage-years per worker; log points; 1/worker; 1.
LADDER: Final = _record(
    "fixed_cost outlay log_gain gain_per_worker gain_cost pressure log_price price firms workers output above", []
)

# An event that a clock has set for this quarter.
DUE: Final = np.dtype([("time", "f8"), ("mechanism", "i8"), ("lineage", "u8"), ("firm", "i8"), ("number", "i8")], align=True)

LOG: Final = np.dtype([("time", "f8"), ("event", "i8"), ("firm", "u8"), ("other", "u8"), ("detail", "f8")], align=True)

# Kinds of programme; the word is what a policy's YAML says.
PROGRAMMES: Final = (
    "training", "market_place", "zone", "credit", "foreign_investment", "protection", "campaign", "grant",
    "export_preference", "research_institute",
)
(
    TRAINING_PROGRAMME, MARKET_PLACE, ZONE, CREDIT, FOREIGN_INVESTMENT, PROTECTION, CAMPAIGN, GRANT, EXPORT_PREFERENCE,
    RESEARCH_INSTITUTE,
) = range(len(PROGRAMMES))

COURSES: Final = ("pilot", "intensive", "technology")
PILOT, INTENSIVE, TECHNOLOGY = range(len(COURSES))

FIRMS_MAX: Final = 200_000


def records(dtype: np.dtype[np.void], count: int) -> NDArray[np.void]:
    """Return ``count`` zeroed records whose fields read as attributes."""
    return np.zeros(count, dtype).view(np.recarray)


def empty_firms(count: int) -> NDArray[np.void]:
    """Return room for ``count`` firms, unset; like the two below it exists because compiled code has no ``recarray``."""
    return np.empty(count, FIRM).view(np.recarray)


def empty_due(count: int) -> NDArray[np.void]:
    """Return room for ``count`` due events, unset."""
    return np.empty(count, DUE).view(np.recarray)


def empty_log(count: int) -> NDArray[np.void]:
    """Return room for ``count`` lines of the event log, unset."""
    return np.empty(count, LOG).view(np.recarray)


overload(empty_firms)(lambda count: lambda count: np.empty(count, FIRM))
overload(empty_due)(lambda count: lambda count: np.empty(count, DUE))
overload(empty_log)(lambda count: lambda count: np.empty(count, LOG))
