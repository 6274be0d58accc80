"""The text of a cell: what R, pandas and spreadsheets write for nothing, for a whole number and for a number with a comma."""

import pytest

from model.errors import InputError
from studies.files.cells import EXACT, LONGEST, SHOWN, check_cell, known, shown, whole, without_fraction


@pytest.mark.parametrize("text", ["", "NA", "n/a", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A"])
def test_a_cell_that_says_nothing(text: str) -> None:
    assert not known(text)


@pytest.mark.parametrize("text", ["0", "no", "na.yaml", "nana", "x" * 10_000])
def test_a_cell_that_says_something(text: str) -> None:
    assert known(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("007", 7),
        ("7.0", 7),
        ("100000.0", 100_000),
        ("1e+05", 100_000),
        ("1E5", 100_000),
        ("1.5e1", 15),
        ("18446744073709551615", 2**64 - 1),
        (f"{EXACT}.0", EXACT),
    ],
)
def test_a_whole_number_is_read_however_it_is_written(text: str, number: int) -> None:
    assert whole(text) == number


@pytest.mark.parametrize(
    "text",
    # Numbers beyond 2^53 with an exponent may have lost digits where they were written.
    [
        "",
        "1.5",
        "-1",
        "1e400",
        "1e-1",
        "1e19",
        f"{EXACT + 2}.0",
        "1_000",
        "0x10",
        "\u0663",
        "1e99999999999999999999",
        "9" * 5000,
        "nan",
    ],
)
def test_a_text_that_means_no_whole_number_for_certain(text: str) -> None:
    assert whole(text) is None


def test_only_a_whole_number_loses_its_fraction() -> None:
    assert [without_fraction(text) for text in ("10.0", "1e1", "10", "007", "3.5", "kumasi")] == [
        "10",
        "10",
        "10",
        "007",
        "3.5",
        "kumasi",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0,5", "0,5: has a comma; write decimals with a point"),
        ("1.000,5", "has a comma"),
        ("1,5e3", "has a comma"),
        ("9" * (LONGEST + 1), f"has {LONGEST + 1:,} characters"),
        ("x" * 10**6, "has 1,000,000 characters"),
        ("a\x1b[2Jb", r"a\x1b[2Jb: holds a character that is not printed"),
        ("a\nb", r"a\nb: holds a character that is not printed"),
    ],
)
def test_a_cell_is_refused_in_one_short_line(text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        check_cell(text)
    assert reason in str(error.value)
    assert len(str(error.value)) < 200
    assert str(error.value).isprintable()


@pytest.mark.parametrize("text", ["0.5", "-1e-3", "kumasi", "my, file.yaml", "1:5", "caf\u00e9.yaml"])
def test_an_ordinary_cell_passes(text: str) -> None:
    check_cell(text)


@pytest.mark.parametrize("text", ["a", "x" * 10**6, "\x00" * 100, "\x1b" * SHOWN, "a\u2028b"])
def test_what_is_shown_is_short_and_printed(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 2 * SHOWN
    assert (shown(text) == text) == (text == "a")
