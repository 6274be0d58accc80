"""What may one number or word of a configuration file be? Finite, of a size that means something, and on one line.

Every message is "rule; remedy".
"""

import math
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2100
# No figure, sum of money or length of time that means anything is larger or, unless it is zero, smaller.
LARGEST: Final = 1e12
SMALLEST: Final = 1e-9
# What would break a line, or steer the terminal on which a name is shown.
_BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def number(given: Any) -> float:
    """Return a finite number of a size that means something.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("must be a number; give it without quotes or unit, or leave out what is unknown")
    if isinstance(given, float) and not math.isfinite(given):
        raise ValueError("must be finite; give a finite number")
    if not -LARGEST <= given <= LARGEST:
        raise ValueError(f"must lie between {-LARGEST:g} and {LARGEST:g}; correct the number or its unit")
    if 0 < abs(given) < SMALLEST:
        raise ValueError(f"is not zero and nearer to it than {SMALLEST:g}; write 0 or correct the number")
    return float(given)


def _whole(given: Any) -> Any:
    """Return a whole number that is written as 1e5 as one; anything else is left for the type to judge."""
    return int(given) if isinstance(given, float) and given.is_integer() and abs(given) <= LARGEST else given


def _word(given: str) -> str:
    text = given.strip()
    if not text:
        raise ValueError("must not be empty; write a few words")
    if _BREAKS.search(text):
        raise ValueError("must be one line; leave out line breaks and control characters")
    return text


Number = Annotated[float, BeforeValidator(number)]
Years = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
LogSd = Annotated[Number, Field(gt=0, le=10)]
Share = Annotated[Number, Field(ge=0, le=1)]
Year = Annotated[int, Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)]
Text = Annotated[str, AfterValidator(_word)]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, BeforeValidator(_whole), Field(strict=True)]
