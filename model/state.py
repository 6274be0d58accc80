"""What a history consists of: records of firms, of the cluster, of its setting and of government's programmes.

``BLOCK`` (of which ``FIRM`` is a lane) and ``CLUSTER`` are what changes; ``SETTING`` is what a history is given (the cluster's
latents and covariates); ``PROGRAMME`` is one line of policy. All are structured dtypes: ``firm.workers`` reads the same in Python
and in compiled code.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.events import FIRM_CLOCKS

FLOAT: Final = "f8"
RUNGS: Final = 7


def _record(floats: str, others: list[tuple[Any, ...]]) -> np.dtype[np.void]:
    return np.dtype([(name, FLOAT) for name in floats.split()] + others, align=True)


# What each firm has, eight bytes a value; see ``BLOCK``. First what is read to count firms, then what supply reads and works out:
# passes over the firms read columns that lie side by side.
FLOATS: Final = (
    # workers incl. owner; SD; SD; years; 0-1; 0-1; years since the cluster's start; log; quality units
    "workers", "skill", "trained", "schooling", "recognition", "trust", "born", "log_efficiency", "output",
    # SD; logit; wage-years; wage-years
    "pending", "access", "cash", "debt",
    # what the quarter worked out: workers
    "workers_best",
)
# Yes or no, a byte each; ``marks`` is all of them in one word, which loops over firms read.
MARKS: Final = ("alive", "in_zone", "connected", "heir", "trader", "courses")
ALIVE, IN_ZONE, CONNECTED, HEIR, TRADER, TAUGHT = (1 << 8 * place for place in range(len(MARKS)))

# Firms live in blocks of so many, a bit each in a word: within a block each value has a column, so that loops over firms run in
# vector registers.
LANES: Final = 64
# Passes take so many blocks at a time through each of their loops: what a loop needs is made ready once for all of them.
GROUP: Final = 4
# A history in which one clock of one firm strikes more often is stopped.
COUNT_MAX: Final = 65_535


def _block() -> np.dtype[np.void]:
    words = [("marks", "i8"), ("rung", "i8"), *((name, "f8") for name in FLOATS), ("lineage", "u8")]
    columns: list[tuple[str, Any, tuple[int, ...]]] = [(name, kind, (LANES,)) for name, kind in words]
    columns += [("residual", "f8", (FIRM_CLOCKS, LANES)), ("count", "u2", (FIRM_CLOCKS, LANES)), ("slot", "i4", (LANES,))]
    plain = np.dtype(columns, align=True)
    fields: Any = plain.fields
    # The words once more, as one array: what is copied or cleared whole.
    names = [*fields, "words"]
    kinds = [fields[name][0] for name in fields] + [np.dtype(("u8", ((len(words) + FIRM_CLOCKS) * LANES,)))]
    places = [fields[name][1] for name in fields] + [0]
    return np.dtype({"names": names, "formats": kinds, "offsets": places, "itemsize": plain.itemsize}, align=True)


def _lane(block: np.dtype[np.void], names: list[str], marks: tuple[str, ...] = ()) -> np.dtype[np.void]:
    """Return the record of one lane: fields lie a column apart, and the next lane begins eight bytes on."""
    fields: Any = block.fields
    kinds = [fields[name][0].base for name in names] + ["i1"] * len(marks)
    places = [fields[name][1] for name in names] + [fields["marks"][1] + place for place in range(len(marks))]
    size = block.itemsize - 8 * (LANES - 1)
    return np.dtype({"names": [*names, *marks], "formats": kinds, "offsets": places, "itemsize": size}, align=True)


BLOCK: Final = _block()
FIRM: Final = _lane(BLOCK, [*FLOATS, "lineage", "rung", "marks"], MARKS)

CLUSTER: Final = _record(
    # what a history never changes
    "base_price skill_slope gain_per_worker gain_cost log_training_exit "
    # stocks
    "time firms workers core_workers improved_firms improved_workers "
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
        ("wound", "i8"),
        ("dead", "i8"),
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

# What the firms of one rung share: wage-years; 1/wage-years; wage-years per worker; 0-1.
SHARED: Final = ("fixed_cost", "per_fixed", "outlay", "pressure")
LADDER: Final = _record(" ".join([*SHARED, "log_gain log_price price firms workers output above"]), [])
# What a quarter works out of a firm for its clocks: wage-years a year; fixed costs; workers; workers; 0-1; 0-1.
WORKED_OUT: Final = ("profit", "surplus", "wanted", "added", "taught", "worth")
# Both laid out beside the firms of a block, lane by lane, with each clock's rate (1/year) and a bit for each that strikes.
BESIDE: Final = _record(
    "",
    [(name, "f8", (LANES,)) for name in (*SHARED, *WORKED_OUT)]
    + [("rate", "f8", (FIRM_CLOCKS, LANES)), ("struck", "i8", (LANES,))],
)
ASIDE: Final = _lane(BESIDE, [*SHARED, *WORKED_OUT])

# What is added up over firms, lane by lane: by rung, and over all of them.
SUMS: Final = _record(
    "",
    [(name, "f8", (RUNGS, LANES)) for name in ("workers", "output")]
    + [(name, "f8", (LANES,)) for name in ("core", "schooling", "skill", "zone", "top", "skill_top", "repaid")],
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
