"""What does a history consist of? Records of firms, of the cluster, of its setting and of government's programmes.

``BLOCK`` (of which ``FIRM`` is a lane) and ``CLUSTER`` are what changes; ``SETTING`` is what a history is given (the cluster's
latents and covariates); ``PROGRAMME`` is one line of policy. All are structured dtypes, made from the rows of ``model.fields``:
``firm.workers`` reads the same in Python and in compiled code.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.events import FIRM_CLOCKS
from model.fields import (
    CLUSTER_FIELDS,
    DERIVED,
    FIRM_FIELDS,
    MARK,
    NUMBER,
    PROGRAMME_FIELDS,
    SETTING_FIELDS,
    Field,
    names,
)

RUNGS: Final = 7
WORD_BYTES: Final = 8
LINE_BYTES: Final = 64

# Fields of a firm that lie side by side: columns of numbers; and marks, yes or no, a byte each, of which ``marks`` is all in one
# word, which loops over firms read.
FLOATS: Final = names(FIRM_FIELDS, kind=NUMBER, per_clock=False)
MARKS: Final = names(FIRM_FIELDS, kind=MARK)
ALIVE, IN_ZONE, CONNECTED, HEIR, TRADER, TAUGHT = (1 << 8 * position for position in range(len(MARKS)))

# Firms live in blocks of so many, a bit each in a word. Within a block each value has a column, so that loops over firms run in
# vector registers.
LANES: Final = 64
# A pass takes so many blocks at a time through each of its loops: what a loop needs is made ready once for all of them.
GROUP: Final = 4
# A history in which one clock of one firm strikes more often is stopped.
COUNT_MAX: Final = 65_535


def _block() -> np.dtype[np.void]:
    """Return the record of a block of firms: each field has a value a lane, each field of a clock a value a clock and lane.

    One value belongs to the block: ``common_rung``, on which all its firms stand. A block ends where a line of the cache does.
    """
    stored = [field for field in FIRM_FIELDS if field.kind != MARK]
    words = [field for field in stored if _is_word(field)]
    columns = [
        (field.name, field.kind, (FIRM_CLOCKS, LANES) if field.per_clock else (LANES,))
        for field in (*words, *(field for field in stored if not _is_word(field)))
    ]
    plain = np.dtype(columns, align=True)
    fields: Any = plain.fields
    # The words once more, as one array: what is copied or cleared whole.
    count = sum(FIRM_CLOCKS if field.per_clock else 1 for field in words) * LANES
    formats = [fields[name][0] for name in fields] + [np.dtype(("u8", (count,))), np.dtype("i8")]
    offsets = [fields[name][1] for name in fields] + [0, plain.itemsize]
    names_of_all, size = [*fields, "words", "common_rung"], LINE_BYTES * (plain.itemsize // LINE_BYTES + 1)
    return np.dtype({"names": names_of_all, "formats": formats, "offsets": offsets, "itemsize": size}, align=True)


def _is_word(field: Field) -> bool:
    """Whether each value of a field is a word of its own, of eight bytes."""
    return np.dtype(field.kind).itemsize == WORD_BYTES


def _lane(block: np.dtype[np.void], columns: Sequence[str], marks: Sequence[str] = ()) -> np.dtype[np.void]:
    """Return the record of one lane: its fields lie a column apart, and the next lane begins a word further on."""
    fields: Any = block.fields
    formats = [fields[name][0].base for name in columns] + [MARK] * len(marks)
    offsets = [fields[name][1] for name in columns] + [fields["marks"][1] + position for position in range(len(marks))]
    size = max(offset + WORD_BYTES for offset in offsets)
    return np.dtype({"names": [*columns, *marks], "formats": formats, "offsets": offsets, "itemsize": size}, align=True)


def _record(fields: Iterable[Field]) -> np.dtype[np.void]:
    return np.dtype([(field.name, field.kind) for field in fields if field.kind != DERIVED], align=True)


BLOCK: Final = _block()
FIRM: Final = _lane(BLOCK, [field.name for field in FIRM_FIELDS if _is_word(field) and not field.per_clock], MARKS)
CLUSTER: Final = _record(CLUSTER_FIELDS)
SETTING: Final = _record(SETTING_FIELDS)
PROGRAMME: Final = _record(PROGRAMME_FIELDS)

# What the firms of one rung share. Units: wage-years; 1/wage-years; wage-years per worker; 0-1; wage-years per worker.
SHARED: Final = ("fixed_cost", "per_fixed", "outlay", "pressure", "gain_per_worker")
LADDER: Final = np.dtype(
    [(name, NUMBER) for name in (*SHARED, "place_cost", "log_gain", "log_price", "price", "firms", "workers", "output", "above")],
    align=True,
)
# What a quarter works out of a firm for its clocks. Units: wage-years a year; fixed costs; workers; workers; 0-1; 0-1.
WORKED_OUT: Final = ("profit", "surplus", "wanted", "added", "taught", "worth")
# Both are laid out beside the firms of a block, lane by lane, with each clock's rate (1/year) and a bit for each that strikes.
BESIDE: Final = np.dtype(
    [(name, NUMBER, (LANES,)) for name in (*SHARED, *WORKED_OUT)]
    + [("rate", NUMBER, (FIRM_CLOCKS, LANES)), ("struck", "i8", (LANES,))],
    align=True,
)
ASIDE: Final = _lane(BESIDE, [*SHARED, *WORKED_OUT])

# Sums over firms, lane by lane: first by rung, then over all firms.
SUMS: Final = np.dtype(
    [(name, NUMBER, (RUNGS, LANES)) for name in ("workers", "output")]
    + [(name, NUMBER, (LANES,)) for name in ("core", "schooling", "skill", "trained", "zone")]
    + [(name, NUMBER, (LANES,)) for name in ("repaid", "interest", "earned_old", "earned_new", "advanced")],
    align=True,
)

# An event that a clock has set for this quarter.
DUE: Final = np.dtype([("time", "f8"), ("mechanism", "i8"), ("lineage", "u8"), ("firm", "i8"), ("number", "i8")], align=True)

LOG: Final = np.dtype([("time", "f8"), ("event", "i8"), ("firm", "u8"), ("other", "u8"), ("detail", "f8")], align=True)

# Kinds of programme; the word is what a policy's YAML says.
PROGRAMMES: Final = (
    "training", "market_place", "zone", "credit", "foreign_investment", "protection", "campaign", "grant",
    "export_preference", "research_institute", "matching_grant", "utilities", "zoning", "standards", "schooling",
    "vocational_training", "experts",
)
(
    TRAINING_PROGRAMME, MARKET_PLACE, ZONE, CREDIT, FOREIGN_INVESTMENT, PROTECTION, CAMPAIGN, GRANT, EXPORT_PREFERENCE,
    RESEARCH_INSTITUTE, MATCHING_GRANT, UTILITIES, ZONING, STANDARDS, SCHOOLING, VOCATIONAL_TRAINING, EXPERTS,
) = range(len(PROGRAMMES))
# What it costs decides what these do, and history does not tell what programmes cost: they are a policy's alone.
PLANNED_ONLY: Final = PROGRAMMES[MATCHING_GRANT:]

COURSES: Final = ("pilot", "intensive", "technology")
PILOT, INTENSIVE, TECHNOLOGY = range(len(COURSES))

FIRMS_MAX: Final = 200_000


def records(dtype: np.dtype[np.void], count: int) -> NDArray[np.void]:
    """Return ``count`` zeroed records whose fields read as attributes."""
    return np.zeros(count, dtype).view(np.recarray)
