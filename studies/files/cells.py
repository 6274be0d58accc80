"""What does the text of a cell say? Nothing, a number, or a word; other programs write each of them in several ways."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from model.errors import InputError

# What R, pandas, SQL and spreadsheets write for a value that is unknown, in lower case.
UNKNOWN: Final = frozenset({"", "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#n/a", "#na"})
# The most characters of a cell: longer than any path, and than any number that a double can need.
LONGEST: Final = 4096
# The most characters of a value in a message.
SHOWN: Final = 40
# A double holds every whole number up to this one; beyond it, a text with an exponent or a fraction may have lost digits.
EXACT: Final = 2**53
_DIGITS: Final = re.compile(r"[0-9]{1,20}")
_NUMBER: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?")
_WITH_COMMA: Final = re.compile(r"[+-]?[0-9.' ]*,[0-9.,' ]*([eE][+-]?[0-9]+)?")


def known(text: str) -> bool:
    """Return whether a cell has a value."""
    return len(text) > SHOWN or text.lower() not in UNKNOWN


def shown(text: str) -> str:
    """Return a text as a message may hold it: on one line, control characters escaped, and shortened."""
    plain = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text[: SHOWN + 1])
    return plain if len(text) <= SHOWN and len(plain) <= 2 * SHOWN else f"{plain[: SHOWN - 3]}..."


def whole(text: str) -> int | None:
    """Return the whole number that a text means for certain, such as ``7``, ``7.0`` or ``1e+05``; None if it means none."""
    if _DIGITS.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return int(value) if value <= EXACT and value == value.to_integral_value() else None


def without_fraction(text: str) -> str:
    """Return the digits of a whole number that another program wrote as ``10.0``, and any other text as it is."""
    value = whole(text)
    return text if value is None or _DIGITS.fullmatch(text) else str(value)


def check_cell(text: str) -> None:
    """Refuse a cell that is too long or not on one line, or that holds a number with a comma.

    Raises
    ------
    InputError
        If the cell is refused.
    """
    if len(text) > LONGEST:
        raise InputError(f"{shown(text)}: has {len(text):,} characters, of at most {LONGEST:,}; shorten the cell")
    if not text.isprintable():
        raise InputError(f"{shown(text)}: holds a character that is not printed; write the cell anew")
    if _WITH_COMMA.fullmatch(text):
        raise InputError(f"{shown(text)}: has a comma; write decimals with a point, and thousands without a mark")
