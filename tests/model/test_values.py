"""May one number or word of a file mean something?"""

import math
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from model.values import LARGEST, SMALLEST, Text, Whole, number


@pytest.mark.parametrize("given", [0, -0.0, 1, 2.5, LARGEST, -LARGEST, SMALLEST])
def test_a_number_is_read(given: float) -> None:
    assert number(given) == given


@pytest.mark.parametrize("given", [True, None, "3", [3], math.inf, math.nan, 2 * LARGEST, 10**400, -(10**400), SMALLEST / 2])
def test_a_number_without_a_meaning_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=";"):
        number(given)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    whole = TypeAdapter(Whole)
    assert whole.validate_python(1e5) == 100_000
    assert type(whole.validate_python(1e5)) is int
    for wrong in (1.5, True, "3", 1e300, math.inf):
        with pytest.raises(ValidationError):
            whole.validate_python(wrong)


def test_a_word_is_one_line() -> None:
    text = TypeAdapter(Text)
    assert text.validate_python("  Förderung, zwei Jahre \n") == "Förderung, zwei Jahre"
    for wrong in ("", " \n", "a\nb", "a\x1b[31m", "a\u2028b"):
        with pytest.raises(ValidationError):
            text.validate_python(wrong)
