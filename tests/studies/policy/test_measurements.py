"""Does each shipped measurement see something that can be learnt, with an error, a price, and a source for both?"""

import numpy as np
import pytest
from pydantic import ValidationError

from model.config import load_priors
from studies.policy.measurements import Measurement, asked, measurements
from studies.policy.quantities import quantity_names


def test_each_sees_what_can_be_learnt() -> None:
    known = quantity_names(load_priors())
    assert {name for one in measurements().values() for name in one.sees} - set(known) == set()
    assert len(measurements()) >= 5
    assert all(one.source and one.price_source and one.sizes for one in measurements().values())


def test_a_larger_sample_sees_better_and_costs_more() -> None:
    trial = measurements()["pilot-trial"]
    names = tuple(trial.sees)
    # Two means of 75 firms each.
    assert trial.errors(names, 150)[0] == pytest.approx(np.sqrt(1 / 75 + 1 / 75), abs=5e-4)
    assert trial.errors(names, 600)[0] == pytest.approx(0.5 * trial.errors(names, 150)[0])
    assert trial.price(150) == trial.fixed + 150 * trial.each
    assert [one.size for one in asked() if one.name == "pilot-trial"] == list(trial.sizes)


@pytest.mark.parametrize(
    "change", [{"sees": {"zone_cost": 0}}, {"sample": 0}, {"each": -1}, {"colour": "red"}, {"source": " "}], ids=str
)
def test_a_measurement_without_meaning_is_refused(change: dict[str, object]) -> None:
    given = measurements()["plot-study"].model_dump() | change
    with pytest.raises(ValidationError):
        Measurement.model_validate(given)
