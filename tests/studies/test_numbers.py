"""Does a number keep the digits that it deserves, and is no share rounded to certainty?"""

import math

import pytest

from studies.numbers import MINUS, amount, percent, share, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5, "1,230"), (-0.01234, f"{MINUS}0.0123"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, f"{MINUS}∞")],
)
def test_three_significant_digits(value: float, text: str) -> None:
    assert amount(value) == text


def test_an_effect_has_a_sign_unless_it_is_nothing() -> None:
    assert [signed(value) for value in (1.5, -1.5, 0.0)] == ["+1.50", f"{MINUS}1.50", "0"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (0.0049, "< 1 %"), (0.006, "1 %"), (0.994, "99 %"), (0.996, "> 99 %"), (1.0, "100 %"), (math.nan, "–")],
)
def test_only_certainty_reads_as_certain(value: float, text: str) -> None:
    assert share(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "50 %"), (-0.123, "\u221212 %"), (2e-4, "below 0.1 %"), (12.3, "1,230 %"), (float("nan"), "\u2013")]
)
def test_shares_are_told_in_per_cent(value: float, text: str) -> None:
    assert percent(value) == text
