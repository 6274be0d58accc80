"""Is a case shown in ten lines at most, whatever it holds?"""

import pytest

from model.brief import SHOWN, brief
from model.config import all_cases, load_case
from model.schema import Case

LINES = 10


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_every_case_is_shown_in_ten_lines(case: Case) -> None:
    assert repr(case) == str(case) == brief(case)
    assert len(repr(case).splitlines()) <= LINES
    assert max(map(len, repr(case).splitlines())) <= 100
    assert case.title in repr(case)


def test_figures_ranges_and_what_is_unknown_are_told_apart() -> None:
    case = load_case(10)
    assert "2005.5         500            5.9" in repr(case)
    seen = case.observations[0].model_dump(by_alias=True) | {"firms": [100, 200], "schooling": None, "exports": None}
    ranged = case.model_validate(case.model_dump(by_alias=True) | {"observations": [seen], "number": 0})
    assert "100-200" in repr(ranged)
    assert repr(ranged).splitlines()[-1].split()[3:5] == ["-", "-"]
    assert repr(ranged).startswith("Case (own): ")


def test_of_many_observations_the_first_are_shown() -> None:
    case = load_case(10)
    seen = [{"year": 2000 + year, "firms": 10 + year} for year in range(40)]
    long = case.model_validate(case.model_dump(by_alias=True) | {"observations": seen})
    assert len(repr(long).splitlines()) <= LINES
    assert repr(long).endswith(f"and {40 - SHOWN} more")
