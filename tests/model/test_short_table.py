"""A case at a glance: a line for each observation, none too long to read."""

import pytest

from model.config import Case, all_cases
from model.short_table import short_table


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_is_shown_as_a_short_table(case: Case) -> None:
    lines = repr(case).splitlines()
    assert repr(case) == short_table(case)
    assert len(lines) == 3 + len(case.observations)
    assert lines[0] == f"{case.title} ({case.name})"
    assert max(map(len, lines)) < 150
