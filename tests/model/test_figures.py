"""Figures of a case file: what a number, a range and a date may be, and what figures say together."""

from typing import Any

import pytest
from pydantic import ValidationError

from model.figures import Observation


def seen(**figures: Any) -> Observation:
    return Observation.model_validate({"year": 2010, **figures})


def test_workers_are_known_where_both_figures_are() -> None:
    assert seen(firms=[50, 200], workers_per_firm=6).workers == pytest.approx(600.0)
    assert seen(firms=100).workers is None
    assert seen(workers_per_firm=6).workers is None


@pytest.mark.parametrize("figure", ["firms", "workers_per_firm"])
@pytest.mark.parametrize("value", [0.5, [0.2, 0.9]])
def test_half_a_firm_and_a_firm_without_its_owner_are_refused(figure: str, value: Any) -> None:
    with pytest.raises(ValidationError, match="must not be below 1"):
        seen(**{figure: value})
    assert seen(**{figure: [0.9, 20]}) is not None


def test_a_date_is_mid_year_or_the_middle_of_a_span() -> None:
    assert seen().time == 2010.5
    assert Observation.model_validate({"year": [2010, 2013]}).time == 2012.0
